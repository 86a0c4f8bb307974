from typing import Any

import orjson
import pytest
from botocore.session import get_session
from urllib3.exceptions import HTTPError, NameResolutionError, ProtocolError, ReadTimeoutError

from lambdas import errors
from lambdas.aws.credentials import (
    AccessRefusedError,
    AwsAccessError,
    CredentialsUnavailableError,
    NoCredentialsError,
)
from lambdas.aws.http import HttpResponse
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.vendor_errors import (
    Remedy,
    connection_failure,
    credentials_failure,
    failure_of,
    text_too_long,
)

BEDROCK = Text2VecAws(vectorizer="text2vec-aws", region="eu-west-1", model="amazon.titan-embed-text-v2:0")
SAGEMAKER = Text2VecAws(vectorizer="text2vec-aws", service="sagemaker", region="eu-west-1", endpoint="my-endpoint")
ROLE = Text2VecAws(
    vectorizer="text2vec-aws",
    region="eu-west-1",
    model="cohere.embed-v4:0",
    role_arn="arn:aws:iam::123456789012:role/embed",
)


def response(
    status: int, code: str, message: str = "", headers: dict[str, str] | None = None, **extra: Any
) -> HttpResponse:
    body = orjson.dumps({"message": message, **extra})
    return HttpResponse(status, {"x-amzn-errortype": code} | (headers or {}), body)


type Row = tuple[Text2VecAws, int, str, str, type[errors.EmbeddingError], Remedy]

ROWS: list[Row] = [
    (BEDROCK, 429, "ThrottlingException", "", errors.ModelThrottledError, Remedy.SLOW_DOWN),
    (BEDROCK, 429, "ModelNotReadyException", "", errors.ModelUnavailableError, Remedy.SLOW_DOWN),
    (BEDROCK, 400, "ServiceQuotaExceededException", "", errors.ModelQuotaError, Remedy.STOP),
    (BEDROCK, 408, "ModelTimeoutException", "", errors.ModelUnavailableError, Remedy.RETRY),
    (BEDROCK, 424, "ModelErrorException", "", errors.ModelUnavailableError, Remedy.RETRY),
    (BEDROCK, 500, "InternalServerException", "", errors.ModelUnavailableError, Remedy.RETRY),
    (BEDROCK, 503, "ServiceUnavailableException", "", errors.ModelUnavailableError, Remedy.SLOW_DOWN),
    (BEDROCK, 403, "AccessDeniedException", "", errors.ModelAccessDeniedError, Remedy.STOP),
    (BEDROCK, 403, "UnrecognizedClientException", "", errors.CredentialsRefusedError, Remedy.STOP),
    (BEDROCK, 403, "InvalidSignatureException", "", errors.CredentialsRefusedError, Remedy.STOP),
    (BEDROCK, 403, "MissingAuthenticationTokenException", "", errors.CredentialsRefusedError, Remedy.STOP),
    (BEDROCK, 403, "ExpiredTokenException", "", errors.CredentialsExpiredError, Remedy.STOP),
    (BEDROCK, 404, "ResourceNotFoundException", "", errors.ModelNotFoundError, Remedy.STOP),
    (
        BEDROCK,
        400,
        "ValidationException",
        "The provided model identifier is invalid.",
        errors.ModelNotFoundError,
        Remedy.STOP,
    ),
    (
        BEDROCK,
        400,
        "ValidationException",
        "Invocation of model ID cohere.embed-v4:0 with on-demand throughput isn't supported.",
        errors.ModelNotFoundError,
        Remedy.STOP,
    ),
    (
        BEDROCK,
        400,
        "ValidationException",
        "The action or operation requested is invalid. Verify that the model supports Converse.",
        errors.ModelNotFoundError,
        Remedy.STOP,
    ),
    (
        BEDROCK,
        400,
        "ValidationException",
        "The guardrail identifier or version provided in the request does not exist.",
        errors.ModelInputError,
        Remedy.STOP,
    ),
    (
        BEDROCK,
        400,
        "ValidationException",
        "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9875 ",
        errors.TextTooLongError,
        Remedy.SPLIT,
    ),
    (
        BEDROCK,
        400,
        "ValidationException",
        "Malformed input request: #/texts/0: expected maxLength: 2048, actual: 2390, please reformat your input",
        errors.TextTooLongError,
        Remedy.SPLIT,
    ),
    (
        BEDROCK,
        400,
        "ValidationException",
        "Malformed input request: #: required key [texts] not found",
        errors.ModelInputError,
        Remedy.SPLIT,
    ),
    (
        SAGEMAKER,
        400,
        "ValidationError",
        "Endpoint my-endpoint of account 123456789012 not found.",
        errors.EndpointNotFoundError,
        Remedy.STOP,
    ),
    (
        SAGEMAKER,
        400,
        "ValidationError",
        "Could not find variant blue for endpoint",
        errors.EndpointNotFoundError,
        Remedy.STOP,
    ),
    (SAGEMAKER, 500, "InternalFailure", "", errors.ModelUnavailableError, Remedy.RETRY),
    (SAGEMAKER, 503, "ServiceUnavailable", "", errors.ModelUnavailableError, Remedy.SLOW_DOWN),
    (SAGEMAKER, 530, "InternalDependencyException", "", errors.ModelUnavailableError, Remedy.RETRY),
    (SAGEMAKER, 429, "ThrottlingException", "", errors.ModelThrottledError, Remedy.SLOW_DOWN),
    (BEDROCK, 429, "", "", errors.ModelThrottledError, Remedy.SLOW_DOWN),
    (BEDROCK, 502, "", "", errors.ModelUnavailableError, Remedy.RETRY),
    (BEDROCK, 403, "", "", errors.ModelAccessDeniedError, Remedy.STOP),
    (BEDROCK, 413, "", "", errors.TextTooLongError, Remedy.SPLIT),
    (BEDROCK, 418, "", "", errors.ModelInputError, Remedy.SPLIT),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]}-{row[2]}")
def test_every_error_of_aws_has_a_meaning_and_a_remedy(row: Row) -> None:
    config, status, code, message, error, remedy = row

    failure = failure_of(response(status, code, message), config)

    assert type(failure.error) is error
    assert failure.remedy is remedy
    assert config.target in failure.error.message
    assert "eu-west-1" in failure.error.message or isinstance(failure.error, errors.TextTooLongError)


@pytest.mark.parametrize(
    ("service", "operation", "config"),
    [("bedrock-runtime", "InvokeModel", BEDROCK), ("sagemaker-runtime", "InvokeEndpoint", SAGEMAKER)],
)
def test_no_error_that_botocore_knows_of_is_missing(service: str, operation: str, config: Text2VecAws) -> None:
    """A new version of botocore that adds an error to these operations must be looked at."""
    shapes = get_session().get_service_model(service).operation_model(operation).error_shapes
    named = {row[2] for row in ROWS} | {"ModelError", "ValidationError"}

    assert {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes} <= named | {
        "ResourceNotFoundException"
    }


@pytest.mark.parametrize(
    ("original", "message", "error", "remedy"),
    [
        (400, "bad", errors.ModelInputError, Remedy.SPLIT),
        (422, "missing field `inputs`", errors.ModelInputError, Remedy.SPLIT),
        (413, "must have less than 512 tokens", errors.TextTooLongError, Remedy.SPLIT),
        (404, "Model x not found", errors.ModelInputError, Remedy.SPLIT),
        (429, "overloaded", errors.ModelUnavailableError, Remedy.SLOW_DOWN),
        (500, "out of memory", errors.ModelUnavailableError, Remedy.RETRY),
        (None, "", errors.ModelUnavailableError, Remedy.RETRY),
    ],
)
def test_an_error_of_the_container_is_judged_by_its_own_status(
    original: int | None, message: str, error: type[Exception], remedy: Remedy
) -> None:
    said = response(424, "ModelError", "Received client error", OriginalStatusCode=original, OriginalMessage=message)
    failure = failure_of(said, SAGEMAKER)

    assert (type(failure.error), failure.remedy) == (error, remedy)


def test_a_text_that_is_too_long_tells_how_much_of_it_would_fit() -> None:
    message = "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 16384 "

    failure = failure_of(response(400, "ValidationException", message), BEDROCK)

    assert failure.fit == 0.5
    assert "8,192 tokens or 50,000 characters" in failure.error.message
    assert "'truncate': 'end'" in failure.error.message


def test_the_known_limit_is_named_without_asking_the_model() -> None:
    cohere = Text2VecAws(vectorizer="text2vec-aws", region="eu-west-1", model="cohere.embed-english-v3")

    assert "2,048 characters" in text_too_long(cohere).message


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("0.5", 0.5), ("Wed, 21 Oct 2026 07:28:00 GMT", None)])
def test_retry_after_is_read_in_seconds(value: str, seconds: float | None) -> None:
    failure = failure_of(response(429, "ThrottlingException", headers={"retry-after": value}), BEDROCK)

    assert failure.retry_after_seconds == seconds


def test_the_code_is_found_with_its_namespace_and_in_the_body() -> None:
    long = response(403, "ExpiredTokenException:http://internal.amazon.com/coral/com.amazon.coral.service/")
    typed = HttpResponse(403, {}, b'{"__type": "com.amazon.coral.service#ExpiredTokenException"}')

    assert type(failure_of(long, BEDROCK).error) is errors.CredentialsExpiredError
    assert type(failure_of(typed, BEDROCK).error) is errors.CredentialsExpiredError


def test_a_body_that_is_no_json_does_not_hide_the_status() -> None:
    failure = failure_of(HttpResponse(503, {}, b"<html>"), BEDROCK)

    assert type(failure.error) is errors.ModelUnavailableError


@pytest.mark.parametrize(
    ("error", "remedy", "text"),
    [
        (NameResolutionError("bedrock-runtime.xx-moon-1", None, OSError()), Remedy.RECONNECT, "has the service"),  # type: ignore[arg-type]
        (ReadTimeoutError(None, "", ""), Remedy.RETRY, "no response in time"),  # type: ignore[arg-type]
        (ProtocolError("reset"), Remedy.RECONNECT, "the connection broke"),
    ],
)
def test_a_broken_connection_is_tried_again(error: HTTPError, remedy: Remedy, text: str) -> None:
    failure = connection_failure(error, BEDROCK)

    assert isinstance(failure.error, errors.ModelUnavailableError)
    assert failure.remedy is remedy
    assert text in failure.error.message


@pytest.mark.parametrize(
    ("error", "expected", "remedy"),
    [
        (NoCredentialsError(), errors.CredentialsRefusedError, Remedy.STOP),
        (CredentialsUnavailableError(), errors.ModelUnavailableError, Remedy.RECONNECT),
        (AccessRefusedError("AccessDenied"), errors.RoleRefusedError, Remedy.STOP),
        (AccessRefusedError("ValidationError"), errors.RoleRefusedError, Remedy.STOP),
        (AccessRefusedError("ExpiredToken"), errors.CredentialsExpiredError, Remedy.STOP),
        (AccessRefusedError("InvalidClientTokenId"), errors.CredentialsRefusedError, Remedy.STOP),
        (AccessRefusedError("Throttling"), errors.ModelThrottledError, Remedy.SLOW_DOWN),
        (AccessRefusedError("InternalFailure"), errors.ModelUnavailableError, Remedy.RETRY),
    ],
)
def test_credentials_that_cannot_be_had_are_explained(
    error: AwsAccessError, expected: type[Exception], remedy: Remedy
) -> None:
    failure = credentials_failure(error, ROLE)

    assert (type(failure.error), failure.remedy) == (expected, remedy)


def test_a_refused_role_is_told_with_what_to_allow() -> None:
    message = credentials_failure(AccessRefusedError("AccessDenied"), ROLE).error.message

    assert "arn:aws:iam::123456789012:role/embed" in message
    assert "sts:AssumeRole" in message
    assert "external id" in message


@pytest.mark.parametrize("code", ["InvalidSignatureException", "ExpiredTokenException", "AccessDeniedException"])
def test_what_aws_says_about_credentials_is_not_passed_on(code: str) -> None:
    message = failure_of(
        response(403, code, "AKIASECRET should have signed x-amz-security-token:T0KEN"), BEDROCK
    ).error.message

    assert "AKIASECRET" not in message
    assert "T0KEN" not in message


def test_denied_access_names_the_action_to_allow() -> None:
    assert "bedrock:InvokeModel" in failure_of(response(403, "AccessDeniedException"), BEDROCK).error.message
    assert "sagemaker:InvokeEndpoint" in failure_of(response(403, "AccessDeniedException"), SAGEMAKER).error.message
