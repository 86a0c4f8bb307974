"""Patterns of `like`: wildcards, escapes, and letters in both cases."""

import re
from itertools import product
from typing import Any
from unicodedata import normalize

import pytest

from lambdas.search.clauses.patterns import begins_with_wildcard, build_like, render_expression


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("the *", "the *"),
        ("a?c", "a?c"),
        (r"C:\temp*", r"C:\\temp*"),
        (r"100\*", r"100\*"),
        (r"what\?", r"what\?"),
        (r"a\\b", r"a\\b"),
        ("ends\\", r"ends\\"),
    ],
)
def test_ascii_patterns_become_wildcards_without_regard_to_case(pattern: str, expected: str) -> None:
    query: dict[str, Any] = build_like("properties.a.keyword", pattern)

    assert query == {"wildcard": {"properties.a.keyword": {"value": expected, "case_insensitive": True}}}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ü*", "(Ü|ü|U\\\u0308|u\\\u0308).*"),
        ("u\u0308*", "(Ü|ü|U\\\u0308|u\\\u0308).*"),
        ("é.?", "(É|é|E\\\u0301|e\\\u0301)\\.."),
        (r"\*ж", r"\*[Жж]"),
        ("日本", "日本"),
        ("ß", "(ß|ẞ|SS|Ss|ss)"),
        ("\u03c3", "[\u03a3\u03c2\u03c3]"),
    ],
)
def test_other_patterns_name_both_cases_of_each_letter(pattern: str, expected: str) -> None:
    assert render_expression(pattern) == expected
    assert build_like("a", pattern) == {"regexp": {"a": {"value": expected, "flags": "NONE"}}}


@pytest.mark.parametrize(
    "text", ["Caf\u00e9", "cafe\u0301", "\u1ec7", "\u0401\u0436", "\ud55c\uae00", "\u30ac", "\u03ac", "\u212b"]
)
def test_composed_and_decomposed_letters_match_each_other(text: str) -> None:
    for pattern, stored in product((normalize("NFC", text), normalize("NFD", text)), repeat=2):
        assert re.fullmatch(render_expression(pattern), stored)


def test_an_escaped_wildcard_at_the_beginning_is_a_letter() -> None:
    assert [begins_with_wildcard(each) for each in ("*a", "?a", r"\*a", "a*", "")] == [True, True, False, False, False]
