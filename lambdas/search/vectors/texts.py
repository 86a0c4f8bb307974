"""The vectors of texts by the model of a collection, for programs that compare or store vectors themselves."""

from typing import Annotated, Literal

from pydantic import Field

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import Embedder
from lambdas.errors import EmbeddingError, InvalidRequestError
from lambdas.models import StrictModel
from lambdas.search.budget import NUMBER_BYTES
from lambdas.search.vectors.target_vectors import resolve_target_vector
from lambdas.settings import RequestLimits

MAX_TEXTS = 96


class EmbedRequest(StrictModel):
    """Texts to embed."""

    texts: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1, max_length=MAX_TEXTS)] = Field(
        description="The texts, 96 at most."
    )
    input_type: Literal["query", "document"] = Field(
        default="query", description="Some models embed a query and a document that it shall find differently."
    )
    target_vector: str | None = Field(
        default=None, description="The vector whose model embeds; not needed if the collection has one vector."
    )


class EmbedResponse(StrictModel):
    """The vectors of the texts, in their order."""

    target_vector: str
    dimensions: int
    vectors: list[list[float]]


def embed_texts(
    embedder: Embedder,
    collection: Collection,
    request: EmbedRequest,
    *,
    limits: RequestLimits,
    deadline: Deadline,
    credentials: AwsCredentials | None,
) -> EmbedResponse:
    """Embed texts with the model of one vector of the collection. One text that fails fails the request.

    Raises `InvalidRequestError` for a vector without a model, and for more than the limits allow, and `EmbeddingError`.
    """
    name = resolve_target_vector(collection, request.target_vector)
    config = collection.vectors[name]
    if not isinstance(config, Text2VecAws):
        raise InvalidRequestError.at("target_vector", f"the vector '{name}' has no model: its vectors come from you")
    _check_size(request.texts, collection.vectors[name].resolved_dimensions, limits)
    embed = embedder.embed_queries if request.input_type == "query" else embedder.embed_documents
    results = embed(config, request.texts, deadline=deadline, credentials=credentials)
    vectors: list[list[float]] = []
    for result in results:
        if isinstance(result, EmbeddingError):
            raise result
        vectors.append(list(result))
    return EmbedResponse(target_vector=name, dimensions=len(vectors[0]), vectors=vectors)


def _check_size(texts: list[str], dimensions: int | None, limits: RequestLimits) -> None:
    characters = sum(map(len, texts))
    if characters > limits.embedded_characters:
        raise InvalidRequestError.at(
            "texts", f"{characters} characters, the limit is {limits.embedded_characters}: send fewer texts at once"
        )
    size = len(texts) * (dimensions or 0) * NUMBER_BYTES
    if size > limits.vector_bytes:
        most = limits.vector_bytes // ((dimensions or 1) * NUMBER_BYTES)
        raise InvalidRequestError.at(
            "texts", f"{len(texts)} vectors are too large a response: send {most} texts at once"
        )
