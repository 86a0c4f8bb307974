"""Strict JSON bodies: "1" is not converted to 1, nor 1 to true.

The framework hands parsed bodies to pydantic as Python values, and pydantic then converts what it can, such as "10" to
10, which the OpenAPI document does not allow. Its strict mode for Python values would reject UUIDs and dates, which
are strings in JSON; its strict mode for JSON is right.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from lambdas.errors import InvalidRequestError, abbreviate
from lambdas.json_text import RepeatedNameError, parse_json
from lambdas.validation import invalid_request

# The limit of pydantic's parser; orjson's is a little higher.
MAX_DEPTH = 200
TOO_DEEP = f"objects and lists are nested too deeply: send at most {MAX_DEPTH} levels"
# In a longer body only the first wrong item of each list is reported: a list of a million wrong numbers would otherwise
# take a million errors, and more memory than the function has.
MAX_BODY_FOR_ALL_PROBLEMS = 20_000
CONTAINERS = frozenset({dict, list})
LISTS = frozenset({"list", "tuple", "set", "frozenset"})


class StrictJson(NamedTuple):
    """Annotates the model of a body: `body: Annotated[Model, StrictJson(), Body()]`.

    For a union, `model_of` chooses the model that a body is meant to be, so that only problems of that model are
    reported. A body that does not fit raises `InvalidRequestError`.
    """

    model_of: Callable[[Any], type[BaseModel]] | None = None
    # The model has no UUIDs, dates or other fields that JSON writes as text: it reads the parsed body as it is.
    is_plain: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the model's schema, wrapped in strict parsing of the whole body."""

        def read(value: Any) -> Any:
            model = self.model_of(value) if self.model_of else source
            if isinstance(value, model):
                return value
            return parse_plain(model, value) if self.is_plain else parse_body(model, value)

        return core_schema.no_info_before_validator_function(read, handler(source))


def load_object(text: str) -> Any:
    """Parse a body. Raises `InvalidRequestError` if it is JSON, but not an object, or an object has a name twice.

    The framework would take the first item of a list for the body. NaN and lone surrogates, which json.loads accepts,
    are not JSON here.
    """
    try:
        value = parse_json(text)
    except RepeatedNameError as error:
        raise InvalidRequestError.at("body", f"{error}: send it once") from None
    if not isinstance(value, dict):
        raise InvalidRequestError.at("body", f"expected a JSON object, not {abbreviate(value)}")
    return value


def parse_body[M: BaseModel](model: type[M], value: Any) -> M:
    """Return a parsed body as a `model`. Raises `InvalidRequestError`."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        # A parsed body can be serialized again unless it is deeper than orjson allows.
        raise InvalidRequestError.at("body", TOO_DEEP) from None
    try:
        parsed: M = _validator(model, fail_fast=len(text) > MAX_BODY_FOR_ALL_PROBLEMS).validate_json(text, strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        if problems[0]["type"] == "json_invalid":
            raise InvalidRequestError.at("body", TOO_DEEP) from None
        raise invalid_request(problems, model, value) from None
    return parsed


def parse_plain[M: BaseModel](model: type[M], value: Any) -> M:
    """Return what `parse_body` returns, for a model without fields that JSON writes as text. Raises the same errors.

    A batch of 500 vectors is 6 MB of JSON, which would be written and parsed once more.
    """
    try:
        parsed: M = _validator(model, fail_fast=True).validate_python(value, strict=True)
    except ValidationError:
        return parse_body(model, value)
    return parse_body(model, value) if _is_deep(value) else parsed


def _is_deep(value: Any) -> bool:
    """Whether objects and lists are nested in more than `MAX_DEPTH` levels."""
    level = [value]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for each in level:
            items = each.values() if isinstance(each, dict) else each
            # Most lists are vectors: the types of their numbers are looked at without a step of Python each.
            if not CONTAINERS.isdisjoint(map(type, items)):
                inner.extend(item for item in items if type(item) in CONTAINERS)
        if not inner:
            return False
        level = inner
    return True


@cache
def _validator(model: type[BaseModel], *, fail_fast: bool) -> Any:
    # Models are built on first use.
    model.model_rebuild()
    if not fail_fast:
        return TypeAdapter(model)
    # Validators that were built for the models inside report every wrong item: they must not be used here.
    return SchemaValidator(_stop_at_first(model.__pydantic_core_schema__), _use_prebuilt=False)


def _stop_at_first(schema: Any) -> Any:
    """Return the schema with lists that end at their first wrong item."""
    if isinstance(schema, dict):
        copy = {name: _stop_at_first(part) for name, part in schema.items()}
        # Where the schema lists the fields of a model, "type" may be a field, whose schema is a dict.
        kind = copy.get("type")
        return copy | {"fail_fast": True} if isinstance(kind, str) and kind in LISTS else copy
    return [_stop_at_first(part) for part in schema] if isinstance(schema, list) else schema
