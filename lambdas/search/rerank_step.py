"""Asks the model for the order of hits; says so where it is not to be had."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING

from lambdas.aws.credentials import AwsCredentials
from lambdas.deadline import Deadline
from lambdas.errors import AltoError, attempt
from lambdas.search.postprocess import Found
from lambdas.search.rerank import PASSING, fall_back, passages, query_text, reranked
from lambdas.search.response import RerankOutcome

if TYPE_CHECKING:
    from lambdas.reranking.reranker import Reranker

type Ordered = tuple[Found, RerankOutcome | None]


class HitReranker:
    """Reranks the candidates of searches. `region` is Alto's own, for models that name none.

    The reranker is made when it is first needed: few searches ask for one.
    """

    def __init__(self, reranker: "Callable[[], Reranker]", region: str) -> None:
        self._reranker = cache(reranker)
        self._region = region

    def rerank(self, found: Found, *, deadline: Deadline, credentials: AwsCredentials | None) -> Ordered:
        """The candidates in the order of the model; as they are, if none is asked for or to be had at the moment.

        Raises `EmbeddingError` for what another attempt would not cure.
        """
        request = found.plan.request
        rerank = request.rerank
        if rerank is None:
            return found, None
        hits = found.hits[: rerank.candidates]
        texts = passages(found.plan.collection, rerank, hits)
        query = rerank.query or query_text(request.mode)
        assert query is not None  # the request's rules see to it
        scores: list[float] = []
        if texts:
            model = rerank.called(self._region)
            try:
                scores = self._reranker().scores(
                    model, query, list(texts.values()), deadline=deadline, credentials=credentials
                )
            except PASSING as error:
                return found._replace(hits=hits), fall_back(rerank, len(hits), error)
        outcome = RerankOutcome(applied=True, model=rerank.model, candidates=len(hits))
        return found._replace(hits=reranked(hits, dict(zip(texts, scores, strict=True)))), outcome

    def rerank_each(
        self, searches: Sequence[Found | AltoError], *, deadline: Deadline, credentials: AwsCredentials | None
    ) -> list[Ordered | AltoError]:
        """Each search's candidates in the order that it asks for, or its error. The models are asked at the same time.

        Never raises an `AltoError`.
        """
        rerank = partial(self.rerank, deadline=deadline, credentials=credentials)

        def ordered(search: Found | AltoError) -> Ordered | AltoError:
            return search if isinstance(search, AltoError) else attempt(rerank, search)

        asking = sum(isinstance(search, Found) and search.plan.request.rerank is not None for search in searches)
        if asking <= 1:
            return [ordered(search) for search in searches]
        with ThreadPoolExecutor(asking) as pool:
            return list(pool.map(ordered, searches))
