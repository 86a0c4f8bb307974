"""The one border with OpenSearch: requests go out as plain bodies, its errors come back as Alto's."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import orjson
from opensearchpy import OpenSearch as VendorClient
from opensearchpy.exceptions import ConnectionError as VendorConnectionError
from opensearchpy.exceptions import ConnectionTimeout, TransportError
from opensearchpy.serializer import JSONSerializer
from urllib3 import Timeout

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


class OrjsonSerializer(JSONSerializer):
    """orjson writes the vectors of a bulk request about twenty times faster than json."""

    def dumps(self, data: Any) -> Any:
        """The body as bytes; a body that is text or bytes already is left alone."""
        return data if isinstance(data, str | bytes) else orjson.dumps(data)

    def loads(self, s: Any) -> Any:
        """The parsed answer."""
        return orjson.loads(s)


class OpenSearch:
    """A thin client: method, path, body in; parsed JSON out."""

    def __init__(
        self,
        client: VendorClient,
        *,
        time_left: Callable[[], float] = lambda: math.inf,
        waited: Callable[[float], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`time_left` tells the seconds after which no answer is of use; `waited` is told those that a request took."""
        self._client = client
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
        started = self._clock()
        try:
            return self._request(method, path, body, dict(params or {}), timeout)
        finally:
            self._waited(self._clock() - started)

    def _request(self, method: str, path: str, body: Any, query: dict[str, Any], timeout: float) -> Any:
        for tries_left in reversed(range(TRIES)):
            seconds = min(timeout, self._time_left())
            if seconds <= 0:
                break
            # The connection and the answer together: a plain number would allow each of them so long.
            limit = {"request_timeout": Timeout(total=seconds)}
            try:
                return self._client.transport.perform_request(method, path, params=query | limit, body=body)
            except ConnectionTimeout:
                break
            except VendorConnectionError:
                if not tries_left:
                    break
            except TransportError as error:
                if not tries_left or error.status_code not in TRIED_AGAIN:
                    raise _translated(error) from error
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
                raise _translated(TransportError(404, document["error"]["type"], document))
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
        return [
            _translated(TransportError(answer["status"], answer["error"]["type"], answer))
            if "error" in answer
            else answer
            for answer in answers
        ]

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


def _translated(error: TransportError) -> SearchEngineError:
    status = error.status_code
    kind = str(error.error)
    message = f"OpenSearch answered {status} {kind}."
    if kind in ERRORS_BY_TYPE:
        return ERRORS_BY_TYPE[kind](message)
    # Told as the cause of each shard's failure, with the status 400 or 500.
    if any("too_many" in cause and "clauses" in cause for cause in _causes(error.info)):
        return QueryTooLongError(
            "The query has too many words for the properties that it searches: OpenSearch takes 1,024, counted in each "
            "property. Shorten it, or name fewer 'properties'."
        )
    if kind == "validation_exception" and NO_ROOM in str(error.info):
        return ClusterFullError(
            "OpenSearch has no room for so many shards: ask for fewer shards and replicas, delete collections that are "
            "not needed, or add nodes."
        )
    if status in BUSY:
        return SearchEngineUnavailableError(f"{message} It is overloaded or starting; try again.")
    if status == 404:
        return DocumentMissingError(message)
    return SearchEngineError(message)
