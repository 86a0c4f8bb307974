"""The passages next to those that were found. Pure."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, Literal

from lambdas.collections.model import CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.response import Hit, Neighbour, SearchResponse

VERSION, ORDINAL, HEADING = "document_version", "ordinal", "heading"
# How far a section reaches on both sides of a hit.
SECTION_PASSAGES = 10
# Every hit takes part in one request for all neighbours.
MAX_NEIGHBOURS = 1_000

type Place = tuple[str, int]
type ContextSize = int | Literal["section"]


def check_context(collection: CollectionConfig, context: ContextSize | None, hits: int) -> None:
    """Raise `InvalidRequestError` for a collection without documents, or too many neighbours."""
    if context is None:
        return
    if collection.documents is None:
        raise InvalidRequestError.at("context", f"'{collection.name}' has no documents, whose passages have neighbours")
    reach = reach_of(context)
    if 2 * reach * hits > MAX_NEIGHBOURS:
        problem = f"{reach} before and after each of {hits} objects are more than {MAX_NEIGHBOURS:,} passages"
        raise InvalidRequestError.at("context", f"{problem}: lower 'context' or 'limit'")


def reach_of(context: ContextSize) -> int:
    """Return how many passages before a hit, and as many after it, may belong to its context."""
    return SECTION_PASSAGES if context == "section" else context


def build_neighbours_body(
    places: Mapping[str, Place],
    context: ContextSize,
    return_properties: Sequence[str] | None,
    always: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Build the search for the passages around these places, which are those of hits by their ids.

    `always` are further filters.
    """
    includes = ["properties"]
    if return_properties is not None:
        includes = [f"properties.{name}" for name in (*return_properties, VERSION, ORDINAL, HEADING)]
    reach = reach_of(context)
    around = [
        {
            "bool": {
                "filter": [
                    {"term": {f"properties.{VERSION}.keyword": version}},
                    {"range": {f"properties.{ORDINAL}": _limit_range(ordinal, reach)}},
                ]
            }
        }
        for version, ordinal in dict.fromkeys(places.values())
    ]
    return {
        "size": min(len(around) * (2 * reach + 1), 10_000),
        "query": {"bool": {"filter": [{"bool": {"should": around, "minimum_should_match": 1}}, *always]}},
        "sort": [{f"properties.{ORDINAL}": "asc"}],
        "_source": {"includes": includes},
        "track_total_hits": False,
    }


def _limit_range(ordinal: int, reach: int) -> dict[str, int]:
    """Return the places around one, within what the engine takes as a whole number."""
    return {"gte": max(ordinal - reach, -(2**63)), "lte": min(ordinal + reach, 2**63 - 1)}


def add_neighbours(
    response: SearchResponse,
    places: Mapping[str, Place],
    found: Sequence[Mapping[str, Any]],
    context: ContextSize,
    return_properties: Sequence[str] | None,
) -> SearchResponse:
    """Return the response with the passages next to each hit."""
    passages: dict[Place, Neighbour] = {}
    headings: dict[Place, str] = {}
    for each in found:
        properties = each["_source"]["properties"]
        shown = {
            name: value for name, value in properties.items() if return_properties is None or name in return_properties
        }
        place = (properties[VERSION], properties[ORDINAL])
        passages[place] = Neighbour(id=each["_id"], ordinal=properties[ORDINAL], properties=shown)
        headings[place] = str(properties.get(HEADING) or "")

    def with_context(hit: Hit) -> Hit:
        if hit.id not in places:
            return hit
        near = list_near(places[hit.id], context, headings)
        return hit.model_copy(update={"context": [passages[place] for place in near]})

    groups = response.groups and [
        group.model_copy(update={"objects": [with_context(hit) for hit in group.objects]}) for group in response.groups
    ]
    return response.model_copy(update={"objects": [with_context(hit) for hit in response.objects], "groups": groups})


def list_near(place: Place, context: ContextSize, headings: Mapping[Place, str]) -> list[Place]:
    """Return the places around one, in order. `headings` are those of all passages that were found.

    A section ends where a passage has another heading, or is missing.
    """
    version, ordinal = place
    reach = reach_of(context)

    def is_near(other: Place) -> bool:
        return other in headings and (context != "section" or headings[other] == headings.get(place))

    def walk(step: int) -> list[Place]:
        others = ((version, ordinal + step * distance) for distance in range(1, reach + 1))
        return list(takewhile(is_near, others) if context == "section" else filter(is_near, others))

    return [*reversed(walk(-1)), *walk(1)]


def list_places(found: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Place]:
    """Return the places of passages by their ids; other objects of the collection have none."""
    return {
        key: (str(properties[VERSION]), int(properties[ORDINAL]))
        for key, properties in found
        if VERSION in properties and ORDINAL in properties
    }
