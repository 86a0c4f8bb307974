"""The settings of a collection of documents: how they are cut into passages, and what each passage keeps. Pure."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from lambdas.models import StrictModel

Chunking = Literal["structure", "sentences", "fixed"]
Before = Literal["title", "heading"]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}$")]

MIN_SIZE, MAX_SIZE, DEFAULT_SIZE = 200, 8_000, 1_200
MAX_KEPT = 100
# The properties that each passage has besides its text.
PASSAGE_PROPERTIES = (
    "document",
    "document_version",
    "title",
    "heading",
    "ordinal",
    "page",
    "source",
    "links",
)


class DocumentSettings(StrictModel):
    """How the documents of a collection become passages."""

    property: Name = Field(
        default="text", description="The property that holds a passage. Added to the collection if it is missing."
    )
    chunking: Chunking = Field(
        default="structure",
        description="`structure`: paragraphs, lists and tables of one section together, up to `size`; `sentences`: "
        "whole sentences up to `size`; `fixed`: `size` characters, between words.",
    )
    size: int = Field(
        default=DEFAULT_SIZE,
        ge=MIN_SIZE,
        le=MAX_SIZE,
        description="The most characters of a passage. Four characters are about one token of English.",
    )
    overlap: int = Field(
        default=0,
        ge=0,
        description="Characters that a passage repeats of the one before, in the same section. At most half of `size`.",
    )
    before: tuple[Before, ...] = Field(
        default=("heading",),
        max_length=2,
        description="What is embedded with each passage: the path of its headings, the title of its document. Both "
        "are searched by BM25 in any case.",
    )
    metadata: tuple[Name, ...] | None = Field(
        default=None,
        max_length=MAX_KEPT,
        description="The fields of `<file>.metadata.json` that passages keep, each a property of the collection. If "
        "not given: all, and a field that is not a property fails its document.",
    )
    on_delete: Literal["keep", "remove"] = Field(
        default="keep",
        description="`remove`: when a document is deleted from the import bucket, its passages are deleted too.",
    )

    @model_validator(mode="after")
    def _check_sizes(self) -> Self:
        if self.overlap > self.size // 2:
            raise ValueError(f"overlap is {self.overlap}, and at most half of size ({self.size // 2}) is useful")
        if self.property in PASSAGE_PROPERTIES:
            raise ValueError(
                f"property is '{self.property}', which each passage has for another purpose: choose another"
            )
        taken = [
            name for name in self.metadata or () if name in (self.property, *PASSAGE_PROPERTIES) and name != "title"
        ]
        if taken:
            raise ValueError(f"metadata names '{taken[0]}', which each passage has for another purpose: leave it out")
        return self


def missing_properties(settings: DocumentSettings, described: Sequence[object]) -> list[dict[str, object]]:
    """Return the properties that passages need and the collection does not describe, as they are described."""
    # Not searched by words, and never embedded: they say where a passage is from.
    apart: dict[str, object] = {"type": "text", "searchable": False, "skip_vectorization": True}
    needed: dict[str, dict[str, object]] = {
        settings.property: {"type": "text", "filterable": False},
        "document": apart | {"description": "The name of the document: its key below the collection's folder."},
        "document_version": apart | {"description": "The same for all passages of one version of a document."},
        "title": {"type": "text", "skip_vectorization": "title" not in settings.before},
        "heading": {
            "type": "text",
            "skip_vectorization": "heading" not in settings.before,
            "description": "The headings above the passage, from the outermost.",
        },
        "ordinal": {"type": "int", "description": "The place of the passage in its document, from 0."},
        "page": {"type": "int", "description": "The page on which the passage begins, from 1, if there are pages."},
        "source": apart | {"description": "The address of the document in S3."},
        "links": apart | {"type": "text[]", "description": "The addresses to which the passage links."},
    }
    return [{"name": name} | body for name, body in needed.items() if name not in described]
