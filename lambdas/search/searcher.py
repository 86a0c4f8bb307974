"""The path of a query: request, query vector, body, OpenSearch, hits."""

import time
from collections.abc import Callable

from lambdas.collections.model import Collection, alias_of
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.credentials import AwsCredentials
from lambdas.embedding.embedder import Embedder
from lambdas.errors import ErrorDetail, InvalidRequestError
from lambdas.objects.document import check_vectors
from lambdas.opensearch import OpenSearch
from lambdas.search.body import QueryVector, search_body, target_vector
from lambdas.search.hits import hits
from lambdas.search.request import Bm25, Hybrid, NearText, NearVector, SearchRequest, SearchResponse


class Searcher:
    """Runs searches."""

    def __init__(self, engine: OpenSearch, embedder: Embedder, clock: Callable[[], float] = time.perf_counter) -> None:
        self._engine = engine
        self._embedder = embedder
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

        Raises `InvalidRequestError` for a search that the collection cannot answer, `EmbeddingError` and
        `SearchEngineError`.
        """
        started = self._clock()
        mode = request.mode
        target = _target(collection, mode)
        vector = self._query_vector(collection, mode, target, deadline, credentials) if target else None
        body = search_body(collection, request, vector)
        answer = self._engine.request(
            "POST", f"/{alias_of(collection.name)}/_search", body, timeout=max(1.0, deadline.remaining())
        )
        nearness_of = collection.vectors[target] if target and isinstance(mode, NearText | NearVector) else None
        return SearchResponse(
            objects=hits(answer, nearness_of),
            total=answer["hits"]["total"]["value"],
            took_ms=round(1000 * (self._clock() - started)),
        )

    def _query_vector(
        self,
        collection: Collection,
        mode: NearText | NearVector | Bm25 | Hybrid,
        target: str,
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> QueryVector:
        """The query's vector: given by the caller, or embedded with the model of the vector that is searched."""
        given = None if isinstance(mode, NearText | Bm25) else mode.vector
        if given is not None:
            check_vectors(collection, {target: given})
            return QueryVector(target, given)
        config = collection.vectors[target]
        if not isinstance(config, Text2VecAws) or isinstance(mode, NearVector):
            problem = (
                f"the vector '{target}' has no vectorizer: send the query's vector (near_vector, or hybrid.vector)"
            )
            raise InvalidRequestError(f"A text cannot be searched: {problem}.", [ErrorDetail("target_vector", problem)])
        numbers = self._embedder.embed_query(config, mode.query, deadline=deadline, credentials=credentials)
        return QueryVector(target, numbers)


def _target(collection: Collection, mode: NearText | NearVector | Bm25 | Hybrid) -> str | None:
    """The vector that the search needs, if it needs one: alpha 0 costs no model call."""
    if isinstance(mode, Bm25) or (isinstance(mode, Hybrid) and mode.alpha == 0):
        return None
    return target_vector(collection, mode.target_vector)
