"""The path of a query: request, query vector, body, OpenSearch, hits."""

import time
from collections.abc import Callable
from typing import Any

from lambdas.collections.model import Collection, alias_of
from lambdas.deadline import Deadline
from lambdas.embedding.credentials import AwsCredentials
from lambdas.embedding.embedder import Embedder
from lambdas.opensearch import OpenSearch
from lambdas.search.answer import Profile, SearchResponse
from lambdas.search.body import search_body
from lambdas.search.explain import explained, leg_bodies
from lambdas.search.hits import autocut, hits, is_truncated
from lambdas.search.modes import Near
from lambdas.search.query_vector import QueryVector, QueryVectors
from lambdas.search.request import SearchRequest


class Searcher:
    """Runs searches."""

    def __init__(self, engine: OpenSearch, embedder: Embedder, clock: Callable[[], float] = time.perf_counter) -> None:
        self._engine = engine
        self._vectors = QueryVectors(engine, embedder)
        self._clock = clock

    def search(
        self,
        collection: Collection,
        request: SearchRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> SearchResponse:
        """Answer one search.

        Raises `InvalidRequestError` for a search that the collection cannot answer, `ObjectNotFoundError` for an
        object whose vector was to be taken, `EmbeddingError` and `SearchEngineError`.
        """
        started = self._clock()
        vector = self._vectors.of(collection, request.mode, deadline, credentials)
        embedded = self._clock()
        body = search_body(collection, request, vector)
        asked = self._clock()
        answer, *legs = self._ask(collection, request, body, deadline)
        answered = self._clock()
        response = search_response(collection, request, vector, answer, legs)
        took = 1000 * (self._clock() - started)
        embedding, engine = 1000 * (embedded - started), 1000 * (answered - asked)
        profile = Profile(
            embedding_ms=round(embedding, 3),
            engine_ms=round(engine, 3),
            engine_took_ms=answer["took"],
            rest_ms=round(took - embedding - engine, 3),
        )
        return response.model_copy(update={"took_ms": round(took), "profile": profile if request.profile else None})

    def _ask(
        self, collection: Collection, request: SearchRequest, body: dict[str, Any], deadline: Deadline
    ) -> list[dict[str, Any]]:
        """The answer to the search and, if it is to be explained, to each of its legs, in one round trip."""
        alias, timeout = alias_of(collection.name), max(1.0, deadline.remaining())
        if request.explain:
            return self._engine.search_together(alias, [body, *leg_bodies(body["query"]["hybrid"])], timeout)
        return [self._engine.request("POST", f"/{alias}/_search", body, timeout=timeout)]


def search_response(
    collection: Collection,
    request: SearchRequest,
    vector: QueryVector | None,
    answer: dict[str, Any],
    legs: list[dict[str, Any]],
) -> SearchResponse:
    """What OpenSearch's answers mean. Pure; the times are not known here."""
    nearness_of = collection.vectors[vector.target] if vector and isinstance(request.mode, Near) else None
    found = hits(answer, nearness_of)
    if request.explain and request.hybrid:
        found = explained(found, request.hybrid, legs)
    return SearchResponse(
        objects=found if request.autocut is None else autocut(found, request.autocut),
        total=answer["hits"]["total"]["value"],
        truncated=is_truncated(answer, request.reach),
        took_ms=0,
    )
