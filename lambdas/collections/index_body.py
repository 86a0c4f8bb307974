"""From a collection to the OpenSearch index that holds it, and back. Pure."""

from typing import Any, Literal

from lambdas.collections.model import Collection, Property, Tokenization, alias_of
from lambdas.embedding.config import VectorConfig

KnnEngine = Literal["lucene", "faiss"]

# Version of the layout of the index. Written into `_meta`, so that a later Alto knows what it reads.
LAYOUT_VERSION = 1

# Lucene refuses terms above 32,766 bytes; a character takes four bytes at most.
KEYWORD_LIMIT = 8191

ANALYZERS: dict[Tokenization, str] = {
    "word": "alto_word",
    "lowercase": "alto_lowercase",
    "whitespace": "whitespace",
    "field": "alto_field",
    "english": "english",
}

ANALYSIS: dict[str, Any] = {
    "tokenizer": {"alto_word": {"type": "pattern", "pattern": r"[^\p{L}\p{N}]+"}},
    "analyzer": {
        "alto_word": {"type": "custom", "tokenizer": "alto_word", "filter": ["lowercase"]},
        "alto_lowercase": {"type": "custom", "tokenizer": "whitespace", "filter": ["lowercase"]},
        "alto_field": {"type": "custom", "tokenizer": "keyword", "filter": ["trim"]},
    },
}

SCALAR_TYPES: dict[str, str] = {
    "int": "long",
    "number": "double",
    "boolean": "boolean",
    "date": "date",
    "uuid": "keyword",
}

SPACE_TYPES: dict[str, str] = {"cosine": "cosinesimil", "dot": "innerproduct", "l2_squared": "l2"}


def index_body(collection: Collection, engine: KnnEngine) -> dict[str, Any]:
    """The body of the request that creates the collection's index, alias and configuration at once."""
    return {
        "aliases": {alias_of(collection.name): {}},
        "settings": {"index": {"knn": bool(collection.vectors)}, "analysis": ANALYSIS},
        "mappings": mappings(collection, engine),
    }


def mappings(collection: Collection, engine: KnnEngine) -> dict[str, Any]:
    """The mapping of a collection. A field that is not described is refused: nothing is indexed by accident."""
    fields: dict[str, Any] = {
        "created": {"type": "date"},
        "updated": {"type": "date"},
        "properties": {"properties": {item.name: property_mapping(item) for item in collection.properties}},
        "text_hash": {"type": "object", "enabled": False},
    }
    if collection.vectors:
        fields["vectors"] = {
            "properties": {name: vector_mapping(config, engine) for name, config in collection.vectors.items()}
        }
    return {
        "dynamic": "strict",
        "_meta": {
            "alto": {"layout": LAYOUT_VERSION, "collection": collection.model_dump(mode="json", exclude_none=True)}
        },
        "properties": fields,
    }


def property_mapping(item: Property) -> dict[str, Any]:
    """How one property is indexed."""
    if not item.is_text:
        return {"type": SCALAR_TYPES[item.type.removesuffix("[]")], "index": item.filterable}
    mapping: dict[str, Any] = {"type": "text", "index": item.searchable}
    if item.searchable:
        mapping["analyzer"] = ANALYZERS[item.tokenization]
    if item.filterable:
        mapping["fields"] = {"keyword": {"type": "keyword", "ignore_above": KEYWORD_LIMIT}}
    return mapping


def vector_mapping(config: VectorConfig, engine: KnnEngine) -> dict[str, Any]:
    """How one vector is indexed: HNSW, with the distance and the graph's sizes that the collection asks for."""
    dimensions = config.resolved_dimensions
    if dimensions is None:
        raise ValueError("the vector's dimensions are not known yet: probe the endpoint before the index is made")
    parameters: dict[str, Any] = {"m": config.index.m, "ef_construction": config.index.ef_construction}
    if engine == "faiss":
        parameters["ef_search"] = config.index.ef_search
    return {
        "type": "knn_vector",
        "dimension": dimensions,
        "method": {
            "name": "hnsw",
            "engine": engine,
            "space_type": SPACE_TYPES[config.index.distance],
            "parameters": parameters,
        },
    }


def collection_from_mapping(index_mapping: dict[str, Any]) -> Collection:
    """Read the configuration back from an index's mapping (the inverse of `mappings`)."""
    return Collection.model_validate(index_mapping["_meta"]["alto"]["collection"])
