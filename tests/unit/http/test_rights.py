"""Tokens that are limited to the collections that one of their claims lists."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.errors import ForbiddenError
from lambdas.handlers import http, write
from lambdas.handlers.http import resolve
from lambdas.handlers.rights import check_collection_rights, check_source_rights
from lambdas.handlers.routes import imports as imports_routes
from tests.api import Context, event

CLAIM = "collections"


def request(method: str, path: str, claims: dict[str, Any] | None) -> dict[str, Any]:
    made = event(method, path, {} if method == "POST" else None)
    made["requestContext"]["authorizer"] = None if claims is None else {"jwt": {"claims": claims, "scopes": None}}
    return made


@pytest.mark.parametrize(
    "path",
    [
        "/v1/collections/Film",
        "/v1/collections/film/search",
        "/v1/collections/Film/objects/x",
        "/v1/meta",
        "/v1/openapi.json",
    ],
)
@pytest.mark.parametrize("listed", ["Film", "[Film Book]", "[Book Film]", "Book, film", ["Film"]])
def test_a_listed_collection_and_the_service_can_be_used(path: str, listed: Any) -> None:
    check_collection_rights(request("GET", path, {CLAIM: listed}), CLAIM)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/collections/Films",
        "/v1/collections/FILM",
        "/v1/collections/fiLm/search",
        "/v1/collections/%46ilm/search",
        "/v1/collections/Book/objects",
        "/v1/collections",
        "/v1/collections/",
        "/v1/imports",
        "/v1/imports/7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34",
        "/v2/collections/Film",
        "//v1/collections/Film",
    ],
)
def test_everything_else_is_forbidden(path: str) -> None:
    with pytest.raises(ForbiddenError, match="collections"):
        check_collection_rights(request("GET", path, {CLAIM: "[Film]"}), CLAIM)


@pytest.mark.parametrize("claims", [None, {}, {CLAIM: ""}, {CLAIM: "[]"}, {CLAIM: []}, {"other": "Film"}])
def test_a_token_without_the_claim_has_no_collection(claims: dict[str, Any] | None) -> None:
    with pytest.raises(ForbiddenError):
        check_collection_rights(request("GET", "/v1/collections/Film", claims), CLAIM)


@pytest.mark.parametrize("path", ["/v1/collections", "/v1/imports", "/v1/collections/Book"])
def test_a_star_lists_every_collection(path: str) -> None:
    check_collection_rights(request("GET", path, {CLAIM: "[*]"}), CLAIM)


def test_tokens_are_not_limited_without_the_setting() -> None:
    check_collection_rights(request("GET", "/v1/imports", {}), None)


@pytest.mark.parametrize("key", ["Film/a.jsonl", "film/uploads/x/a.csv", "Book/a.jsonl"])
def test_files_of_listed_collections_can_be_imported(key: str) -> None:
    check_source_rights(request("POST", "/v1/collections/Film/imports", {CLAIM: "[Film Book]"}), CLAIM, key)


@pytest.mark.parametrize(
    "key", ["Book/a.jsonl", "book/uploads/x/a.csv", "a.jsonl", "Film", "/Film/a", "FILM/a", "x/Film/a"]
)
def test_files_of_other_collections_cannot_be_imported(key: str) -> None:
    with pytest.raises(ForbiddenError, match="folder that the file is in"):
        check_source_rights(request("POST", "/v1/collections/Film/imports", {CLAIM: "[Film]"}), CLAIM, key)


@pytest.mark.parametrize(("listed", "is_allowed"), [("[Films]", False), ("[Film]", False), ("[Films Film]", True)])
def test_the_folder_of_an_alias_takes_the_right_to_its_collection(listed: str, is_allowed: bool) -> None:
    made = request("POST", "/v1/collections/Book/imports", {CLAIM: listed})
    find = {"Films": "Film"}.get

    if is_allowed:
        check_source_rights(made, CLAIM, "Films/a.jsonl", find)
    else:
        with pytest.raises(ForbiddenError, match="folder that the file is in"):
            check_source_rights(made, CLAIM, "Films/a.jsonl", find)


@pytest.mark.parametrize(("claim", "listed"), [(None, ""), (CLAIM, "[*]")])
def test_without_limits_every_file_can_be_imported(claim: str | None, listed: str) -> None:
    check_source_rights(request("POST", "/v1/collections/Film/imports", {CLAIM: listed}), claim, "Book/a.jsonl")


def test_a_limited_token_does_not_import_the_file_of_another_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, imports_routes):
        monkeypatch.setattr(module, "collections_claim", lambda: CLAIM)
    # Only what comes before the engine: the file is rejected before the collection is read.
    aliases = SimpleNamespace(find_target=lambda _: None)
    monkeypatch.setattr(imports_routes, "services", lambda: SimpleNamespace(aliases=aliases))
    made = event("POST", "/v1/collections/Film/imports", {"source": "s3://bucket/Book/books.jsonl"})
    made["requestContext"]["authorizer"] = {"jwt": {"claims": {CLAIM: "[Film]"}, "scopes": None}}

    response = resolve(write.app, made, Context(), lambda _: None)  # type: ignore[arg-type]

    assert (response["statusCode"], json.loads(response["body"])["error"]["code"]) == (403, "forbidden")


def test_a_request_for_another_collection_gets_a_403(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "collections_claim", lambda: CLAIM)

    response = resolve(write.app, request("DELETE", "/v1/collections/Book", {CLAIM: "[Film]"}), Context())  # type: ignore[arg-type]

    assert (response["statusCode"], json.loads(response["body"])["error"]["code"]) == (403, "forbidden")
