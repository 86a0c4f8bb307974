"""Runs an aggregation: its search if it has one, then the request to OpenSearch."""

from typing import Any

from lambdas.aggregate.body import build_aggregate_body, estimate_cost
from lambdas.aggregate.request import AggregateRequest, AggregateResponse
from lambdas.aggregate.response import build_aggregate_response
from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.objects.hidden_versions import read_consistently
from lambdas.opensearch import OpenSearch
from lambdas.search.budget import check_aggregate
from lambdas.search.searcher import Searcher
from lambdas.settings import RequestLimits


class Aggregator:
    """Counts and measures objects."""

    def __init__(self, engine: OpenSearch, searcher: Searcher, limits: RequestLimits | None = None) -> None:
        self._engine = engine
        self._searcher = searcher
        self._limits = limits or RequestLimits()

    def aggregate(
        self,
        collection: Collection,
        request: AggregateRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> AggregateResponse:
        """Run one aggregation.

        Raises `InvalidRequestError` for a request that does not fit the collection, and the errors of a search.
        """
        check_aggregate(collection, request.filter, request.search, estimate_cost(request), self._limits)
        ids = None
        if request.search is not None:
            search = request.search.model_copy(update={"return_properties": [], "include_vectors": False})
            found = self._searcher.search(collection, search, deadline=deadline, credentials=credentials)
            ids = [hit.id for hit in found.objects]
        body = build_aggregate_body(collection, request, ids)
        path, whole = f"/{collection.alias}/_search", body["query"]

        def ask(always: list[dict[str, Any]]) -> Any:
            asked = body | {"query": {"bool": {"filter": [whole, *always]}}} if always else body
            return self._engine.request("POST", path, asked, timeout=max(1.0, deadline.remaining()))

        response = read_consistently(self._engine, collection, ask)
        return build_aggregate_response(collection, request, response)
