"""The task, the prompts and the passages of a generative search. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from lambdas.collections.model import CollectionConfig
from lambdas.errors import EmbeddingError, NoTextError, TextTooLongError
from lambdas.generation.config import GenerationModel
from lambdas.generation.context import Context, Passage, Readable, make_passage, pack_context
from lambdas.generation.generator import GenerationCounts, Outcome
from lambdas.generation.prompts import CitationMode, Prompt
from lambdas.generation.sentences import estimate_tokens
from lambdas.generation.template import count_places, enclose_value, find_values, render_template, render_value
from lambdas.generative_search.request import (
    Generate,
    GenerateRequest,
    check_template,
    choose_model,
    list_readable,
    list_top_level,
)
from lambdas.search.request import SearchRequest
from lambdas.search.response import Hit, SearchResponse

_SEARCH_FIELDS = set(SearchRequest.model_fields)


class Task(NamedTuple):
    """A request that fits its collection."""

    generate: Generate
    model: GenerationModel
    readable: list[Readable]
    # The properties that the template names.
    places: list[str]
    # Properties of passages that citations show.
    cited: tuple[str, ...] = ()

    @property
    def citations(self) -> CitationMode:
        """How the model cites."""
        if not self.generate.citations:
            return "off"
        return "native" if self.model.row.cites else "prompted"

    @property
    def reads_single(self) -> bool:
        """Whether each object's passage goes along with its own prompt."""
        return not self.places or self.generate.properties is not None


class Texts(NamedTuple):
    """The texts written from all hits, and from each. None where nothing was asked for or nothing was to be read."""

    grouped: Outcome | None
    single: list[Outcome | None]
    context: Context
    counts: GenerationCounts


def plan_task(collection: CollectionConfig, generate: Generate, own_region: str) -> Task:
    """Return the task. Raises `InvalidRequestError` if it does not fit the collection."""
    model = choose_model(collection, generate, own_region)
    places = check_template(collection, generate.single_prompt) if generate.single_prompt else []
    cited = () if collection.documents is None else ("document", "document_version", "page")
    return Task(generate, model, list_readable(collection, generate), places, cited)


def make_search(request: GenerateRequest, task: Task) -> SearchRequest:
    """Return the search, which also fetches what the model reads."""
    search = SearchRequest.model_construct(
        _fields_set=request.model_fields_set & _SEARCH_FIELDS,
        **{name: getattr(request, name) for name in _SEARCH_FIELDS},
    )
    if request.return_properties is None:
        return search
    read = list_top_level([*task.places, *(each.path for each in task.readable), *task.cited])
    return search.model_copy(update={"return_properties": list(dict.fromkeys([*request.return_properties, *read]))})


def list_hits(found: SearchResponse) -> list[Hit]:
    """Return the objects of a response, also those in groups, best first."""
    return [*found.objects, *(hit for group in found.groups or () for hit in group.objects)]


def make_single(task: Task, hit: Hit, passage: Passage) -> Prompt | EmbeddingError | None:
    """Return the prompt of one object, or the error that it has instead; None if none is asked for."""
    template = task.generate.single_prompt
    if template is None:
        return None
    values = {path: _render_place(hit, path) for path in task.places}
    passages: tuple[Passage, ...] = ()
    if task.reads_single:
        passages = pack_context([passage], task.model.context_tokens).passages
    if not any(text.strip() for text in values.values()) and not passages:
        read = ", ".join(task.places or [each.path for each in task.readable]) or "none: the collection has no text"
        return NoTextError(f"The object has no value that the prompt reads ({read}), so no model was called.")
    # A template may name a property many times, and each time costs.
    times = count_places(template)
    tokens = sum(times[path] * estimate_tokens(enclose_value(path, text)) for path, text in values.items())
    if tokens > task.model.context_tokens:
        return TextTooLongError(
            f"The values in the prompt have about {tokens:,} tokens, and 'context_tokens' is "
            f"{task.model.context_tokens:,}: raise it, name shorter properties, or use 'properties', which are cut."
        )
    return Prompt(
        render_template(template, values),
        passages,
        has_values=bool(values),
        citations=task.citations if passages else "off",
    )


def make_grouped(task: Task, context: Context) -> Prompt | EmbeddingError | None:
    """Return the prompt over all objects; None if none is asked for, or if nothing was found to write from."""
    if task.generate.grouped_task is None:
        return None
    if not context.passages:
        too_long = TextTooLongError("No sentence of the objects found fits into 'context_tokens': raise it.")
        return too_long if context.left_out else None
    return Prompt(task.generate.grouped_task, context.passages, citations=task.citations)


def make_passages(task: Task, name: str, hits: Sequence[Hit]) -> list[Passage]:
    """Return what the model reads of each hit of the collection of this name."""
    return [make_passage(hit.id, f"{name} {place}", task.readable, hit.properties) for place, hit in enumerate(hits, 1)]


def _render_place(hit: Hit, path: str) -> str:
    found = find_values(hit.properties, path)
    return render_value(found[0] if len(found) == 1 else found)
