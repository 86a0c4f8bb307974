"""Properties of a collection: their types, and how values are indexed and embedded."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from lambdas.models import StrictModel

PropertyType = Literal[
    "text",
    "text[]",
    "int",
    "int[]",
    "number",
    "number[]",
    "boolean",
    "boolean[]",
    "date",
    "date[]",
    "uuid",
    "uuid[]",
    "geo",
    "object",
    "object[]",
]
Tokenization = Literal[
    "word",
    "lowercase",
    "whitespace",
    "field",
    "trigram",
    "arabic",
    "armenian",
    "basque",
    "bengali",
    "brazilian",
    "bulgarian",
    "catalan",
    "cjk",
    "czech",
    "danish",
    "dutch",
    "english",
    "estonian",
    "finnish",
    "french",
    "galician",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "latvian",
    "lithuanian",
    "norwegian",
    "persian",
    "portuguese",
    "romanian",
    "russian",
    "sorani",
    "spanish",
    "swedish",
    "thai",
    "turkish",
]

TEXT_TYPES = frozenset({"text", "text[]"})
OBJECT_TYPES = frozenset({"object", "object[]"})
PROPERTY_TYPES: tuple[str, ...] = get_args(PropertyType)
TOKENIZATIONS: tuple[str, ...] = get_args(Tokenization)
# Levels of objects in objects, and properties of a collection on all levels. Each is up to three fields of the index.
MAX_DEPTH = 5
MAX_PROPERTIES = 1000

PropertyName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$"),
    Field(description="A letter, then up to 99 letters, digits or underscores. `id` is taken by the object's own id."),
]


StopWords = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=100)]], Field(min_length=1, max_length=500)
]


class PropertyBase(StrictModel):
    """The settings that properties have on every level."""

    name: PropertyName
    type: PropertyType
    description: str = Field(default="", max_length=2000)
    filterable: bool = Field(default=True, description="May be used in filters and aggregations.")
    properties: "list[NestedProperty] | None" = Field(
        default=None,
        min_length=1,
        max_length=500,
        description="The properties of an `object` or of each item of an `object[]`. No other type has this.",
    )

    @model_validator(mode="after")
    def _only_objects_have_properties(self) -> Self:
        if self.type in OBJECT_TYPES and self.properties is None:
            raise ValueError(f"'{self.name}' is {self.type}: describe its 'properties', at least one")
        if self.type not in OBJECT_TYPES and self.properties is not None:
            raise ValueError(f"'{self.name}' is {self.type}, and only object and object[] have 'properties': remove it")
        check_names_differ(self.properties or ())
        return self

    @property
    def is_text(self) -> bool:
        """Whether the values are text, alone or in a list."""
        return self.type in TEXT_TYPES

    @property
    def is_list(self) -> bool:
        """Whether a value is a list."""
        return self.type.endswith("[]")

    @property
    def scalar_type(self) -> str:
        """The type of a single value."""
        return self.type.removesuffix("[]")

    @property
    def has_length(self) -> bool:
        """Whether a value has a length that can be filtered by: characters of a text, items of a list."""
        return self.filterable and (self.type == "text" or self.is_list)


class NestedProperty(PropertyBase):
    """A property of an object. It can be filtered by; BM25 and embeddings see top-level properties."""


class Property(PropertyBase):
    """One property of the objects of a collection."""

    searchable: bool = Field(default=True, description="Is searched by BM25. Only text has this.")
    tokenization: Tokenization = Field(
        default="english",
        description="How text is cut into words. `word` splits at everything that is neither letter nor digit, "
        "`lowercase` and `whitespace` split at blanks, `field` does not split, `trigram` takes every three characters "
        "in a row. Each language stems its words; `cjk` takes pairs of characters. The index keeps every word.",
    )
    stop_words: Literal["english", "none"] | StopWords | None = Field(
        default=None,
        description="Words that a query leaves out where it searches this property: Snowball's English list, none, or "
        "a list of your own. If not given: `english` for the tokenization `english`, else `none`.",
    )
    folding: bool = Field(
        default=False, description="Letters match with and without accents: `cafe` and `café`. For searchable text."
    )
    skip_vectorization: bool = Field(default=False, description="Never becomes part of the text that is embedded.")
    vectorize_property_name: bool = Field(
        default=False, description="The property's name is embedded before each value."
    )

    @model_validator(mode="after")
    def _name_is_free(self) -> Self:
        if self.name == "id":
            raise ValueError("the name 'id' is taken by the object's own id: choose another, such as 'source_id'")
        return self


def check_names_differ(properties: Sequence[PropertyBase]) -> None:
    """Raise `ValueError` if two properties have one name."""
    seen: set[str] = set()
    for item in properties:
        if item.name in seen:
            raise ValueError(f"the property '{item.name}' is described twice: keep one of the two")
        seen.add(item.name)


def check_size(properties: Sequence[PropertyBase]) -> None:
    """Raise `ValueError` if there are more properties or deeper ones than an index is made for."""
    paths = list(property_paths(properties))
    if len(paths) > MAX_PROPERTIES:
        raise ValueError(
            f"there are {len(paths)} properties, those of objects included: describe at most {MAX_PROPERTIES}"
        )
    deepest = max((path for path, _ in paths), key=lambda path: path.count("."), default="")
    if deepest.count(".") >= MAX_DEPTH:
        raise ValueError(f"'{deepest}' is on level {deepest.count('.') + 1}: nest at most {MAX_DEPTH} levels")


def property_paths(properties: Sequence[PropertyBase], prefix: str = "") -> Iterator[tuple[str, PropertyBase]]:
    """Every property on every level with its path, such as `author.name`."""
    for item in properties:
        yield prefix + item.name, item
        yield from property_paths(item.properties or (), f"{prefix}{item.name}.")


def property_at(properties: Sequence[PropertyBase], path: str) -> PropertyBase | None:
    """The property at a path such as `author.name`, if there is one."""
    name, _, rest = path.partition(".")
    item = next((item for item in properties if item.name == name), None)
    return property_at(item.properties or (), rest) if item and rest else item


def unite[P: PropertyBase](first: Sequence[P], second: Sequence[P]) -> list[P]:
    """Merge two lists of properties on every level; where both describe one, the first counts."""
    found = {item.name: item for item in first}
    for item in second:
        known = found.get(item.name)
        if known is None:
            found[item.name] = item
        elif known.properties is not None and item.properties is not None:
            nested = unite(known.properties, item.properties)
            found[item.name] = known.model_copy(update={"properties": nested})
    return list(found.values())
