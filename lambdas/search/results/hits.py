"""Reads candidates from OpenSearch's response, and renders those that the caller gets. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lambdas.search.request import SearchRequest
from lambdas.search.response import Hit
from lambdas.search.results.candidate import Candidate
from lambdas.search.vectors.target_vectors import Targets


def read_id(hit: Mapping[str, Any]) -> str:
    """Return the id of a hit. A search that reads no stored fields has it in a column."""
    key: str = hit["_id"] if "_id" in hit else hit["fields"]["id"][0]
    return key


def read_candidates(response: dict[str, Any], targets: Targets | None) -> list[Candidate]:
    """Return the hits of a response, best first.

    `targets` are the vectors that were searched: their distance is added. None for BM25 and hybrid, whose scores do
    not depend on a distance alone.
    """
    distance: Callable[[float], float | None] = (lambda _: None) if targets is None else targets.distance
    return [
        Candidate(
            read_id(found),
            found.get("_source", {}).get("properties", {}),
            found["_score"],
            distance(found["_score"]),
            found=found,
        )
        for found in response["hits"]["hits"]
    ]


def add_documents(found: Sequence[Candidate], response: dict[str, Any], asked: Sequence[str]) -> list[Candidate]:
    """Return the candidates with the documents that were asked for. Those deleted in between are left out."""
    documents = {read_id(hit): hit for hit in response["hits"]["hits"]}
    gone = set(asked) - documents.keys()
    return [_add_document(each, documents.get(each.id)) for each in found if each.id not in gone]


def _add_document(candidate: Candidate, document: dict[str, Any] | None) -> Candidate:
    if document is None:
        return candidate
    properties = document.get("_source", {}).get("properties", {})
    return candidate._replace(properties=properties, found=candidate.found | document)


def autocut(
    found: list[Candidate], jumps: int, by: Callable[[Candidate], float | None] | None = None
) -> list[Candidate]:
    """Return the hits before the given number of jumps of the value that orders them; all, if there are fewer jumps.

    Weaviate's algorithm: scores are scaled to a line from (0, 0) to (1, 1); where they are farthest above the
    diagonal, locally, is a jump (entities/autocut).
    """
    heights = [float(value) for value in map(by or get_distance_or_score, found) if value is not None]
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


def get_distance_or_score(hit: Candidate) -> float | None:
    """Return the value that orders the hits of a search."""
    return hit.score if hit.distance is None else hit.distance


def render_hit(candidate: Candidate, request: SearchRequest, targets: Targets | None) -> Hit:
    """Render a candidate for the caller, without the fields that were fetched only for the steps after the search."""
    source = candidate.found.get("_source", {})
    marked = candidate.found.get("highlight")
    properties = candidate.properties
    if request.return_properties is not None:
        names = set(request.return_properties)
        properties = {name: value for name, value in properties.items() if name in names}
    return Hit(
        id=candidate.id,
        key=source.get("key"),
        properties=properties,
        score=candidate.score,
        distance=candidate.distance,
        certainty=None if targets is None or candidate.distance is None else targets.certainty(candidate.distance),
        rerank_score=candidate.rerank_score,
        vectors=source.get("vectors") if request.include_vectors else None,
        created=_parse_time(source.get("created")) if request.include_times else None,
        updated=_parse_time(source.get("updated")) if request.include_times else None,
        highlights=marked and {name.removeprefix("properties."): passages for name, passages in marked.items()},
        passage=_read_passage(candidate.found) if request.include_passage else None,
        explanation=candidate.explanation,
    )


def _read_passage(found: dict[str, Any]) -> str | None:
    """Return the nearest passage of a hit; None for an object without passages."""
    for inner in found.get("inner_hits", {}).values():
        for passage in inner["hits"]["hits"]:
            text: str = passage["_source"]["text"]
            return text
    return None


def _parse_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
