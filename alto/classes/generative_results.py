"""Generated texts, with their sources."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID

from alto.classes.results import Object, P, QueryReturn
from alto.errors import AltoError


@dataclass(frozen=True, slots=True)
class Citation:
    """A statement of a text, and where it is taken from.

    Attributes:
        uuid: The id of the object.
        property: The property that has the quote.
        quote: The words of the object, as they are stored.
        quote_start: Where they begin in the property's value; None if the response does not say.
        quote_end: Where they end.
        start: Where the statement begins in the text: `text[start:end]`.
        end: Where it ends.
        item: Of a list: the index of the item that has the quote.
        key: The key of the object, if it has one.
        document: Of a passage of a document: its name.
        page: The page on which the passage begins, if the document has pages.
    """

    uuid: UUID
    property: str
    quote: str
    start: int
    end: int
    quote_start: int | None = None
    quote_end: int | None = None
    item: int | None = None
    key: str | None = None
    document: str | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class GenerativeUsage:
    """The tokens of a text: read and written."""

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class GenerativeMetadata:
    """How a text came about.

    Attributes:
        model: The model or endpoint.
        usage: Its tokens.
        stop_reason: Why it ends: "end_turn", "max_tokens", "stop_sequence", "guardrail_intervened", "no_hits", ...
        latency_ms: The time of the model.
        citation_mode: How it cites: "native", "prompted" or "off".
        dropped_citations: How many quotes of the model were not in their object.
        context: Of a grouped task: how many objects the model has read, shortened, left out.
    """

    model: str | None = None
    usage: GenerativeUsage = field(default_factory=GenerativeUsage)
    stop_reason: str | None = None
    latency_ms: int | None = None
    citation_mode: str | None = None
    dropped_citations: int = 0
    context: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class GenerativeSingle:
    """A generated text, with its sources. `text` is None if there was an error, which is then `error`."""

    text: str | None = None
    metadata: GenerativeMetadata = field(default_factory=GenerativeMetadata)
    citations: list[Citation] = field(default_factory=list)
    error: AltoError | None = None
    debug: None = None


@dataclass(frozen=True, slots=True)
class GenerativeGrouped(GenerativeSingle):
    """The text over all objects."""


@dataclass(frozen=True, slots=True, repr=False)
class GenerativeObject(Object[P]):
    """An object that was found, with the text of `single_prompt`: `.generative.text`."""

    generative: GenerativeSingle | None = None

    @property
    def generated(self) -> str | None:
        """The text; the older name of `.generative.text`."""
        return None if self.generative is None else self.generative.text

    @classmethod
    def of(cls, found: Object[P], generative: GenerativeSingle | None) -> "GenerativeObject[P]":
        """The object with a text."""
        return cls(**{each.name: getattr(found, each.name) for each in fields(Object)}, generative=generative)


@dataclass(frozen=True, slots=True, repr=False)
class GenerativeReturn(QueryReturn[P]):
    """The objects found, each with the text of `single_prompt`, and the text of `grouped_task`.

    Attributes:
        generative: The text over all objects; None without `grouped_task`.
        generation: The calls of the model together: `calls`, `failed`, `throttled`, `retries`, `usage`, `took_ms`.
    """

    # A list of a narrower type, which is only read.
    objects: list[GenerativeObject[P]]  # type: ignore[assignment]
    generative: GenerativeGrouped | None = None
    generation: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[GenerativeObject[P]]:
        return iter(self.objects)

    @property
    def generated(self) -> str | None:
        """The text over all objects; the older name of `.generative.text`."""
        return None if self.generative is None else self.generative.text
