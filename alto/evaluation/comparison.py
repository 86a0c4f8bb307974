"""Two rankings of the same queries without judgements: what they share, and what moves. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Moves:
    """One query: the share of common hits among the first, and where each hit of either is (None: not among them)."""

    query: str
    overlap: float
    same_first: bool
    places: dict[str, tuple[int | None, int | None]]

    @property
    def moved(self) -> dict[str, tuple[int | None, int | None]]:
        """The hits whose place differs."""
        return {key: (first, second) for key, (first, second) in self.places.items() if first != second}


def compare(query: str, first: Sequence[str], second: Sequence[str], depth: int = 10) -> Moves:
    """Where the first hits of one ranking are in another."""
    mine, other = list(first[:depth]), list(second[:depth])
    longest = max(len(mine), len(other))
    shared = len(set(mine) & set(other)) / longest if longest else 1.0
    before, after = ({key: place for place, key in enumerate(of, 1)} for of in (mine, other))
    places = {key: (before.get(key), after.get(key)) for key in dict.fromkeys([*mine, *other])}
    return Moves(query, shared, mine[:1] == other[:1], places)


def compare_all(
    first: Mapping[str, Sequence[str]], second: Mapping[str, Sequence[str]], depth: int = 10
) -> tuple[dict[str, float], list[Moves]]:
    """The means over all queries, and the queries, most changed first."""
    every = [compare(query, first[query], second[query], depth) for query in first]
    means = {
        "overlap": fmean(each.overlap for each in every),
        "same_first_hit": fmean(each.same_first for each in every),
        "same_order": fmean(not each.moved for each in every),
    }
    return means, sorted(every, key=lambda each: (each.overlap, -len(each.moved)))
