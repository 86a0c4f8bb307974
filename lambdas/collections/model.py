"""The configuration of a collection: properties, vectors, and the rules between them."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from lambdas.collections.analysis import ANALYSIS_VERSION
from lambdas.collections.expiry import Expiry, check_expiry
from lambdas.collections.names import collection_name, generation_alias, unique_alias
from lambdas.collections.properties import Property, check_names_differ, check_size
from lambdas.documents.settings import DocumentSettings, missing_properties
from lambdas.embedding.config import ModelId, Region, Text2VecAws, VectorConfig
from lambdas.generation.settings import GenerativeConfig
from lambdas.models import StrictModel

DEFAULT_VECTOR = "default"
# What an update may not touch, and what to do instead.
_REBUILD = "rebuild the collection with POST /v1/collections/{name}/rebuild"
FIXED = {
    "name": "create another collection and import into it",
    "vectors": "add one with POST /v1/collections/{name}/vectors",
    "properties": "add a property with POST /v1/collections/{name}/properties; those that exist stay as they are",
}

OLD_ANALYSIS = (
    "This collection was created with an older analysis of text: stop words, the parts of identifiers and other forms "
    "of a letter may not be found. To bring it to the newest, without downtime: 'alto rebuild {name}', or POST "
    "/v1/collections/{name}/rebuild."
)

CollectionName = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$"),
    Field(description="A letter, then up to 99 letters, digits or underscores. The first letter is made upper case."),
]
VectorName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]


class IndexUpdate(StrictModel):
    """The settings of an index that can be changed while it is used."""

    replicas: int | None = Field(default=None, ge=0, le=5, description="Copies of each part of the index.")
    refresh_seconds: int | None = Field(
        default=None, ge=1, le=10, description="How long a write may stay unseen by searches. 1 by default."
    )

    @model_validator(mode="before")
    @classmethod
    def _the_rest_is_fixed(cls, data: object) -> object:
        given = data if cls is IndexUpdate and isinstance(data, dict) else {}
        for name in ("shards", "bm25_b", "bm25_k1"):
            if name in given:
                raise ValueError(f"'{name}' cannot be changed: {_REBUILD}")
        return data


class IndexSettings(IndexUpdate):
    """How the collection's index is spread and refreshed. Leave a value out for OpenSearch's or the domain's own."""

    shards: int | None = Field(default=None, ge=1, le=20, description="Parts of the index. Cannot be changed later.")
    bm25_b: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="How much the length of a text lowers its bm25 score; 0.75 by default. Cannot be changed later.",
    )
    bm25_k1: float | None = Field(
        default=None,
        ge=0,
        le=10,
        description="How much repeated words raise a bm25 score; 1.2 by default. Cannot be changed later.",
    )


class RerankerConfig(StrictModel):
    """The model on Bedrock that searches rerank with, unless they name another."""

    model: ModelId = Field(description="A model id, such as `cohere.rerank-v3-5:0` or `amazon.rerank-v1:0`, or an ARN.")
    region: Region | None = Field(default=None, description="The AWS region of the model; Alto's own, if not given.")


class CollectionConfig(StrictModel):
    """A collection as its user describes it."""

    name: CollectionName
    description: str = Field(default="", max_length=2000)
    properties: list[Property] = Field(default_factory=list, max_length=500)
    auto_schema: bool = Field(
        default=False,
        description="A property that is not described is added at its first insert, with the type of its value. "
        "Otherwise such an object is refused.",
    )
    index: IndexSettings = Field(default_factory=IndexSettings)
    vectors: dict[VectorName, VectorConfig] = Field(
        default_factory=dict,
        max_length=20,
        description="One entry for each vector of an object. A single vector is best named `default`.",
    )
    default_vector: VectorName | None = Field(
        default=None,
        description="The vector that searches use which name none: one of `vectors`. Without it, that is the only "
        "vector, or the one named `default`.",
    )
    generative: GenerativeConfig | None = Field(
        default=None, description="The model that writes texts in generative searches which name none."
    )
    reranker: RerankerConfig | None = Field(
        default=None, description="The model of searches whose `rerank` names none. Without `rerank` it is not called."
    )

    documents: DocumentSettings | None = Field(
        default=None,
        description="How documents (PDF, Word, HTML, Markdown, text) that are imported become passages. The properties "
        "of passages are added to the collection.",
    )
    expiry: Expiry | None = Field(
        default=None, description="When objects expire, by a date of each. Without it they stay until they are deleted."
    )

    @model_validator(mode="before")
    @classmethod
    def _passages_have_properties(cls, data: object) -> object:
        if not isinstance(data, dict) or data.get("documents") is None:
            return data
        try:
            settings = DocumentSettings.model_validate(data["documents"])
        except ValidationError:
            return data  # The field's own check says what is wrong.
        described = data.get("properties") or []
        names = [each.get("name") if isinstance(each, dict) else getattr(each, "name", None) for each in described]
        return data | {"properties": [*described, *missing_properties(settings, names)]}

    @model_validator(mode="before")
    @classmethod
    def _descriptions_are_cleaned_first(cls, data: object) -> object:
        read_only = Collection.model_fields.keys() - CollectionConfig.model_fields.keys()
        given = (
            [name for name in data if name in read_only] if cls is CollectionConfig and isinstance(data, dict) else []
        )
        if given:
            raise ValueError(
                f"{', '.join(map(repr, given))}: set by Alto. Leave out what only describes an existing collection "
                f"({', '.join(sorted(read_only))})"
            )
        return data

    @model_validator(mode="before")
    @classmethod
    def _first_letter_is_upper_case(cls, data: object) -> object:
        if isinstance(data, dict) and isinstance(data.get("name"), str):
            return data | {"name": collection_name(data["name"])}
        return data

    @model_validator(mode="after")
    def _property_names_differ(self) -> Self:
        check_names_differ(self.properties)
        check_size(self.properties)
        return self

    @model_validator(mode="after")
    def _source_properties_exist(self) -> Self:
        for vector, config in self.vectors.items():
            if not isinstance(config, Text2VecAws):
                continue
            for name in config.source_properties or ():
                source = self.property_named(name)
                if source is None and self.auto_schema:
                    # It comes with the first object that has it.
                    continue
                if source is None:
                    known = ", ".join(item.name for item in self.properties) or "none yet"
                    raise ValueError(
                        f"vectors.{vector}.source_properties names '{name}', not a property of the collection: "
                        f"describe it in 'properties', say auto_schema, or take one of these: {known}"
                    )
                if source.skip_vectorization:
                    raise ValueError(
                        f"vectors.{vector}.source_properties names '{name}', but that property says "
                        "skip_vectorization: remove one of the two"
                    )
        return self

    @model_validator(mode="after")
    def _documents_have_passages_already(self) -> Self:
        for name in self.vectors_with_passages if self.documents is not None else ():
            raise ValueError(
                f"vectors.{name}.passages and 'documents' both cut texts: the objects of 'documents' are passages "
                "already. Remove one of the two"
            )
        return self

    @model_validator(mode="after")
    def _default_vector_exists(self) -> Self:
        if self.default_vector is not None and self.default_vector not in self.vectors:
            known = ", ".join(self.vectors) or "none"
            raise ValueError(
                f"default_vector is '{self.default_vector}', which is not a vector of the collection: it has {known}"
            )
        return self

    @model_validator(mode="after")
    def _objects_have_a_date_to_expire(self) -> Self:
        check_expiry(self.expiry, self.properties)
        return self

    @property
    def made_by_alto(self) -> dict[str, Text2VecAws]:
        """The vectors that Alto makes with a model, by name; the caller brings the others."""
        return {name: config for name, config in self.vectors.items() if isinstance(config, Text2VecAws)}

    @property
    def vectors_with_passages(self) -> list[str]:
        """The names of the vectors whose objects also have passages."""
        return [name for name, config in self.made_by_alto.items() if config.passages is not None]

    @property
    def vector_of_searches(self) -> str | None:
        """The vector that searches use which name none. None: they have to name one, or the collection has none."""
        if self.default_vector is not None:
            return self.default_vector
        if DEFAULT_VECTOR in self.vectors:
            return DEFAULT_VECTOR
        return next(iter(self.vectors)) if len(self.vectors) == 1 else None

    def property_named(self, name: str) -> Property | None:
        """The property of this name, if there is one."""
        return next((item for item in self.properties if item.name == name), None)


class CollectionUpdate(StrictModel):
    """The mutable settings of a collection. Omitted settings are unchanged."""

    description: str | None = Field(default=None, max_length=2000)
    auto_schema: bool | None = None
    index: IndexUpdate | None = None
    default_vector: VectorName | None = Field(
        default=None,
        description="The vector that searches use which name none. `null` removes the setting. The change is atomic: "
        "each search uses one vector, and its model, as a whole.",
    )
    generative: GenerativeConfig | None = Field(
        default=None, description="Replaces the stored settings as a whole; `null` removes them."
    )
    reranker: RerankerConfig | None = Field(default=None, description="Replaces the stored model; `null` removes it.")

    documents: DocumentSettings | None = Field(
        default=None, description="Replaces the stored settings as a whole; `null` removes them, and keeps passages."
    )
    expiry: Expiry | None = Field(
        default=None,
        description="Replaces the stored settings as a whole; `null` removes them. Objects that have expired by the "
        "new settings are hidden at once; those that have expired by the old ones only, and are not removed yet, are "
        "found again.",
    )

    @model_validator(mode="before")
    @classmethod
    def _the_rest_is_fixed(cls, data: object) -> object:
        for name in FIXED.keys() & data.keys() if isinstance(data, dict) else ():
            raise ValueError(f"'{name}' cannot be changed: {FIXED[name]}")
        return data


class Rebuild(StrictModel):
    """A rebuild that is under way."""

    job: str = Field(description="The job that fills the new index: `/v1/collections/{name}/imports/{job}` follows it.")
    index_number: int = Field(description="Of the new index.")
    undo: bool = Field(default=False, description="Whether it goes back to the index before the last rebuild.")


class FormerIndex(StrictModel):
    """The index that a collection had before its last rebuild."""

    index_number: int


class Collection(CollectionConfig):
    """A collection that exists."""

    created: datetime
    updated: datetime
    analysis: int = Field(
        default=1,
        description=f"Version of the analysis, which cuts text into words. New collections have {ANALYSIS_VERSION}.",
    )
    generation: int = Field(
        default=0,
        ge=0,
        description="Grows with each change after which functions must not use the configuration that they remember.",
    )
    filling: dict[VectorName, str] = Field(
        default_factory=dict,
        description="Vectors that were added and that objects may still lack, each with the id of the job that fills "
        "it.",
    )
    index_number: int = Field(
        default=1, ge=1, description="Of the index that has the objects. A rebuild makes another."
    )
    rebuild: Rebuild | None = Field(default=None, description="The rebuild that is under way.")
    former: FormerIndex | None = Field(
        default=None,
        description="The index before the last rebuild, which is kept so that the rebuild can be undone, until "
        "`POST .../rebuild/finish`.",
    )
    notice: str | None = Field(
        default=None, description="What should be done about this collection, such as to rebuild it. Null: nothing."
    )

    @model_validator(mode="before")
    @classmethod
    def _notice_is_derived(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        is_old = data.get("analysis", 1) < ANALYSIS_VERSION
        return data | {"notice": OLD_ANALYSIS.format(name=data.get("name", "NAME")) if is_old else None}

    @property
    def alias(self) -> str:
        """The alias of the index that no other collection ever has, not even a later one of this name.

        Objects are read and written through it, so that what a function remembers of a collection that was deleted
        and created again meets no index, instead of one that it does not fit. Each generation has an alias of its own,
        for the same reason.
        """
        return generation_alias(self.identity, self.generation)

    @property
    def identity(self) -> str:
        """The name that only this collection ever has, in all its generations: what jobs and keys hold on to."""
        return unique_alias(self.name, self.created)


class CollectionList(StrictModel):
    """Collections, sorted by name."""

    collections: list[Collection]
    next: str | None = Field(default=None, description="Send it as `after` for the next page. Absent on the last one.")


def has_no_room_for_vectors(collection: Collection) -> bool:
    """Whether the index was made without vectors, and so cannot take any. A rebuild always makes one that can."""
    return not collection.vectors and collection.index_number == 1
