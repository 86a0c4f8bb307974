"""Which text of an object is embedded: Weaviate's rule, without its traps.

1. The collection's name first, if the configuration asks for it, its camel case split into words.
2. The properties in the order of their names; only text, or the properties that `source_properties` names.
3. Each value, each item of a list; preceded by the property's name where the property asks for it.
4. Joined by one space, nothing lower-cased.

Other than there, a property that says `skip_vectorization` is never embedded, numbers are written as JSON writes them,
an empty value leaves no gap, and an object without text is an error.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import orjson

from lambdas.embedding.config import Text2VecAws
from lambdas.errors import NoTextError

_TEXT_TYPES = frozenset({"text", "text[]"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+")


class EmbeddableProperty(Protocol):
    """The part of a property that decides about its text."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def skip_vectorization(self) -> bool: ...
    @property
    def vectorize_property_name(self) -> bool: ...


def object_text(
    config: Text2VecAws, collection_name: str, properties: Sequence[EmbeddableProperty], values: Mapping[str, Any]
) -> str:
    """The text of an object that this vector is made from.

    Raises `NoTextError` when none of the properties that count has a value with text in it.
    """
    sources = embedded_properties(config, properties)
    parts = [part for item in sources for part in _parts(item, values.get(item.name))]
    if not any(part.strip() for part in parts):
        names = ", ".join(item.name for item in sources) or "none: the collection has no text property"
        raise NoTextError(
            f"The object has no text to embed. The properties that are embedded are {names}. Give one of them a value, "
            "or send a vector of your own."
        )
    if config.vectorize_collection_name:
        parts.insert(0, _words(collection_name))
    return " ".join(parts)


def embedded_properties(config: Text2VecAws, properties: Sequence[EmbeddableProperty]) -> list[EmbeddableProperty]:
    """The properties whose values are embedded, in the order of their names."""
    return sorted((item for item in properties if _is_source(config, item)), key=lambda item: item.name)


def text_hash(config: Text2VecAws, text: str) -> str:
    """32 hexadecimal digits that change when the text does, or a setting that would give it another vector."""
    settings = orjson.dumps(config.vector_settings, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(settings + b"\n" + text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _is_source(config: Text2VecAws, item: EmbeddableProperty) -> bool:
    if item.skip_vectorization:
        return False
    if config.source_properties is not None:
        return item.name in config.source_properties
    return item.type in _TEXT_TYPES


def _parts(item: EmbeddableProperty, value: Any) -> Iterator[str]:
    prefix = f"{_words(item.name)} " if item.vectorize_property_name else ""
    for entry in value if isinstance(value, list | tuple) else (value,):
        text = _written(entry)
        if text:
            yield prefix + text


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


def _words(name: str) -> str:
    """`MyTitanOne` as `My Titan One`, `PDFLoader2` as `PDF Loader 2`."""
    return " ".join(_WORD.findall(name))
