"""Collections: create, read, list and delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from alto.classes.config import DataType, Property, Tokenization, VectorConfig, vectors_to_api
from alto.classes.expiry import ObjectTTLOptions
from alto.classes.generative import GenerativeProvider
from alto.classes.imports import ImportJob
from alto.classes.options import InvertedIndexOptions
from alto.classes.rerankers import RerankerProvider
from alto.classes.stored import (
    CollectionConfig,
    GenerativeConfig,
    NamedVectorConfig,
    PropertyConfig,
    RerankerConfig,
)
from alto.operations.imports import read_job
from alto.operations.weaviate_json import from_weaviate, is_of_weaviate
from alto.requests import Operation, Phase, Request, Response, segment, was_found
from alto.values import parse_time

__all__ = ["CollectionConfig", "PropertyConfig"]


def create(
    name: str,
    *,
    description: str | None,
    properties: Sequence[Property],
    vectors: VectorConfig | list[VectorConfig] | None,
    auto_schema: bool,
    generative: GenerativeProvider | None = None,
    reranker: RerankerProvider | None = None,
    options: InvertedIndexOptions | None = None,
    index: Mapping[str, Any] | None = None,
    expiry: ObjectTTLOptions | None = None,
) -> Operation[CollectionConfig]:
    """Create a collection. `index` has settings of its index, such as replicas."""
    body: dict[str, Any] = {
        "name": name,
        "auto_schema": auto_schema,
        "properties": [each.to_api(options) for each in properties],
    }
    given = {
        "description": description,
        "generative": generative and generative.settings,
        "reranker": reranker and reranker.settings,
        "vectors": vectors_to_api(vectors) or None,
        "expiry": expiry and expiry.expiry,
        "index": dict(index or {}) or None,
    }
    return create_from_dict(body | {name: value for name, value in given.items() if value is not None})


def create_from_dict(body: dict[str, Any]) -> Operation[CollectionConfig]:
    """Create a collection as the API describes it, or as Weaviate's JSON does."""
    made = from_weaviate(body) if is_of_weaviate(body) else body
    return Operation(Request("POST", "/v1/collections", made, phase=Phase.INSERT), lambda response: read(response.body))


def get(name: str) -> Operation[CollectionConfig]:
    """One collection."""
    return Operation(Request("GET", _path(name), repeatable=True), lambda response: read(response.body))


def add_property(name: str, prop: Property) -> Operation[None]:
    """Add a property. Not repeated when the response is lost: it would then be there already."""
    request = Request("POST", f"{_path(name)}/properties", prop.to_api(), phase=Phase.INSERT)
    return Operation(request, lambda _: None)


def add_vectors(name: str, vectors: VectorConfig | list[VectorConfig], embedding: str) -> Operation[list[ImportJob]]:
    """Add vectors, and fill them. Not repeated when the response is lost: they would then be there already."""
    body = {"vectors": vectors_to_api(vectors), "embedding": embedding}
    request = Request("POST", f"{_path(name)}/vectors", body, phase=Phase.INSERT)
    return Operation(request, lambda response: [read_job(each) for each in response.body["jobs"].values()])


def fill_vector(name: str, vector: str, embedding: str) -> Operation[ImportJob]:
    """Give a vector to the objects that lack it. While a job does so, it is the response."""
    path = f"{_path(name)}/vectors/{segment(vector)}/fill"
    request = Request("POST", path, {"embedding": embedding}, phase=Phase.INSERT, repeatable=True)
    return Operation(request, lambda response: read_job(response.body))


def update(
    name: str,
    *,
    description: str | None,
    auto_schema: bool | None,
    replicas: int | None,
    refresh_seconds: int | None,
    generative: GenerativeProvider | None = None,
    reranker: RerankerProvider | None = None,
    default_vector: str | None = None,
    expiry: ObjectTTLOptions | None = None,
) -> Operation[None]:
    """Change what was given."""
    index = {"replicas": replicas, "refresh_seconds": refresh_seconds}
    changed = {name: value for name, value in index.items() if value is not None}
    given = {
        "description": description,
        "auto_schema": auto_schema,
        "index": changed or None,
        "generative": generative and generative.settings,
        "reranker": reranker and reranker.settings,
        "default_vector": default_vector,
    }
    body: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if expiry is not None:
        body["expiry"] = expiry.expiry
    return Operation(Request("PATCH", _path(name), body, phase=Phase.INSERT, repeatable=True), lambda _: None)


def exists(name: str) -> Operation[bool]:
    """Whether there is a collection of this name."""
    request = Request("GET", _path(name), repeatable=True, accept=frozenset({404}))
    return Operation(request, lambda response: was_found(response, "collection_not_found"))


def list_page(limit: int | None, after: str | None) -> Operation[tuple[dict[str, CollectionConfig], str | None]]:
    """A page of the collections by name, and where the next one begins."""
    given = {"limit": limit, "after": after}
    query = {name: str(value) for name, value in given.items() if value is not None}

    def read_page(response: Response) -> tuple[dict[str, CollectionConfig], str | None]:
        return {item["name"]: read(item) for item in response.body["collections"]}, response.body.get("next")

    return Operation(Request("GET", "/v1/collections", query=query, repeatable=True), read_page)


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
        vector_config={name: NamedVectorConfig(each) for name, each in body["vectors"].items()},
        created=parse_time(body["created"]),
        updated=parse_time(body["updated"]),
        raw=body,
        generative_config=GenerativeConfig(body["generative"]) if body.get("generative") else None,
        reranker_config=RerankerConfig(body["reranker"]) if body.get("reranker") else None,
        default_vector=body.get("default_vector"),
        filling=body.get("filling") or {},
        notice=body.get("notice"),
    )


def _property(item: dict[str, Any]) -> PropertyConfig:
    """A property; one within an object has fewer settings. A newer server's type or tokenization stays a text."""
    tokenization = item.get("tokenization")
    return PropertyConfig(
        name=item["name"],
        data_type=DataType(item["type"]) if item["type"] in set(DataType) else item["type"],
        description=item["description"],
        index_filterable=item["filterable"],
        index_searchable=item.get("searchable", False),
        tokenization=Tokenization(tokenization) if tokenization in set(Tokenization) else tokenization,
        skip_vectorization=item.get("skip_vectorization", False),
        vectorize_property_name=item.get("vectorize_property_name", False),
        stop_words=item.get("stop_words"),
        folding=item.get("folding", False),
        nested_properties=[_property(each) for each in item["properties"]] if item.get("properties") else None,
    )


def _path(name: str) -> str:
    return f"/v1/collections/{segment(name)}"
