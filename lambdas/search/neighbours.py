"""The passages next to those that were found. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from lambdas.collections.model import CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.response import Hit, Neighbour, SearchResponse

VERSION, ORDINAL = "document_version", "ordinal"
# Every hit takes part in one request for all neighbours.
MAX_NEIGHBOURS = 1_000

type Place = tuple[str, int]


def check_context(collection: CollectionConfig, context: int | None, hits: int) -> None:
    """Raise `InvalidRequestError` for a collection without documents, or too many neighbours."""
    if context is None:
        return
    if collection.documents is None:
        raise InvalidRequestError.at("context", f"'{collection.name}' has no documents, whose passages have neighbours")
    if 2 * context * hits > MAX_NEIGHBOURS:
        problem = f"{context} before and after each of {hits} objects are more than {MAX_NEIGHBOURS:,} passages"
        raise InvalidRequestError.at("context", f"{problem}: lower 'context' or 'limit'")


def build_neighbours_body(
    places: Mapping[str, Place], context: int, return_properties: Sequence[str] | None
) -> dict[str, Any]:
    """Build the search for the passages around these places, which are those of hits by their ids."""
    includes = ["properties"]
    if return_properties is not None:
        includes = [f"properties.{name}" for name in (*return_properties, VERSION, ORDINAL)]
    around = [
        {
            "bool": {
                "filter": [
                    {"term": {f"properties.{VERSION}.keyword": version}},
                    {"range": {f"properties.{ORDINAL}": {"gte": ordinal - context, "lte": ordinal + context}}},
                ]
            }
        }
        for version, ordinal in dict.fromkeys(places.values())
    ]
    return {
        "size": min(len(around) * (2 * context + 1), 10_000),
        "query": {"bool": {"filter": [{"bool": {"should": around, "minimum_should_match": 1}}]}},
        "sort": [{f"properties.{ORDINAL}": "asc"}],
        "_source": {"includes": includes},
        "track_total_hits": False,
    }


def add_neighbours(
    response: SearchResponse,
    places: Mapping[str, Place],
    found: Sequence[Mapping[str, Any]],
    context: int,
    return_properties: Sequence[str] | None,
) -> SearchResponse:
    """Return the response with the passages next to each hit."""
    passages: dict[Place, Neighbour] = {}
    for each in found:
        properties = each["_source"]["properties"]
        shown = {
            name: value for name, value in properties.items() if return_properties is None or name in return_properties
        }
        place = (properties[VERSION], properties[ORDINAL])
        passages[place] = Neighbour(id=each["_id"], ordinal=properties[ORDINAL], properties=shown)

    def with_context(hit: Hit) -> Hit:
        if hit.id not in places:
            return hit
        version, ordinal = places[hit.id]
        near = [(version, number) for number in range(ordinal - context, ordinal + context + 1) if number != ordinal]
        return hit.model_copy(update={"context": [passages[place] for place in near if place in passages]})

    groups = response.groups and [
        group.model_copy(update={"objects": [with_context(hit) for hit in group.objects]}) for group in response.groups
    ]
    return response.model_copy(update={"objects": [with_context(hit) for hit in response.objects], "groups": groups})


def list_places(found: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Place]:
    """Return the places of passages by their ids; other objects of the collection have none."""
    return {
        key: (str(properties[VERSION]), int(properties[ORDINAL]))
        for key, properties in found
        if VERSION in properties and ORDINAL in properties
    }
