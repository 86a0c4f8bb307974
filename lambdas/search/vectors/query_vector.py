"""Computes the vectors of queries: embeds each text once, and reads all named objects in one request."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.expiry import unexpired_only
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import Embedder
from lambdas.errors import AltoError, InvalidRequestError, ObjectNotFoundError, attempt
from lambdas.objects.keys import NamedObject, name_object
from lambdas.objects.vectors import check_vectors
from lambdas.opensearch import OpenSearch
from lambdas.search.modes import Bm25, Hybrid, Mode
from lambdas.search.stopwatch import Stopwatch
from lambdas.search.vectors.target_vectors import Targets, resolve_targets
from lambdas.search.vectors.vector_leg import QueryVector
from lambdas.search.vectors.vector_recipes import (
    ObjectName,
    Recipe,
    Vector,
    build_recipes,
    collect_objects,
    collect_texts,
)

type Known = dict[tuple[str, str | ObjectName], Vector | AltoError]


class QueryVectors:
    """Computes the vectors of queries."""

    def __init__(self, engine: OpenSearch, embedder: Embedder) -> None:
        self._engine = engine
        self._embedder = embedder

    def compute(
        self,
        collection: Collection,
        mode: Mode | None,
        watch: Stopwatch,
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> QueryVector | None:
        """Return the query's vector; None if the search needs none: alpha 0 costs no model call.

        Raises `InvalidRequestError`, `ObjectNotFoundError`, `EmbeddingError` and `SearchEngineError`.
        """
        [vector] = self.compute_each(collection, [mode], watch, deadline, credentials)
        if isinstance(vector, AltoError):
            raise vector
        return vector

    def compute_each(
        self,
        collection: Collection,
        modes: Sequence[Mode | None],
        watch: Stopwatch,
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> list[QueryVector | AltoError | None]:
        """Return for each of several queries its vector, its error, or None. Never raises an `AltoError`.

        `watch` measures the time of the models and of OpenSearch.
        """
        plans = [attempt(_plan_vectors, collection, mode) for mode in modes]
        wanted: dict[str, list[Recipe]] = {}
        for plan in plans:
            for name, each in plan.recipes if isinstance(plan, _VectorPlan) else ():
                wanted.setdefault(name, []).append(each)
        with watch.measure("embedding"):
            known = self._embed_texts(collection, wanted, deadline, credentials)
        with watch.measure("engine"):
            known |= self._read_objects(collection, wanted, deadline)
        return [attempt(plan.compute, known) if isinstance(plan, _VectorPlan) else plan for plan in plans]

    def _embed_texts(
        self,
        collection: Collection,
        wanted: dict[str, list[Recipe]],
        deadline: Deadline,
        credentials: AwsCredentials | None,
    ) -> Known:
        """Return the vector of every text, by target and text. The models are called at the same time."""
        texts = {name: found for name, recipes in wanted.items() if (found := collect_texts(recipes))}
        if not texts:
            return {}

        def embed(name: str) -> Sequence[Vector | AltoError] | AltoError:
            return attempt(self._embed, collection, name, texts[name], deadline, credentials)

        if len(texts) == 1:
            results = [embed(name) for name in texts]
        else:
            with ThreadPoolExecutor(len(texts)) as pool:
                results = list(pool.map(embed, texts))
        known: Known = {}
        for (name, asked), result in zip(texts.items(), results, strict=True):
            vectors = [result] * len(asked) if isinstance(result, AltoError) else result
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
            raise InvalidRequestError.at("target_vector", problem)
        return self._embedder.embed_queries(config, texts, deadline=deadline, credentials=credentials)

    def _read_objects(self, collection: Collection, wanted: dict[str, list[Recipe]], deadline: Deadline) -> Known:
        """Return the vectors of objects. Read by a search, the only request that the query function may send."""
        objects = {name: found for name, recipes in wanted.items() if (found := collect_objects(recipes))}
        if not objects:
            return {}
        names = {item: name_object(collection.name, item.reference) for found in objects.values() for item in found}
        ids = sorted({named.id for named in names.values()})
        always = unexpired_only(collection.expiry)
        chosen = {"ids": {"values": ids}}
        body = {
            "query": {"bool": {"filter": [chosen, *always]}} if always else chosen,
            "size": len(ids),
            "_source": {"includes": [f"vectors.{name}" for name in objects]},
        }
        path = f"/{collection.alias}/_search"
        asked = attempt(self._engine.request, "POST", path, body, None, max(1.0, deadline.remaining()))
        if isinstance(asked, AltoError):
            return {(name, item): asked for name, found in objects.items() for item in found}
        sources = {hit["_id"]: hit.get("_source", {}) for hit in asked["hits"]["hits"]}
        return {
            (name, item): _pick_vector(collection, sources.get(names[item].id), name, names[item])
            for name, found in objects.items()
            for item in found
        }


class _VectorPlan(NamedTuple):
    """How to compute the vectors of a search."""

    targets: Targets
    recipes: Sequence[tuple[str, Recipe]]

    def compute(self, known: Known) -> QueryVector:
        """Compute the vectors from those of the parts. Raises the error of a part that has none."""

        def part(name: str, item: str | ObjectName) -> Vector:
            vector = known[name, item]
            if isinstance(vector, AltoError):
                raise vector
            return vector

        return QueryVector(self.targets, [(name, each.compute(partial(part, name))) for name, each in self.recipes])


def _plan_vectors(collection: Collection, mode: Mode | None) -> _VectorPlan | None:
    if mode is None or isinstance(mode, Bm25) or (isinstance(mode, Hybrid) and mode.alpha == 0):
        return None
    targets = resolve_targets(collection, mode)
    recipes = [(name, each) for name in targets.names for each in build_recipes(mode, name)]
    for name, each in recipes:
        if each.start.given is not None:
            check_vectors(collection, {name: each.start.given})
    return _VectorPlan(targets, recipes)


def _pick_vector(
    collection: Collection, source: dict[str, dict[str, Vector]] | None, target: str, named: NamedObject
) -> Vector | AltoError:
    if source is None:
        return ObjectNotFoundError(f"The collection '{collection.name}' has no object with the {named}.")
    vector = source.get("vectors", {}).get(target)
    if vector is None:
        problem = f"the object with the {named} has no vector '{target}': take another object or target_vector"
        return InvalidRequestError.at("near_object", problem)
    return vector
