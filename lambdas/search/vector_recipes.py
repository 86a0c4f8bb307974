"""What the vector of a query is made of: given numbers, texts, and objects; averaged and moved. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from lambdas.search.modes import Hybrid, Move, NearObject, NearText, NearVector
from lambdas.search.target_vectors import VectorMode

type Vector = list[float]


class Mean(NamedTuple):
    """The mean of the vectors of texts and of objects, or a vector that was given."""

    texts: Sequence[str] = ()
    objects: Sequence[UUID] = ()
    given: Vector | None = None


class Recipe(NamedTuple):
    """How to make the vector for one target: the start, and the moves from there in their order."""

    start: Mean
    moves: Sequence[tuple[Callable[[Vector, Vector, float], Vector], Mean, float]] = ()

    @property
    def parts(self) -> list[Mean]:
        """All that has to be known."""
        return [self.start, *(goal for _, goal, _ in self.moves)]

    def made(self, known: Callable[[str | UUID], Vector]) -> Vector:
        """The vector, when that of each text and object is known."""
        vector = _mean(self.start, known)
        for direction, goal, force in self.moves:
            vector = direction(vector, _mean(goal, known), force)
        return vector


def recipe(mode: VectorMode, target: str) -> Recipe:
    """How to make the vector of a search for one of its targets."""
    match mode:
        case NearObject():
            return Recipe(Mean(objects=[mode.id]))
        case NearVector():
            return Recipe(Mean(given=_given(mode, target)))
        case NearText():
            texts = mode.query if isinstance(mode.query, list) else [mode.query]
            return Recipe(Mean(texts=texts), _moves(mode))
        case Hybrid(near_object=UUID() as source):
            return Recipe(Mean(objects=[source]), _moves(mode))
        case Hybrid(vector=None, vectors=None):
            return Recipe(Mean(texts=[mode.query]), _moves(mode))
        case Hybrid():
            return Recipe(Mean(given=_given(mode, target)), _moves(mode))


def mean(vectors: Sequence[Vector]) -> Vector:
    """The mean of vectors of one length, not brought back to unit length (as in Weaviate)."""
    if len(vectors) == 1:
        return vectors[0]
    return [sum(numbers) / len(vectors) for numbers in zip(*vectors, strict=True)]


def moved_to(vector: Vector, goal: Vector, force: float) -> Vector:
    """Weaviate's formula: at force 1, half of the way."""
    return [(1 - force / 2) * at + force / 2 * to for at, to in zip(vector, goal, strict=True)]


def moved_away(vector: Vector, goal: Vector, force: float) -> Vector:
    """Weaviate's formula: the same distance, in the other direction."""
    return [at + force / 2 * (at - to) for at, to in zip(vector, goal, strict=True)]


def texts_of(recipes: Iterable[Recipe]) -> list[str]:
    """Every text once."""
    return list(dict.fromkeys(text for each in recipes for part in each.parts for text in part.texts))


def objects_of(recipes: Iterable[Recipe]) -> list[UUID]:
    """Every object once."""
    return list(dict.fromkeys(item for each in recipes for part in each.parts for item in part.objects))


def _mean(part: Mean, known: Callable[[str | UUID], Vector]) -> Vector:
    if part.given is not None:
        return part.given
    return mean([known(text) for text in part.texts] + [known(item) for item in part.objects])


def _given(mode: NearVector | Hybrid, target: str) -> Vector:
    given = mode.vectors[target] if mode.vectors is not None else mode.vector
    assert given is not None  # the modes see to it
    return given


def _moves(mode: NearText | Hybrid) -> list[tuple[Callable[[Vector, Vector, float], Vector], Mean, float]]:
    asked: list[tuple[Callable[[Vector, Vector, float], Vector], Move | None]] = [
        (moved_to, mode.move_to),
        (moved_away, mode.move_away),
    ]
    return [
        (direction, Mean(texts=move.concepts or (), objects=move.objects or ()), move.force)
        for direction, move in asked
        if move is not None
    ]
