"""Builds the response of a generative search. Pure."""

from collections.abc import Collection as Names
from collections.abc import Iterator, Sequence
from typing import Any

from lambdas.errors import EmbeddingError
from lambdas.generation.generator import Outcome
from lambdas.generation.prompts import NOTHING_FOUND, CitationMode
from lambdas.generative_search.response import (
    NO_HITS,
    Citation,
    ContextOutcome,
    Generated,
    GeneratedHit,
    GeneratedHitGroup,
    GenerateResponse,
    GenerationOutcome,
    Usage,
)
from lambdas.generative_search.task import Task, Texts, list_hits
from lambdas.search.multi import describe_failure
from lambdas.search.response import Hit, SearchResponse


def build_response(
    found: SearchResponse, return_properties: Names[str] | None, task: Task, texts: Texts
) -> GenerateResponse:
    """Return the response: the search's, with the texts in their places."""
    generated = _number_hits(found, return_properties, task, texts)
    counts, model = texts.counts, task.model
    objects = [next(generated) for _ in found.objects]
    groups = [
        GeneratedHitGroup(
            value=group.value,
            count=group.count,
            min_distance=group.min_distance,
            max_distance=group.max_distance,
            objects=[next(generated) for _ in group.objects],
        )
        for group in found.groups or ()
    ]
    return GenerateResponse(
        objects=objects,
        groups=None if found.groups is None else groups,
        generated=_with_pages(_render_grouped(texts, task), list_hits(found))
        if task.generate.grouped_task is not None
        else None,
        generation=GenerationOutcome(
            model=model.target,
            service=model.service,
            region=model.region,
            calls=counts.calls,
            failed=sum(isinstance(each, EmbeddingError) for each in (texts.grouped, *texts.single)),
            retries=counts.retries,
            throttled=counts.throttled,
            usage=Usage(input_tokens=counts.input_tokens, output_tokens=counts.output_tokens),
            took_ms=counts.milliseconds,
        ),
        total=found.total,
        truncated=found.truncated,
        rerank=found.rerank,
        filled=found.filled,
        took_ms=found.took_ms + counts.milliseconds,
        profile=found.profile,
    )


def _number_hits(
    found: SearchResponse, return_properties: Names[str] | None, task: Task, texts: Texts
) -> Iterator[GeneratedHit]:
    """Yield the hits of the response and of its groups, each with its text."""
    for hit, outcome in zip(list_hits(found), texts.single, strict=True):
        text = None if outcome is None else _render(outcome, task.citations if task.reads_single else "off")
        yield _with_text(hit, return_properties, text and _with_pages(text, [hit]))


def _with_text(hit: Hit, return_properties: Names[str] | None, text: Generated | None) -> GeneratedHit:
    fields = {name: getattr(hit, name) for name in Hit.model_fields}
    if return_properties is not None:
        fields["properties"] = {name: value for name, value in hit.properties.items() if name in return_properties}
    return GeneratedHit.model_construct(**fields, generated=text)


def _with_pages(generated: Generated, hits: Sequence[Hit]) -> Generated:
    """Return the text with the key of each cited object; of a passage with its document and page."""
    places = {hit.id: _place(hit) for hit in hits}
    cited = [each.model_copy(update=places.get(each.id, {})) for each in generated.citations]
    return generated.model_copy(update={"citations": cited})


def _place(hit: Hit) -> dict[str, Any]:
    place: dict[str, Any] = {} if hit.key is None else {"key": hit.key}
    if "document_version" in hit.properties:
        place |= {name: hit.properties[name] for name in ("document", "page") if name in hit.properties}
    return place


def _render_grouped(texts: Texts, task: Task) -> Generated:
    context = texts.context
    said = ContextOutcome(
        objects=len(context.passages),
        shortened=context.shortened,
        left_out=context.left_out,
        duplicates=context.duplicates,
        without_text=context.without_text,
        tokens=context.tokens,
        limit=task.model.context_tokens,
    )
    if texts.grouped is None:
        nothing = Usage(input_tokens=0, output_tokens=0)
        return Generated(
            text=NOTHING_FOUND, citation_mode=task.citations, stop_reason=NO_HITS, usage=nothing, context=said
        )
    return _render(texts.grouped, task.citations).model_copy(update={"context": said})


def _render(outcome: Outcome, mode: CitationMode) -> Generated:
    if isinstance(outcome, EmbeddingError):
        return Generated(citation_mode=mode, error=describe_failure(outcome).error)
    return Generated(
        text=outcome.text,
        citations=[Citation.model_validate(each._asdict()) for each in outcome.citations.citations],
        citation_mode=mode,
        dropped_citations=outcome.citations.dropped,
        stop_reason=outcome.stop_reason,
        usage=Usage(input_tokens=outcome.input_tokens, output_tokens=outcome.output_tokens),
        latency_ms=outcome.milliseconds,
    )
