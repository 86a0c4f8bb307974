"""The response to a generative search."""

from typing import Literal

from pydantic import Field

from lambdas.models import StrictModel
from lambdas.search.multi import QueryProblem
from lambdas.search.response import Hit, Profile, RerankOutcome

NO_HITS = "no_hits"


class Citation(StrictModel):
    """A statement of the text, and the words of an object that it rests on. Places count characters (code points)."""

    id: str = Field(description="The object.")
    key: str | None = Field(default=None, description="The object's key, if it has one.")
    property: str
    item: int | None = Field(default=None, description="For a list of texts: the place of the quoted one.")
    quote: str = Field(description="A verbatim piece of the stored value; of a value that is not text, of its JSON.")
    quote_start: int = Field(description="Where the quote begins in the value.")
    quote_end: int
    start: int = Field(description="Where the statement begins in the text.")
    end: int
    document: str | None = Field(default=None, description="Of a passage: its document.")
    page: int | None = Field(default=None, description="Of a passage: the page on which it begins.")


class Usage(StrictModel):
    """Tokens, as the model counted them."""

    input_tokens: int
    output_tokens: int


class ContextOutcome(StrictModel):
    """The objects that the model read, and those that it did not."""

    objects: int = Field(description="How many objects the model read.")
    shortened: int = Field(description="How many of these were cut, after a sentence.")
    left_out: int = Field(description="How many found no space.")
    duplicates: int = Field(description="How many had the same text as a better hit.")
    without_text: int = Field(description="How many had no text to read.")
    tokens: int = Field(description="The space that the passages take, estimated.")
    limit: int = Field(description="`context_tokens`.")


class Generated(StrictModel):
    """A text of a model, or the error in its place."""

    text: str | None = None
    citations: list[Citation] = Field(default_factory=list)
    citation_mode: Literal["native", "prompted", "off"] = Field(
        description="`native`: the model cites. `prompted`: it was asked to write the numbers of sentences."
    )
    dropped_citations: int = Field(default=0, description="Citations of the model that are not in the objects.")
    stop_reason: str | None = Field(
        default=None,
        description="`end_turn`, `max_tokens`, `stop_sequence`, `guardrail_intervened`, ...; `no_hits`: no model was "
        "called.",
    )
    usage: Usage | None = None
    latency_ms: int | None = None
    context: ContextOutcome | None = None
    error: QueryProblem | None = None


class GenerationOutcome(StrictModel):
    """The model's work for this request."""

    model: str = Field(description="The model, or the endpoint.")
    service: Literal["bedrock", "sagemaker"]
    region: str
    calls: int = Field(description="All calls, retries included. AWS bills those that succeeded.")
    failed: int = Field(description="Texts that were not written: each has its error.")
    retries: int
    throttled: int = Field(description="Calls that were refused because of the quota.")
    usage: Usage
    took_ms: int


class GeneratedHit(Hit):
    """One object that was found, with the text of `single_prompt`."""

    generated: Generated | None = None


class GeneratedHitGroup(StrictModel):
    """Hits that share a value."""

    value: str | int | float | bool
    count: int = Field(description="How many of the candidates have the value.")
    min_distance: float | None = Field(default=None, description="The smallest distance of the objects shown.")
    max_distance: float | None = Field(default=None, description="The largest distance of the objects shown.")
    objects: list[GeneratedHit] = Field(description="The best of them, best first.")


class GenerateResponse(StrictModel):
    """The objects found, best first, and the texts that a model wrote from them."""

    objects: list[GeneratedHit] = Field(description="With `group_by` empty: the objects are in their groups.")
    groups: list[GeneratedHitGroup] | None = None
    generated: Generated | None = Field(default=None, description="The text of `grouped_task`.")
    generation: GenerationOutcome
    total: int = Field(description="How many objects match, as in a search.")
    truncated: bool = Field(description="More objects match than pages can reach: narrow the search with a filter.")
    rerank: RerankOutcome | None = None
    filled: dict[str, float] | None = Field(default=None, description="As in a search.")
    took_ms: int
    profile: Profile | None = None
