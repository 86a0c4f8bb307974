"""Runs a generative search: search, passages and prompts, the model, the response."""

from collections.abc import Callable, Sequence
from functools import cache

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import (
    CredentialsRefusedError,
    EmbeddingError,
    EndpointNotFoundError,
    InvalidRequestError,
    ModelAccessDeniedError,
    ModelNotFoundError,
    RoleRefusedError,
)
from lambdas.generation.context import pack_context
from lambdas.generation.generator import GenerationCounts, Generator, Outcome
from lambdas.generation.prompts import Prompt
from lambdas.generative_search.budget import check_generation
from lambdas.generative_search.render import build_response
from lambdas.generative_search.request import GenerateRequest
from lambdas.generative_search.response import GenerateResponse
from lambdas.generative_search.task import (
    Task,
    Texts,
    list_hits,
    make_grouped,
    make_passages,
    make_search,
    make_single,
    plan_task,
)
from lambdas.search.response import Hit
from lambdas.search.searcher import Searcher
from lambdas.settings import GenerationLimits

# Errors that every call meets: without any text, they are the request's own.
SET_UP_ERRORS = (
    ModelAccessDeniedError,
    CredentialsRefusedError,
    RoleRefusedError,
    ModelNotFoundError,
    EndpointNotFoundError,
)


class GenerativeSearcher:
    """Runs generative searches. `region` is Alto's own; the generator is created on first use."""

    def __init__(
        self, searcher: Searcher, generator: Callable[[], Generator], region: str, limits: GenerationLimits
    ) -> None:
        self._searcher = searcher
        self._generator = cache(generator)
        self._region = region
        self._limits = limits

    def generate(
        self,
        collection: Collection,
        request: GenerateRequest,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> GenerateResponse:
        """Search, and write from what was found.

        Raises what a search raises, `InvalidRequestError` for a task that does not fit the collection or is above a
        limit, and the `EmbeddingError` of a wrong set-up if no text was written. Every other error of a model is in
        the place of its text.
        """
        task = plan_task(collection, request.generate, self._region)
        check_generation(request, task.model, self._limits)
        found = self._searcher.search(
            collection, make_search(request, task), deadline=deadline, credentials=credentials
        )
        texts = self._write(task, collection.name, list_hits(found), deadline, credentials)
        return build_response(found, request.return_properties, task, texts)

    def _write(
        self, task: Task, name: str, hits: Sequence[Hit], deadline: Deadline, credentials: AwsCredentials | None
    ) -> Texts:
        passages = make_passages(task, name, hits)
        context = pack_context(passages, task.model.context_tokens)
        grouped = make_grouped(task, context)
        single = [make_single(task, hit, passage) for hit, passage in zip(hits, passages, strict=True)]
        # The grouped task first: its one text is worth the most.
        prompts = [each for each in (grouped, *single) if isinstance(each, Prompt)]
        outcomes: list[Outcome] = []
        counts = GenerationCounts()
        if prompts:
            outcomes, counts = self._generator().write(task.model, prompts, deadline=deadline, credentials=credentials)
            raise_set_up_error(task, outcomes)
        written = iter(outcomes)
        return Texts(
            grouped=next(written) if isinstance(grouped, Prompt) else grouped,
            single=[next(written) if isinstance(each, Prompt) else each for each in single],
            context=context,
            counts=counts,
        )


def raise_set_up_error(task: Task, outcomes: Sequence[Outcome]) -> None:
    """Raise the error of a wrong set-up if nothing was written: no other request would fare better.

    A model that does not exist is the request's mistake if the request names it: `InvalidRequestError`.
    """
    errors = [each for each in outcomes if isinstance(each, EmbeddingError)]
    if len(errors) < len(outcomes):
        return
    for error in errors:
        if isinstance(error, ModelNotFoundError) and task.generate.model:
            raise InvalidRequestError.at("generate.model", error.message.rstrip("."))
        if isinstance(error, EndpointNotFoundError) and task.generate.endpoint:
            raise InvalidRequestError.at("generate.endpoint", error.message.rstrip("."))
        if isinstance(error, SET_UP_ERRORS):
            raise error
