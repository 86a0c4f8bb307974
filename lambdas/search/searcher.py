"""Runs a search: plan, OpenSearch, rerank, response."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.expiry import unexpired_only
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.embedder import Embedder
from lambdas.errors import AltoError, attempt
from lambdas.objects.hidden_versions import read_consistently
from lambdas.opensearch import OpenSearch
from lambdas.response_size import FEW_OBJECTS
from lambdas.search.alpha import settle_alpha
from lambdas.search.body import Conditions, Plan, list_conditions, plan_search
from lambdas.search.budget import check_searches
from lambdas.search.multi import MultiSearchRequest, MultiSearchResponse, describe_failure
from lambdas.search.request import SearchRequest
from lambdas.search.reranking.rerank_step import HitReranker
from lambdas.search.response import RerankOutcome, SearchResponse
from lambdas.search.results.postprocess import Found, build_response, build_wanted_body, complete_found, read_found
from lambdas.search.stopwatch import Stopwatch
from lambdas.search.vectors.query_vector import QueryVectors
from lambdas.search.vectors.vector_leg import QueryVector
from lambdas.settings import RequestLimits

if TYPE_CHECKING:
    from lambdas.search.reranking.reranker import Reranker

type AddNeighbours = Callable[[SearchResponse], SearchResponse]


class Searcher:
    """Runs searches.

    `region` is Alto's own, `limits` bound the cost of a request, `rerank_role` is the role that calls models which
    rerank, `clock` returns seconds.
    """

    def __init__(
        self,
        engine: OpenSearch,
        embedder: Embedder,
        reranker: "Callable[[], Reranker]",
        region: str,
        *,
        limits: RequestLimits | None = None,
        rerank_role: str | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._engine = engine
        self._vectors = QueryVectors(engine, embedder)
        self._reranker = HitReranker(reranker, region, rerank_role)
        self._limits = limits or RequestLimits()
        self._clock = clock

    def run(
        self,
        collection: Collection,
        request: SearchRequest | MultiSearchRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> SearchResponse | MultiSearchResponse:
        """Run a search, or several."""
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
        """Run one search.

        Raises `InvalidRequestError` for a search that does not fit the collection, `ObjectNotFoundError` for a missing
        object whose vector is needed, `EmbeddingError` and `SearchEngineError`.
        """
        watch = Stopwatch(self._clock)
        request = settle_alpha(collection, request)
        check_searches(collection, [request], self._limits)
        vector = self._vectors.compute(collection, request.mode, watch, deadline, credentials)

        def ask(always: Conditions) -> Found | AltoError:
            with watch.measure("engine"):
                scaled = self._scale(collection, request, vector, always, deadline)
            plan = plan_search(collection, request, scaled, always)
            with watch.measure("engine"):
                responses = self._ask(collection, plan.bodies, deadline)
                [found] = self._read_wanted(collection, [read_found(plan, responses, datetime.now(UTC))], deadline)
            return found

        found = read_consistently(self._engine, collection, ask)
        if isinstance(found, AltoError):
            raise found
        with watch.measure("rerank"):
            found, outcome = self._reranker.rerank(found, deadline=deadline, credentials=credentials)
        finished = _finish(found, outcome, watch, self._neighbours(found, watch, deadline))
        return finished.model_copy(update={"filled": self._filled(collection, vector, deadline)})

    def search_each(
        self,
        collection: Collection,
        request: MultiSearchRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> MultiSearchResponse:
        """Run several searches together, a round trip for each step; the error of a query is in its place.

        Raises `InvalidRequestError` if the queries together are above a limit, and `SearchEngineError` if OpenSearch
        fails as a whole.
        """
        watch = Stopwatch(self._clock)
        good = [settle_alpha(collection, query) for query in request.queries if not isinstance(query, AltoError)]
        check_searches(collection, good, self._limits)
        vectors = self._vectors.compute_each(collection, [query.mode for query in good], watch, deadline, credentials)

        def ask(always: Conditions) -> list[Found | AltoError]:
            with watch.measure("engine"):
                scaled = [
                    each
                    if isinstance(each, AltoError)
                    else attempt(self._scale, collection, query, each, always, deadline)
                    for query, each in zip(good, vectors, strict=True)
                ]
            plans = [
                vector if isinstance(vector, AltoError) else attempt(plan_search, collection, query, vector, always)
                for query, vector in zip(good, scaled, strict=True)
            ]
            bodies = [body for plan in plans if isinstance(plan, Plan) for body in plan.bodies]
            with watch.measure("engine"):
                responses = iter(self._ask_each(collection, bodies, deadline) if bodies else [])
                read = [
                    attempt(_read, plan, [next(responses) for _ in plan.bodies]) if isinstance(plan, Plan) else plan
                    for plan in plans
                ]
                return self._read_wanted(collection, read, deadline)

        found = read_consistently(self._engine, collection, ask)
        with watch.measure("rerank"):
            reranked = self._reranker.rerank_each(found, deadline=deadline, credentials=credentials)
        shares = [
            self._filled(collection, each[0].plan.vector, deadline) if isinstance(each, tuple) else None
            for each in reranked
        ]
        finished = (
            each
            if isinstance(each, AltoError)
            else _finish(*each, watch, self._neighbours(each[0], watch, deadline)).model_copy(update={"filled": filled})
            for each, filled in zip(reranked, shares, strict=True)
        )
        responses = iter(list(finished))
        results = [query if isinstance(query, AltoError) else next(responses) for query in request.queries]
        return MultiSearchResponse(
            results=[describe_failure(result) if isinstance(result, AltoError) else result for result in results],
            took_ms=watch.stop(0)[0],
        )

    def _scale(
        self,
        collection: Collection,
        request: SearchRequest,
        vector: QueryVector | None,
        always: list[dict[str, Any]],
        deadline: Deadline,
    ) -> QueryVector | None:
        """Return the query's vectors; relative targets scaled by the distances of the nearest objects of each."""
        if vector is None or not vector.targets.is_relative:
            return vector
        # Late: most searches do without it.
        from lambdas.search.vectors.relative import build_range_bodies, scale_vector  # noqa: PLC0415

        bodies = build_range_bodies(collection, vector, list_conditions(collection, request, always))
        return scale_vector(vector, self._ask(collection, bodies, deadline))

    def _neighbours(self, found: Found, watch: Stopwatch, deadline: Deadline) -> AddNeighbours | None:
        """Return what adds the passages next to the hits of a search that asks for them."""
        request = found.plan.request
        if request.context is None:
            return None
        # Late: most searches do without it.
        from lambdas.search import neighbours  # noqa: PLC0415

        context, names = request.context, request.return_properties
        places = neighbours.list_places([(hit.id, hit.properties) for hit in found.hits])

        def add(response: SearchResponse) -> SearchResponse:
            shown = {hit.id for hit in response.objects} | {
                hit.id for group in response.groups or () for hit in group.objects
            }
            wanted = {key: place for key, place in places.items() if key in shown}
            if not wanted:
                return response
            always = unexpired_only(found.plan.collection.expiry)
            body = neighbours.build_neighbours_body(wanted, context, names, always)
            with watch.measure("engine"):
                [around] = self._ask(found.plan.collection, [body], deadline)
            return neighbours.add_neighbours(response, wanted, around["hits"]["hits"], context, names)

        return add

    def _filled(
        self, collection: Collection, vector: QueryVector | None, deadline: Deadline
    ) -> dict[str, float] | None:
        """Return the filled shares of the search's vectors that are being filled; None if all are filled."""
        names = [name for name in collection.filling if vector is not None and name in vector.names]
        if not names:
            return None
        body = {
            "size": 0,
            "track_total_hits": True,
            "aggs": {name: {"filter": {"exists": {"field": f"vectors.{name}"}}} for name in names},
        }
        response = self._ask(collection, [body], deadline)[0]
        total = response["hits"]["total"]["value"]
        return {name: round(response["aggregations"][name]["doc_count"] / (total or 1), 4) for name in names}

    def _ask(self, collection: Collection, bodies: list[dict[str, Any]], deadline: Deadline) -> list[dict[str, Any]]:
        """Send one or more searches together. Raises the first of their errors."""
        if len(bodies) > 1 or self._may_be_large(bodies):
            return _raise_errors(self._ask_each(collection, bodies, deadline))
        timeout = max(1.0, deadline.remaining())
        return [self._engine.request("POST", f"/{collection.alias}/_search", bodies[0], timeout=timeout)]

    def _ask_each(
        self, collection: Collection, bodies: list[dict[str, Any]], deadline: Deadline
    ) -> list[dict[str, Any] | AltoError]:
        """Send one or more searches together. Return each response, or its error."""
        timeout = max(1.0, deadline.remaining())
        if not self._may_be_large(bodies):
            return [*self._engine.search_each(collection.alias, bodies, timeout)]
        # Late: most searches return a few objects.
        from lambdas.search.measured_search import MeasuredSearches  # noqa: PLC0415

        return MeasuredSearches(self._engine, self._limits).run(collection, bodies, timeout)

    @staticmethod
    def _may_be_large(bodies: list[dict[str, Any]]) -> bool:
        sizes: list[int] = [body.get("size", 10) for body in bodies if body.get("_source")]
        return sum(sizes) > FEW_OBJECTS

    def _read_wanted(
        self, collection: Collection, found: Sequence[Found | AltoError], deadline: Deadline
    ) -> list[Found | AltoError]:
        """Read what searches want besides ids, a round trip each: vectors to choose the page by, and its documents."""
        found = list(found)
        while bodies := [build_wanted_body(each) for each in found if isinstance(each, Found) and each.wanted]:
            if len(bodies) > 1:
                responses: Iterator[Any] = iter(self._ask_each(collection, bodies, deadline))
            else:
                responses = iter([_first(attempt(self._ask, collection, [body], deadline)) for body in bodies])
            now = datetime.now(UTC)
            found = [
                _complete(each, next(responses), now) if isinstance(each, Found) and each.wanted else each
                for each in found
            ]
        return found


def _first(found: list[dict[str, Any]] | AltoError) -> dict[str, Any] | AltoError:
    return found if isinstance(found, AltoError) else found[0]


def _raise_errors(responses: Sequence[dict[str, Any] | AltoError]) -> list[dict[str, Any]]:
    """Return the responses. Raises the first error among them."""
    good = []
    for response in responses:
        if isinstance(response, AltoError):
            raise response
        good.append(response)
    return good


def _read(plan: Plan, responses: Sequence[dict[str, Any] | AltoError]) -> Found:
    """Read the responses to a plan's bodies. Raises the first error among them."""
    return read_found(plan, _raise_errors(responses), datetime.now(UTC))


def _complete(found: Found, response: dict[str, Any] | AltoError, now: datetime) -> Found | AltoError:
    return response if isinstance(response, AltoError) else complete_found(found, response, now)


def _finish(
    found: Found, outcome: RerankOutcome | None, watch: Stopwatch, add: AddNeighbours | None = None
) -> SearchResponse:
    response = build_response(found, outcome)
    if add is not None:
        response = add(response)
    took, profile = watch.stop(found.took)
    return response.model_copy(update={"took_ms": took, "profile": profile if found.plan.request.profile else None})
