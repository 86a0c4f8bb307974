"""The border with OpenSearch: how long it waits, what it tries again, what it tells of the time."""

from typing import Any

import orjson
import pytest
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from lambdas.aws.credentials import NoCredentialsError
from lambdas.aws.http import HttpAnswer
from lambdas.errors import QueryTooLongError, SearchEngineError, SearchEngineUnavailableError
from lambdas.opensearch import TRIES, DocumentMissingError, OpenSearch, WriteConflictError


def said(status: int, body: Any) -> HttpAnswer:
    return HttpAnswer(status, {}, orjson.dumps(body))


OK = said(200, "ok")
BROKEN = ProtocolError("reset")
TIMEOUT = ReadTimeoutError(None, "", "late")  # type: ignore[arg-type]
BAD_GATEWAY = HttpAnswer(502, {}, b"<html>")
CONFLICT = said(409, {"error": {"type": "version_conflict_engine_exception"}, "status": 409})


class Domain:
    """Takes a second for each request, and gives these answers in turn."""

    def __init__(self, *answers: HttpAnswer | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str, bytes]] = []
        self.limits: list[float] = []
        self.now = 0.0

    def send(self, method: str, target: str, body: bytes, timeout_seconds: float) -> HttpAnswer:
        self.sent.append((method, target, body))
        self.limits.append(timeout_seconds)
        self.now += 1.0
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def engine(domain: Domain, seconds: float = 100.0, waits: list[float] | None = None) -> OpenSearch:
    waited = (lambda _: None) if waits is None else waits.append
    return OpenSearch(
        domain.send,
        time_left=lambda: seconds - domain.now,
        waited=waited,
        clock=lambda: domain.now,
    )


def test_a_request_waits_no_longer_than_the_invocation_lasts() -> None:
    domain = Domain(OK, OK)
    client = engine(domain, seconds=5.0)

    client.request("GET", "/", timeout=3.0)
    client.request("GET", "/")

    assert domain.limits == [3.0, 4.0]


@pytest.mark.parametrize("failure", [BROKEN, BAD_GATEWAY])
def test_a_broken_connection_is_tried_again_within_the_time_left(failure: Exception) -> None:
    domain = Domain(failure, failure, OK)

    assert engine(domain, seconds=10.0).request("GET", "/") == "ok"
    assert domain.limits == [10.0, 9.0, 8.0]


@pytest.mark.parametrize("failure", [BROKEN, BAD_GATEWAY])
def test_tries_end(failure: Exception) -> None:
    domain = Domain(*[failure] * 10)

    with pytest.raises(SearchEngineUnavailableError):
        engine(domain).request("GET", "/")
    assert len(domain.limits) == TRIES


def test_who_did_not_answer_in_time_is_not_asked_again() -> None:
    domain = Domain(TIMEOUT, OK)

    with pytest.raises(SearchEngineUnavailableError, match="Nothing is known about this request's effect"):
        engine(domain).request("GET", "/")
    assert len(domain.limits) == 1


def test_nothing_is_sent_when_no_time_is_left() -> None:
    domain = Domain(OK)

    with pytest.raises(SearchEngineUnavailableError):
        engine(domain, seconds=0.0).request("GET", "/")
    assert domain.limits == []


def test_a_refusal_is_translated_and_not_tried_again() -> None:
    domain = Domain(CONFLICT, OK)

    with pytest.raises(WriteConflictError):
        engine(domain).request("PUT", "/")
    assert len(domain.limits) == 1


@pytest.mark.parametrize("status", [400, 500])
def test_a_query_with_too_many_words_is_the_callers_to_shorten(status: int) -> None:
    cause = {"type": "too_many_nested_clauses", "reason": "Query contains too many nested clauses"}
    failed = {
        "error": {"type": "search_phase_execution_exception", "failed_shards": [{"reason": {"caused_by": cause}}]}
    }

    with pytest.raises(QueryTooLongError, match="Shorten it, or name fewer 'properties'") as raised:
        engine(Domain(said(status, failed))).request("POST", "/")

    assert raised.value.status == 400


def test_the_time_that_a_request_took_is_told_with_its_repeats_and_when_it_failed() -> None:
    waits: list[float] = []
    client = engine(Domain(BROKEN, OK, CONFLICT), waits=waits)

    client.request("GET", "/")
    with pytest.raises(WriteConflictError):
        client.request("GET", "/")

    assert waits == [2.0, 1.0]


def test_a_request_is_sent_as_json_with_its_parameters_encoded() -> None:
    domain = Domain(OK, OK, OK)
    client = engine(domain)

    client.request("POST", "/alto-*/_search", {"size": 1}, {"filter_path": "a.*,b c", "x": "1"})
    client.request("POST", "/_bulk", b'{"a": 1}\n')
    client.request("GET", "/")

    assert domain.sent == [
        ("POST", "/alto-*/_search?filter_path=a.%2A%2Cb%20c&x=1", b'{"size":1}'),
        ("POST", "/_bulk", b'{"a": 1}\n'),
        ("GET", "/", b""),
    ]


@pytest.mark.parametrize(("status", "exists"), [(200, True), (404, False)])
def test_head_tells_whether_a_thing_exists(status: int, exists: bool) -> None:
    assert engine(Domain(HttpAnswer(status, {}, b""))).request("HEAD", "/x") is exists


def test_an_answer_of_something_else_than_opensearch_is_an_error_like_any_other() -> None:
    with pytest.raises(SearchEngineError, match=r"^OpenSearch answered 403\.$"):
        engine(Domain(HttpAnswer(403, {}, b"<html>denied</html>"))).request("GET", "/")


def test_a_document_that_is_not_there_is_told_from_an_index_that_is_not() -> None:
    with pytest.raises(DocumentMissingError):
        engine(Domain(said(404, {"_id": "1", "found": False}))).request("GET", "/x/_doc/1")


def test_a_function_without_credentials_says_so() -> None:
    with pytest.raises(SearchEngineError, match="no AWS credentials to sign requests to OpenSearch with"):
        engine(Domain(NoCredentialsError())).request("GET", "/")
