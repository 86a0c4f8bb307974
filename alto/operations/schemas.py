"""Properties by their types and names: values as Python has them, and first letters as Weaviate has them. Pure."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from alto.classes.config import DataType, Tokenization
from alto.classes.data import GeoCoordinate
from alto.classes.results import Object
from alto.classes.stored import CollectionConfig, PropertyConfig
from alto.requests import Operation
from alto.values import parse_time, to_json

# The fields of a query that hold names of properties.
_ONE_NAME, _NAMES = "property", frozenset({"properties", "return_properties", "grouped_properties"})
_UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
_CAPITAL = re.compile(rb'"[A-Z][A-Za-z0-9_]*(\^[0-9.]+)?"')


@dataclass(frozen=True, slots=True)
class Schema:
    """The properties of a collection by name; none of one that may not be read."""

    properties: Mapping[str, PropertyConfig] = field(default_factory=dict)
    is_readable: bool = True

    def has(self, names: Iterable[str]) -> bool:
        """Whether it says all that it can about these."""
        return not self.is_readable or set(names) <= self.properties.keys()

    @classmethod
    def of(cls, config: CollectionConfig) -> "Schema":
        """That of a stored collection."""
        return cls({each.name: each for each in config.properties})

    def name_of(self, name: str) -> str:
        """The property that is meant: the one of this very name, or with its first letter lowered as Weaviate does."""
        return name if name in self.properties else lower_first(name)


def lower_first(name: str) -> str:
    """The name with a small first letter."""
    return name[:1].lower() + name[1:]


def has_capitals(names: Iterable[object]) -> bool:
    """Whether a name begins with a capital letter."""
    return any(isinstance(name, str) and name[:1].isupper() for name in names)


def rename_keys(properties: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The properties of an object to write, under the names that the collection has or gets."""
    return {schema.name_of(name): value for name, value in properties.items()}


def names_with_capitals(operation: Operation[Any]) -> bool:
    """Whether a query may name a property with a capital first letter. Most do not, and need no schema."""
    content = operation.request.content
    return content is not None and bool(_CAPITAL.search(content)) and bool(_capitals(json.loads(content)))


def rename_query(operation: Operation[Any], schema: Schema) -> Operation[Any]:
    """The query with the names of the collection's properties."""
    body = json.loads(operation.request.content or b"null")
    return replace(operation, request=replace(operation.request, content=to_json(_rename(body, schema.name_of))))


def has_filter(operation: Operation[Any]) -> bool:
    """Whether a query has a condition."""
    return b'"operator":"' in (operation.request.content or b"")


def compare_words(operation: Operation[Any], schema: Schema) -> Operation[Any]:
    """The query with filters that compare the words of text properties, as Weaviate's do, not whole values.

    Text that is not searchable, or that is one word by its tokenization, keeps whole values.
    """
    body = json.loads(operation.request.content or b"null")
    return replace(operation, request=replace(operation.request, content=to_json(_by_words(body, schema))))


def is_untyped(value: object) -> bool:
    """Whether JSON has the value in a form that its type may say more about."""
    if isinstance(value, str):
        return bool(_DATE.match(value) or _UUID.fullmatch(value))
    if isinstance(value, list):
        return any(is_untyped(each) for each in value)
    if isinstance(value, Mapping):
        return {"lat", "lon"} <= value.keys() or any(is_untyped(each) for each in value.values())
    return isinstance(value, int) and not isinstance(value, bool)


def type_objects(objects: Collection[Object], schema: Schema) -> None:
    """Give each value the type of its property."""
    for each in objects:
        for name, value in each.properties.items():
            if (known := schema.properties.get(name)) is not None:
                each.properties[name] = typed_value(value, known)


def typed_value(value: Any, known: PropertyConfig) -> Any:
    """A value as Python has it: `datetime`, `UUID`, `float`, `GeoCoordinate`, and these in lists and objects."""
    if value is None:
        return None
    if isinstance(value, list):
        return [typed_value(each, known) for each in value]
    kind = str(known.data_type).removesuffix("[]")
    if kind == "object" and isinstance(value, Mapping):
        nested = {each.name: each for each in known.nested_properties or ()}
        return {name: typed_value(each, nested[name]) if name in nested else each for name, each in value.items()}
    read = _READERS.get(kind)
    try:
        return value if read is None else read(value)
    except (ValueError, TypeError, KeyError, AttributeError):
        # Stored by an older Alto, or before the property had its type.
        return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "date": parse_time,
    "uuid": UUID,
    "number": float,
    "geo": lambda value: GeoCoordinate(latitude=value["lat"], longitude=value["lon"]),
}


def _by_words(body: Any, schema: Schema) -> Any:
    if isinstance(body, list):
        return [_by_words(each, schema) for each in body]
    if not isinstance(body, dict):
        return body
    if {"property", "operator", "value"} <= body.keys() and not body.get("length"):
        return _condition_by_words(body, schema.properties.get(body["property"]))
    return {key: _by_words(value, schema) for key, value in body.items()}


def _condition_by_words(body: dict[str, Any], known: PropertyConfig | None) -> dict[str, Any]:
    if known is None or known.data_type not in (DataType.TEXT, DataType.TEXT_ARRAY):
        return body
    has_words = known.index_searchable and known.tokenization != Tokenization.FIELD
    if not has_words or body["operator"] not in {"equal", "not_equal", "contains_any"}:
        return body
    values = body["value"] if isinstance(body["value"], list) else [body["value"]]
    each = [{"property": body["property"], "operator": "has_words", "value": value} for value in values]
    joined = each[0] if len(each) == 1 else {"or": each}
    return {"not": joined} if body["operator"] == "not_equal" else joined


def _capitals(body: Any) -> list[str]:
    found: list[str] = []

    def note(name: str) -> str:
        found.extend([name] if name[:1].isupper() else [])
        return name

    _rename(body, note)
    return found


def _rename(body: Any, name_of: Callable[[str], str]) -> Any:
    """The body with another name in each place of a name, such as `title^2` of a search for words."""
    if isinstance(body, list):
        return [_rename(each, name_of) for each in body]
    if not isinstance(body, dict):
        return body
    return {
        key: name_of(value)
        if key == _ONE_NAME and isinstance(value, str)
        else [name_of(each) for each in value]
        if key in _NAMES and isinstance(value, list) and all(isinstance(each, str) for each in value)
        else _rename(value, name_of)
        for key, value in body.items()
    }
