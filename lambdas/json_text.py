"""JSON whose objects have each name once. Pure."""

import json
import re
from functools import cache
from typing import Any

import orjson

# Every string, so that the search stays in step with them, and the colon that makes it a name.
STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?'


class RepeatedNameError(ValueError):
    """An object has a name twice. JSON does not say which of the two values counts."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {json.dumps(name[:80], ensure_ascii=False)} occurs twice in one object")


def parse_json(text: bytes | str) -> Any:
    """Parse JSON. Raises `RepeatedNameError`, and `orjson.JSONDecodeError` for text that is not JSON."""
    value = orjson.loads(text)
    if isinstance(value, (dict, list)):
        content = text.encode() if isinstance(text, str) else text
        # A parsed object keeps one value of a repeated name. Where a count differs, a slower parser finds the name.
        if sum(map(bool, _strings().findall(content))) > _count_names(value):
            json.loads(content, object_pairs_hook=_check_names, parse_int=str, parse_float=str)
    return value


@cache
def _strings() -> "re.Pattern[bytes]":
    # Compiled at the first use: the start of a function waits for what is compiled at its import.
    return re.compile(STRING, re.DOTALL)


def _count_names(value: Any) -> int:
    """How many names the objects in a value have; fewer if a list has an object after a number.

    The items of vectors are not looked at.
    """
    count = 0
    open_values = [value]
    while open_values:
        each = open_values.pop()
        if isinstance(each, dict):
            count += len(each)
            open_values.extend(item for item in each.values() if isinstance(item, (dict, list)))
        elif each and isinstance(each[0], (dict, list)):
            open_values.extend(item for item in each if isinstance(item, (dict, list)))
    return count


def _check_names(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise RepeatedNameError(name)
        seen.add(name)
