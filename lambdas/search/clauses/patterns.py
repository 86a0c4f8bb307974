r"""Patterns of `like`: `*` is any text, `?` one character, `\*`, `\?` and `\\` are the signs themselves. Pure."""

import unicodedata
from functools import cache
from typing import Any, NamedTuple

# OpenSearch rejects regular expressions above 1,000 characters (`index.max_regex_length`).
MAX_EXPRESSION = 1_000
# Letters whose other forms `lower`, `upper` and `title` do not lead to, by the form that they do lead to.
OTHER_FORMS = {
    "\u03c3": "\u03c2",
    "ß": "ẞ",
    "å": "\u212b",
    "\u03c9": "\u2126",
    "\u03bc": "\u00b5",
    "k": "\u212a",
    "s": "\u017f",
}


class Wildcard(NamedTuple):
    """`*` or `?`."""

    sign: str


def parse_pattern(pattern: str) -> list[str | Wildcard]:
    r"""Return the characters and wildcards of a pattern. A backslash is an escape only before `*`, `?` and `\`."""
    parts: list[str | Wildcard] = []
    signs = iter(range(len(pattern)))
    for place in signs:
        sign, following = pattern[place], pattern[place + 1 : place + 2]
        if sign == "\\" and following and following in "*?\\":
            parts.append(following)
            next(signs)
        else:
            parts.append(Wildcard(sign) if sign in "*?" else sign)
    return parts


def begins_with_wildcard(pattern: str) -> bool:
    """Whether a pattern begins with a wildcard, so that every value of the property has to be read."""
    return pattern[:1] in ("*", "?")


def build_like(field: str, pattern: str) -> dict[str, Any]:
    """Build the query of a pattern, without regard to case or to how a letter with an accent is composed.

    OpenSearch's `wildcard` ignores the case of ASCII letters only. A pattern with other letters becomes a regular
    expression that names both cases of each, and both forms of a letter that Unicode writes in two ways.
    """
    parts = parse_pattern(pattern)
    if pattern.isascii():
        text = "".join(part.sign if isinstance(part, Wildcard) else _escape_wildcard(part) for part in parts)
        return {"wildcard": {field: {"value": text, "case_insensitive": True}}}
    return {"regexp": {field: {"value": render_expression(pattern), "flags": "NONE"}}}


def render_expression(pattern: str) -> str:
    """Return the regular expression, in Lucene's syntax, of a pattern."""
    rendered = {"*": ".*", "?": "."}
    pattern = unicodedata.normalize("NFC", pattern)
    return "".join(
        rendered[part.sign] if isinstance(part, Wildcard) else _render_letter(part) for part in parse_pattern(pattern)
    )


@cache
def _render_letter(letter: str) -> str:
    forms = sorted(_list_forms(letter), key=lambda form: (len(form), form))
    escaped = ["".join(sign if sign.isalnum() else f"\\{sign}" for sign in form) for form in forms]
    if len(forms) == 1:
        return escaped[0]
    return f"[{''.join(escaped)}]" if len(forms[-1]) == 1 else f"({'|'.join(escaped)})"


def _list_forms(letter: str) -> set[str]:
    """Return a letter in every case and form, such as `ü`, `Ü` and `u` with U+0308; `ß` is also `ss`, `SS` and `ẞ`."""
    forms, waiting = {letter}, [letter]
    while waiting:
        form = waiting.pop()
        found = {form.lower(), form.upper(), form.title(), form.casefold(), OTHER_FORMS.get(form, form)} - forms
        forms |= found
        waiting += found
    return forms | {unicodedata.normalize("NFD", form) for form in forms}


def _escape_wildcard(sign: str) -> str:
    return f"\\{sign}" if sign in "*?\\" else sign
