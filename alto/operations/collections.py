"""Collections: create, read, list and delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alto.classes.config import Property, VectorConfig, vectors_to_api
from alto.requests import Operation, Phase, Request, Response, segment, was_found
from alto.values import parse_time


@dataclass(frozen=True, slots=True)
class PropertyConfig:
    """A property as it is stored."""

    name: str
    data_type: str
    description: str
    index_filterable: bool
    index_searchable: bool
    tokenization: str
    skip_vectorization: bool
    vectorize_property_name: bool
    stop_words: str | list[str] | None = None


@dataclass(frozen=True, slots=True)
class CollectionConfig:
    """A collection as it is stored, every default written out. `vector_config` has the API's settings by name."""

    name: str
    description: str
    properties: list[PropertyConfig]
    vector_config: dict[str, dict[str, Any]]
    created: datetime
    updated: datetime
    raw: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """As the API says it; `collections.create_from_dict` makes the same collection of it."""
        return {name: value for name, value in self.raw.items() if name not in {"created", "updated"}}


def create(
    name: str,
    *,
    description: str | None,
    properties: Sequence[Property],
    vectors: VectorConfig | list[VectorConfig] | None,
    auto_schema: bool,
) -> Operation[CollectionConfig]:
    """Create a collection."""
    body: dict[str, Any] = {
        "name": name,
        "auto_schema": auto_schema,
        "properties": [each.to_api() for each in properties],
    }
    if description is not None:
        body["description"] = description
    if made := vectors_to_api(vectors):
        body["vectors"] = made
    return create_from_dict(body)


def create_from_dict(body: dict[str, Any]) -> Operation[CollectionConfig]:
    """Create a collection as the API describes it."""
    return Operation(Request("POST", "/v1/collections", body, phase=Phase.INSERT), lambda response: read(response.body))


def get(name: str) -> Operation[CollectionConfig]:
    """One collection."""
    return Operation(Request("GET", _path(name), repeatable=True), lambda response: read(response.body))


def add_property(name: str, prop: Property) -> Operation[None]:
    """Add a property. Not repeated when the response is lost: it would then be there already."""
    request = Request("POST", f"{_path(name)}/properties", prop.to_api(), phase=Phase.INSERT)
    return Operation(request, lambda _: None)


def update(
    name: str,
    *,
    description: str | None,
    auto_schema: bool | None,
    replicas: int | None,
    refresh_seconds: int | None,
) -> Operation[None]:
    """Change what was given."""
    index = {"replicas": replicas, "refresh_seconds": refresh_seconds}
    changed = {name: value for name, value in index.items() if value is not None}
    given = {"description": description, "auto_schema": auto_schema, "index": changed or None}
    body = {name: value for name, value in given.items() if value is not None}
    return Operation(Request("PATCH", _path(name), body, phase=Phase.INSERT, repeatable=True), lambda _: None)


def exists(name: str) -> Operation[bool]:
    """Whether there is a collection of this name."""
    request = Request("GET", _path(name), repeatable=True, accept=frozenset({404}))
    return Operation(request, lambda response: was_found(response, "collection_not_found"))


def list_all() -> Operation[dict[str, CollectionConfig]]:
    """All collections by name."""

    def read_all(response: Response) -> dict[str, CollectionConfig]:
        return {item["name"]: read(item) for item in response.body["collections"]}

    return Operation(Request("GET", "/v1/collections", repeatable=True), read_all)


def delete(name: str) -> Operation[None]:
    """Delete a collection. One that is not there is deleted, as in Weaviate."""
    request = Request("DELETE", _path(name), phase=Phase.INSERT, repeatable=True, accept=frozenset({404}))

    def read_nothing(response: Response) -> None:
        was_found(response, "collection_not_found")

    return Operation(request, read_nothing)


def read(body: dict[str, Any]) -> CollectionConfig:
    """A collection as the API says it."""
    return CollectionConfig(
        name=body["name"],
        description=body["description"],
        properties=[_property(item) for item in body["properties"]],
        vector_config=body["vectors"],
        created=parse_time(body["created"]),
        updated=parse_time(body["updated"]),
        raw=body,
    )


def _property(item: dict[str, Any]) -> PropertyConfig:
    return PropertyConfig(
        name=item["name"],
        data_type=item["type"],
        description=item["description"],
        index_filterable=item["filterable"],
        index_searchable=item["searchable"],
        tokenization=item["tokenization"],
        skip_vectorization=item["skip_vectorization"],
        vectorize_property_name=item["vectorize_property_name"],
        stop_words=item.get("stop_words"),
    )


def _path(name: str) -> str:
    return f"/v1/collections/{segment(name)}"
