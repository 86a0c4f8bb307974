"""The HTTP API over a real OpenSearch and the model emulator, driven through API Gateway events."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Api
from tests.builders import FILM_PROPERTIES, FILMS, TITAN

COHERE = TITAN | {"model": "cohere.embed-english-v3", "dimensions": 1024}


@pytest.fixture
def films(api: Api) -> Iterator[str]:
    """A collection with the five films in it, each findable."""
    name = f"Film{uuid4().hex[:8]}"
    created = api(
        "POST", "/v1/collections", {"name": name, "properties": FILM_PROPERTIES, "vectors": {"default": TITAN}}
    )
    assert created.status == 201, created.body
    objects = [{"properties": film} for film in FILMS]
    stored = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert stored.body["created"] == 5, stored.body
    yield name
    api("DELETE", f"/v1/collections/{name}")


def titles(response: Any) -> list[str]:
    assert response.status == 200, response.body
    return [hit["properties"]["title"] for hit in response.body["objects"]]


def search(api: Api, name: str, **body: Any) -> Any:
    return api("POST", f"/v1/collections/{name}/search", body)


CHRISTMAS = {"Jingle All the Way", "A Christmas Carol"}


def test_near_text_finds_what_is_meant_without_its_words(api: Api, films: str) -> None:
    assert set(titles(search(api, films, near_text={"query": "A holiday film"}, limit=2))) == CHRISTMAS


@pytest.mark.parametrize("fusion", ["relative_score", "ranked"])
def test_hybrid_finds_it_too(api: Api, films: str, fusion: str) -> None:
    found = search(api, films, hybrid={"query": "A holiday film", "fusion": fusion}, limit=2)

    assert set(titles(found)) == CHRISTMAS


def test_bm25_finds_words_in_any_of_their_forms(api: Api, films: str) -> None:
    found = search(api, films, bm25={"query": "ghost"})

    assert titles(found) == ["A Christmas Carol"]
    assert found.body["total"] == 1
    assert found.body["objects"][0]["score"] > 0


def test_a_near_hit_says_how_near(api: Api, films: str) -> None:
    [hit] = search(api, films, near_text={"query": "A holiday film"}, limit=1).body["objects"]

    assert hit["certainty"] == pytest.approx(1 - hit["distance"] / 2)
    assert 0 < hit["distance"] < 1


def test_near_vector_finds_the_object_whose_vector_it_is(api: Api, films: str) -> None:
    [hit] = search(api, films, bm25={"query": "ghosts"}, include_vectors=True).body["objects"]

    found = search(api, films, near_vector={"vector": hit["vectors"]["default"]}, limit=1)

    assert titles(found) == ["A Christmas Carol"]
    assert found.body["objects"][0]["distance"] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    "mode",
    [
        {"near_text": {"query": "A holiday film"}},
        {"hybrid": {"query": "A holiday film"}},
        {"hybrid": {"query": "Christmas", "fusion": "ranked"}},
        {"bm25": {"query": "Christmas"}},
    ],
)
def test_a_filter_holds_in_every_mode(api: Api, films: str, mode: dict[str, Any]) -> None:
    condition = {"property": "year", "operator": "less_than", "value": 2000}

    found = search(api, films, **mode, filter=condition)

    assert titles(found)[0] == "Jingle All the Way"
    assert all(hit["properties"]["year"] < 2000 for hit in found.body["objects"])


def test_pages_follow_on_each_other(api: Api, films: str) -> None:
    whole = titles(search(api, films, hybrid={"query": "a father and his son"}))

    pages = [
        titles(search(api, films, hybrid={"query": "a father and his son"}, limit=2, offset=at)) for at in (0, 2, 4)
    ]

    assert [title for page in pages for title in page] == whole


@pytest.mark.parametrize(("alpha", "like"), [(0, "bm25"), (1, "near_text")])
def test_hybrid_at_its_ends_is_one_leg_alone(api: Api, films: str, alpha: float, like: str) -> None:
    hybrid = search(api, films, hybrid={"query": "Christmas ghosts", "alpha": alpha})
    alone = search(api, films, **{like: {"query": "Christmas ghosts"}})

    assert titles(hybrid) == titles(alone)


def test_only_the_fields_asked_for_are_answered(api: Api, films: str) -> None:
    [hit] = search(api, films, bm25={"query": "ghosts"}, return_properties=["year"]).body["objects"]

    assert hit["properties"] == {"year": 2009}
    assert hit.get("vectors") is None


def test_a_collection_is_read_back_with_every_default_written_out(api: Api, films: str) -> None:
    got = api("GET", f"/v1/collections/{films.lower()}")

    assert got.status == 404 or got.body["name"] == films
    config = api("GET", f"/v1/collections/{films}").body
    assert config["vectors"]["default"]["index"] == {
        "distance": "cosine",
        "m": 16,
        "ef_construction": 128,
        "ef_search": 256,
        "compression": None,
    }
    assert config["properties"][0]["tokenization"] == "english"
    assert films in [item["name"] for item in api("GET", "/v1/collections").body["collections"]]


def test_collections_are_listed_page_by_page(api: Api, films: str) -> None:
    everything = api("GET", "/v1/collections", query={"limit": "1000"}).body["collections"]
    names = [each["name"] for each in everything]
    before = names[names.index(films) - 1] if names[0] != films else "A"

    page = api("GET", "/v1/collections", query={"limit": "1", "after": before}).body

    assert [each["name"] for each in page["collections"]] == [films]
    assert page["next"] == (None if names[-1] == films else films)


def test_a_name_that_differs_only_in_case_is_taken(api: Api, films: str) -> None:
    response = api("POST", "/v1/collections", {"name": films.upper()})

    assert (response.status, response.error["code"]) == (409, "collection_exists")


def test_a_collection_that_is_not_there_is_a_404_everywhere(api: Api) -> None:
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/v1/collections/Nothing", None),
        ("DELETE", "/v1/collections/Nothing", None),
        ("POST", "/v1/collections/Nothing/search", {"bm25": {"query": "x"}}),
        ("POST", "/v1/collections/Nothing/objects", {"properties": {}}),
    ]
    for method, path, body in requests:
        response = api(method, path, body)
        assert (response.status, response.error["code"]) == (404, "collection_not_found"), path


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"region": None}, "region"),
        ({"model": None}, "write one of"),
        ({"model": "amazon.titan-embed-text-v9"}, "amazon.titan-embed-text-v2:0"),
        ({"service": "lambda"}, 'expected "bedrock" or "sagemaker", not "lambda"'),
        ({"service": "sagemaker", "model": None, "dimensions": None}, "'endpoint' is missing"),
        ({"dimensions": 300}, "256, 512, 1024"),
    ],
)
def test_an_unusable_vectorizer_is_rejected_at_creation(api: Api, changes: dict[str, Any], remedy: str) -> None:
    vectorizer = {key: value for key, value in (TITAN | changes).items() if value is not None}

    response = api("POST", "/v1/collections", {"name": "Refused", "vectors": {"default": vectorizer}})

    assert (response.status, response.error["code"]) == (400, "invalid_request")
    assert remedy in response.error["message"] + str(response.error["details"])
    assert api("GET", "/v1/collections/Refused").status == 404


@pytest.mark.parametrize(
    "vectorizer",
    [
        TITAN | {"model": "amazon.titan-embed-text-v1", "dimensions": 1536},
        TITAN,
        COHERE,
        COHERE | {"model": "cohere.embed-multilingual-v3"},
        {"vectorizer": "text2vec-aws", "service": "sagemaker", "region": "us-east-1", "endpoint": "tei-minilm"},
    ],
    ids=lambda vectorizer: vectorizer.get("model") or vectorizer["endpoint"],
)
def test_every_model_makes_a_collection_that_can_be_searched(api: Api, vectorizer: dict[str, Any]) -> None:
    name = f"Model{uuid4().hex[:8]}"
    made = api(
        "POST", "/v1/collections", {"name": name, "properties": FILM_PROPERTIES, "vectors": {"plot": vectorizer}}
    )
    assert made.status == 201, made.body
    objects = {"objects": [{"properties": film} for film in FILMS]}
    assert (
        api("POST", f"/v1/collections/{name}/objects/batch", objects, query={"consistency": "wait"}).body["failed"] == 0
    )

    assert set(titles(search(api, name, near_text={"query": "A holiday film"}, limit=2))) == CHRISTMAS
    api("DELETE", f"/v1/collections/{name}")


def test_an_object_is_inserted_read_and_deleted(api: Api, films: str) -> None:
    path = f"/v1/collections/{films}/objects"
    mine = {"id": str(uuid4()), "properties": {"title": "Up", "year": 2009}}

    inserted = api("POST", path, mine)
    again = api("POST", path, mine)
    read = api("GET", f"{path}/{mine['id']}", query={"include_vectors": "true"})
    deleted = api("DELETE", f"{path}/{mine['id']}")
    gone = api("GET", f"{path}/{mine['id']}")

    assert (inserted.status, inserted.body["properties"]) == (201, mine["properties"])
    assert (again.status, again.error["code"]) == (409, "object_exists")
    assert len(read.body["vectors"]["default"]) == 256
    assert deleted.status == 204
    assert (gone.status, gone.error["code"]) == (404, "object_not_found")


def test_a_bad_object_never_fails_its_neighbours(api: Api, films: str) -> None:
    objects = [
        {"properties": {"title": "Up"}},
        {"properties": {"title": 7}},
        {"id": "x"},
        {"properties": {"plot": "?"}},
        {"vector": [1.0]},
        {"properties": {"year": 2009}},
    ]

    response = api("POST", f"/v1/collections/{films}/objects/batch", {"objects": objects})

    assert (response.status, response.body["created"], response.body["failed"]) == (200, 2, 4)
    statuses = [result["status"] for result in response.body["results"]]
    assert statuses == ["created", "failed", "failed", "failed", "failed", "created"]
    assert [result["error"]["code"] for result in response.body["results"][1:5]] == ["invalid_object"] * 4
    assert response.body["results"][5]["vectors_without_text"] == ["default"]


def test_callers_may_bring_their_own_vectors(api: Api) -> None:
    name = f"Own{uuid4().hex[:8]}"
    vectors = {"small": {"vectorizer": "none", "dimensions": 2, "index": {"distance": "l2_squared"}}}
    api("POST", "/v1/collections", {"name": name, "vectors": vectors})
    objects = [{"vectors": {"small": [0.0, 0.0]}}, {"vectors": {"small": [3.0, 4.0]}}]
    ids = [
        result["id"]
        for result in api(
            "POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"}
        ).body["results"]
    ]

    found = search(api, name, near_vector={"vector": [3.0, 3.0]}).body["objects"]
    asked = search(api, name, near_text={"query": "x"})

    assert [hit["id"] for hit in found] == ids[::-1]
    assert [hit["distance"] for hit in found] == pytest.approx([1.0, 18.0], rel=1e-4)
    assert asked.status == 400
    assert "has no vectorizer" in asked.error["message"]
    api("DELETE", f"/v1/collections/{name}")


def test_the_service_says_what_it_is(api: Api) -> None:
    assert api("GET", "/v1/.well-known/live").body == {"live": True}
    assert api("GET", "/v1/.well-known/ready").body == {"ready": True}
    assert "text2vec-aws" in api("GET", "/v1/meta").body["modules"]
    assert "/v1/collections/{name}/search" in api("GET", "/v1/openapi.json").body["paths"]


def test_an_import_that_is_not_there_is_a_404(api: Api) -> None:
    response = api("GET", f"/v1/imports/{uuid4()}")

    assert (response.status, response.error["code"]) == (404, "import_not_found")
