"""Builders for tests of generation: a model, and a caller whose responses are written down."""

import json
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.http import HttpResponse
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.vendor_errors import failure_of
from lambdas.generation.config import GenerationModel
from lambdas.generation.models import language_model_of

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"


def model(target: str = CLAUDE, **settings: Any) -> GenerationModel:
    """A model on Bedrock."""
    return GenerationModel("bedrock", "us-east-1", target, language_model_of(target), **settings)


def endpoint(**settings: Any) -> GenerationModel:
    """A model on SageMaker."""
    return GenerationModel("sagemaker", "us-east-1", "chat", **settings)


def converse(*content: Any, stop: str = "end_turn", tokens: tuple[int, int] = (9, 3)) -> HttpResponse:
    """Converse's response. Content that is text is a block of text."""
    blocks = [{"text": each} if isinstance(each, str) else each for each in content]
    body = {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": stop,
        "usage": {"inputTokens": tokens[0], "outputTokens": tokens[1], "totalTokens": sum(tokens)},
        "metrics": {"latencyMs": 5},
    }
    return HttpResponse(200, {}, json.dumps(body).encode())


def cited(text: str, *citations: dict[str, Any]) -> dict[str, Any]:
    """A block of text with its citations."""
    return {"citationsContent": {"content": [{"text": text}], "citations": list(citations)}}


def source(quote: str | None, passage: int, first: int, last: int, key: str | None = None) -> dict[str, Any]:
    """A citation of blocks of a passage."""
    found: dict[str, Any] = {
        "location": {"searchResultLocation": {"searchResultIndex": passage, "start": first, "end": last}}
    }
    if quote is not None:
        found["sourceContent"] = [{"text": quote}]
    return found | ({"source": key} if key else {})


def refused(status: int, code: str, message: str = "no") -> HttpResponse:
    """An error of AWS."""
    return HttpResponse(status, {"x-amzn-errortype": code}, json.dumps({"message": message}).encode())


class Caller:
    """Replies to calls in turn, the last one for ever, or by a function; keeps what was sent."""

    def __init__(
        self, *responses: HttpResponse, respond: Callable[[dict[str, Any]], HttpResponse] | None = None
    ) -> None:
        self._responses = list(responses)
        self._respond = respond
        self._lock = Lock()
        self.calls: list[HttpCall] = []
        self.timeouts: list[float] = []
        self.credentials: list[AwsCredentials | None] = []

    @property
    def bodies(self) -> Sequence[dict[str, Any]]:
        """The bodies that were sent."""
        return [json.loads(call.body) for call in self.calls]

    def send(
        self, target: Any, call: HttpCall, *, credentials: AwsCredentials | None, timeout_seconds: float
    ) -> HttpResponse:
        with self._lock:
            self.calls.append(call)
            self.timeouts.append(timeout_seconds)
            self.credentials.append(credentials)
            if not self._respond:
                response = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        if self._respond:
            response = self._respond(json.loads(call.body))
        if response.status != 200:
            raise failure_of(response, target)
        return response
