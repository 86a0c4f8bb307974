"""Guardrails as lists of words: enough to see what a caller does when one intervenes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from local.emulator.errors import invalid

BLOCKED_INPUT = "Sorry, the model cannot respond to this question."
BLOCKED_OUTPUT = "Sorry, the response was blocked by a guardrail."


@dataclass(frozen=True)
class Guardrail:
    """Blocks a prompt or a response that has one of the words, in any case."""

    words: tuple[str, ...]
    blocked_input: str = BLOCKED_INPUT
    blocked_output: str = BLOCKED_OUTPUT
    versions: tuple[str, ...] = ("DRAFT", "1")

    def found(self, text: str) -> list[str]:
        lowered = text.lower()
        return [word for word in self.words if word.lower() in lowered]


class Guardrails:
    """By identifier. `wordlist` is always there and blocks the word `bazooka`."""

    def __init__(self, given: Mapping[str, Any] | None = None) -> None:
        """Raises ValueError for a field that a guardrail does not have."""
        known = {item.name for item in fields(Guardrail)}
        self._known = {"wordlist": Guardrail(("bazooka",))}
        for name, options in (given or {}).items():
            unknown = sorted(options.keys() - known)
            if unknown or "words" not in options:
                raise ValueError(f"The guardrail {name} takes {', '.join(sorted(known))}, of which words is required.")
            lists = {key: tuple(value) for key, value in options.items() if isinstance(value, list)}
            self._known[name] = Guardrail(**{**options, **lists})

    def find(self, config: Mapping[str, Any]) -> Guardrail:
        """The guardrail of a guardrailConfig. Raises ServiceError for one that does not exist."""
        identifier = str(config.get("guardrailIdentifier", "")).rpartition("/")[2]
        found = self._known.get(identifier)
        if found is None or config.get("guardrailVersion", "") not in found.versions:
            raise invalid("The guardrail identifier or version provided in the request does not exist.")
        return found


def trace(word_lists: list[str], *, output: bool, identifier: str) -> dict[str, Any]:
    """The part of the response's trace that names the words."""
    matches = [{"match": word, "action": "BLOCKED", "detected": True} for word in word_lists]
    assessment = {"wordPolicy": {"customWords": matches, "managedWordLists": []}}
    if output:
        return {"guardrail": {"outputAssessments": {identifier: [assessment]}}}
    return {"guardrail": {"inputAssessment": {identifier: assessment}}}
