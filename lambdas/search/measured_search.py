"""Sends searches whose documents may be large: they are measured before they are read."""

from collections.abc import Sequence
from typing import Any

from lambdas.collections.model import Collection
from lambdas.errors import AltoError, ResponseTooLargeError, attempt
from lambdas.objects import document_sizes
from lambdas.opensearch import OpenSearch
from lambdas.response_size import FEW_OBJECTS
from lambdas.search.budget import check_read_characters
from lambdas.settings import RequestLimits

type Body = dict[str, Any]


class MeasuredSearches:
    """Sends the searches of a request, together. `limits` bound what is read of their documents."""

    def __init__(self, engine: OpenSearch, limits: RequestLimits) -> None:
        self._engine = engine
        self._limits = limits

    def run(self, collection: Collection, bodies: Sequence[Body], timeout: float) -> list[Body | AltoError]:
        """Return the response to each search, or its error.

        Searches of more than `FEW_OBJECTS` take two round trips: the first returns places, scores and sizes, the
        second the documents, unless all together are too large. Then the first searches have their documents, and the
        others a `ResponseTooLargeError` in their place.
        """
        large = [document_sizes.may_be_large(collection, body) for body in bodies]
        documents = sum(body.get("size", 10) for body, is_large in zip(bodies, large, strict=True) if is_large)
        if documents <= FEW_OBJECTS:
            return self._send(collection, bodies, timeout)
        first = [
            document_sizes.measure(collection, body) if is_large else body
            for body, is_large in zip(bodies, large, strict=True)
        ]
        found = self._refuse_too_large(self._send(collection, first, timeout), large)
        return self._read_documents(collection, bodies, found, large, timeout)

    def _refuse_too_large(self, found: list[Body | AltoError], large: Sequence[bool]) -> list[Body | AltoError]:
        total = 0
        checked: list[Body | AltoError] = []
        for each, is_large in zip(found, large, strict=True):
            if isinstance(each, AltoError) or not is_large:
                checked.append(each)
                continue
            size = sum(document_sizes.characters_of(each["hits"]["hits"]))
            refused = attempt(check_read_characters, total + size, self._limits)
            if isinstance(refused, ResponseTooLargeError):
                checked.append(refused)
            else:
                total += size
                checked.append(each)
        return checked

    def _read_documents(
        self,
        collection: Collection,
        bodies: Sequence[Body],
        found: Sequence[Body | AltoError],
        large: Sequence[bool],
        timeout: float,
    ) -> list[Body | AltoError]:
        wanted = [
            document_sizes.read_by_ids(body, each["hits"]["hits"])
            for body, each, is_large in zip(bodies, found, large, strict=True)
            if is_large and not isinstance(each, AltoError) and each["hits"]["hits"]
        ]
        documents = iter(self._send(collection, wanted, timeout) if wanted else [])
        return [
            _join(each, next(documents))
            if is_large and not isinstance(each, AltoError) and each["hits"]["hits"]
            else each
            for each, is_large in zip(found, large, strict=True)
        ]

    def _send(self, collection: Collection, bodies: Sequence[Body], timeout: float) -> list[Body | AltoError]:
        if len(bodies) == 1:
            path = f"/{collection.alias}/_search"
            return [attempt(self._engine.request, "POST", path, bodies[0], timeout=timeout)]
        return [*self._engine.search_each(collection.alias, [*bodies], timeout)]


def _join(found: Body, documents: Body | AltoError) -> Body | AltoError:
    if isinstance(documents, AltoError):
        return documents
    hits = document_sizes.join_documents(found["hits"]["hits"], documents["hits"]["hits"])
    return found | {"took": found["took"] + documents["took"], "hits": found["hits"] | {"hits": hits}}
