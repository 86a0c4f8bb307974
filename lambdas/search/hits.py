"""From OpenSearch's answer to hits. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from lambdas.search.answer import Hit
from lambdas.search.request import SearchRequest
from lambdas.search.targets import Targets


def hits(answer: dict[str, Any], targets: Targets | None) -> list[Hit]:
    """The hits of an answer, best first.

    `targets` are the vectors that were searched: their distance is added. None for BM25 and hybrid, whose scores are
    no function of a distance.
    """
    return [_hit(found, targets) for found in answer["hits"]["hits"]]


def is_truncated(answer: dict[str, Any], reach: int) -> bool:
    """Whether more objects match than pages can reach. OpenSearch counts to 10,000 and then says `gte`."""
    total = answer["hits"]["total"]
    return bool(total["value"] > reach or total["relation"] == "gte")


def autocut(found: list[Hit], jumps: int, by: Callable[[Hit], float | None] | None = None) -> list[Hit]:
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


def distance_or_score(hit: Hit) -> float | None:
    """What the hits of a search are ordered by."""
    return hit.score if hit.distance is None else hit.distance


def trimmed(hit: Hit, request: SearchRequest) -> Hit:
    """The hit without what left OpenSearch for other reasons than that the caller asked for it."""
    kept: dict[str, Any] = {}
    if request.return_properties is not None:
        names = set(request.return_properties)
        kept["properties"] = {name: value for name, value in hit.properties.items() if name in names}
    if not request.include_vectors:
        kept["vectors"] = None
    if not request.include_times:
        kept["created"] = kept["updated"] = None
    return hit.model_copy(update=kept)


def _hit(found: dict[str, Any], targets: Targets | None) -> Hit:
    source = found.get("_source", {})
    score = found["_score"]
    distance = None if targets is None else targets.distance(score)
    marked = found.get("highlight")
    return Hit(
        id=found["_id"],
        properties=source.get("properties", {}),
        score=score,
        distance=distance,
        certainty=None if targets is None or distance is None else targets.certainty(distance),
        vectors=source.get("vectors"),
        created=_time(source.get("created")),
        updated=_time(source.get("updated")),
        highlights=marked and {name.removeprefix("properties."): passages for name, passages in marked.items()},
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
