"""One parser for dates: RFC 3339 with an offset, nothing else. Pure.

`datetime.fromisoformat` accepts any separator, week dates and missing parts, and reads `20230808120000Z` as 20:00.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

# RFC 3339 with upper-case T and Z. OpenSearch accepts nine digits of a second and offsets of 18 hours at most.
_RFC_3339 = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_MAX_OFFSET_MINUTES = 18 * 60
EXAMPLE = "2026-11-23T09:30:00Z"


def parse_date(text: str) -> datetime:
    """Return the moment that an RFC 3339 text names, with its offset; digits after the microseconds are cut off.

    Raises `ValueError` whose text completes the sentence "`<field>` ...".
    """
    found = _RFC_3339.fullmatch(text)
    if found is None:
        raise ValueError(f"must be a date with time and zone such as {EXAMPLE}")
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    fraction, sign, offset_hours, offset_minutes = found.groups()[6:]
    offset = 0
    if sign is not None:
        offset = 60 * int(offset_hours) + int(offset_minutes)
        if int(offset_minutes) > 59 or offset > _MAX_OFFSET_MINUTES:
            raise ValueError("must have an offset of 18:00 at most, with minutes from 00 to 59")
        offset = -offset if sign == "-" else offset
    if second == 60:
        raise ValueError("must have seconds from 00 to 59: leap seconds cannot be stored")
    zone = timezone(timedelta(minutes=offset)) if offset else UTC
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        moment = datetime(year, month, day, hour, minute, second, microsecond, zone)
    except ValueError:
        raise ValueError("must be a date that exists, with a year from 0001 and a time up to 23:59:59") from None
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("must be within the years 0001 to 9999 in UTC, after its offset is applied") from None
    return moment
