"""How the client sends: errors, repetitions, time limits, secrets. The server is a function."""

import asyncio
import hashlib
import hmac
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

import alto
from alto.classes.init import AdditionalConfig, RetryPolicy, Timeout
from alto.http_errors import WAS_SENT
from alto.requests import Request, Response
from alto.signing import SigV4, region_of, sigv4

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com"
SECRET = "wJalrXUtnFEMI-very-secret"
AT_ONCE = AdditionalConfig(retries=RetryPolicy(first=0.0, longest=0.0))

Respond = Callable[[httpx.Request], httpx.Response]


def client(respond: Respond, **settings: Any) -> alto.AltoClient:
    settings = {"additional_config": AT_ONCE} | settings
    return alto.AltoClient(URL, transport=httpx.MockTransport(respond), **settings)


def error(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"error": {"code": code, "message": "It is so.", "details": [], "request_id": "req-1"}}
    return httpx.Response(status, json=body, headers=headers)


def in_turn(*responses: httpx.Response | Exception) -> tuple[Respond, list[httpx.Request]]:
    """A server that gives these responses one after the other, and what it was asked."""
    left: Iterator[httpx.Response | Exception] = iter(responses)
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        response = next(left)
        if isinstance(response, Exception):
            raise response
        return response

    return respond, asked


NOTHING_FOUND = {"objects": [], "total": 0, "took_ms": 1}
FOUND = httpx.Response(200, json=NOTHING_FOUND)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_request", alto.AltoInvalidRequestError),
        (403, "credentials_expired", alto.AltoAuthenticationError),
        (404, "collection_not_found", alto.AltoNotFoundError),
        (409, "conflict", alto.AltoConflictError),
        (413, "answer_too_large", alto.AltoInvalidRequestError),
        (429, "model_quota_exceeded", alto.AltoThrottledError),
        (502, "model_not_found", alto.AltoEmbeddingError),
        (503, "search_engine_unavailable", alto.AltoServerError),
        (504, "embedding_timeout", alto.AltoEmbeddingError),
        (500, "a_code_of_tomorrow", alto.AltoServerError),
        (418, "a_code_of_tomorrow", alto.AltoError),
    ],
)
def test_an_error_is_an_exception_of_its_kind(status: int, code: str, kind: type[alto.AltoError]) -> None:
    with pytest.raises(alto.AltoError) as caught:
        client(lambda _: error(status, code)).collections.use("Film").query.bm25("a")

    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.status, caught.value.request_id) == (code, status, "req-1")
    assert str(caught.value) == f"It is so. (code {code}, status {status}, request_id req-1)"


def test_what_the_gateway_says_by_itself_is_an_error_too() -> None:
    refused = httpx.Response(403, json={"message": "Forbidden"}, headers={"apigw-requestid": "gw-1"})

    with pytest.raises(alto.AltoAuthenticationError, match="Forbidden") as caught:
        client(lambda _: refused).get_meta()

    assert (caught.value.code, caught.value.request_id) == ("forbidden", "gw-1")


@pytest.mark.parametrize(
    "response",
    [httpx.Response(200, text="<html>"), httpx.Response(302, headers={"location": "/"})],
)
def test_an_address_that_is_no_alto_is_an_error(response: httpx.Response) -> None:
    with pytest.raises(alto.AltoError):
        client(lambda _: response).get_meta()


@pytest.mark.parametrize("body", [[], {"objects": None}, {"objects": [{"id": 1}]}, "text"])
def test_a_response_of_another_form_is_an_error_and_no_defect(body: Any) -> None:
    with pytest.raises(alto.AltoServerError, match="not one of Alto's") as caught:
        client(lambda _: httpx.Response(200, json=body)).collections.use("Film").query.bm25("a")

    assert caught.value.code == "unreadable_response"


def test_a_batch_that_is_answered_in_part_counts_as_failed() -> None:
    films = client(lambda _: httpx.Response(200, json={"results": [{"status": "created"}]})).collections.use("Film")

    with pytest.raises(alto.AltoInsertManyFailedError) as caught:
        films.data.insert_many([{"a": 1}, {"a": 2}])

    assert [error.object_.index for error in caught.value.errors] == [0, 1]


def test_a_missing_route_does_not_pass_for_a_missing_collection() -> None:
    with pytest.raises(alto.AltoNotFoundError):
        client(lambda _: httpx.Response(404, json={"message": "Not Found"})).collections.exists("Film")


LOST = httpx.ReadTimeout("lost")
BROKEN = httpx.RemoteProtocolError("broken")
REFUSED = httpx.ConnectError("refused")


@pytest.mark.parametrize("trouble", [LOST, BROKEN, REFUSED, error(503, "model_unavailable"), httpx.Response(504)])
def test_a_search_is_sent_again_until_it_is_answered(trouble: Any) -> None:
    respond, asked = in_turn(trouble, trouble, FOUND)

    assert client(respond).collections.use("Film").query.bm25("a").objects == []

    assert len(asked) == 3
    assert len({request.content for request in asked}) == 1


@pytest.mark.parametrize("trouble", [REFUSED, error(429, "model_throttled"), httpx.Response(429)])
def test_an_insert_is_sent_again_if_it_was_certainly_not_carried_out(trouble: Any) -> None:
    made = uuid4()
    respond, asked = in_turn(trouble, httpx.Response(201, json={"id": str(made)}))

    assert client(respond).collections.use("Film").data.insert({"a": 1}) == made
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (LOST, alto.AltoTimeoutError),
        (BROKEN, alto.AltoConnectionError),
        (error(503, "search_engine_unavailable"), alto.AltoServerError),
    ],
)
def test_an_insert_that_may_have_been_carried_out_is_not_sent_again(trouble: Any, kind: type[Exception]) -> None:
    respond, asked = in_turn(trouble)

    with pytest.raises(kind):
        client(respond).collections.use("Film").data.insert({"a": 1})

    assert len(asked) == 1


@pytest.mark.parametrize(
    "response", [error(429, "model_quota_exceeded"), error(502, "model_not_found"), error(400, "invalid_request")]
)
def test_what_would_come_again_is_not_asked_again(response: httpx.Response) -> None:
    respond, asked = in_turn(response)

    with pytest.raises(alto.AltoError):
        client(respond).collections.use("Film").query.bm25("a")

    assert len(asked) == 1


def test_after_the_last_attempt_the_last_response_counts() -> None:
    respond, asked = in_turn(*[error(503, "model_unavailable")] * 4)

    with pytest.raises(alto.AltoEmbeddingError):
        client(respond).collections.use("Film").query.bm25("a")

    assert len(asked) == 4


def test_waits_grow_are_drawn_and_obey_the_server() -> None:
    policy = RetryPolicy(attempts=6, first=1.0, longest=5.0)
    search = Request("POST", "/", repeatable=True)
    busy = Response(503, {"retry-after": "2"}, None)

    assert [policy.wait_after_failure(search, n, 1.0, was_sent=True) for n in (1, 2, 3, 4, 6)] == [1, 2, 4, 5, None]
    assert policy.wait_after_failure(search, 3, 0.5, was_sent=True) == 2
    assert policy.wait_after_response(search, busy, 1, 0.0) == 2
    assert policy.wait_after_response(search, Response(503, {"retry-after": "900"}, None), 1, 0.0) == 5


def test_each_phase_has_its_time_limit() -> None:
    limits: list[Any] = []

    def respond(request: httpx.Request) -> httpx.Response:
        limits.append(request.extensions["timeout"]["read"])
        return httpx.Response(503)

    config = AdditionalConfig(timeout=Timeout(init=1, query=2, insert=3), retries=RetryPolicy(attempts=1))
    connected = client(respond, additional_config=config)
    for call in (connected.connect, lambda: connected.collections.use("A").query.bm25("a")):
        with pytest.raises(alto.AltoServerError):
            call()
    connected.collections.use("A").data.insert_many([])
    with pytest.raises(alto.AltoServerError):
        connected.collections.use("A").data.insert({})

    assert limits == [1, 2, 3]


def test_a_timeout_names_the_setting_that_helps() -> None:
    respond, _ = in_turn(LOST)

    with pytest.raises(alto.AltoTimeoutError, match=r"Timeout\(insert="):
        client(respond).collections.use("Film").data.insert({"a": 1})


def test_not_ready_is_a_response_and_no_connection_is_one_too() -> None:
    respond, asked = in_turn(error(503, "search_engine_unavailable"))

    assert client(respond).is_ready() is False
    assert len(asked) == 1
    assert client(in_turn(*[REFUSED] * 4)[0]).is_ready() is False


def test_secrets_reach_the_server_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"X-AWS-Access-Key": "AKID", "X-AWS-Secret-Key": SECRET}
    respond, asked = in_turn(error(400, "invalid_request"), BROKEN, BROKEN, BROKEN, BROKEN)
    connected = client(respond, headers=headers)

    shown = repr(connected) + repr(vars(connected)) + repr(connected.collections.use("Film"))
    for _ in range(2):
        with pytest.raises(alto.AltoError) as caught:
            connected.get_meta()
        shown += str(caught.value) + repr(caught.value) + "".join(traceback.format_exception(caught.value))
        assert caught.value.__cause__ is None

    assert asked[0].headers["x-aws-secret-key"] == SECRET
    assert SECRET not in shown + caplog.text


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("abc123.execute-api.eu-west-1.amazonaws.com", "is not an address"),
        (f"https://me:{SECRET}@example.com", "leave user and password out"),
        (f"ftp://me:{SECRET}@example.com", "is not an address"),
        ("http://alto.example.com", "in clear text"),
    ],
)
def test_an_unusable_address_is_rejected_without_repeating_secrets(url: str, message: str) -> None:
    with pytest.raises(alto.AltoConfigurationError, match=message) as caught:
        alto.AltoClient(url, headers={"X-AWS-Secret-Key": SECRET})

    assert SECRET not in str(caught.value)


def test_the_asynchronous_client_sends_again_just_so() -> None:
    # Responses of their own: one client cannot read a response that the other one has read.
    respond, asked = in_turn(LOST, error(503, "model_unavailable"), httpx.Response(200, json=NOTHING_FOUND))

    async def use() -> None:
        transport = httpx.MockTransport(respond)
        connected = alto.AltoAsyncClient(URL, transport=transport, additional_config=AT_ONCE, skip_init_checks=True)
        async with connected:
            assert (await connected.collections.use("Film").query.bm25("a")).objects == []

    asyncio.run(use())
    assert len(asked) == 3


def test_a_signature_is_what_aws_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checked by the algorithm of "Create a signed AWS API request" (IAM User Guide), written down once more."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    respond, asked = in_turn(httpx.Response(200, json={"results": [{"status": "created"}]}))
    films = client(respond, auth=sigv4(URL)).collections.use("Film")

    films.data.insert_many([{"title": "é & ü"}])

    [request] = asked
    signed = request.headers["authorization"]
    names = signed.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {"host", "x-amz-date", "x-amz-security-token"} <= set(names)
    scope = signed.partition("Credential=AKIDEXAMPLE/")[2].partition(",")[0]
    assert scope.split("/")[1:] == ["eu-west-1", "execute-api", "aws4_request"]
    canonical = "\n".join(
        [
            request.method,
            quote(request.url.path),
            request.url.query.decode(),
            *(f"{name}:{request.headers[name]}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.content).hexdigest(),
        ]
    )
    text = "\n".join(
        ["AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    assert signed.endswith(f"Signature={hmac.digest(key, text.encode(), 'sha256').hex()}")
    assert SECRET not in repr(films) + repr(SigV4(None, "eu-west-1"))


def test_no_credentials_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(alto.AltoAuthenticationError, match="aws sso login"):
        alto.connect_to_aws(URL)
    with pytest.raises(alto.AltoConfigurationError, match="profile"):
        alto.connect_to_aws(URL, profile="none-such")


def test_the_region_is_part_of_the_address() -> None:
    assert region_of(URL) == "eu-west-1"
    assert region_of("https://alto.example.com") is None


def leaves(kind: type[Exception]) -> set[type[Exception]]:
    below = kind.__subclasses__()
    return set().union(*(leaves(each) for each in below)) if below else {kind}


def test_every_exception_of_httpx_is_known_as_sent_or_not() -> None:
    ours = {kind for kind in leaves(httpx.RequestError) if kind.__module__.startswith("httpx")}

    assert ours == set(WAS_SENT)


@pytest.mark.parametrize("kind", sorted(WAS_SENT, key=repr))
def test_every_exception_of_httpx_becomes_one_of_alto(kind: type[httpx.RequestError]) -> None:
    respond, asked = in_turn(kind("broken"), kind("broken"), kind("broken"), kind("broken"))

    with pytest.raises(alto.AltoError) as caught:
        client(respond).collections.use("Film").data.insert({"a": 1})

    assert caught.value.code in {"no_connection", "connection_lost", "timeout", "unreadable_response"}
    # An insert is not sent again once it may have arrived.
    assert len(asked) == (1 if WAS_SENT[kind] else 4)


def test_a_closed_client_says_so_and_can_be_opened_again() -> None:
    films = client(lambda request: httpx.Response(200, json={"version": "1"}) if request.method == "GET" else FOUND)
    films.close()

    assert (films.is_ready(), films.is_live(), films.is_connected()) == (False, False, False)
    for use in (
        films.get_meta,
        films.collections.list_all,
        films.imports.list_all,
        lambda: films.collections.use("Film").query.bm25("a"),
        lambda: films.collections.use("Film").data.insert({"a": 1}),
        lambda: films.collections.use("Film").data.insert_many([{"a": 1}]),
        lambda: len(films.collections.use("Film")),
        lambda: films.imports.from_s3("s3://a/b.csv", collection="Film"),
    ):
        with pytest.raises(alto.AltoClosedClientError, match="connect"):
            use()

    films.connect()

    assert films.is_connected()
    assert films.collections.use("Film").query.bm25("a").objects == []


def test_a_batch_of_a_closed_client_does_not_begin() -> None:
    films = client(lambda _: FOUND)
    films.close()

    with pytest.raises(alto.AltoClosedClientError), films.collections.use("Film").batch.dynamic() as batch:
        batch.add_object({"a": 1})


def test_a_pair_of_timeouts_is_for_queries_and_writes() -> None:
    config = AdditionalConfig(timeout=(3, 60))  # type: ignore[arg-type]

    assert (config.timeout.query, config.timeout.insert) == (3, 60)
