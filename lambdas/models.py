"""The base of every model that crosses Alto's borders."""

from pydantic import BaseModel, ConfigDict


class StrictModel(BaseModel):
    """Immutable, and an unknown field is an error: a misspelt setting must not be ignored silently."""

    # Built when first used: a function starts without the models that its requests do not need.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)
