"""HTTP requests and responses as values, without anything that sends them. Pure.

Every operation of the API is one function in `alto/operations/`, which returns a `Request` and how to read its
response. The synchronous and the asynchronous client differ only in what sends it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from alto.errors import code_of, error_from_response

T_co = TypeVar("T_co", covariant=True)


class Phase(Enum):
    """The purpose of a request: each has a timeout of its own."""

    INIT = "init"
    QUERY = "query"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response, its body parsed: None for an empty body, or one that is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    `repeatable`: executing it twice has the effect of once, so that it may be sent again when its response was lost.
    `content` is a body that is JSON already. `accept` are statuses below 200 or above 299 that the reader understands.
    """

    method: str
    path: str
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)
    phase: Phase = Phase.QUERY
    repeatable: bool = False
    content: bytes | None = field(default=None, repr=False)
    accept: frozenset[int] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation(Generic[T_co]):
    """A request, and how its response is read."""

    request: Request
    read: Callable[[Response], T_co]


def was_found(response: Response, missing: str) -> bool:
    """Whether the response is not a 404.

    `missing` is the code of the resource itself. Any other 404, of a collection or of an address that is not an Alto,
    is raised: it does not mean that this resource does not exist.
    """
    if response.status != 404:
        return True
    if code_of(response.body) == missing:
        return False
    raise error_from_response(response.status, response.headers, response.body)


def segment(value: object) -> str:
    """A value as one segment of a path, its slashes escaped."""
    return quote(str(value), safe="")


def imports_path(collection: str | None) -> str:
    """The path of the imports of a collection, or of all."""
    return "/v1/imports" if collection is None else f"/v1/collections/{segment(collection)}/imports"
