"""Where the vector of a query comes from: the caller, the model, or an object; moved, if asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from lambdas.collections.model import DEFAULT_VECTOR, Collection, CollectionConfig, alias_of
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.credentials import AwsCredentials
from lambdas.embedding.embedder import Embedder
from lambdas.errors import ErrorDetail, InvalidRequestError, ObjectNotFoundError
from lambdas.objects.document import check_vectors
from lambdas.opensearch import OpenSearch
from lambdas.search.modes import Bm25, Hybrid, Mode, NearObject, NearText, NearVector


@dataclass(frozen=True, slots=True)
class QueryVector:
    """The vector of a query, and the name of the vector of the objects that it is compared with."""

    target: str
    numbers: list[float]


class QueryVectors:
    """Finds the vector of a query."""

    def __init__(self, engine: OpenSearch, embedder: Embedder) -> None:
        self._engine = engine
        self._embedder = embedder

    def of(
        self, collection: Collection, mode: Mode | None, deadline: Deadline, credentials: AwsCredentials | None
    ) -> QueryVector | None:
        """The query's vector; None if the search needs none: alpha 0 costs no model call.

        Raises `InvalidRequestError`, `ObjectNotFoundError`, `EmbeddingError` and `SearchEngineError`.
        """
        if mode is None or isinstance(mode, Bm25) or (isinstance(mode, Hybrid) and mode.alpha == 0):
            return None
        target = target_vector(collection, mode.target_vector)
        given = mode.vector if isinstance(mode, NearVector | Hybrid) else None
        source = mode.id if isinstance(mode, NearObject) else mode.near_object if isinstance(mode, Hybrid) else None
        moves = [] if isinstance(mode, NearVector | NearObject) else [mode.move_to, mode.move_away]
        texts = _texts(mode) if given is None and source is None else []
        every_text = [*texts, *(text for move in moves if move for text in move.concepts)]
        embedded = iter(self._embed(collection, target, every_text, deadline, credentials) if every_text else [])
        if given is not None:
            check_vectors(collection, {target: given})
            numbers = given
        elif source is not None:
            numbers = self._stored(collection, target, source, deadline)
        else:
            numbers = mean([next(embedded) for _ in texts])
        for move, direction in zip(moves, (moved_to, moved_away), strict=False):
            if move is not None:
                numbers = direction(numbers, mean([next(embedded) for _ in move.concepts]), move.force)
        return QueryVector(target, numbers)

    def _embed(
        self,
        collection: Collection,
        target: str,
        texts: list[str],
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> list[list[float]]:
        config = collection.vectors[target]
        if not isinstance(config, Text2VecAws):
            problem = (
                f"the vector '{target}' has no vectorizer: send the query's vector (near_vector, or hybrid.vector)"
            )
            raise InvalidRequestError(f"A text cannot be searched: {problem}.", [ErrorDetail("target_vector", problem)])
        return self._embedder.embed_queries(config, texts, deadline=deadline, credentials=credentials)

    def _stored(self, collection: Collection, target: str, object_id: UUID, deadline: Deadline) -> list[float]:
        """The vector of an object. A search, as that is all that the query function may ask of OpenSearch."""
        field = f"vectors.{target}"
        body = {"query": {"ids": {"values": [str(object_id)]}}, "_source": {"includes": [field]}}
        path = f"/{alias_of(collection.name)}/_search"
        found = self._engine.request("POST", path, body, timeout=max(1.0, deadline.remaining()))["hits"]["hits"]
        if not found:
            raise ObjectNotFoundError(f"The collection '{collection.name}' has no object with the id {object_id}.")
        vector: list[float] | None = found[0].get("_source", {}).get("vectors", {}).get(target)
        if vector is None:
            problem = f"the object {object_id} has no vector '{target}': take another object or target_vector"
            raise InvalidRequestError(f"Nothing is near to it: {problem}.", [ErrorDetail("near_object", problem)])
        return vector


def target_vector(collection: CollectionConfig, asked: str | None) -> str:
    """The name of the vector to search. Raises `InvalidRequestError` when it cannot be told."""
    names = list(collection.vectors)
    if not names:
        raise InvalidRequestError(f"The collection '{collection.name}' has no vectors: search it by bm25.")
    if asked is not None and asked not in names:
        problem = f"'{asked}' is not a vector of '{collection.name}'. It has these: {', '.join(names)}"
        raise InvalidRequestError(f"target_vector: {problem}.", [ErrorDetail("target_vector", problem)])
    if asked is None and len(names) > 1 and DEFAULT_VECTOR not in names:
        problem = f"the collection '{collection.name}' has several vectors: say which of {', '.join(names)} to search"
        raise InvalidRequestError(f"target_vector: {problem}.", [ErrorDetail("target_vector", problem)])
    return asked or (DEFAULT_VECTOR if DEFAULT_VECTOR in names else names[0])


def mean(vectors: Sequence[list[float]]) -> list[float]:
    """The mean of vectors of one length, not brought back to unit length (as in Weaviate)."""
    if len(vectors) == 1:
        return vectors[0]
    return [sum(numbers) / len(vectors) for numbers in zip(*vectors, strict=True)]


def moved_to(vector: list[float], goal: list[float], force: float) -> list[float]:
    """Weaviate's formula: at force 1, half of the way."""
    return [(1 - force / 2) * at + force / 2 * to for at, to in zip(vector, goal, strict=True)]


def moved_away(vector: list[float], goal: list[float], force: float) -> list[float]:
    """Weaviate's formula: the same distance, in the other direction."""
    return [at + force / 2 * (at - to) for at, to in zip(vector, goal, strict=True)]


def _texts(mode: NearText | Hybrid | NearVector | NearObject) -> list[str]:
    if isinstance(mode, NearText | Hybrid):
        return mode.query if isinstance(mode.query, list) else [mode.query]
    return []
