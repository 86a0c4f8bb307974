"""Settings of a search that are compared, and sweeps over them. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from alto.evaluation.judgements import EvaluationError, Query

MODES = ("hybrid", "bm25", "near_text", "near_vector")
# Settings of the whole request; all others are the mode's.
_WHOLE = frozenset({"rerank", "boost", "smoothing", "diversity", "filter", "min_score", "autocut"})
_LISTS = frozenset({"properties"})
# Values of a sweep that names none.
SWEEPS: dict[str, tuple[str, ...]] = {
    "mode": ("bm25", "near_text", "hybrid"),
    "alpha": tuple(f"{step / 10:g}" for step in range(11)),
    "fusion": ("relative_score", "ranked"),
    "scoring": ("combined", "sum"),
    "phrase_boost": ("0", "0.1", "0.2", "0.4"),
    "boosts": ("1", "2", "3", "5"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """How queries are searched. `left_out`: words that are removed from each query before it is sent."""

    name: str
    mode: str = "hybrid"
    of_mode: Mapping[str, Any] = field(default_factory=dict)
    of_request: Mapping[str, Any] = field(default_factory=dict)
    collection: str | None = None
    left_out: frozenset[str] = frozenset()

    def body(self, query: Query) -> dict[str, Any]:
        """The search of a query."""
        text = self._text(query.text)
        of_mode: dict[str, Any] = {"query": text} | dict(self.of_mode)
        mode = self.mode
        if query.vector is not None and mode in {"near_text", "near_vector"}:
            mode = "near_vector"
            of_mode = {"vector": list(query.vector)} | dict(self.of_mode)
        elif query.vector is not None and mode == "hybrid":
            of_mode["vector"] = list(query.vector)
        elif mode == "near_vector":
            raise EvaluationError(f"query {json.dumps(query.id)}: near_vector needs its vector: add a field `vector`")
        body = {mode: of_mode} | dict(self.of_request)
        if mode == "near_vector" and "rerank" in body:
            body["rerank"] = {"query": text} | body["rerank"]
        return body

    def _text(self, text: str) -> str:
        kept = [word for word in text.split() if word.strip(".,;:!?\"'()").lower() not in self.left_out]
        return " ".join(kept) if self.left_out and kept else text


def read_setting(text: str) -> Setting:
    """A setting such as `bm25`, `hybrid alpha=0.4 properties=title^2,text rerank=MODEL collection=Film`, or JSON.

    Raises `EvaluationError`.
    """
    text = text.strip()
    if text.startswith("{"):
        return _read_json(text)
    words = text.split()
    mode = words[0].replace("-", "_") if words and "=" not in words[0] else "hybrid"
    if mode not in MODES:
        raise EvaluationError(f"setting {json.dumps(text)}: {json.dumps(mode)} is not one of {', '.join(MODES)}")
    setting = Setting(text or "hybrid", mode)
    for word in words[1 if words and "=" not in words[0] else 0 :]:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise EvaluationError(f"setting {json.dumps(text)}: expected name=value, got {json.dumps(word)}")
        setting = changed(setting, name, value)
    return replace(setting, name=text)


def changed(setting: Setting, name: str, value: str) -> Setting:
    """The setting with one more value, which is JSON or text."""
    if name == "collection":
        return replace(setting, collection=value)
    if name == "mode":
        # A setting of hybrid search, such as alpha, means nothing to another mode.
        return Setting(value, value, of_request=setting.of_request, collection=setting.collection)
    if name == "stop_words":
        return replace(setting, left_out=frozenset(value.lower().split(",")))
    if name == "rerank":
        made: Any = None if value == "none" else {"model": value}
    else:
        made = value.split(",") if name in _LISTS else _value(value)
    settings = dict(setting.of_request if name in _WHOLE else setting.of_mode)
    settings.pop(name, None)
    if made is not None:
        settings[name] = made
    return replace(setting, of_request=settings) if name in _WHOLE else replace(setting, of_mode=settings)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_json(text: str) -> Setting:
    try:
        body = json.loads(text)
    except ValueError as error:
        raise EvaluationError(f"setting: this is not JSON ({error}): {text[:80]}") from None
    modes = [mode for mode in MODES if mode in body]
    if len(modes) != 1 or not isinstance(body[modes[0]], dict):
        raise EvaluationError(f"setting {text[:80]}: expected exactly one of {', '.join(MODES)}, as an object")
    of_mode = {key: value for key, value in body.pop(modes[0]).items() if key != "query"}
    name, collection = body.pop("name", text), body.pop("collection", None)
    return Setting(name, modes[0], of_mode, body, collection)


def sweep(base: Setting, text: str, properties: Sequence[str]) -> list[Setting]:
    """The settings of a sweep: `alpha`, `alpha=0,0.5,1`, `boosts`, `boost:title=1,3`, `stop_words=how,what`.

    Each differs from the base in one thing. `properties` are those that have words. Raises `EvaluationError`.
    """
    name, equals, given = text.partition("=")
    values = tuple(value for value in given.split(",") if value) if equals else SWEEPS.get(name, ())
    if name == "stop_words" and values:
        values = (",".join(values),)
    if not values:
        known = ", ".join(SWEEPS)
        raise EvaluationError(f"sweep {json.dumps(text)}: name values, as in alpha=0,0.5,1, or one of {known}")
    if name == "boosts" or name.startswith("boost:"):
        return _boosts(base, name.partition(":")[2], values, properties)
    if name in {"alpha", "fusion"} and base.mode != "hybrid":
        raise EvaluationError(f"sweep {name}: it is a setting of hybrid searches, and the base is {base.mode}")
    swept = [changed(base, name, value) for value in values]
    if name == "mode":
        return swept
    return [replace(each, name=f"{base.name} {name}={value}") for each, value in zip(swept, values, strict=True)]


def _boosts(base: Setting, only: str, values: Sequence[str], properties: Sequence[str]) -> list[Setting]:
    """One property at a time has each boost; the others have 1."""
    if only and only not in properties:
        raise EvaluationError(
            f"sweep boost:{only}: {json.dumps(only)} is not a searchable property: {', '.join(properties)}"
        )
    settings = []
    for name in [only] if only else properties:
        for value in values:
            if value == "1" and not only and name != properties[0]:
                continue
            boosted = [f"{each}^{value}" if each == name and value != "1" else each for each in properties]
            made = replace(base, of_mode=dict(base.of_mode) | {"properties": boosted})
            settings.append(replace(made, name=f"{base.name} properties={','.join(boosted)}"))
    return settings
