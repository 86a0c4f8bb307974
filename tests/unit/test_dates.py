import random
import re
import string
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.dates import parse_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T09:30:00Z", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
        ("2026-11-23T09:30:00.5Z", datetime(2026, 11, 23, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-11-23T09:30:00.123456789Z", datetime(2026, 11, 23, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2026-11-23T09:30:00-08:00", datetime(2026, 11, 23, 17, 30, tzinfo=UTC)),
        ("2026-11-23T09:30:00+18:00", datetime(2026, 11, 22, 15, 30, tzinfo=UTC)),
        ("2024-02-29T00:00:00+05:45", datetime(2024, 2, 28, 18, 15, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59.999Z", datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
    ],
)
def test_rfc_3339_text_is_the_moment_it_names(text: str, moment: datetime) -> None:
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "date with time and zone"),
        ("2026-11-23", "date with time and zone"),
        ("2026-11-23T09:30:00", "date with time and zone"),
        ("2026-11-23 09:30:00Z", "date with time and zone"),
        ("2026-11-23t09:30:00z", "date with time and zone"),
        ("20230808120000Z", "date with time and zone"),
        ("2026-W48-1T09:30:00Z", "date with time and zone"),
        ("1693012681207", "date with time and zone"),
        ("2026-11-23T09:30:00.1234567890Z", "date with time and zone"),
        ("2026-11-23T09:30:00,5Z", "date with time and zone"),
        ("2026-11-23T09:30:00Z ", "date with time and zone"),
        ("\u0662026-11-23T09:30:00Z", "date with time and zone"),
        ("2026-11-23T09:30:00+18:01", "offset of 18:00 at most"),
        ("2026-11-23T09:30:00+05:60", "offset of 18:00 at most"),
        ("2016-12-31T23:59:60Z", "leap seconds"),
        ("2026-02-30T00:00:00Z", "date that exists"),
        ("2026-11-23T24:00:00Z", "date that exists"),
        ("0000-01-01T00:00:00Z", "date that exists"),
        ("9999-12-31T23:59:59-08:00", "years 0001 to 9999 in UTC"),
        ("0001-01-01T00:00:00+00:01", "years 0001 to 9999 in UTC"),
    ],
)
def test_any_other_text_is_rejected_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        parse_date(text)


def test_ten_thousand_random_texts_agree_with_an_independent_parser() -> None:
    random_ = random.Random(15)
    template = "2026-11-23T09:30:00.123+01:00"
    accepted = 0
    for _ in range(10_000):
        text = list(template)
        for _ in range(random_.randrange(3)):
            text[random_.randrange(len(text))] = random_.choice(string.digits + "TZ+-:. ")
        written = "".join(text)
        expected = _read_by_strptime(written)
        if expected is None:
            with pytest.raises(ValueError, match="must"):
                parse_date(written)
        else:
            accepted += 1
            assert parse_date(written) == expected
    assert accepted > 3_000


def _read_by_strptime(text: str) -> datetime | None:
    """An independent reading of the template's form: strptime of its fixed fields."""
    if not re.fullmatch(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,9}(Z|[+-][0-9]{2}:[0-9]{2})", text
    ):
        return None
    end = -1 if text.endswith("Z") else -6
    head, zone = text[:end], text[end:]
    whole, _, fraction = head.partition(".")
    try:
        moment = datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S")
        hours, minutes = (0, 0) if zone == "Z" else (int(zone[1:3]), int(zone[4:]))
        if minutes > 59 or 60 * hours + minutes > 18 * 60:
            return None
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
        return (moment + timedelta(microseconds=int(f"{fraction:0<6}"[:6])) - offset).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
