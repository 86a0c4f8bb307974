"""The base class of request, response and stored models."""

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

# Longer lists and texts are shown by their lengths.
MOST_SHOWN = 50


class StrictModel(BaseModel):
    """An immutable model. An unknown field is an error: a misspelt setting must not be ignored silently."""

    # Built on first use: a function starts without the models that its requests do not need.
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    # The remedy for an unknown field, for messages, where a list of the known ones would not help.
    unknown_field_hint: ClassVar[str] = ""

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Yield the fields as `repr` shows them.

        The framework renders the arguments of each route, for a log that is off. The numbers of the vectors of a batch
        took longer than all else that the route does.
        """
        for name, value in super().__repr_args__():
            yield name, _shorten(value)


class Shortened(str):
    """The repr of a value that is too long to be shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Return the text without quotes."""
        return str(self)


def _shorten(value: Any) -> Any:
    if isinstance(value, dict):
        if len(value) > MOST_SHOWN:
            return Shortened(f"<dict of {len(value)}>")
        return {name: _shorten(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)) and not (isinstance(value, tuple) and hasattr(value, "_fields")):
        if len(value) > MOST_SHOWN:
            return Shortened(f"<list of {len(value)}>")
        return [_shorten(each) for each in value]
    return value
