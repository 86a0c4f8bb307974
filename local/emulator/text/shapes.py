"""JSON bodies against a shape of botocore's service model, with the wording of AWS's own validation."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import Shape

from local.emulator.errors import ServiceError, invalid

_JSON_NAMES: dict[type, str] = {str: "STRING", int: "NUMBER", float: "NUMBER", list: "LIST", dict: "OBJECT"}
_EXPECTED: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "String"),
    "integer": ((int,), "Integer"),
    "long": ((int,), "Long"),
    "float": ((int, float), "Float"),
    "boolean": ((bool,), "Boolean"),
    "list": ((list,), "List"),
    "map": ((dict,), "Map"),
    "structure": ((dict,), "Structure"),
    "blob": ((str,), "Blob"),
}


def check(service: str, operation: str, body: Any) -> None:
    """Raises ServiceError for a body that does not fit the input of the operation.

    Stricter than AWS in one point: a field that the operation does not have is refused, so that a slip is noticed.
    """
    found = list(_violations(_input(service, operation), body, ""))
    if found:
        count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected: "
        raise invalid(count + "; ".join(found))


@cache
def _input(service: str, operation: str) -> Shape | None:
    return botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape


def _violations(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind: str = shape.type_name
    kinds, name = _EXPECTED[kind]
    if getattr(shape, "is_document_type", False):
        return
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if not fits:
        given = "TRUE_VALUE" if value is True else f"{_JSON_NAMES.get(type(value), 'NULL')}_VALUE"
        message = f"{given} can not be converted to a {name} ({path or 'body'})"
        raise ServiceError(400, "SerializationException", message)
    yield from _limits(shape, value, path)
    if kind == "structure":
        yield from _members(shape, value, path)
    for place, item in enumerate(value if kind == "list" else (), 1):
        yield from _violations(shape.member, item, f"{path}.{place}.member")
    for key, item in value.items() if kind == "map" else ():
        yield from _violations(shape.value, item, f"{path}.{key}")


def _members(shape: Any, value: dict[str, Any], path: str) -> Iterator[str]:
    in_body = {name: member for name, member in shape.members.items() if not member.serialization.get("location")}
    for name in shape.required_members:
        if name in in_body and value.get(name) is None:
            yield f"Value at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name in value.keys() - in_body.keys():
        yield f"Value at '{_join(path, name)}' failed to satisfy constraint: {shape.name} has no such member"
    if getattr(shape, "is_tagged_union", False) and len(value) != 1:
        yield f"Value at '{path}' failed to satisfy constraint: exactly one member of {shape.name} must be set"
    for name, item in value.items():
        if name in in_body and item is not None:
            yield from _violations(in_body[name], item, _join(path, name))


def _limits(shape: Any, value: Any, path: str) -> Iterator[str]:
    rules = shape.metadata
    start = f"Value {_shown(value)}at '{path}' failed to satisfy constraint: Member must "
    if "enum" in rules and value not in rules["enum"]:
        yield f"{start}satisfy enum value set: [{', '.join(rules['enum'])}]"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield f"{start}satisfy regular expression pattern: {rules['pattern']}"
    is_number = isinstance(value, int | float)
    size = value if is_number else len(value)
    what = "value" if is_number else "length"
    if "min" in rules and size < rules["min"]:
        yield f"{start}have {what} greater than or equal to {rules['min']}"
    if "max" in rules and size > rules["max"]:
        yield f"{start}have {what} less than or equal to {rules['max']}"


def _shown(value: Any) -> str:
    return f"'{value}' " if isinstance(value, str | int | float) else ""


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
