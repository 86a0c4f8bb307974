"""When the objects of a collection expire. Pure.

Everything that reads or removes objects decides by this module which of them have expired.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from lambdas.collections.properties import Property
from lambdas.dates import parse_date
from lambdas.models import StrictModel

# Times that Alto keeps of each object, under the names that filters have for them, and their fields.
TIMES = {"_created": "created", "_updated": "updated"}
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
MAX_DAYS = 36_500
_DURATION = re.compile(r"([1-9][0-9]{0,9})([smhdw])", re.ASCII)

Duration = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,9}[smhdw]$")]


class Expiry(StrictModel):
    """When objects expire: searches do not find them from that moment on, and a scheduled job removes them."""

    property: str = Field(
        pattern=r"^(_created|_updated|[A-Za-z][A-Za-z0-9_]{0,99})$",
        description="A filterable property of type `date`, or `_created` or `_updated`: when Alto first or last wrote "
        "the object. An object without a value never expires.",
    )
    after: Duration | None = Field(
        default=None,
        description="How long after that date an object expires: a whole number and a unit, `s`, `m`, `h`, `d` or "
        "`w`, such as `30d`. 100 years at most. Without it, the property itself is the date of expiry.",
    )

    @model_validator(mode="after")
    def _is_in_the_future(self) -> Self:
        if self.property in TIMES and self.after is None:
            raise ValueError(
                f"expiry.property is '{self.property}', at which every object would expire as it is written: say how "
                "long after it in 'after', such as '30d'"
            )
        if self.after is not None and read_duration(self.after) > timedelta(days=MAX_DAYS):
            raise ValueError(f"expiry.after is '{self.after}': give at most {MAX_DAYS}d")
        return self

    def date_field(self) -> str:
        """Return the field of a document that has the date."""
        return TIMES.get(self.property) or f"properties.{self.property}"

    def latest(self, now: datetime) -> datetime:
        """Return the latest date that an object has which has expired by now."""
        return now if self.after is None else now - read_duration(self.after)


def read_duration(text: str) -> timedelta:
    """Return the duration that a text such as `30d` names: 100 years and a day for anything longer."""
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text}' is not a duration such as 30d")
    seconds = int(found[1]) * timedelta(**{UNITS[found[2]]: 1}).total_seconds()
    return timedelta(seconds=min(seconds, (MAX_DAYS + 1) * 86_400))


def check_expiry(expiry: Expiry | None, properties: Sequence[Property]) -> None:
    """Raise `ValueError` if a collection of these properties has no date by which its objects could expire."""
    if expiry is None or expiry.property in TIMES:
        return
    item = next((each for each in properties if each.name == expiry.property), None)
    if item is None:
        dates = [each.name for each in properties if each.type == "date"]
        known = ", ".join([*dates, *TIMES])
        raise ValueError(
            f"expiry.property names '{expiry.property}', not a property of the collection: describe it in "
            f"'properties' with the type date, or take one of these: {known}"
        )
    if item.type != "date":
        raise ValueError(f"expiry.property names '{item.name}', which is {item.type}: name a property of type date")
    if not item.filterable:
        raise ValueError(f"expiry.property names '{item.name}', which is not filterable: name one that is")


def expired_only(expiry: Expiry, now: datetime) -> dict[str, Any]:
    """Return the filter that finds the objects which have expired."""
    latest = expiry.latest(now).astimezone(UTC).isoformat(timespec="milliseconds")
    return {"range": {expiry.date_field(): {"lte": latest}}}


def unexpired_only(expiry: Expiry | None, now: datetime | None = None) -> list[dict[str, Any]]:
    """Return the filters that leave out objects which have expired: none, if the objects of the collection stay."""
    if expiry is None:
        return []
    return [{"bool": {"must_not": [expired_only(expiry, now or datetime.now(UTC))]}}]


def has_expired(expiry: Expiry | None, source: Mapping[str, Any], now: datetime | None = None) -> bool:
    """Whether the object of this document has expired. The document has at least the field of its date."""
    if expiry is None:
        return False
    name = TIMES.get(expiry.property)
    value = source.get(name) if name else source.get("properties", {}).get(expiry.property)
    if value is None:
        return False
    # Alto's own times have an offset of +00:00, as `isoformat` writes it.
    return parse_date(value) <= expiry.latest(now or datetime.now(UTC))
