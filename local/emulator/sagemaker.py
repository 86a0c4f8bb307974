"""SageMaker runtime: the request and response of each serving container, by endpoint name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import orjson

from local.emulator.errors import ServiceError, body_too_large
from local.emulator.families import FAMILIES
from local.emulator.tokens import count_tokens
from local.emulator.vectors import Floats

BODY_LIMIT = 6_291_456
ACCOUNT = "000000000000"
TEI_TOKENS = 512
TEI_TEXTS = 32  # --max-client-batch-size unless the endpoint sets it
# Containers that write text: see local/emulator/text/endpoints.py.
TEXT_STYLES = ("chat", "tgi")
_COHERE = next(family for family in FAMILIES if family.name == "cohere-v3")


@dataclass(frozen=True)
class Style:
    """One container's payload. refusal: the HTTP status of a wrong payload; tokens: it returns a vector per token."""

    text_field: str
    render: Callable[[Any, Any], Any]
    refusal: int = 400
    max_texts: int | None = None
    max_tokens: int | None = None
    dimensions: int = 384
    tokens: bool = False


def _render_list(body: Any, vectors: Any) -> Any:
    del body
    return vectors


def _render_jumpstart(body: Any, vectors: Any) -> Any:
    del body
    return {"embedding": vectors}


def _render_openai(body: Any, vectors: Any) -> Any:
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    used = sum(count_tokens(text) for text in _texts(body, "input"))
    usage = {"prompt_tokens": used, "total_tokens": used}
    return {"object": "list", "model": body.get("model", "model"), "data": data, "usage": usage}


def _render_cohere(body: Any, vectors: Floats) -> Any:
    return _COHERE.render(body, _COHERE.read(body), vectors)


STYLES: dict[str, Style] = {
    "tei": Style("inputs", _render_list, refusal=422, max_texts=TEI_TEXTS, max_tokens=TEI_TOKENS),
    "djl": Style("inputs", _render_list),
    "jumpstart": Style("text_inputs", _render_jumpstart),
    "openai": Style("input", _render_openai),
    "cohere": Style("texts", _render_cohere, refusal=422, dimensions=1024),
    "hf": Style("inputs", _render_list, tokens=True),
}


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of a style. A header whose values are listed has to be sent with one of them."""

    name: str
    style: str
    dimensions: int = 0  # 0: the style's own
    max_texts: int | None = None
    target_models: tuple[str, ...] = ()
    target_variants: tuple[str, ...] = ()
    inference_components: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.style not in (*STYLES, *TEXT_STYLES):
            known = ", ".join((*STYLES, *TEXT_STYLES))
            raise ValueError(f"The endpoint {self.name} has style {self.style!r}; choose one of {known}.")
        if not self.writes:
            object.__setattr__(self, "dimensions", self.dimensions or STYLES[self.style].dimensions)

    @property
    def writes(self) -> bool:
        """Whether it generates text; the others embed."""
        return self.style in TEXT_STYLES

    def check_target(self, headers: Mapping[str, str]) -> None:
        """Raises ServiceError when a listed header is missing or names something else."""
        for header, known in (
            ("x-amzn-sagemaker-target-model", self.target_models),
            ("x-amzn-sagemaker-target-variant", self.target_variants),
            ("x-amzn-sagemaker-inference-component", self.inference_components),
        ):
            given = headers.get(header)
            if known and given not in known:
                label = header.removeprefix("x-amzn-sagemaker-")
                problem = f"{label} header is required" if given is None else f"{label} {given} not found"
                raise validation_error(f"{problem} for endpoint {self.name} of account {ACCOUNT}.")

    def read(self, headers: Mapping[str, str], raw: bytes) -> tuple[Any, list[str]]:
        """The body and its texts. Raises ServiceError: ModelError with the container's status, or ValidationError."""
        if len(raw) > BODY_LIMIT:
            raise validation_error(body_too_large(BODY_LIMIT))
        style = STYLES[self.style]
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise self.refuse(415, "Unsupported content type: send application/json")
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise self.refuse(400, f"Failed to parse the request body as JSON: {error}") from error
        if not isinstance(body, dict) or style.text_field not in body:
            raise self.refuse(style.refusal, f"missing field `{style.text_field}`")
        if self.style == "cohere":
            return body, self._read_cohere(body)
        texts = _texts(body, style.text_field)
        if not texts or not all(isinstance(text, str) for text in texts):
            raise self.refuse(style.refusal, f"`{style.text_field}` must be a string or a list of strings")
        self._check_limits(style, body, texts)
        return body, texts

    def _read_cohere(self, body: dict[str, Any]) -> list[str]:
        try:
            return _COHERE.read(body).texts
        except ServiceError as error:
            raise self.refuse(STYLES["cohere"].refusal, error.message) from error

    def _check_limits(self, style: Style, body: dict[str, Any], texts: list[str]) -> None:
        if "" in texts:
            raise self.refuse(400, f"`{style.text_field}` cannot be empty")
        most = self.max_texts or style.max_texts
        if most is not None and len(texts) > most:
            raise self.refuse(413, f"batch size {len(texts)} > maximum allowed batch size {most}")
        longest = max(count_tokens(text) for text in texts)
        if style.max_tokens and longest >= style.max_tokens and not body.get("truncate"):
            problem = f"must have less than {style.max_tokens} tokens. Given: {longest}"
            raise self.refuse(413, f"`{style.text_field}` {problem}")

    def refuse(self, status: int, message: str) -> ServiceError:
        """SageMaker's error for a container's 4xx: 424 with the original inside."""
        original = orjson.dumps({"error": message}).decode()
        logs = f"/aws/sagemaker/Endpoints/{self.name}"
        wrapped = (
            f'Received client error ({status}) from primary with message "{original}". See {logs} for more information.'
        )
        extra = {
            "OriginalStatusCode": status,
            "OriginalMessage": original,
            "LogStreamArn": f"arn:aws:logs:::log-group:{logs}",
        }
        return ServiceError(424, "ModelError", wrapped, **extra)

    def render(self, body: Any, vectors: Any) -> Any:
        """vectors: (texts, dimensions), or for a token-level style one (tokens, dimensions) per text."""
        return STYLES[self.style].render(body, vectors)


class SageMaker:
    """The endpoints: those registered, and any name that begins with a style and a hyphen (`tei-minilm`).

    registered: endpoint name to a style's name, or to the fields of an Endpoint. Raises ValueError for unknown ones.
    """

    def __init__(self, registered: Mapping[str, Any] | None = None) -> None:
        self._endpoints = {name: _endpoint(name, given) for name, given in (registered or {}).items()}

    def endpoint(self, name: str) -> Endpoint:
        """Raises ServiceError for an endpoint that does not exist."""
        if name in self._endpoints:
            return self._endpoints[name]
        style, hyphen, _ = name.partition("-")
        if not hyphen or style not in (*STYLES, *TEXT_STYLES):
            raise validation_error(f"Endpoint {name} of account {ACCOUNT} not found.")
        return Endpoint(name, style)


def validation_error(message: str) -> ServiceError:
    return ServiceError(400, "ValidationError", message)


def _endpoint(name: str, given: Any) -> Endpoint:
    options = {"style": given} if isinstance(given, str) else dict(given)
    known = {item.name for item in fields(Endpoint)} - {"name"}
    unknown = sorted(options.keys() - known)
    if unknown or "style" not in options:
        problem = f"unknown options {', '.join(unknown)}" if unknown else "no style"
        raise ValueError(f"The endpoint {name} has {problem}; it takes {', '.join(sorted(known))}.")
    lists = {key: tuple(value) for key, value in options.items() if isinstance(value, list)}
    return Endpoint(name, **{**options, **lists})


def _texts(body: dict[str, Any], text_field: str) -> list[Any]:
    given = body[text_field]
    return given if isinstance(given, list) else [given]
