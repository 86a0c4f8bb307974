"""Fetches what the vectors of queries are made of: each text embedded once, all objects in one request."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple
from uuid import UUID

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import Embedder
from lambdas.errors import AltoError, ErrorDetail, InvalidRequestError, ObjectNotFoundError, attempt
from lambdas.objects.vectors import check_vectors
from lambdas.opensearch import OpenSearch
from lambdas.search.modes import Bm25, Hybrid, Mode
from lambdas.search.stopwatch import Stopwatch
from lambdas.search.target_vectors import Targets, targets_of
from lambdas.search.vector_leg import QueryVector
from lambdas.search.vector_recipes import Recipe, Vector, objects_of, recipe, texts_of

type Known = dict[tuple[str, str | UUID], Vector | AltoError]


class QueryVectors:
    """Finds the vectors of queries."""

    def __init__(self, engine: OpenSearch, embedder: Embedder) -> None:
        self._engine = engine
        self._embedder = embedder

    def of(
        self,
        collection: Collection,
        mode: Mode | None,
        watch: Stopwatch,
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> QueryVector | None:
        """The query's vector; None if the search needs none: alpha 0 costs no model call.

        Raises `InvalidRequestError`, `ObjectNotFoundError`, `EmbeddingError` and `SearchEngineError`.
        """
        [vector] = self.of_each(collection, [mode], watch, deadline, credentials)
        if isinstance(vector, AltoError):
            raise vector
        return vector

    def of_each(
        self,
        collection: Collection,
        modes: Sequence[Mode | None],
        watch: Stopwatch,
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> list[QueryVector | AltoError | None]:
        """The vector of each of several queries, the error that it met, or None. Never raises an `AltoError`.

        `watch` is told how long models and OpenSearch took.
        """
        plans = [attempt(_planned, collection, mode) for mode in modes]
        wanted: dict[str, list[Recipe]] = {}
        for plan in plans:
            for name, each in plan.recipes.items() if isinstance(plan, _Plan) else ():
                wanted.setdefault(name, []).append(each)
        with watch.measure("embedding"):
            known = self._embedded(collection, wanted, deadline, credentials)
        with watch.measure("engine"):
            known |= self._stored(collection, wanted, deadline)
        return [attempt(plan.vector, known) if isinstance(plan, _Plan) else plan for plan in plans]

    def _embedded(
        self,
        collection: Collection,
        wanted: dict[str, list[Recipe]],
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> Known:
        """The vector of every text, by the name of the target. The models are asked at the same time."""
        texts = {name: found for name, recipes in wanted.items() if (found := texts_of(recipes))}
        if not texts:
            return {}

        def embed(name: str) -> Sequence[Vector | AltoError] | AltoError:
            return attempt(self._embed, collection, name, texts[name], deadline, credentials)

        if len(texts) == 1:
            answers = [embed(name) for name in texts]
        else:
            with ThreadPoolExecutor(len(texts)) as pool:
                answers = list(pool.map(embed, texts))
        known: Known = {}
        for (name, asked), answer in zip(texts.items(), answers, strict=True):
            vectors = [answer] * len(asked) if isinstance(answer, AltoError) else answer
            known |= {(name, text): vector for text, vector in zip(asked, vectors, strict=True)}
        return known

    def _embed(
        self,
        collection: Collection,
        target: str,
        texts: list[str],
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> Sequence[Vector | AltoError]:
        config = collection.vectors[target]
        if not isinstance(config, Text2VecAws):
            problem = (
                f"the vector '{target}' has no vectorizer: send the query's vector (near_vector, or hybrid.vector)"
            )
            raise InvalidRequestError(f"A text cannot be searched: {problem}.", [ErrorDetail("target_vector", problem)])
        return self._embedder.embed_queries(config, texts, deadline=deadline, credentials=credentials)

    def _stored(self, collection: Collection, wanted: dict[str, list[Recipe]], deadline: Deadline) -> Known:
        """The vectors of objects. By a search, as that is all that the query function may ask of OpenSearch."""
        objects = {name: found for name, recipes in wanted.items() if (found := objects_of(recipes))}
        if not objects:
            return {}
        ids = sorted({str(item) for found in objects.values() for item in found})
        body = {
            "query": {"ids": {"values": ids}},
            "size": len(ids),
            "_source": {"includes": [f"vectors.{name}" for name in objects]},
        }
        path = f"/{collection.alias}/_search"
        asked = attempt(self._engine.request, "POST", path, body, None, max(1.0, deadline.remaining()))
        if isinstance(asked, AltoError):
            return {(name, item): asked for name, found in objects.items() for item in found}
        sources = {hit["_id"]: hit.get("_source", {}) for hit in asked["hits"]["hits"]}
        return {
            (name, item): _vector_of(collection, sources.get(str(item)), name, item)
            for name, found in objects.items()
            for item in found
        }


class _Plan(NamedTuple):
    """How to make the vectors of a search."""

    targets: Targets
    recipes: dict[str, Recipe]

    def vector(self, known: Known) -> QueryVector:
        """Made of what is known. Raises the error that a part met."""

        def part(name: str, item: str | UUID) -> Vector:
            vector = known[name, item]
            if isinstance(vector, AltoError):
                raise vector
            return vector

        return QueryVector(self.targets, {name: each.made(partial(part, name)) for name, each in self.recipes.items()})


def _planned(collection: Collection, mode: Mode | None) -> _Plan | None:
    if mode is None or isinstance(mode, Bm25) or (isinstance(mode, Hybrid) and mode.alpha == 0):
        return None
    targets = targets_of(collection, mode)
    recipes = {name: recipe(mode, name) for name in targets.names}
    check_vectors(
        collection, {name: each.start.given for name, each in recipes.items() if each.start.given is not None}
    )
    return _Plan(targets, recipes)


def _vector_of(
    collection: Collection, source: dict[str, dict[str, Vector]] | None, target: str, object_id: UUID
) -> Vector | AltoError:
    if source is None:
        return ObjectNotFoundError(f"The collection '{collection.name}' has no object with the id {object_id}.")
    vector = source.get("vectors", {}).get(target)
    if vector is None:
        problem = f"the object {object_id} has no vector '{target}': take another object or target_vector"
        return InvalidRequestError(f"Nothing is near to it: {problem}.", [ErrorDetail("near_object", problem)])
    return vector
