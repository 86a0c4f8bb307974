import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from lambdas.errors import IdempotencyKeyReusedError, RequestInProgressError
from lambdas.idempotency import (
    CLAIM,
    MAX_ITEM_BYTES,
    TIME_TO_LIVE,
    IdempotentRequests,
    StoredResponse,
    derived_id,
)

TABLE = "jobs"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def requests(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdempotentRequests]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        client.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        yield IdempotentRequests(client, TABLE, clock)


def never() -> bytes:
    raise AssertionError("carried out again")


def test_the_second_request_gets_the_first_ones_response(requests: IdempotentRequests) -> None:
    assert requests.run("batch Film", "k", b"body", lambda: b"answer") == StoredResponse(b"answer", replayed=False)
    assert requests.run("batch Film", "k", b"body", never) == StoredResponse(b"answer", replayed=True)


def test_a_key_means_something_only_in_its_scope(requests: IdempotentRequests) -> None:
    requests.run("batch Film", "k", b"body", lambda: b"1")

    assert requests.run("batch Book", "k", b"body", lambda: b"2").body == b"2"


def test_a_key_that_belongs_to_another_request_is_refused(requests: IdempotentRequests) -> None:
    requests.run("s", "k", b"body", lambda: b"1")

    with pytest.raises(IdempotencyKeyReusedError):
        requests.run("s", "k", b"another", never)


def test_a_request_that_is_being_carried_out_is_not_started_again(requests: IdempotentRequests) -> None:
    def work() -> bytes:
        with pytest.raises(RequestInProgressError):
            requests.run("s", "k", b"body", never)
        return b"1"

    assert requests.run("s", "k", b"body", work).body == b"1"


def test_a_request_that_failed_may_be_sent_again(requests: IdempotentRequests, clock: Clock) -> None:
    def fail() -> bytes:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        requests.run("s", "k", b"body", fail)

    assert requests.run("s", "k", b"body", lambda: b"2") == StoredResponse(b"2", replayed=False)


def test_an_expired_claim_is_taken_over_and_can_no_longer_respond(requests: IdempotentRequests, clock: Clock) -> None:
    def slow() -> bytes:
        clock.now += CLAIM + timedelta(seconds=1)
        assert requests.run("s", "k", b"body", lambda: b"second").body == b"second"
        return b"first"

    requests.run("s", "k", b"body", slow)

    assert requests.run("s", "k", b"body", never).body == b"second"


def test_a_response_is_forgotten_after_a_day(requests: IdempotentRequests, clock: Clock) -> None:
    requests.run("s", "k", b"body", lambda: b"1")
    clock.now += TIME_TO_LIVE + timedelta(seconds=1)

    other: Any = requests.run("s", "k", b"another", lambda: b"2")

    assert other == StoredResponse(b"2", replayed=False)


def test_a_response_that_fits_no_item_is_stored_as_a_summary(requests: IdempotentRequests) -> None:
    large = random.Random(1).randbytes(2 * MAX_ITEM_BYTES)

    first = requests.run("s", "k", b"body", lambda: large, lambda _: b"summary")

    assert first == StoredResponse(large, replayed=False)
    assert requests.run("s", "k", b"body", never, lambda _: b"summary") == StoredResponse(b"summary", replayed=True)


def test_an_id_derives_from_the_scope_the_key_and_the_place() -> None:
    ids = [derived_id(*parts) for parts in (("s", "k", 0), ("s", "k", 1), ("s", "l", 0), ("t", "k", 0))]

    assert len(set(ids)) == 4
    assert derived_id("s", "k", 0) == ids[0]
