"""Reranks hits with a model, and reports when reranking is unavailable."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING

from lambdas.aws.credentials import AwsCredentials
from lambdas.deadline import Deadline
from lambdas.errors import AltoError, attempt
from lambdas.search.reranking.rerank import (
    TRANSIENT_ERRORS,
    collect_passages,
    describe_fall_back,
    order_by_rerank_score,
    query_text,
)
from lambdas.search.response import RerankOutcome
from lambdas.search.results.postprocess import Found

if TYPE_CHECKING:
    from lambdas.search.reranking.reranker import Reranker

type Reranked = tuple[Found, RerankOutcome | None]


class HitReranker:
    """Reranks the candidates of searches. `region` is Alto's own, for models that name none, `role_arn` the stage's.

    The reranker is created on first use: few searches need one.
    """

    def __init__(self, reranker: "Callable[[], Reranker]", region: str, role_arn: str | None = None) -> None:
        self._reranker = cache(reranker)
        self._role_arn = role_arn
        self._region = region

    def rerank(self, found: Found, *, deadline: Deadline, credentials: AwsCredentials | None) -> Reranked:
        """Return the candidates in the model's order; in their own, if none is requested or the model is unavailable.

        Raises `EmbeddingError` for an error that another attempt would not fix.
        """
        request = found.plan.request
        rerank = request.rerank
        if rerank is None:
            return found, None
        hits = found.hits[: rerank.candidates]
        texts = collect_passages(found.plan.collection, rerank, hits)
        query = rerank.query or query_text(request.mode)
        assert query is not None  # validated with the request
        model = rerank.resolve_model(self._region, self._role_arn)
        # Without a text the query stands in for one: a wrong model or missing rights must not show with the first hit.
        asked = list(texts.values()) or [query]
        try:
            scores = self._reranker().scores(model, query, asked, deadline=deadline, credentials=credentials)
        except TRANSIENT_ERRORS as error:
            return found._replace(hits=hits), describe_fall_back(rerank, len(hits), error)
        outcome = RerankOutcome(applied=True, model=model.target, candidates=len(hits))
        return found._replace(
            hits=order_by_rerank_score(hits, dict(zip(texts, scores[: len(texts)], strict=True)))
        ), outcome

    def rerank_each(
        self, searches: Sequence[Found | AltoError], *, deadline: Deadline, credentials: AwsCredentials | None
    ) -> list[Reranked | AltoError]:
        """Return each search's candidates in the requested order, or its error. The models are called at the same time.

        Never raises an `AltoError`.
        """
        rerank = partial(self.rerank, deadline=deadline, credentials=credentials)

        def rerank_one(search: Found | AltoError) -> Reranked | AltoError:
            return search if isinstance(search, AltoError) else attempt(rerank, search)

        asking = sum(isinstance(search, Found) and search.plan.request.rerank is not None for search in searches)
        if asking <= 1:
            return [rerank_one(search) for search in searches]
        with ThreadPoolExecutor(asking) as pool:
            return list(pool.map(rerank_one, searches))
