"""Strict JSON bodies: "1" is not converted to 1, nor 1 to true.

The framework hands parsed bodies to pydantic as Python values, and pydantic then converts what it can, such as "10" to
10, which the OpenAPI document does not allow. Its strict mode for Python values would reject UUIDs and dates, which
are strings in JSON; its strict mode for JSON is right.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import orjson
from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema

# The limit of pydantic's parser; orjson's is a little higher.
MAX_DEPTH = 200
TOO_DEEP = f"objects and lists are nested too deeply: send at most {MAX_DEPTH} levels"


class StrictJson(NamedTuple):
    """Annotates the model of a body: `body: Annotated[Model, StrictJson(), Body()]`.

    For a union, `model_of` chooses the model that a body is meant to be, so that only problems of that model are
    reported.
    """

    model_of: Callable[[Any], type] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the model's schema, wrapped in strict parsing of the whole body."""

        def read(value: Any) -> Any:
            model = self.model_of(value) if self.model_of else source
            if isinstance(value, model):
                return value
            try:
                return _adapter(model).validate_json(orjson.dumps(value), strict=True)
            except TypeError:
                # A parsed body can be serialized again unless it is deeper than orjson allows.
                raise ValueError(TOO_DEEP) from None
            except ValidationError as error:
                if error.errors()[0]["type"] == "json_invalid":
                    raise ValueError(TOO_DEEP) from None
                raise

        return core_schema.no_info_before_validator_function(read, handler(source))


@cache
def _adapter(model: type) -> TypeAdapter[Any]:
    return TypeAdapter(model)
