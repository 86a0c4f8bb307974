"""Twenty thousand objects through a server that fails, over a real OpenSearch: nothing is lost and nothing is both."""

import random
from collections.abc import Iterator
from threading import Lock
from typing import Any
from uuid import uuid4

import pytest

import alto
from alto.classes.config import Configure, DataType, Property
from alto.classes.init import AdditionalConfig, RetryPolicy
from tests.api import Api, Response
from tests.api_server import ApiServer

OBJECTS = 20_000
SHARE = 0.01


class FailingApi(Api):
    """Of its batches some are not carried out, and of some that are the response is lost."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._random = random.Random(20_000)
        self._lock = Lock()
        self.failures: list[str] = []

    def __call__(self, method: str, path: str, body: Any = None, **parts: Any) -> Response:
        with self._lock:
            chance = self._random.random() if path.endswith("/objects/batch") else 1.0
        if chance < SHARE:
            self.failures.append("refused")
            return Response(503, {"message": "Service Unavailable"}, {})
        response = self._api(method, path, body, **parts)
        if chance < 2 * SHARE:
            self.failures.append("lost")
            return Response(504, {"message": "Endpoint request timed out"}, {})
        return response


@pytest.fixture
def failing(api: Api) -> Iterator[tuple[alto.AltoClient, FailingApi]]:
    faulty = FailingApi(api)
    config = AdditionalConfig(retries=RetryPolicy(attempts=8, first=0.01, longest=0.1), trust_env=False)
    with ApiServer(faulty) as server, alto.connect_to_local(port=server.port, additional_config=config) as client:
        yield client, faulty


@pytest.mark.filterwarnings("ignore::alto.BatchFailureWarning")
def test_of_20_000_objects_each_is_stored_or_failed_and_none_is_both(
    failing: tuple[alto.AltoClient, FailingApi],
) -> None:
    client, faulty = failing
    numbers = client.collections.create(
        f"Number{uuid4().hex[:8]}",
        properties=[Property(name="number", data_type=DataType.INT)],
        vector_config=Configure.Vectors.self_provided(dimensions=3),
        auto_schema=False,
    )
    wrong = random.Random(9)

    with numbers.batch.fixed_size(batch_size=100, concurrent_requests=4) as batch:
        added = [
            batch.add_object({"number": "wrong" if wrong.random() < SHARE else number}, vector=[1, 2, 3])
            for number in range(OBJECTS)
        ]

    failed = [error.object_.uuid for error in numbers.batch.failed_objects]
    stored = {each.uuid for each in numbers.iterator(cache_size=1000, return_properties=[])}
    assert set(faulty.failures) == {"refused", "lost"}
    assert stored | set(failed) == set(added)
    assert not stored & set(failed)
    assert len(stored) == len(numbers) == batch.number_stored == OBJECTS - len(failed)
    assert {error.code for error in numbers.batch.failed_objects} == {"invalid_object"}
    assert 100 < len(failed) < 300
    client.collections.delete(numbers.name)
