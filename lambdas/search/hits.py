"""From OpenSearch's answer to candidates, and from these to the hits that are shown. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lambdas.search.candidate import Candidate
from lambdas.search.request import SearchRequest
from lambdas.search.response import Hit
from lambdas.search.target_vectors import Targets


def candidates_of(answer: dict[str, Any], targets: Targets | None) -> list[Candidate]:
    """The hits of an answer, best first.

    `targets` are the vectors that were searched: their distance is added. None for BM25 and hybrid, whose scores are
    no function of a distance.
    """
    distance: Callable[[float], float | None] = (lambda _: None) if targets is None else targets.distance
    return [
        Candidate(
            found["_id"],
            found.get("_source", {}).get("properties", {}),
            found["_score"],
            distance(found["_score"]),
            found=found,
        )
        for found in answer["hits"]["hits"]
    ]


def is_truncated(answer: dict[str, Any], reach: int) -> bool:
    """Whether more objects match than pages can reach. OpenSearch counts to 10,000 and then says `gte`."""
    total = answer["hits"]["total"]
    return bool(total["value"] > reach or total["relation"] == "gte")


def autocut(
    found: list[Candidate], jumps: int, by: Callable[[Candidate], float | None] | None = None
) -> list[Candidate]:
    """The hits before the given number of jumps of what they are ordered by; all, if there are fewer jumps.

    Weaviate's algorithm: scores are scaled to a line from (0, 0) to (1, 1); where they are farthest above the
    diagonal, locally, is a jump (entities/autocut).
    """
    heights = [float(value) for value in map(by or distance_or_score, found) if value is not None]
    if len(heights) < 2 or heights[0] == heights[-1]:
        return found
    step = 1 / (len(heights) - 1)
    above = [(y - heights[0]) / (heights[-1] - heights[0]) - i * step for i, y in enumerate(heights)]
    count = 0
    for i in range(1, len(above)):
        is_last = i == len(above) - 1
        neighbours = above[max(0, i - 2) : i] if is_last else [above[i - 1], above[i + 1]]
        if all(above[i] > neighbour for neighbour in neighbours):
            count += 1
            if count == jumps:
                return found[:i]
    return found


def distance_or_score(hit: Candidate) -> float | None:
    """What the hits of a search are ordered by."""
    return hit.score if hit.distance is None else hit.distance


def shown(candidate: Candidate, request: SearchRequest, targets: Targets | None) -> Hit:
    """What the caller gets of it, without what left OpenSearch for other reasons than that it was asked for."""
    source = candidate.found.get("_source", {})
    marked = candidate.found.get("highlight")
    properties = candidate.properties
    if request.return_properties is not None:
        names = set(request.return_properties)
        properties = {name: value for name, value in properties.items() if name in names}
    return Hit(
        id=candidate.id,
        properties=properties,
        score=candidate.score,
        distance=candidate.distance,
        certainty=None if targets is None or candidate.distance is None else targets.certainty(candidate.distance),
        rerank_score=candidate.rerank_score,
        vectors=source.get("vectors") if request.include_vectors else None,
        created=_time(source.get("created")) if request.include_times else None,
        updated=_time(source.get("updated")) if request.include_times else None,
        highlights=marked and {name.removeprefix("properties."): passages for name, passages in marked.items()},
        explanation=candidate.explanation,
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
