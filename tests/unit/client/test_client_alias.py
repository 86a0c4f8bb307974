"""`client.alias`, as Weaviate's client has it."""

import json
from typing import Any

import httpx
import pytest

import alto
from alto.operations.aliases import AliasReturn

FILMS = {"alias": "Films", "collection": "Film", "created": "2026-01-01", "updated": "2026-01-01"}


def missing(code: str) -> httpx.Response:
    return httpx.Response(404, json={"error": {"code": code, "message": "no", "details": [], "request_id": "r"}})


def client(*responses: httpx.Response) -> tuple[alto.AltoClient, list[tuple[str, str, Any]]]:
    asked: list[tuple[str, str, Any]] = []
    left = iter(responses)

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, str(request.url.raw_path, "ascii"), json.loads(request.content or b"null")))
        return next(left)

    return alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(respond)), asked


def test_an_alias_is_created_read_and_pointed_elsewhere() -> None:
    connected, asked = client(
        httpx.Response(201, json=FILMS), httpx.Response(200, json=FILMS), httpx.Response(200, json=FILMS)
    )

    connected.alias.create(alias_name="Films", target_collection="Film")
    assert connected.alias.get(alias_name="Films") == AliasReturn("Films", "Film")
    assert connected.alias.update(alias_name="Films", new_target_collection="Film_2") is True

    assert asked == [
        ("POST", "/v1/aliases", {"alias": "Films", "collection": "Film"}),
        ("GET", "/v1/aliases/Films", None),
        ("PUT", "/v1/aliases/Films", {"collection": "Film_2"}),
    ]


def test_aliases_are_listed_by_name() -> None:
    page = httpx.Response(200, json={"aliases": [FILMS]})
    connected, asked = client(page, page)

    assert connected.alias.list_all() == {"Films": AliasReturn("Films", "Film")}
    connected.alias.list_all(collection="Film")

    assert [path for _, path, _ in asked] == ["/v1/aliases", "/v1/aliases?collection=Film"]


def test_a_missing_alias_is_an_outcome_and_no_error() -> None:
    connected, _ = client(*[missing("alias_not_found")] * 4)

    assert connected.alias.get(alias_name="Films") is None
    assert connected.alias.exists(alias_name="Films") is False
    assert connected.alias.update(alias_name="Films", new_target_collection="Film") is False
    assert connected.alias.delete(alias_name="Films") is False


def test_a_missing_collection_is_an_error() -> None:
    connected, _ = client(missing("collection_not_found"))

    with pytest.raises(alto.AltoNotFoundError):
        connected.alias.update(alias_name="Films", new_target_collection="Film")
