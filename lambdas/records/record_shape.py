"""From the fields of a record to an object: names, types and ids as the job's options say. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson

from lambdas.errors import ErrorDetail, InvalidObjectError
from lambdas.jobs.import_options import ImportOptions
from lambdas.objects.model import ObjectInput, parse_object
from lambdas.records.conversion import convert

# In a flat record every other field is a property.
NOT_PROPERTIES = ("id", "vector", "vectors")
UUID_BYTES = 16
# Above, a float may be another number than the one that was meant.
MAX_WHOLE_FLOAT = 2**53


class RecordShape(NamedTuple):
    """Turns records into objects. `types` are the types of the collection's properties by path (`maker.founded`)."""

    collection: str
    options: ImportOptions
    types: Mapping[str, str]

    def object_of(self, record: dict[str, Any], default_id: str) -> ObjectInput:
        """The object that a record describes.

        A record is `{"id", "properties", "vector"|"vectors"}`, or flat: then every field but those is a property, and
        the mapping gives fields other names. An `_id` serves if `id` is missing; without either the object gets
        `default_id`. Raises `InvalidObjectError`.
        """
        if "id" not in record and "_id" in record and "_id" not in self.options.mapping:
            record = {"id" if name == "_id" else name: value for name, value in record.items()}
        nested = record if isinstance(record.get("properties"), dict) else self._nested(record)
        if self.options.format not in ("jsonl", "json"):
            nested = self._converted(nested)
        if "id" in nested:
            nested = nested | {"id": plain_id(nested["id"])}
        if self.options.ids == "any" and nested.get("id") is not None:
            nested = nested | {"id": known_id(self.collection, nested["id"])}
        return parse_object(nested, default_id=default_id)

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
            if isinstance(value := changed.get(name), str):
                changed[name] = _json(name, value)
        return changed


def plain_id(value: Any) -> Any:
    """An id of Parquet's types as text or whole number. Any other value is unchanged."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return str(UUID(bytes=value)) if len(value) == UUID_BYTES else value
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_WHOLE_FLOAT:
        return int(value)
    return str(value) if isinstance(value, UUID) else value


def known_id(collection: str, value: Any) -> str:
    """A UUID as it is; of any other text or whole number, the UUID that stands for it in this collection."""
    if type(value) is int:
        value = str(value)
    if not isinstance(value, str) or not value:
        problem = "must be text or a whole number"
        raise InvalidObjectError(f"'id' {problem}.", [ErrorDetail("id", problem)])
    try:
        return str(UUID(value))
    except ValueError:
        return str(uuid5(NAMESPACE_URL, f"alto:{collection}#{value}"))


def _json(name: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        problem = "must be numbers as JSON, such as [0.1, 0.2]"
        raise InvalidObjectError(f"'{name}' {problem}.", [ErrorDetail(name, problem)]) from None
