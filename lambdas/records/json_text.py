"""JSON whose objects have each name once. Pure."""

import json
import re
from typing import Any

import orjson

# Every string, so that the search stays in step with them, and the colon that makes it a name.
_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?', re.DOTALL)


class RepeatedNameError(ValueError):
    """An object has a name twice. JSON does not say which of the two values counts."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {json.dumps(name[:80], ensure_ascii=False)} occurs twice in one object")


def parse_json(text: bytes | str) -> Any:
    """Parse JSON. Raises `RepeatedNameError`, and `orjson.JSONDecodeError` for text that is not JSON."""
    value = orjson.loads(text)
    if isinstance(value, (dict, list)):
        content = text.encode() if isinstance(text, str) else text
        names = [name for name, colon in _STRING.findall(content) if colon]
        # Objects in one another may share names, and a name may be written with escapes: then a slower parser decides.
        if len(set(names)) < len(names) or any(b"\\" in name for name in names):
            json.loads(content, object_pairs_hook=_check_names, parse_int=str, parse_float=str)
    return value


def _check_names(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise RepeatedNameError(name)
        seen.add(name)
