"""Recipes of query vectors: given numbers, texts and objects, averaged and moved. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, cast

from lambdas.search.modes import Hybrid, Move, NearObject, NearText, NearVector
from lambdas.search.vectors.target_vectors import VectorMode

type Vector = list[float]


class ObjectName(NamedTuple):
    """The id or key of an object whose vector is taken. Not plain text, which is embedded."""

    reference: str


class Mean(NamedTuple):
    """The mean of the vectors of texts and of objects, or a vector that was given."""

    texts: Sequence[str] = ()
    objects: Sequence[ObjectName] = ()
    given: Vector | None = None


class Recipe(NamedTuple):
    """How to compute the vector for one target: the start, and the moves from there in their order."""

    start: Mean
    moves: Sequence[tuple[Callable[[Vector, Vector, float], Vector], Mean, float]] = ()

    @property
    def parts(self) -> list[Mean]:
        """The start and all goals: their vectors are needed first."""
        return [self.start, *(goal for _, goal, _ in self.moves)]

    def compute(self, known: Callable[[str | ObjectName], Vector]) -> Vector:
        """Compute the vector. `known` returns that of a text or object."""
        vector = _compute_part(self.start, known)
        for direction, goal, force in self.moves:
            vector = direction(vector, _compute_part(goal, known), force)
        return vector


def build_recipes(mode: VectorMode, target: str) -> list[Recipe]:
    """Return how to compute the vectors of a search for one of its targets: one, or each of several that are given."""
    match mode:
        case NearObject():
            return [Recipe(Mean(objects=[ObjectName(mode.id)]))]
        case NearVector():
            return [Recipe(Mean(given=each)) for each in _list_given(mode, target)]
        case NearText():
            return [Recipe(Mean(texts=_list_texts(mode.query)), _list_moves(mode))]
        case Hybrid(near_object=str(source)):
            return [Recipe(Mean(objects=[ObjectName(source)]), _list_moves(mode))]
        case Hybrid(vector=None, vectors=None):
            return [Recipe(Mean(texts=_list_texts(mode.near_text or mode.query)), _list_moves(mode))]
        case Hybrid():
            return [Recipe(Mean(given=each), _list_moves(mode)) for each in _list_given(mode, target)]


def compute_mean(vectors: Sequence[Vector]) -> Vector:
    """Return the mean of vectors of one length, not normalized to unit length (as in Weaviate)."""
    if len(vectors) == 1:
        return vectors[0]
    return [sum(numbers) / len(vectors) for numbers in zip(*vectors, strict=True)]


def move_towards(vector: Vector, goal: Vector, force: float) -> Vector:
    """Weaviate's formula: at force 1, half of the way."""
    return [(1 - force / 2) * at + force / 2 * to for at, to in zip(vector, goal, strict=True)]


def move_away_from(vector: Vector, goal: Vector, force: float) -> Vector:
    """Weaviate's formula: the same distance, in the other direction."""
    return [at + force / 2 * (at - to) for at, to in zip(vector, goal, strict=True)]


def collect_texts(recipes: Iterable[Recipe]) -> list[str]:
    """Return every text once."""
    return list(dict.fromkeys(text for each in recipes for part in each.parts for text in part.texts))


def collect_objects(recipes: Iterable[Recipe]) -> list[ObjectName]:
    """Return every object once."""
    return list(dict.fromkeys(item for each in recipes for part in each.parts for item in part.objects))


def _compute_part(part: Mean, known: Callable[[str | ObjectName], Vector]) -> Vector:
    if part.given is not None:
        return part.given
    return compute_mean([known(text) for text in part.texts] + [known(item) for item in part.objects])


def _list_texts(query: str | list[str]) -> list[str]:
    return query if isinstance(query, list) else [query]


def _list_given(mode: NearVector | Hybrid, target: str) -> list[Vector]:
    given = mode.vectors[target] if mode.vectors is not None else mode.vector
    assert given is not None  # validated with the request
    return cast("list[Vector]", given if isinstance(given[0], list) else [given])


def _list_moves(mode: NearText | Hybrid) -> list[tuple[Callable[[Vector, Vector, float], Vector], Mean, float]]:
    asked: list[tuple[Callable[[Vector, Vector, float], Vector], Move | None]] = [
        (move_towards, mode.move_to),
        (move_away_from, mode.move_away),
    ]
    return [
        (direction, Mean(move.concepts or (), [ObjectName(each) for each in move.objects or ()]), move.force)
        for direction, move in asked
        if move is not None
    ]
