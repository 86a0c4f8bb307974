"""The words for what pydantic reports."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lambdas.known_fields import suggest
from lambdas.validation import PATTERNS

OPENAPI = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text())


def patterns(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["pattern"]} if isinstance(part.get("pattern"), str) else set()
        return own.union(part.get("patternProperties", {}), *(patterns(each) for each in part.values()))
    return set().union(*(patterns(each) for each in part)) if isinstance(part, list) else set()


def test_every_pattern_of_the_api_has_words() -> None:
    assert patterns(OPENAPI) - set(PATTERNS) == set()
    assert not [words for words in PATTERNS.values() if re.search(r"[\^\\{}$]\[?", words.replace("title^2", ""))]


@pytest.mark.parametrize(
    ("name", "choices", "expected"),
    [
        ("limt", ["limit", "offset"], "limit"),
        ("Limit", ["limit"], "limit"),
        ("asc", ["ascending", "descending"], "ascending"),
        ("string", ["text", "int"], "text"),
        ("year", ["property", "operator"], None),
        ("x" * 1_000_000, ["limit"], None),
    ],
)
def test_the_nearest_name_is_suggested(name: str, choices: list[str], expected: str | None) -> None:
    assert suggest(name, choices) == expected
