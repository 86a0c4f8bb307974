"""The one border at which AWS's errors become Alto's.

Each row says what an error means, what helps, and what its reader should do next. A message names the model or
endpoint and the region. AWS's own text is passed on only where it is about the text that was sent; the texts about
credentials may quote what was signed, and are not.
"""

import re
from enum import Enum
from typing import Any, NamedTuple

import orjson
from urllib3.exceptions import HTTPError, NameResolutionError, ReadTimeoutError

from lambdas.aws.credentials import AccessRefusedError, AwsAccessError, NoCredentialsError
from lambdas.aws.http import HttpResponse
from lambdas.aws.stage_roles import RoleNotListedError
from lambdas.embedding.model_target import ModelTarget
from lambdas.errors import (
    CredentialsExpiredError,
    CredentialsRefusedError,
    EmbeddingError,
    EndpointNotFoundError,
    ModelAccessDeniedError,
    ModelInputError,
    ModelNotFoundError,
    ModelQuotaError,
    ModelThrottledError,
    ModelUnavailableError,
    RoleRefusedError,
    TextTooLongError,
)


class Remedy(Enum):
    """The remedy for a failed call."""

    RETRY = "the same call again, a few times, and then the texts apart"
    RECONNECT = "the same call again, a few times"
    SLOW_DOWN = "the same call again, until the deadline, and fewer of them"
    SPLIT = "the texts apart: one of them is to blame"
    GIVE_UP = "nothing, for these texts"
    STOP = "nothing, and every other call would fail too"


class CallFailedError(Exception):
    """A call that brought no vectors, and what helps. `fit` is the share of the text that the model would take."""

    def __init__(
        self,
        error: EmbeddingError,
        remedy: Remedy,
        *,
        retry_after_seconds: float | None = None,
        fit: float | None = None,
    ) -> None:
        super().__init__(error.message)
        self.error = error
        self.remedy = remedy
        self.retry_after_seconds = retry_after_seconds
        self.fit = fit


class Rule(NamedTuple):
    """How Alto treats one kind of AWS error. `advice` knows {what}, {region}, {detail} and what `ModelTarget` says."""

    error: type[EmbeddingError]
    remedy: Remedy
    advice: str


_THROTTLED = Rule(
    ModelThrottledError,
    Remedy.SLOW_DOWN,
    "{what} in {region} is throttled: its quota is used up for the moment. Try again later, lower the load"
    "{load_settings}, or ask AWS for a higher quota.",
)
_UNAVAILABLE = Rule(ModelUnavailableError, Remedy.RETRY, "{what} in {region} failed ({detail}). Try again later.")
_UNREACHABLE = Rule(ModelUnavailableError, Remedy.RECONNECT, "{what} in {region} cannot be reached: {detail}.")
_OVERLOADED = Rule(ModelUnavailableError, Remedy.SLOW_DOWN, "{what} in {region} is not available now. Try again later.")
_NOT_READY = Rule(
    ModelUnavailableError, Remedy.SLOW_DOWN, "{what} in {region} is still being made ready. Try again in a minute."
)
_DENIED = Rule(
    ModelAccessDeniedError,
    Remedy.STOP,
    "The credentials may not call {what} in {region}. Allow {action} on it (for a role that is assumed: in that "
    "role's policy), and see that the account has access to the model in that region.",
)
_REFUSED = Rule(
    CredentialsRefusedError,
    Remedy.STOP,
    "AWS does not accept the credentials for {what} in {region}. Check the X-AWS-Access-Key, X-AWS-Secret-Key and "
    "X-AWS-Session-Token headers if the request has them, else the keys of Alto's environment.",
)
_EXPIRED = Rule(
    CredentialsExpiredError,
    Remedy.STOP,
    "The temporary credentials for {what} in {region} have expired. Fetch new ones and send the request again.",
)
_QUOTA = Rule(
    ModelQuotaError,
    Remedy.STOP,
    "A service quota of the account is exceeded for {what} in {region}. Look it up in Service Quotas and ask for more.",
)
_NO_MODEL = Rule(
    ModelNotFoundError,
    Remedy.STOP,
    "{what} cannot be called in {region}. Check the identifier, choose a region that has the model, or name an "
    "inference profile of it, such as 'us.' or 'eu.' before the id.",
)
_NOT_A_WRITER = Rule(
    ModelNotFoundError,
    Remedy.STOP,
    "{what} in {region} does not write texts. Name a model of Bedrock's Converse API, such as amazon.nova-lite-v1:0.",
)
_NO_GUARDRAIL = Rule(
    ModelInputError,
    Remedy.STOP,
    "The guardrail for {what} does not exist in {region}. Check its id and version in 'guardrail'.",
)
_NO_ENDPOINT = Rule(
    EndpointNotFoundError,
    Remedy.STOP,
    "{what} does not exist in {region}, or not with this variant or component. Check the names, and that it is in "
    "service.",
)
_BAD_INPUT = Rule(ModelInputError, Remedy.SPLIT, "{what} in {region} rejected the text: {detail}")
_TOO_LONG = Rule(
    TextTooLongError,
    Remedy.SPLIT,
    "The text is longer than {what} takes ({limit}). {shortening}",
)
_TOO_LONG_FOR_CONTAINER = Rule(
    TextTooLongError,
    Remedy.SPLIT,
    "The text is longer than {what} takes ({detail}). Shorten it, or have its container cut texts "
    "(Text Embeddings Inference: --auto-truncate).",
)

_CODES: dict[str, Rule] = {
    "ThrottlingException": _THROTTLED,
    "Throttling": _THROTTLED,
    "TooManyRequestsException": _THROTTLED,
    "ServiceQuotaExceededException": _QUOTA,
    "ModelNotReadyException": _NOT_READY,
    "ModelTimeoutException": _UNAVAILABLE,
    "ModelErrorException": _UNAVAILABLE,
    "ModelError": _UNAVAILABLE,
    "InternalServerException": _UNAVAILABLE,
    "InternalFailure": _UNAVAILABLE,
    "InternalDependencyException": _UNAVAILABLE,
    "DependencyFailedException": _UNAVAILABLE,
    "BadGatewayException": _UNAVAILABLE,
    "ServiceUnavailableException": _OVERLOADED,
    "ServiceUnavailable": _OVERLOADED,
    "ValidationException": _BAD_INPUT,
    "ValidationError": _BAD_INPUT,
    "AccessDeniedException": _DENIED,
    "AccessDenied": _DENIED,
    "UnrecognizedClientException": _REFUSED,
    "InvalidClientTokenId": _REFUSED,
    "InvalidSignatureException": _REFUSED,
    "SignatureDoesNotMatch": _REFUSED,
    "IncompleteSignature": _REFUSED,
    "IncompleteSignatureException": _REFUSED,
    "MissingAuthenticationToken": _REFUSED,
    "MissingAuthenticationTokenException": _REFUSED,
    "ExpiredTokenException": _EXPIRED,
    "ExpiredToken": _EXPIRED,
    "RequestExpired": _EXPIRED,
}
_STATUSES: dict[int, Rule] = {
    401: _REFUSED,
    403: _DENIED,
    408: _UNAVAILABLE,
    413: _TOO_LONG,
    424: _UNAVAILABLE,
    429: _THROTTLED,
    503: _OVERLOADED,
}
_MISSING = {"bedrock": _NO_MODEL, "sagemaker": _NO_ENDPOINT}

# ValidationException is AWS's one word for many things; only its text tells them apart. The
# patterns are compiled when there is an error to tell: a cold start does without.
_TELLING_TEXTS: tuple[tuple[str, str, Rule], ...] = (
    (
        "bedrock",
        r"model (identifier|ARN)[^.]* is invalid|resolve the foundation model",
        _NO_MODEL,
    ),
    (
        "bedrock",
        r"on-demand throughput|not supported in this region|end of its life",
        _NO_MODEL,
    ),
    ("bedrock", r"the model supports converse", _NOT_A_WRITER),
    ("bedrock", r"guardrail identifier or version", _NO_GUARDRAIL),
    (
        "sagemaker",
        r"(endpoint|variant|component|model) \S+.* not found|could not find",
        _NO_ENDPOINT,
    ),
    ("", r"too many input tokens|maxLength|too long|length less than or equal", _TOO_LONG),
)
_TOKENS = r"(?is)max input tokens:?\s*(\d+).*?token count:?\s*(\d+)"


def failure_of(response: HttpResponse, target: ModelTarget) -> CallFailedError:
    """Return the failure that a response with another status than 200 means."""
    body = _json_object(response.body)
    code = response.headers.get("x-amzn-errortype", str(body.get("__type", ""))).partition(":")[0].rpartition("#")[2]
    text = str(body.get("message") or body.get("Message") or "")
    if code in ("ModelError", "ModelErrorException"):
        return _container_failure(body, text, target)
    rule = _CODES.get(code) or _by_status(response.status, target)
    if rule is _BAD_INPUT:
        rule = _by_text(text, target)
    return _failed(rule, target, text or f"HTTP {response.status}", response.headers.get("retry-after"))


def connection_failure(error: HTTPError, target: ModelTarget) -> CallFailedError:
    """The request got no response. A name that does not resolve most likely means a region without the service."""
    match error:
        case NameResolutionError():
            return _failed(_UNREACHABLE, target, "its host name is unknown. Check that the region has the service")
        case ReadTimeoutError():
            return _failed(_UNAVAILABLE, target, "no response in time")
        case _:
            return _failed(_UNREACHABLE, target, "the connection broke. Try again later")


def credentials_failure(error: AwsAccessError, target: ModelTarget) -> CallFailedError:
    """Return the failure of a call without credentials: a role was refused, or none were given."""
    if isinstance(error, NoCredentialsError):
        advice = (
            "There are no AWS credentials to call {what} in {region} with. Give Alto's function a role, or send the "
            "X-AWS-Access-Key and X-AWS-Secret-Key headers."
        )
        return _failed(Rule(CredentialsRefusedError, Remedy.STOP, advice), target, "")
    if isinstance(error, RoleNotListedError):
        advice = (
            f"The role '{target.role_arn}' is not a role of this stage, so {{what}} in {{region}} cannot be called "
            f"with it. The roles are: {error.listed}. Add it to 'model_roles' in cdk.json."
        )
        return _failed(Rule(RoleRefusedError, Remedy.STOP, advice), target, "")
    if not isinstance(error, AccessRefusedError):
        return _failed(_UNREACHABLE, target, "the credentials for it could not be fetched")
    rule = _CODES.get(error.code)
    if rule in (_THROTTLED, _UNAVAILABLE, _OVERLOADED, _EXPIRED, _REFUSED):
        return _failed(rule, target, "assuming its role")
    advice = (
        f"The role '{target.role_arn}' may not be assumed for {{what}} in {{region}}. Allow Alto's function "
        "sts:AssumeRole on it, and name that function's role and the external id of 'model_roles', if it has one, in "
        "its trust policy."
    )
    return _failed(Rule(RoleRefusedError, Remedy.STOP, advice), target, "")


def broken_response(target: ModelTarget) -> CallFailedError:
    """Return the failure of a success whose body is not JSON: something between here and the model cut it."""
    return _failed(_UNAVAILABLE, target, "its response is not JSON")


def text_too_long(target: ModelTarget) -> TextTooLongError:
    """The error of a text that is longer than the model's known limit."""
    error = _failed(_TOO_LONG, target, "").error
    assert isinstance(error, TextTooLongError)
    return error


def what(target: ModelTarget) -> str:
    """The model or endpoint, as messages call it."""
    return f"{'The model' if target.service == 'bedrock' else 'The endpoint'} '{target.target}'"


def _by_status(status: int, target: ModelTarget) -> Rule:
    if status == 404:
        return _MISSING[target.service]
    if status in _STATUSES:
        return _STATUSES[status]
    return _UNAVAILABLE if status >= 500 else _BAD_INPUT


def _by_text(text: str, target: ModelTarget) -> Rule:
    for service, pattern, rule in _TELLING_TEXTS:
        if service in ("", target.service) and re.search(pattern, text, re.IGNORECASE):
            return rule
    return _BAD_INPUT


def _container_failure(body: dict[str, Any], text: str, target: ModelTarget) -> CallFailedError:
    """The model behind the service failed. Its own status says whether the text is to blame."""
    original = body.get("OriginalStatusCode") or body.get("originalStatusCode")
    detail = str(body.get("OriginalMessage") or text)
    if original == 429:
        return _failed(_OVERLOADED, target, detail)
    if isinstance(original, int) and 400 <= original < 500 and original not in (408, 424):
        too_long = original == 413 or _by_text(detail, target) is _TOO_LONG
        return _failed(_TOO_LONG_FOR_CONTAINER if too_long else _BAD_INPUT, target, detail)
    return _failed(_UNAVAILABLE, target, detail or "its container failed")


def _failed(rule: Rule, target: ModelTarget, detail: str, retry_after: str | None = None) -> CallFailedError:
    subject = what(target)
    if not rule.advice.startswith("{what}"):
        subject = subject[0].lower() + subject[1:]
    message = rule.advice.format(
        what=subject,
        region=target.region,
        action=target.action,
        detail=detail.strip()[:300],
        limit=target.input_limit,
        shortening=target.shortening,
        load_settings=target.load_settings,
    )
    tokens = re.search(_TOKENS, detail) if rule is _TOO_LONG else None
    return CallFailedError(
        rule.error(message),
        rule.remedy,
        retry_after_seconds=_seconds(retry_after),
        fit=int(tokens[1]) / max(1, int(tokens[2])) if tokens else None,
    )


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds; its other form, a date, is not used by these services."""
    try:
        return max(0.0, float(retry_after)) if retry_after else None
    except ValueError:
        return None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
