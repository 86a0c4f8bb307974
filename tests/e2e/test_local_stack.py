"""The main job through everything that `cdk deploy` ships: collection, import from S3, all searches."""

import json
from typing import Any
from uuid import uuid4

import pytest

from conformance.films import CHRISTMAS_FILMS, FILMS
from local import aws_docs
from tests.e2e.conftest import Alto, jsonl

TITAN = {
    "vectorizer": "text2vec-aws",
    "service": "bedrock",
    "region": "us-east-1",
    "model": "amazon.titan-embed-text-v2:0",
    "dimensions": 512,
}
# Sixty operations of three services.
SERVICES = ("secretsmanager", "sqs", "sts")
OPERATIONS = list(aws_docs.operations(SERVICES))


def collection(name: str, *properties: str, sources: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": name,
        "properties": [
            {"name": each, "type": "text", "tokenization": "field" if each == "service" else "english"}
            for each in properties
        ],
        "vectors": {"default": TITAN | {"source_properties": list(sources)}},
    }


def names(hits: list[dict[str, Any]]) -> list[str]:
    return [f"{hit['properties']['service']}:{hit['properties']['operation']}" for hit in hits]


@pytest.fixture(scope="module")
def operations(alto: Alto) -> dict[str, Any]:
    """The collection `Operation`, loaded through S3; its finished import job."""
    properties = ("service", "service_name", "operation", "title", "documentation")
    definition = collection("Operation", *properties, sources=("title", "documentation"))
    created = alto.api.post("/v1/collections", json=definition)
    assert created.status_code == 201, created.text
    return alto.finished_import(alto.upload("Operation/sixty.jsonl", jsonl(OPERATIONS)))


@pytest.fixture(scope="module")
def films(alto: Alto) -> None:
    """The five seed films, written in one batch."""
    definition = collection("Film", "title", "description", sources=("title", "description"))
    assert alto.api.post("/v1/collections", json=definition).status_code == 201
    objects = [{"properties": {"title": title, "description": text}} for title, text in FILMS.items()]
    response = alto.api.post("/v1/collections/Film/objects/batch?consistency=wait", json={"objects": objects})
    assert response.status_code == 200, response.text
    assert response.json()["failed"] == 0


def test_the_import_loads_every_record(operations: dict[str, Any]) -> None:
    assert operations["state"] == "completed"
    assert operations["counts"] == {
        "read": len(OPERATIONS),
        "loaded": len(OPERATIONS),
        "unchanged": 0,
        "failed": 0,
    }
    assert operations["chunks"]["done"] == operations["chunks"]["total"]
    assert operations["errors"] == []


@pytest.mark.usefixtures("operations")
def test_bm25_finds_the_words_of_the_query(alto: Alto) -> None:
    hits = alto.search("Operation", bm25={"query": "visibility timeout"}, limit=5)

    assert set(names(hits)[:2]) == {"sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibilityBatch"}


@pytest.mark.usefixtures("operations")
def test_near_text_finds_the_meaning_of_the_query(alto: Alto) -> None:
    hits = alto.search("Operation", near_text={"query": "make up a password that nobody can guess"}, limit=3)

    assert names(hits)[0] == "secretsmanager:GetRandomPassword"
    assert hits[0]["distance"] <= hits[1]["distance"] <= hits[2]["distance"]


@pytest.mark.usefixtures("operations")
def test_near_vector_finds_the_object_whose_vector_it_is(alto: Alto) -> None:
    wanted = next(record for record in OPERATIONS if record["properties"]["operation"] == "PurgeQueue")
    stored = alto.api.get(f"/v1/collections/Operation/objects/{wanted['id']}?include_vectors=true").json()

    hits = alto.search("Operation", near_vector={"vector": stored["vectors"]["default"]}, limit=3)

    assert hits[0]["id"] == wanted["id"]
    assert hits[0]["distance"] == pytest.approx(0, abs=1e-3)


@pytest.mark.usefixtures("operations")
@pytest.mark.parametrize("fusion", ["relative_score", "ranked"])
def test_hybrid_ranks_what_both_searches_find_first(alto: Alto, fusion: str) -> None:
    query = {"query": "delete all messages in a queue", "fusion": fusion}

    assert "sqs:PurgeQueue" in names(alto.search("Operation", hybrid=query, limit=3))[:2]


@pytest.mark.usefixtures("operations")
def test_a_filter_leaves_only_what_matches(alto: Alto) -> None:
    only_sts = {"property": "service", "operator": "equal", "value": "sts"}

    for search in ({"bm25": {"query": "delete"}}, {"near_text": {"query": "delete"}}, {"hybrid": {"query": "delete"}}):
        hits = alto.search("Operation", **search, filter=only_sts, limit=20)
        assert {hit["properties"]["service"] for hit in hits} <= {"sts"}


def test_the_same_s3_event_again_changes_nothing(alto: Alto, operations: dict[str, Any]) -> None:
    calls = alto.model_calls()

    alto.tell_again(operations["key"])

    assert alto.api.get(f"/v1/imports/{operations['id']}").json() == operations
    assert alto.model_calls() == calls


@pytest.mark.usefixtures("operations")
def test_bad_lines_end_in_the_error_file_and_the_good_ones_are_loaded(alto: Alto) -> None:
    good = {"id": str(uuid4()), "properties": {"service": "test", "operation": "Good", "title": "A good one"}}
    body = jsonl([good]) + b"{ this is no JSON\n" + jsonl([{"properties": {"colour": "red"}}])

    job = alto.finished_import(alto.upload("Operation/three.jsonl", body))

    assert job["state"] == "completed"
    assert job["counts"] == {"read": 3, "loaded": 1, "unchanged": 0, "failed": 2}
    lines = [json.loads(line) for uri in job["error_files"] for line in alto.read(uri).splitlines()]
    assert len(lines) == 2
    assert any("colour" in json.dumps(line) for line in lines)
    assert alto.api.get(f"/v1/collections/Operation/objects/{good['id']}").status_code == 200


def test_a_file_for_a_collection_that_does_not_exist_fails_with_a_reason(alto: Alto) -> None:
    job = alto.finished_import(alto.upload("Nowhere/file.jsonl", jsonl(OPERATIONS[:1])))

    assert job["state"] == "failed"
    assert "Nowhere" in job["reason"]


@pytest.mark.usefixtures("films")
@pytest.mark.parametrize(
    "search", [{"near_text": {"query": "A holiday film"}}, {"hybrid": {"query": "A holiday film"}}]
)
def test_a_holiday_film_is_a_christmas_film(alto: Alto, search: dict[str, Any]) -> None:
    hits = alto.search("Film", **search, limit=2)

    assert {hit["properties"]["title"] for hit in hits} == CHRISTMAS_FILMS


def test_alto_is_live_and_ready_and_says_what_it_is(alto: Alto) -> None:
    assert alto.api.get("/v1/.well-known/live").json() == {"live": True}
    assert alto.api.get("/v1/.well-known/ready").json() == {"ready": True}
    assert "text2vec-aws" in alto.api.get("/v1/meta").json()["modules"]
    assert alto.api.get("/v1/openapi.json").json()["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing-here", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("GET", "/v1/collections/Missing", 404, "collection_not_found"),
        ("GET", "/v1/imports/00000000-0000-4000-8000-000000000404", 404, "import_not_found"),
        ("POST", "/v1/collections", 400, "invalid_request"),
    ],
)
def test_every_error_has_the_envelope(alto: Alto, method: str, path: str, status: int, code: str) -> None:
    response = alto.api.request(method, path, json={} if method == "POST" else None)

    assert response.status_code == status
    error = response.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"]


def test_an_unsupported_dimension_is_rejected_at_creation(alto: Alto) -> None:
    definition = {"name": "Wrong", "vectors": {"default": TITAN | {"dimensions": 500}}}

    response = alto.api.post("/v1/collections", json=definition)

    assert response.status_code == 400
    assert "512" in response.text
    assert alto.api.get("/v1/collections/Wrong").status_code == 404


@pytest.mark.usefixtures("films")
def test_everything_is_still_there_after_a_restart(alto: Alto, operations: dict[str, Any]) -> None:
    alto.restart()

    assert "Alto: deployed already, nothing changed since" in alto.machinery.seconds
    assert alto.api.get(f"/v1/imports/{operations['id']}").json() == operations
    assert len(alto.search("Film", bm25={"query": "Christmas"})) == len(CHRISTMAS_FILMS)
    assert alto.finished_import(alto.upload("Operation/again.jsonl", jsonl(OPERATIONS)))["state"] == "completed"
