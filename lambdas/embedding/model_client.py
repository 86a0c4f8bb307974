"""One call to a model: texts in, vectors out, everything that can go wrong as one kind of exception."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol
from urllib.parse import quote

import orjson

from lambdas.aws.credentials import AwsCredentials
from lambdas.embedding.aws_caller import AwsCaller
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.families import InputType
from lambdas.embedding.model_responses import Vector, tokens_of, truncated_of, vectors_of
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.vendor_errors import CallFailedError, Remedy, broken_response
from lambdas.errors import ModelAnswerError, ModelInputError

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class Embedded(NamedTuple):
    """The vectors of one call, in the order of its texts, with the model's own count and cut, where it reports them."""

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
        response = self._caller.send(config, call, credentials=credentials, timeout_seconds=timeout_seconds)
        try:
            parsed = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            raise broken_response(config) from None
        try:
            vectors = vectors_of(parsed, len(texts), config.resolved_dimensions, config.pooling)
        except ModelAnswerError as error:
            raise CallFailedError(error, Remedy.GIVE_UP) from None
        except ModelInputError as error:
            raise CallFailedError(error, Remedy.SPLIT) from None
        counted = response.headers.get("x-amzn-bedrock-input-token-count", "")
        return Embedded(vectors, int(counted) if counted.isdecimal() else tokens_of(parsed), truncated_of(parsed))


def invoke_model(config: Text2VecAws, body: bytes) -> HttpCall:
    """Return the InvokeModel call. The model may be an ARN, whose colons and slashes are part of one path segment."""
    return HttpCall("bedrock-runtime", config.region, f"/model/{quote(config.target, safe='')}/invoke", _JSON, body)


class Endpoint(Protocol):
    """A SageMaker endpoint, with the model, variant or inference component that the configuration names."""

    @property
    def target(self) -> str: ...
    @property
    def target_model(self) -> str | None: ...
    @property
    def target_variant(self) -> str | None: ...
    @property
    def inference_component(self) -> str | None: ...


def invoke_endpoint_path(endpoint: Endpoint) -> tuple[str, dict[str, str]]:
    """Return the path and the headers of InvokeEndpoint."""
    optional = {
        "X-Amzn-SageMaker-Target-Model": endpoint.target_model,
        "X-Amzn-SageMaker-Target-Variant": endpoint.target_variant,
        "X-Amzn-SageMaker-Inference-Component": endpoint.inference_component,
    }
    headers = _JSON | {name: value for name, value in optional.items() if value is not None}
    return f"/endpoints/{quote(endpoint.target, safe='')}/invocations", headers


def invoke_endpoint(config: Text2VecAws, body: bytes) -> HttpCall:
    """Return the InvokeEndpoint call."""
    path, headers = invoke_endpoint_path(config)
    return HttpCall("sagemaker-runtime", config.region, path, headers, body)


_CALLS: dict[str, Callable[[Text2VecAws, bytes], HttpCall]] = {"bedrock": invoke_model, "sagemaker": invoke_endpoint}
