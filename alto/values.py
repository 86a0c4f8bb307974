"""Python values as JSON, and vectors of any library. Pure."""

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Protocol, TypeAlias, TypeVar
from uuid import UUID

from alto.compatibility import UTC
from alto.errors import AltoConfigurationError

T = TypeVar("T")

# As many as the server takes.
MAX_KEY_CHARACTERS = 512


class Array(Protocol):
    """A vector of numpy, torch or the like."""

    def tolist(self) -> Any:
        """The numbers as a list."""


Vector: TypeAlias = Sequence[float] | Array


def to_json(value: Any) -> bytes:
    """The value as JSON: a datetime as RFC 3339, a UUID as text, an array of numpy or torch as a list.

    Raises `AltoConfigurationError` for a value without a form in JSON.
    """
    try:
        text = json.dumps(value, default=_plain, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise AltoConfigurationError(f"The value has no form in JSON: {error}.") from None
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise AltoConfigurationError("The value has no form in JSON: a text has half of a surrogate pair.") from None


def numbers(vector: Vector) -> list[float]:
    """A vector as a list. Raises `AltoConfigurationError` for anything else."""
    # numpy, torch and pandas; polars; TensorFlow, whose arrays become numpy's.
    whole: Any = vector.numpy() if not hasattr(vector, "tolist") and hasattr(vector, "numpy") else vector
    method = next((name for name in ("tolist", "to_list") if hasattr(whole, name)), None)
    found = whole if method is None else getattr(whole, method)()
    if isinstance(found, str | bytes) or not isinstance(found, Sequence):
        raise AltoConfigurationError(f"vector: expected a list of numbers, got {type(vector).__name__}")
    return list(found)


def names_of(names: str | Sequence[str] | type[Any] | None) -> list[str] | None:
    """A name as a list of one, as Weaviate takes it; the keys of a TypedDict. None means all."""
    if isinstance(names, type):
        return list(names.__annotations__)
    return None if names is None else [names] if isinstance(names, str) else list(names)


def expect(field: str, value: Any, kind: type[T], example: str) -> T | None:
    """The value, if it is of this kind or not given. Raises `AltoConfigurationError` with what to write instead."""
    if value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool))):
        return value
    raise AltoConfigurationError(f"{field}: expected {example}, got {type(value).__name__}: {value!r:.80}")


def is_one_vector(vector: object) -> bool:
    """Whether it is a single vector rather than one for each name."""
    return not isinstance(vector, Mapping)


def is_several(vectors: Sequence[Any]) -> bool:
    """Whether it is a list of vectors rather than one: its first item is not a number."""
    return len(vectors) > 0 and not isinstance(vectors[0], int | float) and hasattr(vectors[0], "__len__")


def is_missing(value: object) -> bool:
    """Whether it stands for a missing value of a data frame: NaN, NaT or NA. None is a value of its own."""
    if type(value).__name__ in {"NAType", "NaTType"}:
        return True
    if isinstance(value, float):
        return value != value  # noqa: PLR0124 (NaN is the number that differs from itself)
    # A scalar of numpy that is not a float of Python: float32, datetime64.
    return getattr(value, "shape", None) == () and str(value) in {"nan", "NaT"}


def leave_out_missing(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without those that are missing, in nested objects too; Weaviate's form of a place is Alto's."""
    return {
        name: (_place(value) or leave_out_missing(value)) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if not is_missing(value)
    }


def _place(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """Of `{"latitude": ..., "longitude": ...}`, which is how Weaviate writes a place as a dict."""
    return {"lat": value["latitude"], "lon": value["longitude"]} if value.keys() == {"latitude", "longitude"} else None


def parse_uuid(value: UUID | str) -> UUID:
    """The id. Raises `AltoConfigurationError` naming the value."""
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise AltoConfigurationError(
            f"uuid: {value!r:.80} is not a UUID; give an id of your own as key={str(value)!r:.80}"
        ) from None


def parse_reference(value: UUID | str) -> str:
    """The id or the key of an object, as text. Raises `AltoConfigurationError` for neither."""
    if isinstance(value, UUID) or (isinstance(value, str) and 1 <= len(value) <= MAX_KEY_CHARACTERS):
        return str(value)
    raise AltoConfigurationError(
        f"uuid: expected an id, or a key of 1 to {MAX_KEY_CHARACTERS} characters, got {value!r:.80}"
    )


def parse_time(text: str) -> datetime:
    """A time of the API. Python 3.10 reads neither `Z` nor a fraction of other than 3 or 6 digits."""
    whole, point, rest = text.replace("Z", "+00:00").partition(".")
    if not point:
        return datetime.fromisoformat(whole)
    digits = re.match(r"\d*", rest)
    fraction = digits[0] if digits else ""
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}{rest[len(fraction) :]}")


def _plain(value: Any) -> Any:
    """The form in JSON of a type that json does not know."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            warnings.warn(f"{value!r} has no time zone: UTC is assumed.", UserWarning, stacklevel=2)
            value = value.replace(tzinfo=UTC)
        return value.isoformat()
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    for form in ("to_json", "tolist"):
        if hasattr(value, form):
            return getattr(value, form)()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
