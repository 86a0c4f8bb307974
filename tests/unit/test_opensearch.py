"""The border with OpenSearch: how long it waits, what it tries again, what it tells of the time."""

from typing import Any

import pytest
from opensearchpy.exceptions import ConnectionError as VendorConnectionError
from opensearchpy.exceptions import ConnectionTimeout, TransportError

from lambdas.errors import QueryTooLongError, SearchEngineUnavailableError
from lambdas.opensearch import TRIES, OpenSearch, WriteConflictError

BROKEN = VendorConnectionError("N/A", "reset", Exception())
TIMEOUT = ConnectionTimeout("TIMEOUT", "late", Exception())
BAD_GATEWAY = TransportError(502, "bad_gateway", {})
CONFLICT = TransportError(409, "version_conflict_engine_exception", {})


class Vendor:
    """opensearch-py's client, that takes a second for each request and gives these answers in turn."""

    def __init__(self, *answers: Any) -> None:
        self.transport = self
        self.answers = list(answers)
        self.limits: list[float] = []
        self.now = 0.0

    def perform_request(self, method: str, path: str, params: dict[str, Any], body: Any) -> Any:
        self.limits.append(params["request_timeout"].total)
        self.now += 1.0
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def engine(vendor: Vendor, seconds: float = 100.0, waits: list[float] | None = None) -> OpenSearch:
    waited = (lambda _: None) if waits is None else waits.append
    return OpenSearch(
        vendor,  # type: ignore[arg-type]
        time_left=lambda: seconds - vendor.now,
        waited=waited,
        clock=lambda: vendor.now,
    )


def test_a_request_waits_no_longer_than_the_invocation_lasts() -> None:
    vendor = Vendor("ok", "ok")
    client = engine(vendor, seconds=5.0)

    client.request("GET", "/", timeout=3.0)
    client.request("GET", "/")

    assert vendor.limits == [3.0, 4.0]


@pytest.mark.parametrize("failure", [BROKEN, BAD_GATEWAY])
def test_a_broken_connection_is_tried_again_within_the_time_left(failure: Exception) -> None:
    vendor = Vendor(failure, failure, "ok")

    assert engine(vendor, seconds=10.0).request("GET", "/") == "ok"
    assert vendor.limits == [10.0, 9.0, 8.0]


@pytest.mark.parametrize("failure", [BROKEN, BAD_GATEWAY])
def test_tries_end(failure: Exception) -> None:
    vendor = Vendor(*[failure] * 10)

    with pytest.raises(SearchEngineUnavailableError):
        engine(vendor).request("GET", "/")
    assert len(vendor.limits) == TRIES


def test_who_did_not_answer_in_time_is_not_asked_again() -> None:
    vendor = Vendor(TIMEOUT, "ok")

    with pytest.raises(SearchEngineUnavailableError, match="Nothing is known about this request's effect"):
        engine(vendor).request("GET", "/")
    assert len(vendor.limits) == 1


def test_nothing_is_sent_when_no_time_is_left() -> None:
    vendor = Vendor("ok")

    with pytest.raises(SearchEngineUnavailableError):
        engine(vendor, seconds=0.0).request("GET", "/")
    assert vendor.limits == []


def test_a_refusal_is_translated_and_not_tried_again() -> None:
    vendor = Vendor(CONFLICT, "ok")

    with pytest.raises(WriteConflictError):
        engine(vendor).request("PUT", "/")
    assert len(vendor.limits) == 1


@pytest.mark.parametrize("status", [400, 500])
def test_a_query_with_too_many_words_is_the_callers_to_shorten(status: int) -> None:
    cause = {"type": "too_many_nested_clauses", "reason": "Query contains too many nested clauses"}
    failed = {
        "error": {"type": "search_phase_execution_exception", "failed_shards": [{"reason": {"caused_by": cause}}]}
    }

    with pytest.raises(QueryTooLongError, match="Shorten it, or name fewer 'properties'") as raised:
        engine(Vendor(TransportError(status, "search_phase_execution_exception", failed))).request("POST", "/")

    assert raised.value.status == 400


def test_the_time_that_a_request_took_is_told_with_its_repeats_and_when_it_failed() -> None:
    waits: list[float] = []
    client = engine(Vendor(BROKEN, "ok", CONFLICT), waits=waits)

    client.request("GET", "/")
    with pytest.raises(WriteConflictError):
        client.request("GET", "/")

    assert waits == [2.0, 1.0]
