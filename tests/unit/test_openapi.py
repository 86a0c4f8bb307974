import pytest

from lambdas.api_examples import EXAMPLES
from lambdas.errors import MethodNotAllowedError
from lambdas.handlers.methods import METHODS, check_method
from lambdas.openapi import TARGET, document, rendered

OPERATIONS = {
    (path, method): operation for path, item in document()["paths"].items() for method, operation in item.items()
}


def test_the_table_of_methods_is_that_of_the_routes() -> None:
    described: dict[str, set[str]] = {"/v1/openapi.json": {"GET"}}
    for path, method in OPERATIONS:
        described.setdefault(path, set()).add(method.upper())

    assert {path: set(methods) for path, methods in METHODS.items()} == described


def test_every_operation_has_an_example_and_no_example_is_left_over() -> None:
    assert set(EXAMPLES) == {operation["operationId"] for operation in OPERATIONS.values()}
    for operation in OPERATIONS.values():
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["example"], operation["operationId"]


def test_every_error_has_the_one_form() -> None:
    for operation in OPERATIONS.values():
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Error"}
        assert "422" not in operation["responses"]


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
    check_method(method, path)


def test_a_literal_path_is_no_objects_id() -> None:
    with pytest.raises(MethodNotAllowedError, match="has no GET: it has POST") as caught:
        check_method("GET", "/v1/collections/Film/objects/batch")

    assert caught.value.allowed == ("POST",)
