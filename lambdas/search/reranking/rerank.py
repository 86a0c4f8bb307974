"""Reranking: the texts that a model reads, and the order of its scores. Pure."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, model_validator

from lambdas.collections.model import CollectionConfig
from lambdas.embedding.config import ModelId, Region
from lambdas.errors import (
    EmbeddingError,
    InvalidRequestError,
    ModelAnswerError,
    ModelQuotaError,
    ModelThrottledError,
    ModelUnavailableError,
)
from lambdas.models import StrictModel
from lambdas.search.modes import Bm25, Hybrid, Mode, NearText, QueryText
from lambdas.search.reranking.model import MAX_TEXTS, RerankModel
from lambdas.search.response import RerankOutcome
from lambdas.search.results.candidate import Candidate

# Transient errors: the search falls back to its own order. Any other error is one of the request or of the set-up,
# which would stay unnoticed for ever if searches continued without reranking.
TRANSIENT_ERRORS = (ModelThrottledError, ModelQuotaError, ModelUnavailableError, ModelAnswerError)


class Rerank(StrictModel):
    """The best hits are put into the order that a model on Bedrock gives them."""

    model: ModelId | None = Field(
        default=None,
        description="A model id, such as `cohere.rerank-v3-5:0` or `amazon.rerank-v1:0`, or an ARN; the collection's "
        "`reranker`, if not given.",
    )
    region: Region | None = Field(
        default=None, description="The AWS region of the model; that of Alto itself, if not given."
    )
    query: QueryText | None = Field(
        default=None, description="The text that hits are compared with; the search's own text, if not given."
    )
    properties: Annotated[list[str], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="The text properties that the model reads, in this order; all, if not given."
    )
    candidates: int = Field(
        default=100,
        ge=1,
        le=MAX_TEXTS,
        description="How many of the best hits are reranked. Pages end there. "
        "The queries of one request rerank at most 2,000 in all.",
    )

    @model_validator(mode="before")
    @classmethod
    def _role_is_the_stages(cls, data: object) -> object:
        for name in ("role_arn", "external_id"):
            if isinstance(data, dict) and name in data:
                raise ValueError(
                    f"'{name}' cannot be sent: models that rerank are called with the stage's own role, or that of its "
                    "setting 'rerank_role'. Remove it, or send the X-AWS-Access-Key and X-AWS-Secret-Key headers"
                )
        return data

    def with_default(self, collection: CollectionConfig) -> "Rerank":
        """Return it with the collection's model, if it names none. Raises `InvalidRequestError` if neither does."""
        if self.model is not None:
            return self
        if collection.reranker is None:
            raise InvalidRequestError.at(
                "rerank.model",
                f"the collection '{collection.name}' has no 'reranker' either: name a model here, such as "
                "'cohere.rerank-v3-5:0', or give the collection one",
            )
        return self.model_copy(
            update={"model": collection.reranker.model, "region": self.region or collection.reranker.region}
        )

    def resolve_model(self, region: str, role_arn: str | None = None) -> RerankModel:
        """Return the model to call. Region and role are Alto's own."""
        assert self.model is not None  # with_default has filled it in
        return RerankModel(self.model, self.region or region, role_arn)


def query_text(mode: Mode | None) -> str | None:
    """Return the text of a search; None if it has none."""
    if isinstance(mode, NearText | Bm25 | Hybrid):
        return mode.query if isinstance(mode.query, str) else " ".join(mode.query)
    return None


def list_read_properties(collection: CollectionConfig, rerank: Rerank) -> list[str]:
    """Return the properties that the model reads. Raises `InvalidRequestError` for one that is not text."""
    texts = [item.name for item in collection.properties if item.is_text]
    for name in rerank.properties or ():
        if name not in texts:
            problem = f"'{name}' is not a text property of '{collection.name}'. These are: {', '.join(texts) or 'none'}"
            raise InvalidRequestError.at("rerank.properties", problem)
    if not texts:
        problem = f"the collection '{collection.name}' has no text property that a model could read: remove rerank"
        raise InvalidRequestError.at("rerank", problem)
    return rerank.properties or texts


def collect_passages(collection: CollectionConfig, rerank: Rerank, found: Sequence[Candidate]) -> dict[str, str]:
    """Return the text that the model reads of each hit, by id: a line for each value. Hits without text are omitted."""
    names = list_read_properties(collection, rerank)
    texts = {hit.id: _passage(names, hit.properties) for hit in found}
    return {key: text for key, text in texts.items() if text}


def order_by_rerank_score(found: Sequence[Candidate], scores: Mapping[str, float]) -> list[Candidate]:
    """Sort hits by the model's score. Hits without one (they have no text) come last, in their old order."""
    scored = [hit._replace(rerank_score=scores[hit.id]) for hit in found if hit.id in scores]
    unscored = [hit for hit in found if hit.id not in scores]
    return [*sorted(scored, key=lambda hit: -scores[hit.id]), *unscored]


def describe_fall_back(rerank: Rerank, candidates: int, error: EmbeddingError) -> RerankOutcome:
    """Report why a search could not be reranked."""
    assert rerank.model is not None  # with_default has filled it in
    return RerankOutcome(
        applied=False, model=rerank.model, candidates=candidates, code=error.code, message=error.message
    )


def _passage(names: Sequence[str], properties: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for name in names:
        value = properties.get(name)
        lines += value if isinstance(value, list) else [value] if value is not None else []
    return "\n".join(line for line in lines if line.strip())
