"""What the console's server does itself: judgements, maps, uploads, failed records; and the vendored file."""

import hashlib
import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import alto
from alto.evaluation.judgements import read_judgements, read_queries
from alto.ui.files import PAGE, page_files
from alto.ui.guard import RejectedError, api_path
from alto.ui.judgement_files import JudgementFiles
from alto.ui.local_routes import LocalRoutes
from alto.ui.projection import Projection, nearest_limit, query_vector


@pytest.fixture
def judgements(tmp_path: Path) -> JudgementFiles:
    return JudgementFiles(tmp_path)


def client(respond: Any) -> alto.AltoClient:
    return alto.AltoClient("http://localhost:8700", skip_init_checks=True, transport=httpx.MockTransport(respond))


def routes(respond: Any, folder: Path) -> LocalRoutes:
    return LocalRoutes(client(respond), JudgementFiles(folder), {"url": "http://localhost:8700"})


def test_the_vendored_file_is_the_one_that_its_note_names() -> None:
    folder = PAGE / "vendor"
    noted = re.search(r"[0-9a-f]{64}", (folder / "README.md").read_text())

    assert noted is not None
    assert hashlib.sha256((folder / "htm-preact.js").read_bytes()).hexdigest() == noted[0]
    assert "MIT License" in (folder / "LICENSES.txt").read_text()
    assert "Apache License" in (folder / "LICENSES.txt").read_text()


def test_judgements_are_files_that_evaluate_reads(judgements: JudgementFiles, tmp_path: Path) -> None:
    judgements.add_query("Film", "  ghosts at   Christmas ")
    judgements.add_query("Film", "a thief")
    judgements.judge("Film", "1", "carol", 2)
    shown = judgements.judge("Film", "1", "up", 0)

    assert shown["queries"][0] == {"id": "1", "text": "ghosts at Christmas", "judgements": {"carol": 2, "up": 0}}
    folder = tmp_path / "Film"
    assert [query.text for query in read_queries((folder / "queries.jsonl").read_text())] == [
        "ghosts at Christmas",
        "a thief",
    ]
    assert read_judgements((folder / "qrels.tsv").read_text()) == {"1": {"carol": 2, "up": 0}}


def test_judgements_are_there_after_a_restart(judgements: JudgementFiles, tmp_path: Path) -> None:
    judgements.add_query("Film", "a thief")
    judgements.judge("Film", "1", "up", 1)

    assert JudgementFiles(tmp_path).read("Film") == judgements.read("Film")


def test_a_query_is_added_once(judgements: JudgementFiles) -> None:
    judgements.add_query("Film", "a thief")

    assert len(judgements.add_query("Film", "a thief")["queries"]) == 1


def test_a_removed_query_takes_its_judgements_along(judgements: JudgementFiles, tmp_path: Path) -> None:
    judgements.add_query("Film", "a thief")
    judgements.judge("Film", "1", "up", 1)

    assert judgements.remove_query("Film", "1")["queries"] == []
    assert judgements.add_query("Film", "another")["queries"] == [{"id": "1", "text": "another", "judgements": {}}]


def test_a_judgement_is_replaced_and_removed(judgements: JudgementFiles) -> None:
    judgements.add_query("Film", "a thief")
    judgements.judge("Film", "1", "up", 1)

    assert judgements.judge("Film", "1", "up", 2)["queries"][0]["judgements"] == {"up": 2}
    assert judgements.judge("Film", "1", "up", None)["queries"][0]["judgements"] == {}


@pytest.mark.parametrize("name", ["../Film", "Film/..", "", ".", "a b", "/etc"])
def test_no_name_leaves_the_folder_of_judgements(judgements: JudgementFiles, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is not a name of a collection"):
        judgements.add_query(name, "a thief")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("query", "document", "grade", "problem"),
    [
        ("1", "up", 3, "grade: 3 is not one of 0"),
        ("1", "up", True, "grade: true"),
        ("1", "up", 1.0, None),
        ("9", "up", 1, 'query: "9" is not the id'),
        ("1", "a\tb", 1, "cannot be an id in a qrels file"),
        ("1", "", 1, "cannot be an id"),
    ],
)
def test_a_wrong_judgement_is_named(
    judgements: JudgementFiles, query: str, document: str, grade: Any, problem: str | None
) -> None:
    judgements.add_query("Film", "a thief")
    if problem is None:
        assert judgements.judge("Film", query, document, int(grade))
        return
    with pytest.raises(ValueError, match=problem):
        judgements.judge("Film", query, document, grade)


def test_a_wrong_request_of_the_page_is_a_400(tmp_path: Path) -> None:
    local = routes(lambda _: httpx.Response(200), tmp_path)

    for body in (b"{", b"{}", b'{"collection": "../x", "text": "a"}', b"[]"):
        with pytest.raises(RejectedError) as caught:
            local.respond("POST", "/local/judgements", body)
        assert caught.value.status == 400
    with pytest.raises(RejectedError) as caught:
        local.respond("GET", "/local/files", b"")
    assert caught.value.status == 404


def test_the_projection_keeps_the_two_largest_directions() -> None:
    pytest.importorskip("numpy")
    vectors = [[1.0, x / 10, y / 50, 0.0] for x in range(-3, 4) for y in range(-3, 4)]

    plane = Projection(vectors)
    places = plane.places(vectors)

    assert plane.explained[0] > plane.explained[1] > 0
    assert sum(plane.explained) == pytest.approx(1, abs=0.01)
    # The first direction is that of x: the places of the smallest and the largest are the farthest apart.
    first = [place[0] for place in places]
    assert {first.index(max(first)) // 7, first.index(min(first)) // 7} == {0, 6}


def test_the_vector_of_a_query_follows_from_its_distances() -> None:
    np = pytest.importorskip("numpy")
    random = np.random.default_rng(4)
    vectors = random.normal(size=(40, 16))
    query = random.normal(size=16)
    query /= np.linalg.norm(query)
    distances = 1 - (vectors @ query) / np.linalg.norm(vectors, axis=1)

    assert query_vector(vectors.tolist(), distances.tolist()) == pytest.approx(query.tolist(), abs=1e-6)


@pytest.mark.parametrize(("dimensions", "most"), [(256, 1000), (1024, 488), (16000, 31)])
def test_hits_with_vectors_fit_into_a_response(dimensions: int, most: int) -> None:
    assert nearest_limit(dimensions) == most


def test_a_map_has_objects_hits_and_the_query(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    objects = [
        {"id": str(number), "properties": {"n": number}, "vectors": {"default": [1, number / 10, (number % 3) / 10]}}
        for number in range(12)
    ]
    asked: list[dict[str, Any]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append(body)
        if request.url.path.endswith("/search"):
            return httpx.Response(200, json={"objects": [each | {"distance": 0.1} for each in objects[:4]]})
        first = "after" not in body
        page = objects[:8] if first else objects[8:]
        return httpx.Response(200, json={"objects": page, "next": "8" if first else None})

    found = routes(respond, tmp_path).respond("POST", "/local/map", b'{"collection": "Film", "query": "ghosts"}')

    assert [each["id"] for each in found["objects"]] == [each["id"] for each in objects]
    assert [each["id"] for each in found["hits"]] == ["0", "1", "2", "3"]
    assert len(found["query"]) == 2
    assert asked[1]["after"] == "8"


def test_a_map_of_too_few_objects_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    local = routes(lambda _: httpx.Response(200, json={"objects": []}), tmp_path)

    with pytest.raises(RejectedError, match="at least 3 objects"):
        local.respond("POST", "/local/map", b'{"collection": "Film"}')


def test_a_file_of_the_browser_is_uploaded_and_removed_here(tmp_path: Path) -> None:
    received: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        request.read()
        received.append(request)
        if request.method == "PUT":
            return httpx.Response(200, headers={"etag": '"e"'})
        upload = {"method": "PUT", "url": "http://localhost:4566/b/k", "headers": {}, "expires": "2026-01-01T00:00:00Z"}
        return httpx.Response(202, json={"id": "5d0c9c1e-4a55-5f8e-8a53-2d9c7c1b6f10", "upload": upload})

    query = {"collection": "Film", "name": "films.csv", "ids": "any"}
    found = routes(respond, tmp_path).upload(query, io.BufferedReader(io.BytesIO(b"title\nUp\n")), 9)

    assert found == {"id": "5d0c9c1e-4a55-5f8e-8a53-2d9c7c1b6f10", "collection": "Film"}
    assert json.loads(received[0].content) == {"file_name": "films.csv", "file_size": 9, "options": {"ids": "any"}}
    assert received[1].content == b"title\nUp\n"


@pytest.mark.parametrize("query", [{}, {"collection": "Film"}, {"name": "a.csv"}, {"collection": "Film", "name": "/"}])
def test_an_upload_needs_a_collection_and_a_name(tmp_path: Path, query: dict[str, str]) -> None:
    with pytest.raises(RejectedError, match="name, collection"):
        routes(lambda _: httpx.Response(200), tmp_path).upload(query, io.BufferedReader(io.BytesIO()), 0)


def test_an_upload_that_is_cut_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match="ended before its length"):
        routes(lambda _: pytest.fail("sent"), tmp_path).upload(
            {"collection": "Film", "name": "a.csv"},
            io.BufferedReader(io.BytesIO(b"ab")),
            9,
        )


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../secret",
        "/v1/%2e%2e/secret",
        "/v1/%252e%252e/secret",
        "/v1/a%2F..%2F..%2Fsecret",
        "/v1/./meta",
        "/v1//meta",
        "/v1/\\..\\secret",
        "/v1/a%5c..%5cb",
        "/v1/a%0d%0aHost:%20evil",
        "/v1/a#b",
        "/v1",
        "/v2/meta",
        "//evil.example/v1/meta",
        "http://evil.example/v1/meta",
        "@evil.example/v1/meta",
    ],
)
def test_no_path_leaves_the_api(path: str) -> None:
    with pytest.raises(RejectedError):
        api_path(path)


@pytest.mark.parametrize("path", ["/v1/meta", "/v1/collections/A/objects/a%2Fb?x=../y", "/v1/.well-known/ready"])
def test_a_path_of_the_api_is_unchanged(path: str) -> None:
    assert api_path(path) == path


def test_the_first_view_is_below_200_kilobytes_uncompressed() -> None:
    loaded = [file for name, file in page_files().items() if name.endswith((".js", ".css", ".svg", "/index.html"))]

    assert sum(len(file.plain) for file in loaded) < 200_000


def test_the_page_names_no_other_host() -> None:
    # The default address is compared with, and the namespace of SVG is not an address.
    known = {"http://localhost", "http://www.w3.org"}
    for name, file in page_files().items():
        if not name.startswith("/vendor/"):
            assert set(re.findall(r"https?://[\w.]+", file.plain.decode())) <= known, name
