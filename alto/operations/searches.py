"""Searches: Weaviate's parameters as the one request of Alto's API, and the hits of the response."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from alto.classes.filters import FilterExpression
from alto.classes.query import (
    HybridFusion,
    HybridVectorQuery,
    IncludeVector,
    Move,
    Operator,
    ReturnMetadata,
    ReturnProperties,
    vectors_of,
    wants,
)
from alto.classes.ranking import MMR, BoostReturn, GroupBy, Rerank
from alto.classes.results import Group, MetadataReturn, Object, QueryReturn
from alto.classes.sorting import Sorting
from alto.classes.targets import TargetVectorJoin
from alto.errors import AltoConfigurationError, AltoError, error_from_response
from alto.operations.reading import names_of, wanted_vectors
from alto.requests import Operation, Phase, Request, Response, segment
from alto.unsupported import raise_unsupported
from alto.values import Vector, parse_time, parse_uuid, to_json

# What one request takes.
MOST_SEARCHES = 20

NearVector: TypeAlias = Vector | Mapping[str, Vector]
TargetVector: TypeAlias = str | Sequence[str] | TargetVectorJoin | None


@dataclass(frozen=True, slots=True)
class Steps:
    """What happens to the hits."""

    group_by: GroupBy | None = None
    rerank: Rerank | None = None
    boost: BoostReturn | None = None
    diversity: MMR | None = None

    def to_api(self, limit: int | None) -> dict[str, Any]:
        """As the API takes it, with the limit of the page.

        As in Weaviate, the search's limit says from how many hits groups are made and diverse ones are chosen.
        """
        body = _given(
            boost=self.boost and self.boost.to_api(),
            rerank=self.rerank and self.rerank.to_api(),
        )
        if self.diversity is not None:
            chosen = self.diversity.limit
            body["diversity"] = _given(balance=self.diversity.balance, candidates=None if chosen is None else limit)
            limit = limit if chosen is None else chosen
        if self.group_by is not None:
            return body | {"group_by": self.group_by.to_api(limit)}
        return body | _given(limit=limit)


@dataclass(frozen=True, slots=True)
class Page:
    """What all searches share."""

    limit: int | None = None
    offset: int | None = None
    auto_limit: int | None = None
    filters: FilterExpression | None = None
    include_vector: IncludeVector = False
    return_metadata: ReturnMetadata = None
    return_properties: ReturnProperties = None
    steps: Steps = Steps()

    def to_api(self) -> dict[str, Any]:
        """As the API takes it: only what was given."""
        return self.steps.to_api(self.limit) | _given(
            offset=self.offset,
            autocut=self.auto_limit,
            filter=None if self.filters is None else self.filters.body,
            return_properties=names_of(self.return_properties),
            include_vectors=True if self.include_vector else None,
            profile=True if wants(self.return_metadata, "query_profile") else None,
            include_times=True if wants(self.return_metadata, "creation_time", "last_update_time") else None,
        )


def near_text(
    query: str | Sequence[str],
    *,
    certainty: float | None = None,
    distance: float | None = None,
    move_to: Move | None = None,
    move_away: Move | None = None,
    target_vector: TargetVector = None,
) -> dict[str, Any]:
    """The body of a search near to texts."""
    return {
        "near_text": _given(
            query=query if isinstance(query, str) else list(query),
            certainty=certainty,
            distance=distance,
            move_to=move_to and move_to.to_api(),
            move_away=move_away and move_away.to_api(),
            target_vector=_target(target_vector),
        )
    }


def near_vector(
    vector: NearVector,
    *,
    certainty: float | None = None,
    distance: float | None = None,
    target_vector: TargetVector = None,
) -> dict[str, Any]:
    """The body of a search near to a vector, or to one for each target; one by name names its target too."""
    settings = {"target_vector": _target(target_vector)} | vectors_of(vector)
    return {"near_vector": _given(certainty=certainty, distance=distance, **settings)}


def near_object(
    uuid: UUID | str,
    *,
    certainty: float | None = None,
    distance: float | None = None,
    target_vector: TargetVector = None,
) -> dict[str, Any]:
    """The body of a search near to an object."""
    return {
        "near_object": _given(
            id=str(parse_uuid(uuid)), certainty=certainty, distance=distance, target_vector=_target(target_vector)
        )
    }


def bm25(
    query: str, *, query_properties: Sequence[str] | None = None, operator: Operator | None = None
) -> dict[str, Any]:
    """The body of a search for words."""
    return {"bm25": _given(query=query, properties=names_of(query_properties)) | _words(operator)}


def hybrid(
    query: str | None,
    *,
    alpha: float | None = None,
    vector: NearVector | HybridVectorQuery | None = None,
    query_properties: Sequence[str] | None = None,
    fusion_type: HybridFusion | None = None,
    max_vector_distance: float | None = None,
    bm25_operator: Operator | None = None,
    target_vector: TargetVector = None,
) -> dict[str, Any]:
    """The body of a search for words and meaning."""
    if query is None:
        raise AltoConfigurationError("query: a hybrid search has one; to search by a vector alone, take near_vector")
    if isinstance(vector, HybridVectorQuery):
        if vector.text is not None and vector.text != query:
            raise_unsupported(
                "HybridVector.near_text with another text than query", "the same text, or HybridVector.near_vector"
            )
        leg = vector.settings
    else:
        leg = {} if vector is None else vectors_of(vector)
    settings = _given(
        query=query,
        alpha=alpha,
        properties=names_of(query_properties),
        fusion=fusion_type and HybridFusion(fusion_type).value,
        target_vector=_target(target_vector),
        max_vector_distance=max_vector_distance,
    )
    return {"hybrid": settings | leg | _words(bm25_operator)}


def listing(sort: Sorting) -> dict[str, Any]:
    """The body of a listing in some order."""
    return {"sort": sort.to_api()}


def search(collection: str, mode: dict[str, Any], page: Page) -> Operation[QueryReturn]:
    """One search of a collection."""
    request = _request(collection, body_of(mode, page))
    return Operation(request, lambda response: _read(response.body, collection, page.include_vector))


def multi(collection: str, searches: Sequence[tuple[dict[str, Any], Page]]) -> Operation[list[QueryReturn | AltoError]]:
    """Several searches at once, `MOST_SEARCHES` at most: for each its response or its error."""
    request = _request(collection, {"queries": [body_of(mode, page) for mode, page in searches]})

    def read(response: Response) -> list[QueryReturn | AltoError]:
        return [
            error_from_response(each["error"]["status"], response.headers, each)
            if "error" in each
            else _read(each, collection, page.include_vector)
            for each, (_, page) in zip(response.body["results"], searches, strict=True)
        ]

    return Operation(request, read)


def body_of(mode: dict[str, Any], page: Page) -> dict[str, Any]:
    """A search as the API takes it."""
    explained = ("hybrid" in mode or page.steps.boost is not None) and wants(page.return_metadata, "explain_score")
    return mode | page.to_api() | ({"explain": True} if explained else {})


def _request(collection: str, body: dict[str, Any]) -> Request:
    path = f"/v1/collections/{segment(collection)}/search"
    return Request("POST", path, content=to_json(body), phase=Phase.QUERY, repeatable=True)


def _read(body: dict[str, Any], collection: str, include_vector: IncludeVector) -> QueryReturn:
    found = [_object(hit, collection, include_vector) for hit in body["objects"]]
    groups = [_group(each, collection, include_vector) for each in body.get("groups") or ()]
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
        query_profile=body.get("profile"),
    )


def _group(body: dict[str, Any], collection: str, include_vector: IncludeVector) -> Group:
    value = body["value"]
    name = value if isinstance(value, str) else to_json(value).decode()
    found = [replace(_object(hit, collection, include_vector), belongs_to_group=name) for hit in body["objects"]]
    return Group(
        name=name,
        min_distance=body["min_distance"],
        max_distance=body["max_distance"],
        number_of_objects=len(found),
        objects=found,
        rerank_score=found[0].metadata.rerank_score if found else None,
        count=body["count"],
    )


def _object(hit: dict[str, Any], collection: str, include_vector: IncludeVector) -> Object:
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
        properties=hit["properties"],
        collection=collection,
        vector=wanted_vectors(hit.get("vectors") or {}, include_vector),
    )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _target(target: TargetVector) -> str | dict[str, Any] | None:
    if isinstance(target, TargetVectorJoin):
        return target.settings
    names = names_of(target) or []
    return {"vectors": names} if len(names) > 1 else names[0] if names else None


def _words(operator: Operator | None) -> dict[str, Any]:
    return dict(operator.settings) if operator else {}


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)
