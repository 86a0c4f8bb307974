"""The base class of request, response and stored models."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """An immutable model. An unknown field is an error: a misspelt setting must not be ignored silently."""

    # Built on first use: a function starts without the models that its requests do not need.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    # The remedy for an unknown field, for messages, where a list of the known ones would not help.
    unknown_field_hint: ClassVar[str] = ""
