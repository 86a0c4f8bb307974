"""The one border with OpenSearch: opensearch-py sends the requests, its exceptions become Alto's errors here."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson
from opensearchpy.exceptions import ConnectionError as BrokenConnectionError
from opensearchpy.exceptions import ConnectionTimeout, SerializationError, TransportError
from urllib3 import Timeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from lambdas.aws.credentials import AwsAccessError
from lambdas.backoff import backoff
from lambdas.errors import (
    AltoError,
    ClusterFullError,
    QueryTooLongError,
    ResponseTooLargeError,
    SearchEngineError,
    SearchEngineUnavailableError,
)

# The statuses with which OpenSearch responds while it is overloaded, starting or losing a node.
BUSY = frozenset({408, 429, 500, 502, 503, 504})
# The statuses with which a load balancer responds between two nodes: the next attempt may meet the other one.
GATEWAY_FAILURES = frozenset({502, 503, 504})
ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 0.5
CONNECT_SECONDS = 5.0
# OpenSearch stops a search that takes longer than this, so that it does not go on after its caller has gone.
LONGEST_SEARCH_SECONDS = 10.0
# Searches of one `_msearch` that OpenSearch runs at the same time. A node of two cores has four threads for searches.
CONCURRENT_SEARCHES = 2
# Each of many searches of one `_msearch` is stopped after its share of the time, but not before this. OpenSearch counts
# from the start of each, so that twenty of ten seconds would go on long after their caller has gone.
SHORTEST_SEARCH_SECONDS = 4.0
# The requests that change nothing, or nothing the second time, by the last part of their path.
REPEATABLE_ENDPOINTS = frozenset({"_search", "_msearch", "_mget", "_refresh"})
# How OpenSearch says that an index is one too many (`cluster.max_shards_per_node`).
NO_ROOM = " shards open"
# The error of a search that was stopped by `cancel_after_time_interval`.
CANCELLED = "task_cancelled_exception"


class IndexMissingError(SearchEngineError):
    """The index or alias does not exist. Never leaves Alto: callers say which collection is missing."""


class IndexExistsError(SearchEngineError):
    """The index exists already. Never leaves Alto."""


class DocumentMissingError(SearchEngineError):
    """The document does not exist. Never leaves Alto."""


class WriteConflictError(SearchEngineError):
    """Another writer was faster. Never leaves Alto."""


class RequestTooLargeError(SearchEngineError):
    """The request has more bytes than OpenSearch takes. Never leaves Alto: callers send less at once."""


ERRORS_BY_TYPE: dict[str, type[SearchEngineError]] = {
    "index_not_found_exception": IndexMissingError,
    "resource_already_exists_exception": IndexExistsError,
    "invalid_alias_name_exception": IndexExistsError,
    "version_conflict_engine_exception": WriteConflictError,
}
# How OpenSearch says that a name is taken by the alias of another index.
NAME_TAKEN = "more than one write index"
# How it says that an index takes no writes, because a rebuild has reached its last step.
WRITES_HELD = "index write (api)"
ERRORS_BY_STATUS: dict[int, type[SearchEngineError]] = {404: DocumentMissingError, 413: RequestTooLargeError}


class WritesHeldError(SearchEngineUnavailableError):
    """The index takes no writes for the moment in which a rebuild replaces it. Nothing was done."""


ERRORS_BY_TEXT: dict[tuple[str, str], tuple[type[SearchEngineError], str]] = {
    ("illegal_state_exception", NAME_TAKEN): (IndexExistsError, "The alias is that of another index."),
    ("cluster_block_exception", WRITES_HELD): (
        WritesHeldError,
        "The collection is being rebuilt and takes no writes for a moment. Try again.",
    ),
}


class EffectUnknownError(SearchEngineUnavailableError):
    """A write got no response, and may have been done or not. Callers that can read back do so."""


class Transport(Protocol):
    """The part of opensearch-py's `Transport` that Alto uses."""

    def perform_request(self, method: str, url: str, *, body: bytes | None, timeout: Any) -> Any:
        """Send one request and return the parsed response. Raises opensearch-py's `OpenSearchException`s.

        `timeout` is urllib3's, which opensearch-py hands on, although its types name only numbers.
        """
        ...


class OpenSearch:
    """A thin client: method, path and body in; parsed JSON out."""

    def __init__(
        self,
        transport: Transport,
        *,
        time_left: Callable[[], float] = lambda: math.inf,
        waited: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`time_left` returns the seconds after which no response is of use; `waited` receives each request's time."""
        self._transport = transport
        self._time_left = time_left
        self._waited = waited
        self._clock = clock
        self._sleep = sleep

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 20.0,
        *,
        repeat: bool | None = None,
    ) -> Any:
        """Send one request and return the parsed response (for HEAD: whether the thing exists).

        `timeout` is in seconds, and cut to the time that is left; a search is stopped by OpenSearch itself after that
        time, or `LONGEST_SEARCH_SECONDS`. `repeat` says whether the request may be sent again
        after a broken connection; without it, `is_repeatable` decides. Raises `SearchEngineUnavailableError` when
        OpenSearch cannot respond now (`EffectUnknownError` when the request may have been done all the same), one of
        the errors of this module for what callers handle, `ClusterFullError` for one shard too many, and
        `SearchEngineError` for everything else.
        """
        if path.endswith("/_search"):
            params = {**(params or {}), **_cancel_after(timeout)}
        target = f"{path}?{urlencode(params, quote_via=quote, safe='')}" if params else path
        content = body if isinstance(body, bytes) else None if body is None else orjson.dumps(body)
        if repeat is None:
            repeat = is_repeatable(method, path, body)
        started = self._clock()
        try:
            return self._send(method, target, content, timeout, repeat=repeat)
        finally:
            self._waited(self._clock() - started)

    def _send(self, method: str, target: str, content: bytes | None, timeout: float, *, repeat: bool) -> Any:
        pauses = backoff(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, remaining=self._time_left, attempts=ATTEMPTS)
        while True:
            seconds = min(timeout, self._time_left())
            if seconds <= 0:
                raise SearchEngineUnavailableError("There was no time left to ask OpenSearch. Try again.")
            limit = Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds, total=seconds)
            try:
                return self._transport.perform_request(method, target, body=content, timeout=limit)
            except TransportError as error:
                pause = next(pauses, None) if _is_worth_repeating(error, repeat=repeat) else None
                if pause is None:
                    raise _translate(error, repeat=repeat) from None
            except SerializationError:
                raise SearchEngineError("The response of OpenSearch is not JSON.") from None
            self._sleep(pause)

    def get_many(self, index: str, ids: Sequence[str], params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the documents of these ids, in order, each with `found`. Raises `IndexMissingError`."""
        try:
            response = self.request("POST", f"/{index}/_mget", {"ids": list(ids)}, params)
        except ResponseTooLargeError:
            if len(ids) == 1:
                raise
            half = len(ids) // 2
            return self.get_many(index, ids[:half], params) + self.get_many(index, ids[half:], params)
        documents: list[dict[str, Any]] = response["docs"]
        for document in documents:
            # The response as a whole is a success even when the index does not exist.
            if "error" in document:
                raise _error_of(404, document)
        return documents

    def search_each(
        self, index: str, bodies: list[dict[str, Any]], timeout: float
    ) -> list[dict[str, Any] | SearchEngineError]:
        """Return the response to each of several searches, or its error. Raises if the request as a whole fails."""
        lines = b"".join(b"{}\n" + orjson.dumps(body) + b"\n" for body in bodies)
        share = max(SHORTEST_SEARCH_SECONDS, timeout * CONCURRENT_SEARCHES / len(bodies))
        params = {"max_concurrent_searches": str(CONCURRENT_SEARCHES)} | _cancel_after(min(timeout, share))
        repeat = not any(map(_has_aggregation, bodies))
        found = self.request("POST", f"/{index}/_msearch", lines, params, timeout, repeat=repeat)
        responses: list[dict[str, Any]] = found["responses"]
        return [_error_of(each["status"], each) if "error" in each else each for each in responses]

    def bulk(
        self, index: str, lines: list[bytes], *, refresh: bool, timeout: float, repeat: bool = False
    ) -> list[dict[str, Any]]:
        """Send one `_bulk` request of NDJSON lines and return its items, in order.

        An item that failed is returned like any other: callers check each. `repeat` is for requests of which every
        operation indexes a document under an id, without a condition: doing that twice has the same effect.
        """
        params = {"require_alias": "true"} | ({"refresh": "wait_for"} if refresh else {})
        content = b"\n".join(lines) + b"\n"
        response = self.request("POST", f"/{index}/_bulk", content, params, timeout, repeat=repeat)
        return [next(iter(item.values())) for item in response["items"]]


def is_repeatable(method: str, path: str, body: Any) -> bool:
    """Whether a request may be sent again when it is not known what the first one did.

    An aggregation may not: one that is too much for a node would meet the next node as well.
    """
    is_read = method in ("GET", "HEAD") or path.rpartition("/")[2] in REPEATABLE_ENDPOINTS
    return is_read and not _has_aggregation(body)


def _has_aggregation(body: Any) -> bool:
    """Whether a request has an aggregation, other than the count of a filter."""
    if not isinstance(body, Mapping):
        return False
    asked = body.get("aggs", body.get("aggregations"))
    return asked is not None and not (asked and all(set(each) == {"filter"} for each in asked.values()))


def _cancel_after(timeout: float) -> dict[str, str]:
    seconds = max(1, math.floor(min(LONGEST_SEARCH_SECONDS, timeout)))
    return {"cancel_after_time_interval": f"{seconds}s"}


def _is_worth_repeating(error: TransportError, *, repeat: bool) -> bool:
    if isinstance(error, ConnectionTimeout):
        # It took the time of all attempts.
        return False
    if isinstance(error, BrokenConnectionError):
        return not isinstance(error.info, AwsAccessError | ResponseTooLargeError) and (repeat or _was_never_sent(error))
    return repeat and error.status_code in GATEWAY_FAILURES


def _was_never_sent(error: BrokenConnectionError) -> bool:
    return isinstance(error.info, NewConnectionError | ConnectTimeoutError)


def _translate(error: TransportError, *, repeat: bool) -> AltoError:
    """Return Alto's error for one of opensearch-py's."""
    if isinstance(error.info, ResponseTooLargeError):
        return error.info
    if isinstance(error.info, AwsAccessError):
        return SearchEngineError("Alto has no AWS credentials to sign requests to OpenSearch with.")
    is_broken = isinstance(error, BrokenConnectionError)
    if isinstance(error, BrokenConnectionError) and _was_never_sent(error):
        return SearchEngineUnavailableError("OpenSearch cannot be reached. Nothing was done; try again.")
    if not repeat and (is_broken or (error.status_code in GATEWAY_FAILURES and error.info is None)):
        return EffectUnknownError(
            "OpenSearch did not respond, and it is not known whether it did what was asked. See what is stored, then "
            "try again."
        )
    if is_broken:
        return SearchEngineUnavailableError("OpenSearch did not respond in time. Try again.")
    return _error_of(int(error.status_code), error.info)


def _causes(info: Any) -> Iterator[str]:
    """Yield the types of an error and of everything that caused it."""
    if isinstance(info, dict):
        if isinstance(info.get("type"), str):
            yield info["type"]
        for value in info.values():
            yield from _causes(value)
    elif isinstance(info, list):
        for value in info:
            yield from _causes(value)


def _error_of(status: int, response: Any) -> SearchEngineError:
    """Return Alto's error for a response that reports one."""
    error = response.get("error") if isinstance(response, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    message = f"OpenSearch responded {status} {kind or ''}".rstrip() + "."
    if kind in ERRORS_BY_TYPE:
        return ERRORS_BY_TYPE[kind](message)
    for (named, text), (error_type, said) in ERRORS_BY_TEXT.items():
        if kind == named and text in str(response):
            return error_type(said)
    # Reported as the cause of each shard's failure, with the status 400 or 500.
    causes = set(_causes(response))
    if any("too_many" in cause and "clauses" in cause for cause in causes):
        return QueryTooLongError(
            "The query has too many words for the properties that it searches: OpenSearch takes 1,024, counted in each "
            "property. Shorten it, or name fewer 'properties'."
        )
    if kind == "validation_exception" and NO_ROOM in str(response):
        return ClusterFullError(
            "OpenSearch has no room for so many shards: ask for fewer shards and replicas, delete collections that are "
            "not needed, or add nodes."
        )
    if status in BUSY:
        stopped = (
            f"{message} It stopped the search, which took too long. Ask for less (fewer wildcards, words, queries)."
        )
        busy = f"{message} It is overloaded or starting; try again."
        return SearchEngineUnavailableError(stopped if CANCELLED in causes else busy)
    return ERRORS_BY_STATUS.get(status, SearchEngineError)(message)
