"""One call to a model: texts in, vectors out, everything that can go wrong as one kind of exception."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import orjson

from lambdas.aws.credentials import AwsCredentials
from lambdas.embedding.aws_caller import AwsCaller
from lambdas.embedding.bedrock import invoke_model
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.families import InputType
from lambdas.embedding.model_responses import Vector, tokens_of, truncated_of, vectors_of
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.sagemaker import invoke_endpoint
from lambdas.embedding.vendor_errors import CallFailedError, Remedy, broken_answer
from lambdas.errors import ModelAnswerError, ModelInputError

_CALLS: dict[str, Callable[[Text2VecAws, bytes], HttpCall]] = {"bedrock": invoke_model, "sagemaker": invoke_endpoint}


class Embedded(NamedTuple):
    """The vectors of one call, in the order of its texts, and what the model told of them, if it did."""

    vectors: list[Vector | ModelAnswerError]
    tokens: int | None = None
    truncated: bool = False


class Model(Protocol):
    """Something that embeds the texts of one call."""

    def embed(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        input_type: InputType,
        *,
        credentials: AwsCredentials | None,
        timeout_seconds: float,
    ) -> Embedded:
        """Embed as many texts as one call takes. Raises `CallFailedError`, and nothing else."""
        ...


class AwsModel:
    """Bedrock and SageMaker. Safe to share between threads."""

    def __init__(self, caller: AwsCaller) -> None:
        self._caller = caller

    def embed(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        input_type: InputType,
        *,
        credentials: AwsCredentials | None,
        timeout_seconds: float,
    ) -> Embedded:
        """Embed as many texts as one call takes. Raises `CallFailedError`."""
        request = config.model_family.request(texts, input_type, config.request_settings)
        try:
            body = orjson.dumps(request)
        except orjson.JSONEncodeError:
            error = ModelInputError("The text is not valid Unicode: it holds half of a surrogate pair. Remove it.")
            raise CallFailedError(error, Remedy.SPLIT) from None
        call = _CALLS[config.service](config, body)
        answer = self._caller.send(config, call, credentials=credentials, timeout_seconds=timeout_seconds)
        try:
            parsed = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            raise broken_answer(config) from None
        try:
            vectors = vectors_of(parsed, len(texts), config.resolved_dimensions, config.pooling)
        except ModelAnswerError as error:
            raise CallFailedError(error, Remedy.GIVE_UP) from None
        except ModelInputError as error:
            raise CallFailedError(error, Remedy.SPLIT) from None
        counted = answer.headers.get("x-amzn-bedrock-input-token-count", "")
        return Embedded(vectors, int(counted) if counted.isdecimal() else tokens_of(parsed), truncated_of(parsed))
