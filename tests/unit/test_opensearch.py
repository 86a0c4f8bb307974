"""The border with OpenSearch: how long it waits, what it sends again, how it reports the time and the errors."""

from typing import Any

import opensearchpy.exceptions as theirs
import pytest
from opensearchpy.exceptions import (
    HTTP_EXCEPTIONS,
    ConnectionTimeout,
    SerializationError,
    TransportError,
)
from opensearchpy.exceptions import ConnectionError as BrokenConnectionError
from urllib3 import Timeout
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

from lambdas.aws.credentials import NoCredentialsError
from lambdas.errors import ClusterFullError, QueryTooLongError, SearchEngineError, SearchEngineUnavailableError
from lambdas.opensearch import (
    ATTEMPTS,
    CANCELLED,
    DocumentMissingError,
    EffectUnknownError,
    OpenSearch,
    WriteConflictError,
)

BROKEN = BrokenConnectionError("N/A", "reset", ProtocolError("reset"))
REFUSED = BrokenConnectionError("N/A", "refused", NewConnectionError(None, "refused"))  # type: ignore[arg-type]
TIMEOUT = ConnectionTimeout("TIMEOUT", "late", ReadTimeoutError(None, "", "late"))  # type: ignore[arg-type]
BAD_GATEWAY = TransportError(502, "<html>", None)
OK: Any = "ok"


def refusal(status: int, body: Any) -> TransportError:
    kind: Any = HTTP_EXCEPTIONS.get(status, TransportError)
    error: TransportError = kind(status, "error", body)
    return error


CONFLICT = refusal(409, {"error": {"type": "version_conflict_engine_exception"}, "status": 409})


class Domain:
    """Takes a second for each request, and gives these responses in turn."""

    def __init__(self, *responses: Any) -> None:
        self.responses = list(responses)
        self.sent: list[tuple[str, str, bytes | None]] = []
        self.limits: list[Any] = []
        self.now = 0.0

    def perform_request(self, method: str, url: str, *, body: bytes | None, timeout: Timeout) -> Any:
        self.sent.append((method, url, body))
        self.limits.append(timeout.total)
        self.now += 1.0
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response


def engine(domain: Domain, seconds: float = 100.0, waits: list[float] | None = None) -> OpenSearch:
    waited = (lambda _: None) if waits is None else waits.append
    return OpenSearch(
        domain,
        time_left=lambda: seconds - domain.now,
        waited=waited,
        clock=lambda: domain.now,
        sleep=lambda _: None,
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
def test_attempts_end(failure: Exception) -> None:
    domain = Domain(*[failure] * 10)

    with pytest.raises(SearchEngineUnavailableError):
        engine(domain).request("GET", "/")
    assert len(domain.limits) == ATTEMPTS


READS: list[tuple[str, str, Any]] = [
    ("GET", "/alto-film/_doc/1", None),
    ("HEAD", "/alto-film", None),
    ("POST", "/alto-film/_search", {"query": {"match_all": {}}}),
    ("POST", "/alto-film/_msearch", b"{}\n{}\n"),
    ("POST", "/alto-film/_mget", {"ids": ["1"]}),
    ("POST", "/alto-film/_refresh", None),
]
WRITES: list[tuple[str, str, Any]] = [
    ("POST", "/alto-film/_bulk", b"{}\n"),
    ("PUT", "/alto-film/_create/1", {}),
    ("PUT", "/alto-film/_doc/1", {}),
    ("PUT", "/alto-film/_mapping", {}),
    ("DELETE", "/alto-film/_doc/1", None),
    ("POST", "/alto-film/_delete_by_query", {}),
    ("POST", "/alto-film/_search", {"aggs": {"colors": {}}}),
    ("POST", "/alto-film/_search", {"aggregations": {"colors": {}}}),
]


@pytest.mark.parametrize("failure", [BROKEN, BAD_GATEWAY])
@pytest.mark.parametrize(("method", "path", "body"), READS)
def test_reads_are_sent_again(method: str, path: str, body: Any, failure: Exception) -> None:
    domain = Domain(failure, OK)

    engine(domain).request(method, path, body)

    assert len(domain.sent) == 2


@pytest.mark.parametrize("failure", [BROKEN, BAD_GATEWAY])
@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_writes_and_aggregations_are_sent_once(method: str, path: str, body: Any, failure: Exception) -> None:
    domain = Domain(failure, OK)

    with pytest.raises(EffectUnknownError, match="not known whether it did what was asked"):
        engine(domain).request(method, path, body)

    assert len(domain.sent) == 1


@pytest.mark.parametrize(("method", "path", "body"), [*READS, *WRITES])
def test_a_request_that_was_never_sent_is_sent_again(method: str, path: str, body: Any) -> None:
    domain = Domain(REFUSED, OK)

    engine(domain).request(method, path, body)

    assert len(domain.sent) == 2


def test_a_caller_may_say_that_a_write_can_be_repeated() -> None:
    domain = Domain(BROKEN, {"items": [{"index": {"status": 200}}]})

    engine(domain).bulk("alto-film", [b"{}"], refresh=False, timeout=9.0, repeat=True)

    assert len(domain.sent) == 2


def test_several_searches_with_an_aggregation_are_sent_once() -> None:
    domain = Domain(BROKEN, OK)

    with pytest.raises(SearchEngineUnavailableError):
        engine(domain).search_each("alto-film", [{}, {"aggs": {}}], 9.0)

    assert len(domain.sent) == 1


def test_several_searches_that_count_a_filter_are_sent_again() -> None:
    domain = Domain(BROKEN, {"responses": []})

    engine(domain).search_each("alto-film", [{"aggs": {"with_words": {"filter": {"match_all": {}}}}}], 9.0)

    assert len(domain.sent) == 2


@pytest.mark.parametrize(("method", "error"), [("GET", SearchEngineUnavailableError), ("PUT", EffectUnknownError)])
def test_a_request_without_a_response_in_time_is_not_sent_again(method: str, error: type[Exception]) -> None:
    domain = Domain(TIMEOUT, OK)

    with pytest.raises(SearchEngineUnavailableError) as raised:
        engine(domain).request(method, "/")

    assert type(raised.value) is error
    assert len(domain.limits) == 1


def test_a_busy_response_of_opensearch_itself_says_that_nothing_was_done() -> None:
    blocked = refusal(503, {"error": {"type": "cluster_block_exception"}, "status": 503})

    with pytest.raises(SearchEngineUnavailableError, match="503 cluster_block_exception") as raised:
        engine(Domain(blocked)).request("PUT", "/")

    assert not isinstance(raised.value, EffectUnknownError)


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
        engine(Domain(refusal(status, failed))).request("POST", "/")

    assert raised.value.status == 400


def test_the_time_of_a_request_is_reported_with_its_repeats() -> None:
    waits: list[float] = []
    client = engine(Domain(BROKEN, OK, CONFLICT), waits=waits)

    client.request("GET", "/")
    with pytest.raises(WriteConflictError):
        client.request("GET", "/")

    assert waits == [2.0, 1.0]


def test_a_request_is_sent_as_json_with_its_parameters_encoded() -> None:
    domain = Domain(OK, OK, OK)
    client = engine(domain)

    client.request("POST", "/alto-*/_mget", {"size": 1}, {"filter_path": "a.*,b c", "x": "1"})
    client.request("POST", "/_bulk", b'{"a": 1}\n')
    client.request("GET", "/")

    assert domain.sent == [
        ("POST", "/alto-*/_mget?filter_path=a.%2A%2Cb%20c&x=1", b'{"size":1}'),
        ("POST", "/_bulk", b'{"a": 1}\n'),
        ("GET", "/", None),
    ]


def test_searches_are_stopped_by_opensearch_and_few_run_at_once() -> None:
    domain = Domain({"hits": {}}, {"responses": []})
    client = engine(domain)

    client.request("POST", "/alto-film/_search", {"size": 1}, timeout=29.0)
    client.search_each("alto-film", [{"size": 1}], 4.5)

    assert domain.sent == [
        ("POST", "/alto-film/_search?cancel_after_time_interval=10s", b'{"size":1}'),
        (
            "POST",
            "/alto-film/_msearch?max_concurrent_searches=2&cancel_after_time_interval=4s",
            b'{}\n{"size":1}\n',
        ),
    ]


@pytest.mark.parametrize(
    ("count", "timeout", "seconds"), [(1, 27.0, 10), (5, 27.0, 10), (10, 27.0, 5), (20, 27.0, 4), (20, 2.5, 2)]
)
def test_each_search_of_several_is_stopped_after_its_share_of_the_time(
    count: int, timeout: float, seconds: int
) -> None:
    domain = Domain({"responses": []})

    engine(domain).search_each("alto-film", [{"size": 1}] * count, timeout)

    assert domain.sent[0][1].endswith(f"&cancel_after_time_interval={seconds}s")


def test_a_search_that_opensearch_stopped_says_how_to_make_it_cheaper() -> None:
    stopped = refusal(500, {"error": {"root_cause": [{"type": CANCELLED}], "type": "search_phase_execution_exception"}})

    with pytest.raises(SearchEngineUnavailableError, match="stopped the search, which took too long"):
        engine(Domain(stopped)).request("POST", "/alto-film/_search", {})


def test_one_shard_too_many_is_a_full_cluster() -> None:
    full = {"error": {"type": "validation_exception", "reason": "[1000]/[1000] maximum shards open"}}

    with pytest.raises(ClusterFullError):
        engine(Domain(refusal(400, full))).request("PUT", "/alto-film")


@pytest.mark.parametrize("exists", [True, False])
def test_head_returns_whether_a_thing_exists(exists: bool) -> None:
    assert engine(Domain(exists)).request("HEAD", "/x") is exists


def test_a_response_that_is_not_of_opensearch_is_an_error() -> None:
    with pytest.raises(SearchEngineError, match=r"^OpenSearch responded 403\.$"):
        engine(Domain(refusal(403, None))).request("GET", "/")


def test_a_success_that_is_not_json_is_an_error() -> None:
    with pytest.raises(SearchEngineError, match="is not JSON"):
        engine(Domain(SerializationError("<html>"))).request("GET", "/")


def test_a_missing_document_is_told_from_a_missing_index() -> None:
    with pytest.raises(DocumentMissingError):
        engine(Domain(refusal(404, {"_id": "1", "found": False}))).request("GET", "/x/_doc/1")


def test_a_function_without_credentials_says_so() -> None:
    unsigned = BrokenConnectionError("N/A", "", NoCredentialsError())

    with pytest.raises(SearchEngineError, match="no AWS credentials to sign requests to OpenSearch with"):
        engine(Domain(unsigned)).request("GET", "/")


def test_every_exception_of_opensearch_py_is_translated() -> None:
    """Fails when opensearch-py gets another exception, until it is decided what it means."""
    known = (TransportError, SerializationError)
    not_of_requests = {
        theirs.ImproperlyConfigured,
        theirs.OpenSearchException,
        theirs.OpenSearchDslException,
        theirs.UnknownDslObject,
        theirs.ValidationException,
        theirs.IllegalOperation,
        theirs.OpenSearchWarning,
    }
    found = {getattr(theirs, name) for name in theirs.__all__}

    assert {each for each in found if not issubclass(each, known)} == not_of_requests
