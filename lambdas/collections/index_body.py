"""Converts between a collection and the body of its OpenSearch index. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lambdas.collections.analysis import (
    ANALYSIS_VERSION,
    KEYWORD_LIMIT,
    MAX_TITLE,
    TITLES,
    build_analysis,
    choose_analyzer,
    has_content_field,
)
from lambdas.collections.model import Collection, IndexSettings, IndexUpdate
from lambdas.collections.names import alias_of
from lambdas.collections.properties import (
    OBJECT_TYPES,
    Property,
    PropertyBase,
    property_paths,
)
from lambdas.embedding.config import Text2VecAws, VectorConfig
from lambdas.errors import ConflictError

KnnEngine = Literal["lucene", "faiss"]

# Version of the layout of the index. Written into `_meta`, so that a later Alto knows what it reads.
LAYOUT_VERSION = 3

# OpenSearch's own limit, 1,000, is below what the properties of one collection may need.
FIELDS_LIMIT = 6000

SCALAR_TYPES: dict[str, dict[str, Any]] = {
    "int": {"type": "long"},
    "number": {"type": "double"},
    "boolean": {"type": "boolean"},
    "date": {"type": "date"},
    # A UUID is the same in either case.
    "uuid": {"type": "keyword", "normalizer": "lowercase"},
    "geo": {"type": "geo_point"},
}

# Kept and returned, but not searched: the id follows from the key.
KEY_MAPPING: dict[str, Any] = {"type": "keyword", "index": False, "doc_values": False}

# Which share of the numbers of a segment's vectors a byte spreads over. Vectors that are compared by cosine have length
# 1 in the graph, so all of them. Others may have numbers of any size, and one long vector would leave the others a few
# values of the byte: Lucene chooses by a sample. Its default cuts off the largest numbers, which loses more of both.
WHOLE_INTERVAL, CHOSEN_INTERVAL = 1.0, 0.0

SPACE_TYPES: dict[str, str] = {"cosine": "cosinesimil", "dot": "innerproduct", "l2_squared": "l2"}


def index_body(collection: Collection, engine: KnnEngine, replicas: int | None = None) -> dict[str, Any]:
    """The body of the request that creates the collection's index, alias and configuration at once.

    `replicas` is the number for collections that do not ask for one.
    """
    # Always sent: the default of OpenSearch Service is five shards, that of the engine is one.
    defaults = {"number_of_shards": 1} | ({} if replicas is None else {"number_of_replicas": replicas})
    return {
        # Of a write index there is only one: OpenSearch refuses a second collection of this name, whichever the number
        # of the index that the first one has by now.
        "aliases": {alias_of(collection.name): {"is_write_index": True}, collection.alias: {}},
        "settings": {
            "index": {"knn": bool(collection.vectors), "mapping": {"total_fields": {"limit": FIELDS_LIMIT}}}
            | defaults
            | index_settings(collection.index),
            "analysis": build_analysis(),
        },
        "mappings": mappings(collection, engine),
    }


def index_settings(settings: IndexUpdate) -> dict[str, Any]:
    """Return the settings given by the collection, as OpenSearch names them."""
    asked = {
        "number_of_shards": settings.shards if isinstance(settings, IndexSettings) else None,
        "number_of_replicas": settings.replicas,
        "refresh_interval": f"{settings.refresh_seconds}s" if settings.refresh_seconds else None,
    }
    return {name: value for name, value in asked.items() if value is not None} | _similarity(settings)


def _similarity(settings: IndexUpdate) -> dict[str, Any]:
    """Return BM25's parameters, if the collection has its own."""
    given = {"b": settings.bm25_b, "k1": settings.bm25_k1} if isinstance(settings, IndexSettings) else {}
    own = {name: value for name, value in given.items() if value is not None}
    return {"similarity": {"default": {"type": "BM25"} | own}} if own else {}


def mappings(collection: Collection, engine: KnnEngine) -> dict[str, Any]:
    """The mapping of a collection. A field that is not described is rejected: nothing is indexed by accident."""
    fields: dict[str, Any] = {
        # `_id` itself can be neither sorted nor paged by.
        "id": {"type": "keyword", "normalizer": "lowercase"},
        "key": KEY_MAPPING,
        "created": {"type": "date"},
        "updated": {"type": "date"},
        "properties": {
            "properties": {item.name: property_mapping(item, collection.analysis) for item in collection.properties}
        },
        "lengths": {"properties": lengths_mapping(collection.properties)},
        "text_hash": {"type": "object", "enabled": False},
    }
    if collection.vectors:
        fields["vectors"] = {
            "properties": {name: vector_mapping(config, engine) for name, config in collection.vectors.items()}
        }
    if collection.vectors_with_passages:
        fields["passages"] = {"properties": _passages_mapping(collection.vectors, engine)}
    return {
        "dynamic": "strict",
        "_meta": meta(collection),
        "properties": fields,
    }


def meta(collection: Collection) -> dict[str, Any]:
    """Return the `_meta` of the mapping: the whole configuration of the collection."""
    # What most collections do not have is left out, so that an older Alto reads them, too.
    rare = {name for name in ("generation", "filling") if not getattr(collection, name)}
    rare |= {"index_number"} if collection.index_number == 1 else set()
    stored = collection.model_dump(mode="json", exclude_none=True, exclude={"notice"} | rare)
    return {"alto": {"layout": LAYOUT_VERSION, "collection": stored}}


def mapping_update(before: Collection, after: Collection, engine: KnnEngine = "lucene") -> dict[str, Any]:
    """The body that brings the mapping of `before` to `after`: new properties and vectors, and the configuration."""
    stored = {item.name: item for item in before.properties}
    changed = [item for item in after.properties if stored.get(item.name) != item]
    fields: dict[str, Any] = {}
    if changed:
        fields = {
            "properties": {"properties": {item.name: property_mapping(item, after.analysis) for item in changed}},
            "lengths": {"properties": lengths_mapping(changed)},
        }
    added = {name: config for name, config in after.vectors.items() if name not in before.vectors}
    if added:
        fields["vectors"] = {"properties": {name: vector_mapping(config, engine) for name, config in added.items()}}
    if passages := _passages_mapping(added, engine):
        fields["passages"] = {"properties": passages}
    return {"_meta": meta(after), "properties": fields}


def _passages_mapping(vectors: Mapping[str, VectorConfig], engine: KnnEngine) -> dict[str, Any]:
    """How the passages of vectors are indexed: each is found by its vector, and returned as its text."""
    return {
        name: {
            "type": "nested",
            "properties": {"text": {"type": "text", "index": False}, "vector": vector_mapping(config, engine)},
        }
        for name, config in vectors.items()
        if isinstance(config, Text2VecAws) and config.passages is not None
    }


def property_mapping(item: PropertyBase, analysis: int = ANALYSIS_VERSION) -> dict[str, Any]:
    """How one property is indexed."""
    if item.type in OBJECT_TYPES:
        if not item.filterable:
            return {"type": "object", "enabled": False}
        return {"properties": {nested.name: property_mapping(nested, analysis) for nested in item.properties or ()}}
    if not item.is_text:
        return SCALAR_TYPES[item.scalar_type] | {"index": item.filterable}
    searchable = isinstance(item, Property) and item.searchable
    mapping: dict[str, Any] = {"type": "text", "index": searchable}
    if isinstance(item, Property) and searchable:
        mapping["analyzer"] = choose_analyzer(item.tokenization, folding=item.folding, version=analysis)
    fields: dict[str, Any] = {}
    if item.filterable:
        fields["keyword"] = {"type": "keyword", "ignore_above": KEYWORD_LIMIT}
    if isinstance(item, Property) and searchable and item.name.lower() in TITLES and analysis > 1:
        normalizer = "alto_whole_folded" if item.folding else "alto_whole"
        fields["whole"] = {
            "type": "keyword",
            "normalizer": normalizer,
            "ignore_above": MAX_TITLE,
            "doc_values": False,
        }
    if isinstance(item, Property) and searchable and has_content_field(item.tokenization, analysis):
        fields["content"] = {"type": "text", "analyzer": f"{mapping['analyzer']}_content"}
    return mapping | ({"fields": fields} if fields else {})


def lengths_mapping(properties: Sequence[PropertyBase]) -> dict[str, Any]:
    """The fields for the lengths of values. OpenSearch has none: doc values drop repeated items."""
    return {length_field(path): {"type": "integer"} for path, item in property_paths(properties) if item.has_length}


def length_field(path: str) -> str:
    """The name of the field, below `lengths`, with the length of a property. No property's name has a dash."""
    return path.replace(".", "-")


def vector_mapping(config: VectorConfig, engine: KnnEngine) -> dict[str, Any]:
    """How one vector is indexed: HNSW, with the distance and the graph's sizes of the collection."""
    dimensions = config.resolved_dimensions
    if dimensions is None:
        raise ValueError("the vector's dimensions are not known yet: probe the endpoint before the index is made")
    parameters: dict[str, Any] = {"m": config.index.m, "ef_construction": config.index.ef_construction}
    if engine == "faiss":
        parameters["ef_search"] = config.index.ef_search
    if config.index.compression is not None:
        # OpenSearch 3.6 rejects this encoder without the number of bits; 7 is the one that Lucene compresses to a byte.
        interval = WHOLE_INTERVAL if config.index.distance == "cosine" else CHOSEN_INTERVAL
        parameters["encoder"] = {"name": "sq", "parameters": {"bits": 7, "confidence_interval": interval}}
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
    """Read the configuration back from an index's mapping (the inverse of `mappings`).

    Raises `ConflictError` for an index of another layout.
    """
    stored = index_mapping["_meta"]["alto"]
    if stored["layout"] != LAYOUT_VERSION:
        raise ConflictError(
            f"The collection '{stored['collection']['name']}' was made by another version of Alto (layout "
            f"{stored['layout']}, not {LAYOUT_VERSION}). Delete it and create it again."
        )
    for vector in stored["collection"].get("vectors", {}).values():
        vector.pop("external_id", None)  # Collections once kept it; it is part of the stage's `model_roles` now.
    return Collection.model_validate(stored["collection"])
