"""A call to a model, from its texts to the signed request, and from the response to vectors."""

from typing import Any

import orjson
import pytest
from urllib3.exceptions import ReadTimeoutError

from lambdas.aws.credentials import AwsCredentials, NoCredentialsError
from lambdas.aws.http import HttpRequest, HttpResponse, SignedHttp
from lambdas.embedding.aws_caller import AwsCaller
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.credential_chain import CredentialChain
from lambdas.embedding.model_client import AwsModel, Embedded
from lambdas.embedding.vendor_errors import CallFailedError, Remedy
from lambdas.errors import ModelAnswerError
from tests.builders import TITAN

OWN = AwsCredentials("ASIAOWN", "own-secret", "own-token")
CALLER = AwsCredentials("AKIACALLER", "caller-secret")
BEDROCK = Text2VecAws.model_validate(TITAN | {"dimensions": 256})
SAGEMAKER = Text2VecAws.model_validate(
    {
        "vectorizer": "text2vec-aws",
        "service": "sagemaker",
        "region": "eu-west-1",
        "endpoint": "embed",
        "target_variant": "blue",
        "dimensions": 2,
    }
)
VECTOR = [0.0625] * 256


class Transport:
    """Returns one response, or raises, and keeps what was sent."""

    def __init__(self, response: HttpResponse | Exception) -> None:
        self.response = response
        self.sent: list[tuple[HttpRequest, AwsCredentials, float]] = []

    def send(self, request: HttpRequest, credentials: AwsCredentials, timeout_seconds: float) -> HttpResponse:
        self.sent.append((request, credentials, timeout_seconds))
        if isinstance(self.response, Exception):
            raise self.response
        return self.response


def ok(body: Any, **headers: str) -> HttpResponse:
    return HttpResponse(200, headers, orjson.dumps(body))


def embed(transport: Transport, config: Text2VecAws, *texts: str, own: bool = True, **settings: Any) -> Embedded:
    def credentials() -> AwsCredentials:
        if own:
            return OWN
        raise NoCredentialsError

    chain = CredentialChain(credentials, lambda *_: pytest.fail("no role is configured"), None)
    model = AwsModel(AwsCaller(transport, chain, {}))
    return model.embed(config, texts, "document", **({"credentials": None, "timeout_seconds": 3.0} | settings))


def failure(transport: Transport, *texts: str, **settings: Any) -> CallFailedError:
    with pytest.raises(CallFailedError) as caught:
        embed(transport, BEDROCK, *texts, **settings)
    return caught.value


def test_bedrock_is_sent_the_text_and_its_vector_is_read() -> None:
    transport = Transport(ok({"embedding": VECTOR, "inputTextTokenCount": 3}))

    embedded = embed(transport, BEDROCK, "a film")

    [(request, credentials, seconds)] = transport.sent
    assert request.url == (
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke"
    )
    assert orjson.loads(request.body)["inputText"] == "a film"
    assert (credentials, seconds, request.service, request.region) == (OWN, 3.0, "bedrock", "us-east-1")
    assert (list(map(list, embedded.vectors)), embedded.tokens) == ([VECTOR], 3)  # type: ignore[arg-type]


def test_the_token_count_of_the_header_comes_first() -> None:
    response = ok({"embedding": VECTOR, "inputTextTokenCount": 3}, **{"x-amzn-bedrock-input-token-count": "5"})

    assert embed(Transport(response), BEDROCK, "a").tokens == 5


def test_an_endpoint_is_called_by_name_and_variant() -> None:
    transport = Transport(ok([[0.5, 0.5]]))

    embed(transport, SAGEMAKER, "a")

    [(request, _, _)] = transport.sent
    assert request.url == "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints/embed/invocations"
    assert request.headers["X-Amzn-SageMaker-Target-Variant"] == "blue"
    assert "X-Amzn-SageMaker-Target-Model" not in request.headers


def test_the_callers_credentials_come_before_the_functions() -> None:
    transport = Transport(ok({"embedding": VECTOR}))

    embed(transport, BEDROCK, "a", credentials=CALLER)

    assert transport.sent[0][1] == CALLER


def test_half_of_a_surrogate_pair_is_not_sent() -> None:
    transport = Transport(ok({}))

    assert failure(transport, "\ud800").remedy is Remedy.SPLIT
    assert transport.sent == []


@pytest.mark.parametrize(
    ("response", "remedy"),
    [
        (HttpResponse(200, {}, b"<html>"), Remedy.RETRY),
        (HttpResponse(429, {"x-amzn-errortype": "ThrottlingException"}, b"{}"), Remedy.SLOW_DOWN),
        (ReadTimeoutError(None, "", "too late"), Remedy.RETRY),  # type: ignore[arg-type]
    ],
)
def test_each_failure_of_a_call_has_its_remedy(response: HttpResponse | Exception, remedy: Remedy) -> None:
    assert failure(Transport(response), "a").remedy is remedy


def test_a_vector_of_another_length_is_an_error_in_its_place() -> None:
    [found] = embed(Transport(ok({"embedding": VECTOR[:-1]})), BEDROCK, "a").vectors

    assert isinstance(found, ModelAnswerError)


def test_without_credentials_no_call_is_made() -> None:
    transport = Transport(ok({}))

    assert failure(transport, "a", own=False).remedy is Remedy.STOP
    assert transport.sent == []


class Pool:
    """Stands for urllib3's pool. Returns what it was asked for."""

    status = 200
    data = b"{}"
    headers = {"X-Request-Id": "1"}  # noqa: RUF012 (never changed)

    def connection_from_host(self, *host: Any) -> "Pool":
        self.host = host
        return self

    def urlopen(self, method: str, target: str, **settings: Any) -> "Pool":
        self.asked = (method, target, settings)
        return self


@pytest.mark.parametrize(("seconds", "connect"), [(0.5, 0.5), (60.0, 5.0)])
def test_a_request_is_signed_and_sent_once(seconds: float, connect: float) -> None:
    pool = Pool()
    request = HttpRequest(
        "POST", "https://bedrock-runtime.us-east-1.amazonaws.com/x?y=%2F", {}, b"{}", "bedrock", "us-east-1"
    )

    response = SignedHttp(pool).send(request, CALLER, seconds)  # type: ignore[arg-type]

    method, target, settings = pool.asked
    assert pool.host == ("bedrock-runtime.us-east-1.amazonaws.com", None, "https")
    assert (method, target, settings["body"]) == ("POST", "/x?y=%2F", b"{}")
    assert settings["headers"]["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIACALLER/")
    assert (settings["timeout"].connect_timeout, settings["timeout"].total) == (connect, seconds)
    assert (settings["retries"], settings["redirect"]) == (False, False)
    assert response == HttpResponse(200, {"x-request-id": "1"}, b"{}")
