"""From the fields of a record to an object: names, types and ids as the job's options say. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from lambdas.errors import ErrorDetail, InvalidObjectError, abbreviate
from lambdas.jobs.import_options import ImportOptions
from lambdas.json_text import parse_json
from lambdas.objects.keys import parse_uuid
from lambdas.objects.model import ObjectInput, parse_object
from lambdas.records.conversion import convert, plain_numbers

# In a flat record every other field is a property. `_key` and not `key`, which may be a property's name.
NOT_PROPERTIES = ("id", "_key", "vector", "vectors")
UUID_BYTES = 16
# From here on, a float may be another number than the one that was meant.
MAX_WHOLE_FLOAT = 2**53


class RecordShape(NamedTuple):
    """Turns records into objects. `types` are the types of the collection's properties by path (`maker.founded`)."""

    collection: str
    options: ImportOptions
    types: Mapping[str, str]

    def object_of(self, record: dict[str, Any], default_id: str) -> ObjectInput:
        """The object that a record describes.

        A record is `{"id", "key", "properties", "vector"|"vectors"}`, or flat: then every field but `id`, `_key`,
        `vector` and `vectors` is a property, and the mapping gives fields other names. An `_id` serves if `id` is
        missing; without id and key the object gets `default_id`. Raises `InvalidObjectError`.
        """
        if "id" not in record and "_id" in record and "_id" not in self.options.mapping:
            record = {"id" if name == "_id" else name: value for name, value in record.items()}
        nested = record if isinstance(record.get("properties"), dict) else self._nested(record)
        if self.options.format not in ("jsonl", "json"):
            nested = self._converted(nested)
        nested = self._named(nested)
        return parse_object(nested, self.collection, default_id=default_id)

    def _named(self, nested: dict[str, Any]) -> dict[str, Any]:
        """The record with `id` and `key` as an object has them."""
        named = {name: value for name, value in nested.items() if name not in ("id", "key", "_key")}
        key = _key_text(plain_id(nested.get("_key", nested.get("key"))), "key")
        value = plain_id(nested.get("id"))
        if self.options.ids == "any" and value is not None:
            text = _key_text(value, "id")
            if parse_uuid(text) is None:
                if key not in (None, text):
                    problem = f"is {abbreviate(text)}, but the key is {abbreviate(key)}: leave out one of the two"
                    raise InvalidObjectError.at("id", problem)
                key, value = text, None
        return named | {name: each for name, each in (("id", value), ("key", key)) if each is not None}

    def _nested(self, record: dict[str, Any]) -> dict[str, Any]:
        named: dict[str, Any] = {}
        for name, value in record.items():
            target = self.options.mapping.get(name, name)
            if target is None:
                continue
            if target in named:
                problem = f"becomes '{target}', which another field is already: correct the mapping"
                raise InvalidObjectError(f"'{name}' {problem}.", [ErrorDetail(name, problem)])
            named[target] = value
        around = {name: named.pop(name) for name in NOT_PROPERTIES if name in named}
        return around | {"properties": named}

    def _converted(self, nested: dict[str, Any]) -> dict[str, Any]:
        changed = dict(nested)
        changed["properties"] = convert(nested["properties"], self.types)
        for name in ("vector", "vectors"):
            value = changed.get(name)
            if value is not None:
                changed[name] = _json(name, value) if isinstance(value, str) else plain_numbers(value)
        return changed


def plain_id(value: Any) -> Any:
    """An id of Parquet's types as text or whole number. Any other value is unchanged."""
    if isinstance(value, bytes):
        return _text_of_id(value)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_WHOLE_FLOAT:
        return int(value)
    return str(value) if isinstance(value, UUID) else value


def _text_of_id(value: bytes) -> str | bytes:
    """Text, or a UUID's 16 bytes, which may be text by chance, but hardly one that can be printed."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    if len(value) == UUID_BYTES and not (text and text.isprintable()):
        return str(UUID(bytes=value))
    return text or value


def _key_text(value: Any, field: str) -> Any:
    """A key as text: a whole number by its digits. Raises `InvalidObjectError` for any other value but null."""
    if type(value) is int:
        return str(value)
    if value is not None and (not isinstance(value, str) or not value):
        raise InvalidObjectError.at(field, f"must be text or a whole number, not {abbreviate(value)}")
    return value


def _json(name: str, text: str) -> Any:
    try:
        return parse_json(text)
    except ValueError:
        problem = "must be numbers as JSON, such as [0.1, 0.2]"
        raise InvalidObjectError(f"'{name}' {problem}.", [ErrorDetail(name, problem)]) from None
