"""Weaviate's JSON of a collection, as the one of Alto's API. Pure."""

from collections.abc import Mapping
from typing import Any

from alto.classes.expiry import expiry_from_weaviate
from alto.classes.names import Vectorizers
from alto.classes.options import DEFAULT_B, DEFAULT_K1
from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, raise_unsupported

_TYPES = {"geoCoordinates": "geo", "string": "text", "string[]": "text[]"}
_DISTANCES = {"l2-squared": "l2_squared"}
# Weaviate's names of a module's settings, and the API's.
_MODEL = {
    "model": "model",
    "region": "region",
    "service": "service",
    "endpoint": "endpoint",
    "targetModel": "target_model",
    "targetVariant": "target_variant",
    "dimensions": "dimensions",
    "vectorizeClassName": "vectorize_collection_name",
    "vectorizeCollectionName": "vectorize_collection_name",
    "properties": "source_properties",
    "sourceProperties": "source_properties",
}
_INDEX = {"ef": "ef_search", "efConstruction": "ef_construction", "maxConnections": "m", "distance": "distance"}


def is_of_weaviate(config: Mapping[str, Any]) -> bool:
    """Whether it is Weaviate's: Alto's has `name`, Weaviate's `class`."""
    return "class" in config


def from_weaviate(config: Mapping[str, Any]) -> dict[str, Any]:
    """As Alto's API takes it.

    Raises `AltoNotSupportedError` for tenants, references and modules of other vendors.
    """
    if (config.get("multiTenancyConfig") or {}).get("enabled"):
        raise_unsupported("multi_tenancy_config")
    index: dict[str, Any] = {}
    factor = (config.get("replicationConfig") or {}).get("factor") or 1
    shards = (config.get("shardingConfig") or {}).get("desiredCount")
    if factor > 1:
        index["replicas"] = factor - 1
    bm25 = (config.get("invertedIndexConfig") or {}).get("bm25") or {}
    if bm25 and (bm25.get("b"), bm25.get("k1")) != (DEFAULT_B, DEFAULT_K1):
        index |= {f"bm25_{name}": bm25[name] for name in ("b", "k1") if name in bm25}
    if shards:
        index["shards"] = shards
    made: dict[str, Any] = {
        "name": config["class"],
        "auto_schema": True,
        "properties": [_property(each) for each in config.get("properties") or ()],
    }
    vectors = _vectors(config)
    expiry = expiry_from_weaviate(config.get("objectTtlConfig"))
    rest = {"description": config.get("description"), "expiry": expiry, "vectors": vectors, "index": index}
    return made | {name: value for name, value in rest.items() if value}


def _property(item: Mapping[str, Any]) -> dict[str, Any]:
    names = item.get("dataType") or ["text"]
    name = names if isinstance(names, str) else names[0]
    if name[:1].isupper():
        raise_unsupported(f"references (property '{item['name']}')", ALTERNATIVES["references"])
    module: Mapping[str, Any] = next(iter((item.get("moduleConfig") or {}).values()), {})
    nested = [_nested(each) for each in item.get("nestedProperties") or ()]
    given = {
        "description": item.get("description"),
        "filterable": item.get("indexFilterable"),
        "searchable": item.get("indexSearchable") if name in {"text", "text[]"} else None,
        "tokenization": item.get("tokenization") or None,
        "skip_vectorization": module.get("skip") or None,
        "vectorize_property_name": module.get("vectorizePropertyName"),
        "properties": nested or None,
    }
    body = {"name": item["name"][:1].lower() + item["name"][1:], "type": _TYPES.get(name, name)}
    return body | {key: value for key, value in given.items() if value is not None}


def _nested(item: Mapping[str, Any]) -> dict[str, Any]:
    body = _property(item)
    return {key: body[key] for key in ("name", "type", "description", "filterable", "properties") if key in body}


def _vectors(config: Mapping[str, Any]) -> dict[str, Any]:
    named = config.get("vectorConfig") or {}
    if named:
        return {
            name: _vector(next(iter(each["vectorizer"].items())), each.get("vectorIndexConfig"))
            for name, each in named.items()
        }
    vectorizer = config.get("vectorizer")
    if vectorizer in {None, "none"} and not config.get("vectorIndexConfig"):
        return {}
    module = (config.get("moduleConfig") or {}).get(vectorizer) or {}
    return {"default": _vector((vectorizer or "none", module), config.get("vectorIndexConfig"))}


def _vector(vectorizer: tuple[str, Any], index: Mapping[str, Any] | None) -> dict[str, Any]:
    name, module = vectorizer
    if name not in {Vectorizers.NONE, Vectorizers.TEXT2VEC_AWS}:
        raise_unsupported(f"the vectorizer {name}", "text2vec-aws, or none with vectors of your own")
    settings = {_MODEL[key]: value for key, value in (module or {}).items() if key in _MODEL and value is not None}
    if name == Vectorizers.NONE and "dimensions" not in settings:
        raise AltoConfigurationError(
            "dimensions: a vector that comes with each object needs its length: "
            '{"vectorConfig": {"default": {"vectorizer": {"none": {"dimensions": 1024}}}}}'
        )
    graph = {_INDEX[key]: value for key, value in (index or {}).items() if key in _INDEX and value not in {None, -1}}
    if ((index or {}).get("sq") or {}).get("enabled"):
        graph["compression"] = "4x"
    if "distance" in graph:
        graph["distance"] = _DISTANCES.get(graph["distance"], graph["distance"])
    return {"vectorizer": str(name)} | settings | ({"index": graph} if graph else {})
