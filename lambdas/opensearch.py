"""The one border with OpenSearch: requests go out as plain bodies, its errors come back as Alto's."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson
from urllib3.exceptions import HTTPError, ReadTimeoutError

from lambdas.aws.credentials import AwsAccessError
from lambdas.aws.http import HttpAnswer
from lambdas.errors import ClusterFullError, QueryTooLongError, SearchEngineError, SearchEngineUnavailableError

# What OpenSearch answers while it is overloaded, starting or losing a node.
BUSY = frozenset({408, 429, 500, 502, 503, 504})
# What a load balancer answers between two nodes: the next try may meet the other one.
TRIED_AGAIN = frozenset({502, 503, 504})
TRIES = 3
# How OpenSearch says that an index is one too many (`cluster.max_shards_per_node`).
NO_ROOM = " shards open"


class IndexMissingError(SearchEngineError):
    """The index or alias does not exist. Never leaves Alto: callers say which collection is missing."""


class IndexExistsError(SearchEngineError):
    """The index exists already. Never leaves Alto."""


class DocumentMissingError(SearchEngineError):
    """The document does not exist. Never leaves Alto."""


class WriteConflictError(SearchEngineError):
    """Another writer was faster. Never leaves Alto."""


ERRORS_BY_TYPE: dict[str, type[SearchEngineError]] = {
    "index_not_found_exception": IndexMissingError,
    "resource_already_exists_exception": IndexExistsError,
    "invalid_alias_name_exception": IndexExistsError,
    "version_conflict_engine_exception": WriteConflictError,
}


class Send(Protocol):
    """Signs and sends to the domain."""

    def __call__(self, method: str, target: str, body: bytes, timeout_seconds: float) -> HttpAnswer:
        """Send one request. Raises the errors of urllib3 when there is no answer, and `AwsAccessError`."""
        ...


class OpenSearch:
    """A thin client: method, path, body in; parsed JSON out."""

    def __init__(
        self,
        send: Send,
        *,
        time_left: Callable[[], float] = lambda: math.inf,
        waited: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`time_left` tells the seconds after which no answer is of use; `waited` is told those that a request took."""
        self._send = send
        self._time_left = time_left
        self._waited = waited
        self._clock = clock

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 20.0,
    ) -> Any:
        """Send one request and return the parsed answer (for HEAD: whether the thing exists).

        `timeout` is in seconds, and cut to the time that is left. A broken connection is tried again. Raises
        `SearchEngineUnavailableError` when OpenSearch cannot answer now, one of the errors of this module for what
        callers handle, `ClusterFullError` for one shard too many, and `SearchEngineError` for everything else.
        """
        target = f"{path}?{urlencode(params, quote_via=quote, safe='')}" if params else path
        content = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        started = self._clock()
        try:
            answer = self._answer(method, target, content, timeout)
        finally:
            self._waited(self._clock() - started)
        if method == "HEAD" and answer.status in (200, 404):
            return answer.status == 200
        parsed = _parsed(answer.body)
        if not 200 <= answer.status < 300:
            raise _translated(answer.status, parsed)
        return parsed

    def _answer(self, method: str, target: str, content: bytes, timeout: float) -> HttpAnswer:
        for tries_left in reversed(range(TRIES)):
            seconds = min(timeout, self._time_left())
            if seconds <= 0:
                break
            try:
                answer = self._send(method, target, content, seconds)
            except ReadTimeoutError:
                break
            except HTTPError:
                continue
            except AwsAccessError:
                raise SearchEngineError("There are no AWS credentials to sign requests to OpenSearch with.") from None
            if answer.status not in TRIED_AGAIN or not tries_left:
                return answer
        raise SearchEngineUnavailableError(
            "OpenSearch did not answer in time. Nothing is known about this request's effect; try again."
        )

    def get_many(self, index: str, ids: Sequence[str], params: Mapping[str, str]) -> list[dict[str, Any]]:
        """The documents of these ids, in order: each says whether it was `found`. Raises `IndexMissingError`."""
        answer = self.request("POST", f"/{index}/_mget", {"ids": list(ids)}, params)
        documents: list[dict[str, Any]] = answer["docs"]
        for document in documents:
            # The answer as a whole is a success even when there is no such index.
            if "error" in document:
                raise _translated(404, document)
        return documents

    def search_together(self, index: str, bodies: list[dict[str, Any]], timeout: float) -> list[dict[str, Any]]:
        """Answer several searches in one round trip, in order. Raises as `request` does if one of them fails."""
        answers = []
        for answer in self.search_each(index, bodies, timeout):
            if isinstance(answer, SearchEngineError):
                raise answer
            answers.append(answer)
        return answers

    def search_each(
        self, index: str, bodies: list[dict[str, Any]], timeout: float
    ) -> list[dict[str, Any] | SearchEngineError]:
        """The answer to each of several searches, or its error. Raises as `request` does without any."""
        lines = b"".join(b"{}\n" + orjson.dumps(body) + b"\n" for body in bodies)
        answers: list[dict[str, Any]] = self.request("POST", f"/{index}/_msearch", lines, timeout=timeout)["responses"]
        return [_translated(answer["status"], answer) if "error" in answer else answer for answer in answers]

    def bulk(self, index: str, lines: list[bytes], *, refresh: bool, timeout: float) -> list[dict[str, Any]]:
        """Send one `_bulk` request of NDJSON lines and return its items, in order.

        An item that failed is returned like any other: looking at each is the caller's duty.
        """
        params = {"require_alias": "true"} | ({"refresh": "wait_for"} if refresh else {})
        answer = self.request("POST", f"/{index}/_bulk", b"\n".join(lines) + b"\n", params, timeout)
        return [next(iter(item.values())) for item in answer["items"]]


def _causes(info: Any) -> Iterator[str]:
    """The types of an error and of everything that caused it."""
    if isinstance(info, dict):
        if isinstance(info.get("type"), str):
            yield info["type"]
        for value in info.values():
            yield from _causes(value)
    elif isinstance(info, list):
        for value in info:
            yield from _causes(value)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # What stands before OpenSearch answers in HTML.
        return None


def _translated(status: int, answer: Any) -> SearchEngineError:
    error = answer.get("error") if isinstance(answer, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    message = f"OpenSearch answered {status} {kind or ''}".rstrip() + "."
    if kind in ERRORS_BY_TYPE:
        return ERRORS_BY_TYPE[kind](message)
    # Told as the cause of each shard's failure, with the status 400 or 500.
    if any("too_many" in cause and "clauses" in cause for cause in _causes(answer)):
        return QueryTooLongError(
            "The query has too many words for the properties that it searches: OpenSearch takes 1,024, counted in each "
            "property. Shorten it, or name fewer 'properties'."
        )
    if kind == "validation_exception" and NO_ROOM in str(answer):
        return ClusterFullError(
            "OpenSearch has no room for so many shards: ask for fewer shards and replicas, delete collections that are "
            "not needed, or add nodes."
        )
    if status in BUSY:
        return SearchEngineUnavailableError(f"{message} It is overloaded or starting; try again.")
    if status == 404:
        return DocumentMissingError(message)
    return SearchEngineError(message)
