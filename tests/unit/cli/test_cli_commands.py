"""The requests, the output and the exit codes of commands."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from alto.util import uuid_of_key
from tests.command_line import Reply, alto, error, reply

FILM: dict[str, Any] = {
    "name": "Film",
    "description": "Films",
    "properties": [
        {"name": "title", "type": "text", "tokenization": "word", "description": ""},
        {"name": "year", "type": "int", "tokenization": "english", "description": "of the\tpremiere"},
    ],
    "vectors": {
        "default": {
            "vectorizer": "text2vec-aws",
            "service": "bedrock",
            "model": "amazon.titan-embed-text-v2:0",
            "region": "us-east-1",
            "dimensions": 256,
            "index": {"distance": "cosine"},
        },
        "own": {"vectorizer": "none", "dimensions": 3, "index": {"distance": "dot"}},
    },
    "created": "2026-01-01T00:00:00Z",
    "updated": "2026-01-01T00:00:00Z",
}
ID = "5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a"
HIT: dict[str, Any] = {
    "id": "5b0e5a3f-8a9e-5b5c-9d57-1f1d1c1f3b1a",
    "properties": {"title": "A\nB", "year": 1972},
    "score": 0.51,
}

NAMED = reply({"name": "Film"})


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def found(*hits: dict[str, Any]) -> httpx.Response:
    return reply({"objects": list(hits), "total": len(hits), "truncated": False, "took_ms": 1})


def test_aliases_are_created_listed_pointed_elsewhere_and_deleted() -> None:
    films = {"alias": "Films", "collection": "Film", "created": "2026-01-01", "updated": "2026-01-02"}
    made = alto("aliases", "create", "Films", "Film", replies=(reply(films, 201),))
    listed = alto("aliases", "list", "--collection", "Film", replies=(reply({"aliases": [films]}),))
    moved = alto("aliases", "point", "Films", "Book", replies=(reply(films | {"collection": "Book"}),))
    gone = alto("aliases", "delete", "Films", replies=(httpx.Response(204),))

    assert (made.server.paths, made.err) == (["POST /v1/aliases"], "Films points at Film.\n")
    assert listed.out.splitlines()[-1].split("\t") == ["Films", "Film", "2026-01-02"]
    assert (moved.server.paths, moved.err) == (["PUT /v1/aliases/Films"], "Films points at Book.\n")
    assert (gone.server.paths, gone.code) == (["DELETE /v1/aliases/Films"], 0)


def test_an_update_by_filter_goes_on_until_nothing_is_left() -> None:
    counts = {"dry_run": False, "unchanged": 0, "objects": [], "failed": 0}
    error_of = {"id": "b", "status": "failed", "error": {"code": "c", "message": "too long"}}
    first = reply(counts | {"matches": 3, "updated": 2, "next": ID})
    second = reply(counts | {"matches": 1, "updated": 0, "failed": 1, "objects": [error_of]})

    # By an alias: it may be pointed elsewhere between two requests.
    done = alto("objects", "update", "Films", "--filter", "{}", "--set", '{"year": 1}', replies=(NAMED, first, second))

    assert (done.code, done.err) == (3, "2 updated, 0 unchanged, 1 failed.\nb: too long\n")
    assert done.server.paths[1:] == ["POST /v1/collections/Film/objects/update"] * 2
    assert [done.server.body(at).get("after") for at in (1, 2)] == [None, ID]


@pytest.mark.parametrize("options", [(), ("--set", "{}", "--merge", "{}")])
def test_an_update_either_sets_or_merges(options: tuple[str, ...]) -> None:
    assert alto("objects", "update", "Film", "--filter", "{}", *options).code == 2


def test_collections_are_lines_with_tabs_where_nobody_watches() -> None:
    done = alto("collections", "list", replies=(reply({"collections": [FILM]}),))

    assert (done.code, done.out) == (0, "Film\t2\tdefault=amazon.titan-embed-text-v2:0, own=own vectors, 3\n")
    assert done.server.paths == ["GET /v1/collections"]


def test_collections_of_all_pages_are_listed() -> None:
    pages = [
        {"collections": [FILM | {"name": name}], "next": following} for name, following in (("A", "A"), ("B", None))
    ]

    done = alto("collections", "list", "--json", replies=tuple(reply(page) for page in pages))

    assert [each["name"] for each in json.loads(done.out)] == ["A", "B"]
    assert [dict(request.url.params) for request in done.server.asked] == [{}, {"after": "A"}]


def test_a_page_of_collections_names_the_command_for_the_next() -> None:
    page = reply({"collections": [FILM], "next": "Film"})

    done = alto("collections", "list", "--limit", "1", "--after", "Actor", replies=(page,))

    assert [dict(request.url.params) for request in done.server.asked] == [{"limit": "1", "after": "Actor"}]
    assert done.out.count("\n") == 1
    assert "alto collections list --after Film" in done.err


def test_without_collections_stdout_stays_empty() -> None:
    done = alto("collections", "list", replies=(reply({"collections": []}),))

    assert (done.code, done.out) == (0, "")
    assert "alto collections create" in done.err


def test_a_collection_is_shown_with_its_objects_properties_and_vectors() -> None:
    done = alto("collections", "show", "film", replies=(reply(FILM), reply({"total": 1234})))

    assert done.out.splitlines() == [
        "Film\t1234\tFilms",
        "title\ttext\tword\t",
        "year\tint\t\tof the premiere",
        "default\ttext2vec-aws\tamazon.titan-embed-text-v2:0\tus-east-1\t256\tcosine",
        "own\tnone\t\t\t3\tdot",
    ]
    assert done.server.paths == ["GET /v1/collections/film", "POST /v1/collections/film/aggregate"]


def test_what_is_shown_as_json_can_be_created_again(tmp_path: Path) -> None:
    shown = alto("collections", "show", "Film", "--json", replies=(reply(FILM),))
    file = tmp_path / "film.json"
    file.write_text(shown.out)

    done = alto("collections", "create", "Copy", "--file", str(file), replies=(reply(FILM),))

    assert json.loads(shown.out) == FILM
    expected = {key: value for key, value in FILM.items() if key not in {"created", "updated"}}
    assert done.server.body() == expected | {"name": "Copy"}
    assert (done.code, done.out) == (0, "")


@pytest.mark.parametrize(
    ("options", "region"),
    [(["--model-region", "eu-west-1"], "eu-west-1"), (["--region", "eu-west-2"], "eu-west-2"), ([], "us-east-1")],
)
def test_a_model_is_where_it_is_said_to_be_or_where_alto_is(options: list[str], region: str) -> None:
    replies: tuple[Reply, ...] = (reply(FILM, 201),) if options else (reply({"region": "us-east-1"}), reply(FILM, 201))

    done = alto("collections", "create", "Film", "--vectorizer", "bedrock", "--model", "m", *options, replies=replies)

    assert done.server.body()["vectors"]["default"]["region"] == region


def test_a_collection_is_only_deleted_when_that_is_meant() -> None:
    unsure = alto("collections", "delete", "Film")
    sure = alto("collections", "delete", "Film", "--yes", replies=(httpx.Response(204),))
    missing = alto("collections", "delete", "Film", "-y", replies=(error(404, "collection_not_found"),))

    assert (unsure.code, unsure.server.paths) == (2, [])
    assert "add --yes" in unsure.err
    assert (sure.code, sure.server.paths) == (0, ["DELETE /v1/collections/Film"])
    assert (missing.code, missing.err) == (1, "Error: It is so. [collection_not_found] (request req-1)\n")


def test_hits_are_lines_of_score_id_and_properties() -> None:
    named = alto("search", "Film", "a b", "--properties", "title,year,gone", "-n", "3", replies=(found(HIT),))
    whole = alto("search", "Film", "a b", replies=(found(HIT),))

    assert named.out == f"0.51\t{HIT['id']}\tA B\t1972\t\n"
    assert whole.out == f'0.51\t{HIT["id"]}\t{{"title": "A\\nB", "year": 1972}}\n'
    assert named.server.paths == ["POST /v1/collections/Film/search"]
    assert named.server.body() == {
        "hybrid": {"query": "a b"},
        "limit": 3,
        "offset": 0,
        "return_properties": ["title", "year", "gone"],
    }


def test_a_search_as_json_is_the_response_of_the_api() -> None:
    done = alto("search", "Film", "a", "--json", replies=(found(HIT),))

    assert json.loads(done.out)["objects"] == [HIT]


def test_a_filter_is_json_or_a_file_of_it(tmp_path: Path) -> None:
    condition = {"property": "year", "operator": "equal", "value": 1972}
    file = tmp_path / "filter.json"
    file.write_text(json.dumps(condition))

    direct = alto("search", "Film", "a", "--filter", json.dumps(condition), replies=(found(),))
    read = alto("search", "Film", "a", "--filter", f"@{file}", replies=(found(),))
    wrong = alto("search", "Film", "a", "--filter", "{year: 1972}")
    no_object = alto("search", "Film", "a", "--filter", "[1]")
    gone = alto("search", "Film", "a", "--filter", "@nowhere.json")

    assert direct.server.body()["filter"] == read.server.body()["filter"] == condition
    assert (direct.code, direct.out, direct.err) == (0, "", "Nothing was found.\n")
    assert (wrong.code, no_object.code, gone.code) == (2, 2, 1)
    assert "--filter: this is not JSON" in wrong.err
    assert "--filter: expected a JSON object" in no_object.err
    assert "nowhere.json: No such file" in gone.err


def test_values_cannot_take_over_a_terminal() -> None:
    evil = HIT | {"properties": {"title": "\x1b]0;owned\x07\x9b2J"}}

    done = alto("search", "Film", "a", "-p", "title", replies=(found(evil),))

    assert not {"\x1b", "\x07", "\x9b"} & set(done.out)


def test_errors_are_one_sentence_with_field_code_and_request() -> None:
    detail = {"field": "hybrid.alpha", "message": "write a number"}

    done = alto("search", "Film", "a", replies=(error(400, "invalid_request", detail),))

    assert (done.code, done.out) == (1, "")
    assert done.err == "Error: It is so. --alpha: write a number [invalid_request] (request req-1)\n"


def test_where_nothing_answers_the_exit_code_is_4() -> None:
    refused = httpx.ConnectError("Connection refused")

    done = alto("collections", "list", replies=(refused,) * 4)

    assert done.code == 4
    assert done.err.startswith("Error: Alto does not respond at http://localhost:8700: no connection.")
    assert done.err.count("\n") == 1


def test_a_token_is_sent_and_never_shown() -> None:
    sent = alto("collections", "list", replies=(reply({"collections": []}),), ALTO_TOKEN="s3cret")
    refused = alto("collections", "list", replies=(error(403, "forbidden"),), ALTO_TOKEN="s3cret")
    clear = alto("collections", "list", "--url", "http://alto.example", ALTO_TOKEN="s3cret")
    missing = alto("collections", "list", "--auth", "bearer")
    unasked = alto("collections", "list", "--auth", "none", replies=(reply({"collections": []}),), ALTO_TOKEN="s3cret")

    assert sent.server.asked[0].headers["authorization"] == "Bearer s3cret"
    assert "authorization" not in unasked.server.asked[0].headers
    assert (clear.code, clear.server.paths) == (2, [])
    assert (missing.code, "ALTO_TOKEN" in missing.err) == (2, True)
    assert not any("s3cret" in each.out + each.err for each in (sent, refused, clear))


def test_an_address_of_aws_is_signed_for_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com"

    done = alto("collections", "list", ALTO_URL=url, replies=(reply({"collections": []}),))

    assert "/eu-west-1/execute-api/aws4_request" in done.server.asked[0].headers["authorization"]


def page(*ids: str, following: str | None = None) -> httpx.Response:
    objects = [
        {"id": each, "properties": {"title": each}, "vectors": {"default": [0.5]}, "version": "1"} for each in ids
    ]
    return reply({"objects": objects} | ({"next": following} if following else {}))


def test_an_export_is_lines_that_an_import_takes(tmp_path: Path) -> None:
    replies = (NAMED, reply({"total": 3}), page("a", "b", following="b"), page("c"))
    file = tmp_path / "films.jsonl"

    done = alto("export", "Film", "--vectors", replies=replies)
    saved = alto("export", "Film", "--vectors", "-o", str(file), replies=replies)

    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"id": each, "properties": {"title": each}, "vectors": {"default": [0.5]}} for each in "abc"
    ]
    assert file.read_text() == done.out
    assert (saved.code, saved.out) == (0, "")
    assert done.server.body(2) == {"limit": 200, "include_vectors": True}
    assert done.server.body(3) == {"limit": 200, "include_vectors": True, "after": "b"}
    assert done.err.splitlines()[-1] == "3 objects."


def test_an_export_has_keys_in_place_of_ids() -> None:
    keyed = reply({"objects": [HIT | {"key": "isbn-1"}, HIT]})

    done = alto("export", "Film", replies=(NAMED, reply({"total": 2}), keyed))

    first, second = (json.loads(line) for line in done.out.splitlines())
    assert (first["key"], "id" in first) == ("isbn-1", False)
    assert (second["id"], "key" in second) == (HIT["id"], False)


def test_an_export_that_breaks_says_where_to_go_on() -> None:
    replies = (NAMED, reply({"total": 3}), page("a", "b", following="b"), error(500, "internal_error"))

    done = alto("export", "Film", replies=replies)
    rest = alto("export", "Film", "--after", "b", replies=(NAMED, page("c")))

    assert done.code == 1
    assert len(done.out.splitlines()) == 2
    assert "2 objects were written. Append the rest with --after b" in done.err
    assert rest.server.body() == {"limit": 1000, "include_vectors": False, "after": str(uuid_of_key("Film", "b"))}


def test_an_export_by_an_alias_keeps_to_its_collection() -> None:
    done = alto("export", "Films", "--after", "isbn-1", replies=(NAMED, page("a", following="a"), page("b")))

    assert done.server.paths[1:] == ["POST /v1/collections/Film/objects/list"] * 2
    assert done.server.body(1)["after"] == str(uuid_of_key("Film", "isbn-1"))


def test_objects_are_got_and_deleted() -> None:
    uuid = HIT["id"]

    got = alto("objects", "get", "Film", uuid, "--vectors", replies=(reply(HIT),))
    gone = alto("objects", "delete", "Film", uuid, replies=(httpx.Response(204),))
    keyed = alto("objects", "get", "Film", "a/b?c", replies=(reply(HIT | {"key": "a/b?c"}),))
    wrong = alto("objects", "get", "Film", "x" * 513)

    assert json.loads(got.out) == HIT
    assert got.server.paths == [f"GET /v1/collections/Film/objects/{uuid}?include_vectors=true"]
    assert gone.server.paths == [f"DELETE /v1/collections/Film/objects/{uuid}"]
    assert keyed.server.paths == ["GET /v1/collections/Film/objects/by-key?key=a%2Fb%3Fc"]
    assert json.loads(keyed.out)["key"] == "a/b?c"
    assert (wrong.code, wrong.server.paths) == (2, [])
