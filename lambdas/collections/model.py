"""What a collection is: its properties, its vectors, and the rules that hold between them."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from lambdas.embedding.config import Text2VecAws, VectorConfig
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
]
Tokenization = Literal["word", "lowercase", "whitespace", "field", "english"]

TEXT_TYPES = frozenset({"text", "text[]"})
PROPERTY_TYPES: tuple[str, ...] = get_args(PropertyType)
DEFAULT_VECTOR = "default"

CollectionName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$"),
    Field(description="A letter, then up to 99 letters, digits or underscores. The first letter is made upper case."),
]
PropertyName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$"),
    Field(description="A letter, then up to 99 letters, digits or underscores. `id` is taken by the object's own id."),
]
VectorName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]


class Property(StrictModel):
    """One property of the objects of a collection."""

    name: PropertyName
    type: PropertyType
    description: str = Field(default="", max_length=2000)
    filterable: bool = Field(default=True, description="May be used in filters.")
    searchable: bool = Field(default=True, description="Is searched by BM25. Only text has this.")
    tokenization: Tokenization = Field(
        default="english",
        description="How text is cut into words: `english` stems and drops stop words, `word` splits at everything "
        "that is neither letter nor digit, `lowercase` and `whitespace` split at blanks, `field` does not split.",
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

    @property
    def is_text(self) -> bool:
        """Whether the values are text, alone or in a list."""
        return self.type in TEXT_TYPES


class CollectionConfig(StrictModel):
    """A collection as its user describes it."""

    name: CollectionName
    description: str = Field(default="", max_length=2000)
    properties: list[Property] = Field(default_factory=list, max_length=500)
    vectors: dict[VectorName, VectorConfig] = Field(
        default_factory=dict,
        max_length=20,
        description="One entry for each vector of an object. A single vector is best named `default`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _first_letter_is_upper_case(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("name"), str):
            return data | {"name": collection_name(data["name"])}
        return data

    @model_validator(mode="after")
    def _property_names_differ(self) -> Self:
        seen: set[str] = set()
        for item in self.properties:
            if item.name in seen:
                raise ValueError(f"the property '{item.name}' is described twice: keep one of the two")
            seen.add(item.name)
        return self

    @model_validator(mode="after")
    def _source_properties_exist(self) -> Self:
        for vector, config in self.vectors.items():
            if not isinstance(config, Text2VecAws):
                continue
            for name in config.source_properties or ():
                source = self.property_named(name)
                if source is None:
                    known = ", ".join(item.name for item in self.properties) or "none yet"
                    raise ValueError(
                        f"vectors.{vector}.source_properties names '{name}', which is no property of the collection: "
                        f"describe it in 'properties' or take one of these: {known}"
                    )
                if source.skip_vectorization:
                    raise ValueError(
                        f"vectors.{vector}.source_properties names '{name}', but that property says "
                        "skip_vectorization: remove one of the two"
                    )
        return self

    def property_named(self, name: str) -> Property | None:
        """The property of this name, if there is one."""
        return next((item for item in self.properties if item.name == name), None)


class Collection(CollectionConfig):
    """A collection that exists."""

    created: datetime
    updated: datetime


class CollectionList(StrictModel):
    """The answer to a request for all collections."""

    collections: list[Collection]


def collection_name(name: str) -> str:
    """The name as it is stored: `article` and `Article` are one collection, written `Article`."""
    return name[:1].upper() + name[1:]


def alias_of(name: str) -> str:
    """The OpenSearch alias through which a collection is read and written."""
    return f"{INDEX_PREFIX}{name.lower()}"


def first_index_of(name: str) -> str:
    """The index that a new collection starts with."""
    return f"{alias_of(name)}-000001"


INDEX_PREFIX = "alto-"
# Alias names end before the dash and the six digits of an index, so that no collection's alias can be another's index.
COLLECTION_ALIAS = re.compile(rf"^{INDEX_PREFIX}[a-z][a-z0-9_]*$")
