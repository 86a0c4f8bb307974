"""Searches: the request of one or of several, and how its response is read. Pure."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from alto.classes.profiles import QueryProfileReturn
from alto.classes.query import IncludeVector, ReturnProperties
from alto.classes.results import Group, MetadataReturn, Object, Passage, QueryReturn
from alto.classes.search import Search
from alto.errors import AltoError, error_from_response
from alto.operations.reading import read_properties, wanted_vectors
from alto.requests import Operation, Phase, Request, Response, segment
from alto.values import parse_time, to_json

# As many as one request takes.
MOST_SEARCHES = 20
# As many objects as one response has, and as deep as pages go.
MOST_OF_A_PAGE = 1000
DEEPEST = 10_000
# Steps that need all their candidates in one request.
_WHOLE = ("group_by", "auto_limit", "diversity_selection", "rerank", "boost", "smoothing")


def pages(asked: Search) -> list[Search]:
    """The searches of a page of at most 1,000 that make up a larger one. A limit of 0 is none, as in Weaviate."""
    limit = asked.settings.get("limit")
    if limit == 0:
        return [replace(asked, settings={**asked.settings, "limit": None})]
    begin = asked.settings.get("offset") or 0
    is_whole = "hybrid" in asked.mode or any(asked.settings.get(name) is not None for name in _WHOLE)
    if is_whole or not isinstance(limit, int) or not MOST_OF_A_PAGE < limit <= DEEPEST - begin:
        return [asked]
    return [
        replace(asked, settings={**asked.settings, "limit": min(MOST_OF_A_PAGE, limit - at), "offset": begin + at})
        for at in range(0, limit, MOST_OF_A_PAGE)
    ]


MOST_TEXTS = 96


def search(collection: str, search: Search) -> Operation[QueryReturn]:
    """One search of a collection."""
    request = _request(collection, search.to_api())
    return Operation(request, lambda response: read_search(response.body, collection, search))


def multi(collection: str, searches: Sequence[Search]) -> Operation[list[QueryReturn | AltoError]]:
    """Several searches at once, `MOST_SEARCHES` at most: for each its response or its error."""
    request = _request(collection, {"queries": [each.to_api() for each in searches]})

    def read(response: Response) -> list[QueryReturn | AltoError]:
        return [
            error_from_response(each["error"]["status"], response.headers, each)
            if "error" in each
            else read_search(each, collection, search)
            for each, search in zip(response.body["results"], searches, strict=True)
        ]

    return Operation(request, read)


def embed(collection: str, texts: Sequence[str], input_type: str, target: str | None) -> Operation[list[list[float]]]:
    """The vectors of texts by the model of a collection, `MOST_TEXTS` at most."""
    body = {"texts": list(texts), "input_type": input_type} | ({"target_vector": target} if target else {})

    def read(response: Response) -> list[list[float]]:
        vectors: list[list[float]] = response.body["vectors"]
        return vectors

    return Operation(_request(collection, body, "embed"), read)


def _request(collection: str, body: dict[str, Any], action: str = "search") -> Request:
    path = f"/v1/collections/{segment(collection)}/{action}"
    return Request("POST", path, content=to_json(body), phase=Phase.QUERY, repeatable=True)


def read_search(body: dict[str, Any], collection: str, search: Search) -> QueryReturn:
    """The response to one search."""
    include_vector: IncludeVector = search.include_vector
    names: ReturnProperties = search.settings.get("return_properties")
    found = [_object(hit, collection, include_vector, names) for hit in body["objects"]]
    groups = [_group(each, collection, include_vector, names) for each in body.get("groups") or ()]
    rerank = body.get("rerank")
    if rerank and not rerank["applied"]:
        warnings.warn(
            f"The hits are not reranked, but in the order of the search: {rerank['message']} ({rerank['code']})",
            UserWarning,
            stacklevel=2,
        )
    return QueryReturn(
        found or [each for group in groups for each in group.objects],
        total=body["total"],
        took_ms=body["took_ms"],
        truncated=body.get("truncated", False),
        groups={group.name: group for group in groups},
        reranked=None if rerank is None else rerank["applied"],
        query_profile=QueryProfileReturn(body["profile"]) if body.get("profile") else None,
        alpha=body.get("alpha"),
    )


def _group(body: dict[str, Any], collection: str, include_vector: IncludeVector, names: ReturnProperties) -> Group:
    value = body["value"]
    name = value if isinstance(value, str) else to_json(value).decode()
    found = [replace(_object(hit, collection, include_vector, names), belongs_to_group=name) for hit in body["objects"]]
    return Group(
        name=name,
        min_distance=body["min_distance"],
        max_distance=body["max_distance"],
        number_of_objects=len(found),
        objects=found,
        rerank_score=found[0].metadata.rerank_score if found else None,
        count=body["count"],
    )


def _object(hit: dict[str, Any], collection: str, include_vector: IncludeVector, names: ReturnProperties) -> Object:
    explanation = hit.get("explanation")
    return Object(
        uuid=UUID(hit["id"]),
        metadata=MetadataReturn(
            creation_time=_time(hit.get("created")),
            last_update_time=_time(hit.get("updated")),
            distance=hit.get("distance"),
            certainty=hit.get("certainty"),
            score=hit.get("score"),
            explain_score=explanation and to_json(explanation).decode(),
            rerank_score=hit.get("rerank_score"),
        ),
        properties=read_properties(hit["properties"], names),
        collection=collection,
        vector=wanted_vectors(hit.get("vectors") or {}, include_vector),
        highlights=hit.get("highlights") or {},
        key=hit.get("key"),
        context=[
            Passage(UUID(each["id"]), each["ordinal"], read_properties(each["properties"], names))
            for each in hit.get("context") or ()
        ],
        passage=hit.get("passage"),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)
