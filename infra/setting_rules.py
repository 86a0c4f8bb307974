"""Rules that read one setting each: a raw value in, the typed value out, or `WrongValueError` with the remedy.

Values written in `cdk.json` arrive typed; values given on the command line arrive as text, hence as JSON where a rule
wants more than text.
"""

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

Rule = Callable[[Any], Any]


class WrongValueError(Exception):
    """A setting's value breaks its rule. The message says what to write instead."""


def one_of(*choices: str | int) -> Rule:
    """One of a few values."""

    def rule(value: Any) -> str | int:
        for choice in choices:
            if str(value) == str(choice):
                return choice
        raise WrongValueError(f"write one of {', '.join(map(str, choices))}")

    return rule


def whole_number(low: int, high: int) -> Rule:
    """A whole number, ends included."""

    def rule(value: Any) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"\d{1,9}", str(value)) or not low <= int(value) <= high:
            raise WrongValueError(f"write a whole number from {low} to {high}")
        return int(value)

    return rule


def matching(pattern: str, remedy: str) -> Rule:
    """Text of a given form."""

    def rule(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise WrongValueError(remedy)
        return value

    return rule


def list_of(rule_of_one: Rule) -> Rule:
    """A list whose entries each follow a rule."""

    def rule(value: Any) -> tuple[Any, ...]:
        entries = _decoded(value)
        if not isinstance(entries, list):
            raise WrongValueError("write a list, on the command line as JSON")
        return tuple(rule_of_one(entry) for entry in entries)

    return rule


def map_of(rule_of_name: Rule, rule_of_one: Rule) -> Rule:
    """A map whose names and entries each follow a rule."""

    def rule(value: Any) -> Mapping[str, Any]:
        entries = _decoded(value)
        if not isinstance(entries, dict):
            raise WrongValueError("write a map of names to values, on the command line as JSON")
        return MappingProxyType({rule_of_name(name): rule_of_one(entry) for name, entry in entries.items()})

    return rule


def text(value: Any) -> str:
    """Any text but none."""
    if not isinstance(value, str) or not value:
        raise WrongValueError("write text")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    decoded = _decoded(value)
    if not isinstance(decoded, bool):
        raise WrongValueError("write true or false")
    return decoded


def block(value: Any) -> Mapping[str, Any]:
    """A block of further settings."""
    entries = _decoded(value)
    if not isinstance(entries, dict):
        raise WrongValueError("write a block of settings, on the command line as JSON")
    return entries


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
