import re

import pytest

from lambdas.api_examples import EXAMPLES
from lambdas.errors import MethodNotAllowedError
from lambdas.handlers.route_table import METHODS, PARAMETERS, check_route
from lambdas.openapi import TARGET, document, rendered

OPERATIONS = {
    (path, method): operation for path, item in document()["paths"].items() for method, operation in item.items()
}


def test_the_table_of_methods_is_that_of_the_routes() -> None:
    described: dict[str, set[str]] = {"/v1/openapi.json": {"GET"}}
    for path, method in OPERATIONS:
        described.setdefault(path, set()).add(method.upper())

    assert {path: set(methods) for path, methods in METHODS.items()} == described


def test_the_table_of_parameters_is_that_of_the_routes() -> None:
    described = {
        (method.upper(), path): {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        for (path, method), operation in OPERATIONS.items()
    }

    assert {key: set(names) for key, names in PARAMETERS.items()} == {
        key: names for key, names in described.items() if names
    }


def test_every_operation_has_an_example_and_no_example_is_left_over() -> None:
    assert set(EXAMPLES) == {operation["operationId"] for operation in OPERATIONS.values()}
    for operation in OPERATIONS.values():
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["example"], operation["operationId"]


def test_every_operation_has_a_summary_and_a_description() -> None:
    for operation in OPERATIONS.values():
        name = operation["operationId"]
        assert re.fullmatch(r"[A-Z][^.]{5,60}", operation["summary"]), name
        assert operation["description"].endswith("."), name
        assert operation["description"] != operation["summary"], name
        # Callers over HTTP get statuses and codes: this would be the docstring of a function behind the route.
        assert "Raises `" not in operation["description"], name


def test_every_response_has_a_description_of_its_own() -> None:
    for operation in OPERATIONS.values():
        for status, response in operation["responses"].items():
            if "$ref" not in response:
                assert response["description"].endswith("."), (operation["operationId"], status)


def test_every_error_has_the_one_form() -> None:
    for (_, method), operation in OPERATIONS.items():
        responses = operation["responses"]
        if method != "head":
            assert responses["default"] == {"$ref": "#/components/responses/Error"}
        assert not {"422", "500"} & set(responses)


def test_a_response_without_a_body_is_described_without_one() -> None:
    bodiless = [
        response
        for (_, method), operation in OPERATIONS.items()
        for status, response in operation["responses"].items()
        if method == "head" or status == "204"
    ]
    assert len(bodiless) >= 8
    assert not [response for response in bodiless if "content" in response or "$ref" in response]


def test_a_request_that_can_be_replayed_says_how_its_response_tells() -> None:
    replayable = {
        operation["operationId"]
        for operation in OPERATIONS.values()
        for response in operation["responses"].values()
        if "Idempotent-Replayed" in response.get("headers", {})
    }
    assert replayable == {"write_objects", "start_import"}


def test_a_link_names_an_operation_and_its_parameters() -> None:
    by_name = {operation["operationId"]: operation for operation in OPERATIONS.values()}
    links = [
        link
        for operation in OPERATIONS.values()
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    ]
    assert links
    for link in links:
        required = {each["name"] for each in by_name[link["operationId"]]["parameters"] if each["in"] == "path"}
        assert set(link["parameters"]) == required, link


def test_an_object_whose_names_have_a_pattern_has_no_others() -> None:
    for name, properties in (
        ("ObjectBody", "vectors"),
        ("CollectionConfig", "vectors"),
        ("AggregateRequest", "properties"),
    ):
        assert document()["components"]["schemas"][name]["properties"][properties]["additionalProperties"] is False


def test_the_committed_document_is_the_current_one() -> None:
    assert TARGET.read_bytes() == rendered()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/collections/Film"),
        ("PUT", "/v1/collections/Film/objects/x"),
        ("POST", "/v1/collections/Film/objects/batch"),
        ("GET", "/v1/nothing"),
        ("GET", "/v1/collections//objects"),
    ],
)
def test_a_method_that_a_path_has_passes_and_so_does_an_unknown_path(method: str, path: str) -> None:
    check_route(method, path)


def test_a_literal_path_is_no_objects_id() -> None:
    with pytest.raises(MethodNotAllowedError, match="does not support GET") as caught:
        check_route("GET", "/v1/collections/Film/objects/batch")

    assert caught.value.allowed == ("POST",)
