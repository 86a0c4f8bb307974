"""Prompts with the values of an object in them. Pure.

`{title}` and `{author.name}` stand for values; `{{title}}` is the text `{title}`. Every other brace is itself.
A value is enclosed in `<value property="...">...</value>`, so that a model can tell data from the task.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

_PLACE = re.compile(r"\{\{([^{}]*)\}\}|\{\s*([A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*)\s*\}")
_END_TAG = re.compile(r"<(?=/value)", re.IGNORECASE)


def list_places(template: str) -> list[str]:
    """Return the properties that a template names, each once, in their order."""
    return list(count_places(template))


def count_places(template: str) -> Counter[str]:
    """Return how often a template names each property."""
    return Counter(place[2] for place in _PLACE.finditer(template) if place[2])


def enclose_value(path: str, text: str) -> str:
    """Return a value as it is in a prompt."""
    # A value cannot end its own enclosure.
    return f'<value property="{path}">{_END_TAG.sub("< ", text)}</value>'


def render_template(template: str, values: Mapping[str, str]) -> str:
    """Return the prompt. `values` has the rendered value of each of `list_places`."""

    def write(place: re.Match[str]) -> str:
        path = place[2]
        if path is None:
            return f"{{{place[1]}}}"
        return enclose_value(path, values.get(path, ""))

    return _PLACE.sub(write, template)


def find_values(properties: Mapping[str, Any], path: str) -> list[Any]:
    """Return the values at a path such as `author.name`, through lists of objects; none where one is missing."""
    found: list[Any] = [properties]
    for step in path.split("."):
        found = [each.get(step) for item in found for each in _each(item) if isinstance(each, Mapping)]
    return [value for value in found if value is not None]


def render_value(value: Any) -> str:
    """Return a value as it is written into prompts.

    Text as it is, numbers and booleans as JSON, the items of a list joined by `, `, a place on earth as `lat, lon`,
    another object as JSON. Dates are text already.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return ", ".join(text for text in map(render_value, value) if text)
        case {"lat": int() | float() as lat, "lon": int() | float() as lon, **rest} if not rest:
            return f"{render_value(lat)}, {render_value(lon)}"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    else:
        yield value
