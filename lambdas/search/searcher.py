"""The path of a query: plan it, ask OpenSearch, say what the answers mean."""

import time
from collections.abc import Callable
from typing import Any

from lambdas.collections.model import Collection, alias_of
from lambdas.deadline import Deadline
from lambdas.embedding.credentials import AwsCredentials
from lambdas.embedding.embedder import Embedder
from lambdas.opensearch import OpenSearch
from lambdas.search.answer import SearchResponse
from lambdas.search.plan import planned, response_of
from lambdas.search.query_vector import QueryVectors
from lambdas.search.request import SearchRequest
from lambdas.search.stopwatch import Stopwatch


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
        watch = Stopwatch(self._clock)
        with watch.measure("embedding"):
            vector = self._vectors.of(collection, request.mode, deadline, credentials)
        plan = planned(collection, request, vector)
        with watch.measure("engine"):
            answers = self._ask(collection, plan.bodies, deadline)
        response = response_of(plan, answers)
        took, profile = watch.stop(answers[0]["took"])
        return response.model_copy(update={"took_ms": took, "profile": profile if request.profile else None})

    def _ask(self, collection: Collection, bodies: list[dict[str, Any]], deadline: Deadline) -> list[dict[str, Any]]:
        """The answers to one or more searches, in one round trip."""
        alias, timeout = alias_of(collection.name), max(1.0, deadline.remaining())
        if len(bodies) > 1:
            return self._engine.search_together(alias, bodies, timeout)
        return [self._engine.request("POST", f"/{alias}/_search", bodies[0], timeout=timeout)]
