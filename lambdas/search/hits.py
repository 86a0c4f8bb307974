"""From OpenSearch's answer to hits. Pure."""

from datetime import datetime
from typing import Any

from lambdas.search.answer import Hit
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


def autocut(found: list[Hit], jumps: int) -> list[Hit]:
    """The hits before the given number of jumps of their scores or distances; all, if there are fewer jumps.

    Weaviate's algorithm: scores are scaled to a line from (0, 0) to (1, 1); where they are farthest above the
    diagonal, locally, is a jump (entities/autocut).
    """
    values = [hit.score if hit.distance is None else hit.distance for hit in found]
    heights = [float(value) for value in values if value is not None]
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
