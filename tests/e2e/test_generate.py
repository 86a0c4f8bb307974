"""Texts from the documentation of AWS, through the deployed stack. All questions: `make bench-citations`."""

from typing import Any

import httpx
import pytest

from benchmarks.citations import CITES_BY_NUMBERS, CITES_NATIVELY, Tally, ask_all, questions
from local import aws_docs
from local.demo import DEFINITION
from tests.e2e.conftest import Alto

NAME = "Documented"
SERVICES = ("kms", "sqs", "secretsmanager")
PROPERTIES = ("title", "documentation")
COVERED = [
    *("How do I schedule the deletion of a key?", "How do I create an alias for a key?"),
    *("How do I enable automatic rotation of a key?", "How do I store a new secret value?"),
]


@pytest.fixture(scope="module")
def call(alto: Alto) -> Any:
    """The API, with the operations of three services in a collection."""

    def call(method: str, path: str, body: Any) -> Any:
        response: httpx.Response = alto.api.request(method, path, json=body)
        assert response.is_success, response.text
        return response.json()

    call("POST", "/v1/collections", DEFINITION | {"name": NAME})
    objects = list(aws_docs.operations(SERVICES))
    stored = call("POST", f"/v1/collections/{NAME}/objects/batch?consistency=wait", {"objects": objects})
    assert stored["failed"] == 0
    return call


@pytest.mark.parametrize("model", [CITES_NATIVELY, CITES_BY_NUMBERS])
def test_every_quote_is_word_for_word_in_its_object(call: Any, model: str) -> None:
    tally = ask_all(call, COVERED, NAME, model, PROPERTIES)

    assert tally.wrong == []
    assert (tally.failed, tally.dropped, tally.uncited, tally.replied) == (0, 0, 0, len(COVERED))
    assert tally.citations >= tally.replied


def test_a_question_that_the_objects_do_not_cover_is_said_to_be_one(call: Any) -> None:
    tally: Tally = ask_all(call, questions("uncovered")[::10], NAME, CITES_NATIVELY, PROPERTIES)

    assert (tally.unknown, tally.wrong) == (tally.questions, [])
