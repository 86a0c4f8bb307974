from pathlib import Path

import pytest

from local.deployment import fingerprint
from local.gateway import MOST_LAMBDA_BYTES, status_as_in_aws
from local.stack import api_id

CONTEXT = {"stage": "local", "existing_domain_url": "http://127.0.0.1:8702"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in (
        "app.py",
        "cdk.json",
        "infra/stack.py",
        "lambdas/search/body.py",
        "requirements/query.txt",
        "README.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    "changed", ["app.py", "cdk.json", "infra/stack.py", "lambdas/search/body.py", "requirements/query.txt"]
)
def test_a_change_of_what_is_deployed_calls_for_a_deployment(project: Path, changed: str) -> None:
    before = fingerprint(project, CONTEXT)

    (project / changed).write_text("something else")

    assert fingerprint(project, CONTEXT) != before


def test_a_new_file_of_a_function_calls_for_a_deployment(project: Path) -> None:
    before = fingerprint(project, CONTEXT)

    (project / "lambdas" / "new.py").write_text("")

    assert fingerprint(project, CONTEXT) != before


def test_another_address_of_opensearch_calls_for_a_deployment(project: Path) -> None:
    moved = {**CONTEXT, "existing_domain_url": "http://127.0.0.1:8712"}

    assert fingerprint(project, moved) != fingerprint(project, CONTEXT)


def test_a_change_of_anything_else_does_not(project: Path) -> None:
    before = fingerprint(project, CONTEXT)

    (project / "README.md").write_text("something else")

    assert fingerprint(project, CONTEXT) == before


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"{}", 200),
        (404, b'{"error": {}}', 404),
        (502, b'{"errorMessage": "division by zero", "errorType": "Runtime.HandlerError"}', 500),
        (502, b'{"errorMessage": "Task timed out", "errorType": "Sandbox.Timedout"}', 503),
        (502, b'{"error": {"code": "embedding_failed"}}', 502),
        (200, b"x" * (MOST_LAMBDA_BYTES + 1), 500),
    ],
)
def test_a_failed_function_is_reported_as_api_gateway_reports_it(status: int, body: bytes, expected: int) -> None:
    assert status_as_in_aws(status, body) == expected


@pytest.mark.parametrize(
    "url", ["https://ab12cd34.execute-api.eu-west-1.amazonaws.com/", "http://ab12cd34.execute-api.localhost:8701"]
)
def test_the_id_of_an_api_is_the_first_part_of_its_address(url: str) -> None:
    assert api_id(url) == "ab12cd34"
