"""JSON bodies against a description of their fields, with Bedrock's wording of every violation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

JSON_TYPES: dict[type, str] = {
    str: "String",
    bool: "Boolean",
    int: "Integer",
    float: "Number",
    list: "JSONArray",
    dict: "JSONObject",
    type(None): "Null",
}


@dataclass(frozen=True)
class Text:
    required: bool = False
    choices: tuple[str, ...] = ()
    shortest: int = 0
    longest: int | None = None

    def violations(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield _type(path, "String", value)
        elif self.choices and value not in self.choices:
            yield f"{path}: {value} is not a valid enum value"
        elif len(value) < self.shortest:
            yield f"{path}: expected minLength: {self.shortest}, actual: {len(value)}"
        elif self.longest is not None and len(value) > self.longest:
            yield too_long(path, self.longest, value)


@dataclass(frozen=True)
class Number:
    """An integer, out of choices or between two bounds."""

    required: bool = False
    choices: tuple[int, ...] = ()
    least: int | None = None
    most: int | None = None

    def violations(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool):
            yield _type(path, "Integer", value)
        elif self.choices and value not in self.choices:
            yield f"{path}: {value} is not a valid enum value"
        elif self.least is not None and value < self.least:
            yield f"{path}: {value} is not greater or equal to {self.least}"
        elif self.most is not None and value > self.most:
            yield f"{path}: {value} is not less or equal to {self.most}"


@dataclass(frozen=True)
class Flag:
    required: bool = False

    def violations(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield _type(path, "Boolean", value)


@dataclass(frozen=True)
class Items:
    of: "Field"
    required: bool = False
    most: int | None = None

    def violations(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield _type(path, "JSONArray", value)
        elif not value:
            yield f"{path}: expected minimum item count: 1, found: 0"
        elif self.most is not None and len(value) > self.most:
            yield f"{path}: expected maximum item count: {self.most}, found: {len(value)}"
        else:
            for index, item in enumerate(value):
                yield from self.of.violations(item, f"{path}/{index}")


@dataclass(frozen=True)
class Fields:
    """An object. Fields that are not described are refused; of each group in `one_of` exactly one has to be there."""

    of: Mapping[str, "Field"]
    required: bool = False
    one_of: tuple[str, ...] = field(default=())

    def violations(self, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield _type(path, "JSONObject", value)
            return
        for name, described in self.of.items():
            if described.required and name not in value:
                yield f"{path}: required key [{name}] not found"
        given = [name for name in self.one_of if name in value]
        if self.one_of and not given:
            yield f"{path}: required key [{self.one_of[0]}] not found"
        if len(given) > 1:
            yield f"{path}: {len(given)} subschemas matched instead of one"
        for name, item in value.items():
            if name not in self.of:
                yield f"{path}: extraneous key [{name}] is not permitted"
            else:
                yield from self.of[name].violations(item, f"{path}/{name}")


@dataclass(frozen=True)
class Anything:
    """A field whose content is not looked at."""

    required: bool = False

    def violations(self, value: Any, path: str) -> Iterator[str]:
        del value, path
        yield from ()


type Field = Text | Number | Flag | Items | Fields | Anything


def too_long(path: str, longest: int, text: str) -> str:
    return f"{path}: expected maxLength: {longest}, actual: {len(text)}"


def _type(path: str, expected: str, value: Any) -> str:
    return f"{path}: expected type: {expected}, found: {JSON_TYPES.get(type(value), type(value).__name__)}"
