"""The path of an aggregation: request, search if there is one, body, OpenSearch, answer."""

from lambdas.aggregate.body import aggregate_body
from lambdas.aggregate.request import AggregateRequest, AggregateResponse
from lambdas.aggregate.response import aggregate_response
from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.opensearch import OpenSearch
from lambdas.search.searcher import Searcher


class Aggregator:
    """Answers questions about many objects at once."""

    def __init__(self, engine: OpenSearch, searcher: Searcher) -> None:
        self._engine = engine
        self._searcher = searcher

    def aggregate(
        self,
        collection: Collection,
        request: AggregateRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> AggregateResponse:
        """Answer one question.

        Raises `InvalidRequestError` for one that the collection cannot answer, and what a search raises.
        """
        ids = None
        if request.search is not None:
            search = request.search.model_copy(update={"return_properties": [], "include_vectors": False})
            found = self._searcher.search(collection, search, deadline=deadline, credentials=credentials)
            ids = [hit.id for hit in found.objects]
        body = aggregate_body(collection, request, ids)
        path = f"/{collection.alias}/_search"
        answer = self._engine.request("POST", path, body, timeout=max(1.0, deadline.remaining()))
        return aggregate_response(collection, request, answer)
