"""A batch with an Idempotency-Key: carried out once for a caller and a collection."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lambdas.collections.model import Collection
from lambdas.errors import CollectionNotFoundError
from lambdas.handlers import write
from lambdas.handlers.http import resolve
from lambdas.handlers.routes import objects as objects_routes
from lambdas.handlers.routes.objects import summarize_batch
from lambdas.idempotency import StoredResponse
from lambdas.objects.model import BatchResult, ObjectError, ObjectResult
from tests.api import Context, event

CREATED = datetime(2026, 11, 23, tzinfo=UTC)
PATH = "/v1/collections/Film/objects/batch"


class Services:
    """Services of the write function that store nothing and remember what they were asked."""

    def __init__(self) -> None:
        self.collection: Collection | None = Collection(name="Film", created=CREATED, updated=CREATED)
        self.written: list[list[dict[str, Any]]] = []
        self.scopes: list[str] = []
        self.registry = SimpleNamespace(serve=lambda name, work, *_: work(self.fresh(name)), fresh=self.fresh)
        self.objects = SimpleNamespace(write_batch=self.write_batch)
        self.requests = SimpleNamespace(run=self.run)

    def fresh(self, name: str) -> Collection:
        if self.collection is None:
            raise CollectionNotFoundError(f"'{name}' is missing.")
        return self.collection

    def write_batch(self, _: Collection, objects: list[dict[str, Any]], __: Any) -> BatchResult:
        self.written.append(objects)
        results = [ObjectResult(id=each.get("id"), status="created", vectors_without_text=[]) for each in objects]
        return BatchResult(created=len(objects), updated=0, failed=0, results=results)

    def run(self, scope: str, _: str, __: bytes, work: Any, ___: Any) -> StoredResponse:
        """Carry the request out each time, as after a death before the response was stored."""
        self.scopes.append(scope)
        return StoredResponse(work(), replayed=False)


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Services:
    services = Services()
    monkeypatch.setattr(objects_routes, "services", lambda: services)
    return services


def send(arn: str = "arn:aws:iam::123456789012:user/ada") -> dict[str, Any]:
    body = {"objects": [{"properties": {"a": 1}}, {"id": "x"}, {"properties": {"a": 1}}]}
    made = event("POST", PATH, body, headers={"Idempotency-Key": "k"})
    made["requestContext"]["authorizer"]["iam"]["userArn"] = arn
    return resolve(write.app, made, Context())  # type: ignore[arg-type]


def ids(services: Services) -> list[list[str]]:
    return [[each["id"] for each in objects] for objects in services.written]


def test_a_batch_that_is_carried_out_twice_has_the_same_ids(services: Services) -> None:
    send()
    send()

    first, second = ids(services)
    assert first == second
    assert len(set(first)) == 3
    assert first[1] == "x"


def test_another_caller_has_other_ids(services: Services) -> None:
    send()
    send("arn:aws:iam::123456789012:user/bob")

    assert ids(services)[0][0] != ids(services)[1][0]
    assert services.scopes[0] != services.scopes[1]


def test_the_next_session_of_a_role_gets_the_same_ids(services: Services) -> None:
    send("arn:aws:sts::123456789012:assumed-role/Importer/i-0abc")
    send("arn:aws:sts::123456789012:assumed-role/Importer/i-0def")

    assert ids(services)[0] == ids(services)[1]
    assert services.scopes[0] == services.scopes[1]


def test_a_collection_created_again_does_not_get_the_response_of_the_first(services: Services) -> None:
    send()
    services.collection = Collection(name="Film", created=CREATED + timedelta(days=1), updated=CREATED)
    send()

    assert services.scopes[0] != services.scopes[1]


def test_a_key_does_not_outlive_its_collection(services: Services) -> None:
    send()
    services.collection = None

    response = send()

    assert (response["statusCode"], json.loads(response["body"])["error"]["code"]) == (404, "collection_not_found")


def test_the_summary_of_a_batch_has_its_counts_and_ids_without_messages() -> None:
    error = ObjectError(code="invalid_object", message="x" * 2000)
    failed = ObjectResult(id="x", status="failed", error=error, vectors_without_text=["default"])
    whole = BatchResult(created=0, updated=0, failed=1000, results=[failed] * 1000)

    found = BatchResult.model_validate_json(summarize_batch(whole.model_dump_json().encode()))

    assert (found.failed, len(found.results), found.results[0].id) == (1000, 1000, "x")
    assert found.results[0].error == ObjectError(code="invalid_object", message="")
