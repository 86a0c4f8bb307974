"""The metadata of a document: `<file>.metadata.json`, as Bedrock Knowledge Bases write it, or plain fields. Pure."""

from collections.abc import Mapping
from typing import Any

import orjson

from lambdas.documents.archive import MAX_METADATA_BYTES
from lambdas.documents.blocks import DocumentError

ATTRIBUTES = "metadataAttributes"
MAX_FIELDS = 100
_VALUES = {
    "STRING": "stringValue",
    "NUMBER": "numberValue",
    "BOOLEAN": "booleanValue",
    "STRING_LIST": "stringListValue",
}


def read_metadata(data: bytes | None) -> dict[str, Any]:
    """Return the fields of a metadata file; none if the document has no such file. Raises `DocumentError`."""
    if data is None:
        return {}
    if len(data) > MAX_METADATA_BYTES:
        raise DocumentError(f"Its metadata file has more than {MAX_METADATA_BYTES:,} bytes.")
    try:
        read = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise DocumentError(f"Its metadata file is not JSON: {error}.") from None
    fields = read.get(ATTRIBUTES, read) if isinstance(read, dict) else None
    if not isinstance(fields, dict):
        raise DocumentError("Its metadata file must be a JSON object, or have one as 'metadataAttributes'.")
    if len(fields) > MAX_FIELDS:
        raise DocumentError(f"Its metadata file has {len(fields)} fields, and the limit is {MAX_FIELDS}.")
    return {name: _value(name, value) for name, value in fields.items()}


def _value(name: str, given: Any) -> Any:
    """The value of a field, which Knowledge Bases may wrap with its type."""
    if not isinstance(given, Mapping) or "value" not in given:
        return given
    value = given["value"]
    if isinstance(value, Mapping) and value.get("type") in _VALUES:
        inner = _VALUES[value["type"]]
        if inner not in value:
            raise DocumentError(f"Its metadata field '{name}' says {value['type']} and has no '{inner}'.")
        return value[inner]
    return value
