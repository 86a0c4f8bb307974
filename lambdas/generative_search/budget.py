"""The cost of a generative search, computed before anything is sent, and its limits. Pure. See docs/limits.md."""

from lambdas.errors import InvalidRequestError
from lambdas.generation.config import GenerationModel
from lambdas.generation.sentences import estimate_tokens
from lambdas.generative_search.request import GenerateRequest
from lambdas.settings import GenerationLimits


def estimate_generation(request: GenerateRequest, model: GenerationModel) -> tuple[int, int]:
    """Return the most calls that a request makes, without retries, and the most tokens that they read and write."""
    single, grouped = request.generate.single_prompt, request.generate.grouped_task
    objects = request.limit
    if request.group_by:
        objects = min(request.group_by.groups * request.group_by.objects_per_group, request.group_by.candidates)
    each = model.context_tokens + model.max_tokens + (estimate_tokens(model.system) if model.system else 0)
    calls = tokens = 0
    for prompt, count in ((single, objects), (grouped, 1)):
        if prompt is not None:
            calls += count
            tokens += count * (each + estimate_tokens(prompt))
    return calls, tokens


def check_generation(request: GenerateRequest, model: GenerationModel, limits: GenerationLimits) -> None:
    """Raise `InvalidRequestError` if a request is above a limit."""
    calls, tokens = estimate_generation(request, model)
    if calls > limits.calls:
        raise InvalidRequestError.at(
            "generate",
            f"the request has up to {calls:,} calls of a model, and at most {limits.calls:,} are possible: lower limit",
        )
    if tokens > limits.tokens:
        raise InvalidRequestError.at(
            "generate",
            f"the request has up to {tokens:,} tokens (calls x (prompt + context_tokens + max_tokens)), and "
            f"at most {limits.tokens:,} are possible: lower limit, context_tokens or max_tokens",
        )
