"""The path of a query: plan it, ask OpenSearch, rerank if asked to, say what was found."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.embedder import Embedder
from lambdas.errors import AltoError, attempt
from lambdas.opensearch import OpenSearch
from lambdas.search.multi import MultiSearchRequest, MultiSearchResponse, failed
from lambdas.search.plan import Plan, planned
from lambdas.search.postprocess import Found, candidates, response_of
from lambdas.search.query_vector import QueryVectors
from lambdas.search.request import SearchRequest
from lambdas.search.rerank_step import HitReranker
from lambdas.search.response import RerankOutcome, SearchResponse
from lambdas.search.stopwatch import Stopwatch

if TYPE_CHECKING:
    from lambdas.reranking.reranker import Reranker


class Searcher:
    """Runs searches. `region` is Alto's own, `clock` tells seconds."""

    def __init__(
        self,
        engine: OpenSearch,
        embedder: Embedder,
        reranker: "Callable[[], Reranker]",
        region: str,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._engine = engine
        self._vectors = QueryVectors(engine, embedder)
        self._reranker = HitReranker(reranker, region)
        self._clock = clock

    def answer(
        self,
        collection: Collection,
        request: SearchRequest | MultiSearchRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> SearchResponse | MultiSearchResponse:
        """Answer a search, or several."""
        if isinstance(request, MultiSearchRequest):
            return self.search_each(collection, request, deadline=deadline, credentials=credentials)
        return self.search(collection, request, deadline=deadline, credentials=credentials)

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
        vector = self._vectors.of(collection, request.mode, watch, deadline, credentials)
        plan = planned(collection, request, vector)
        with watch.measure("engine"):
            answers = self._ask(collection, plan.bodies, deadline)
        found = _found(plan, answers)
        with watch.measure("rerank"):
            found, outcome = self._reranker.rerank(found, deadline=deadline, credentials=credentials)
        return _response(found, outcome, watch)

    def search_each(
        self,
        collection: Collection,
        request: MultiSearchRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> MultiSearchResponse:
        """Answer several searches together, in one round trip; an error of one query stands in its place.

        Raises `SearchEngineError` when there is no answer at all.
        """
        watch = Stopwatch(self._clock)
        good = [query for query in request.queries if not isinstance(query, AltoError)]
        vectors = self._vectors.of_each(collection, [query.mode for query in good], watch, deadline, credentials)
        plans = [
            vector if isinstance(vector, AltoError) else attempt(planned, collection, query, vector)
            for query, vector in zip(good, vectors, strict=True)
        ]
        bodies = [body for plan in plans if isinstance(plan, Plan) for body in plan.bodies]
        with watch.measure("engine"):
            alias, timeout = collection.alias, max(1.0, deadline.remaining())
            answers = iter(self._engine.search_each(alias, bodies, timeout) if bodies else [])
        found = [
            attempt(_found, plan, [next(answers) for _ in plan.bodies]) if isinstance(plan, Plan) else plan
            for plan in plans
        ]
        with watch.measure("rerank"):
            ordered = self._reranker.rerank_each(found, deadline=deadline, credentials=credentials)
        responses = iter([each if isinstance(each, AltoError) else _response(*each, watch) for each in ordered])
        results = [query if isinstance(query, AltoError) else next(responses) for query in request.queries]
        return MultiSearchResponse(
            results=[failed(result) if isinstance(result, AltoError) else result for result in results],
            took_ms=watch.stop(0)[0],
        )

    def _ask(self, collection: Collection, bodies: list[dict[str, Any]], deadline: Deadline) -> list[dict[str, Any]]:
        """The answers to one or more searches, in one round trip."""
        alias, timeout = collection.alias, max(1.0, deadline.remaining())
        if len(bodies) > 1:
            return self._engine.search_together(alias, bodies, timeout)
        return [self._engine.request("POST", f"/{alias}/_search", bodies[0], timeout=timeout)]


def _found(plan: Plan, answers: Sequence[dict[str, Any] | AltoError]) -> Found:
    """What the answers to a plan's bodies found. Raises the first error among them."""
    good = []
    for answer in answers:
        if isinstance(answer, AltoError):
            raise answer
        good.append(answer)
    return Found(plan, good, candidates(plan, good, datetime.now(UTC)))


def _response(found: Found, outcome: RerankOutcome | None, watch: Stopwatch) -> SearchResponse:
    response = response_of(found, outcome)
    took, profile = watch.stop(found.answers[0]["took"])
    return response.model_copy(update={"took_ms": took, "profile": profile if found.plan.request.profile else None})
