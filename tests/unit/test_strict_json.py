import json
from typing import Annotated, Any

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from lambdas.handlers.strict_json import MAX_DEPTH, StrictJson
from lambdas.objects.model import ObjectBody

BODY: TypeAdapter[ObjectBody] = TypeAdapter(Annotated[ObjectBody, StrictJson()])


def deep(levels: int) -> Any:
    """A body with so many objects in one another."""
    return orjson.loads('{"properties": ' + '{"a": ' * (levels - 2) + "{}" + "}" * (levels - 1))


def test_a_number_in_quotes_is_no_number() -> None:
    with pytest.raises(ValidationError, match="valid number"):
        BODY.validate_python({"vector": ["1"]})


def test_a_uuid_is_text() -> None:
    sent = {"id": "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"}

    assert json.loads(BODY.validate_python(sent).model_dump_json())["id"] == sent["id"]


@pytest.mark.parametrize("levels", [MAX_DEPTH - 1, MAX_DEPTH])
def test_a_body_may_be_deep(levels: int) -> None:
    BODY.validate_python(deep(levels))


@pytest.mark.parametrize("levels", [MAX_DEPTH + 2, 253, 254, 255, 900])
def test_a_body_that_is_too_deep_is_refused_with_the_limit(levels: int) -> None:
    with pytest.raises(ValidationError, match=f"nested too deeply: send at most {MAX_DEPTH} levels"):
        BODY.validate_python(deep(levels))
