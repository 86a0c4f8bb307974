"""The emulator as its callers see it: through boto3."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import boto3
import numpy as np
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from types_boto3_bedrock_runtime import BedrockRuntimeClient
from types_boto3_sagemaker_runtime import SageMakerRuntimeClient

from local.emulator import Emulator
from local.emulator.emulator import ROOT
from local.emulator.model import MiniLM, StubEmbedder
from local.errors import LocalStackError

TITAN = "amazon.titan-embed-text-v2:0"
COHERE = "cohere.embed-english-v3"
FILMS = {
    "The Shawshank Redemption": "Two convicts become friends over the years and find hope behind prison walls.",
    "The Godfather": "The ageing head of a crime family hands his empire to a son who never wanted it.",
    "The Dark Knight": "A masked vigilante faces a criminal who wants to see his city fall into chaos.",
    "Jingle All the Way": "On Christmas Eve a father chases through the shops for the toy his son wishes for.",
    "A Christmas Carol": "Three ghosts visit a miser on Christmas night and teach him to be kind.",
}


@pytest.fixture(scope="module")
def shared_stub() -> Iterator[Emulator]:
    with Emulator(model="stub") as emulator:
        yield emulator


@pytest.fixture
def stub(shared_stub: Emulator) -> Emulator:
    shared_stub.reset()
    return shared_stub


@pytest.fixture(scope="module")
def minilm() -> Iterator[Emulator]:
    with Emulator(model="minilm") as emulator:
        yield emulator


def options(emulator: Emulator, key: str, secret: str, token: str | None) -> Any:
    """The configuration of every client here: one attempt, many connections."""
    return {
        "endpoint_url": emulator.url,
        "region_name": "eu-west-1",
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "aws_session_token": token,
        "config": Config(retries={"total_max_attempts": 1}, max_pool_connections=128, read_timeout=20),
    }


def bedrock(
    emulator: Emulator, key: str = "AKIAONE", secret: str = "one", token: str | None = None
) -> BedrockRuntimeClient:
    client: BedrockRuntimeClient = boto3.client("bedrock-runtime", **options(emulator, key, secret, token))
    return client


def sagemaker(emulator: Emulator) -> SageMakerRuntimeClient:
    client: SageMakerRuntimeClient = boto3.client("sagemaker-runtime", **options(emulator, "AKIAONE", "one", None))
    return client


def invoke(client: BedrockRuntimeClient, body: Any, model: str = TITAN) -> Any:
    return json.load(client.invoke_model(modelId=model, body=json.dumps(body))["body"])


def titan(client: BedrockRuntimeClient, text: str = "a film", **more: Any) -> Any:
    return invoke(client, {"inputText": text, **more})["embedding"]


def failure(client: BedrockRuntimeClient, body: Any = None, model: str = TITAN) -> tuple[int, str]:
    with pytest.raises(ClientError) as failed:
        invoke(client, body or {"inputText": "a film"}, model)
    return failed.value.response["ResponseMetadata"]["HTTPStatusCode"], failed.value.response["Error"]["Code"]


@pytest.mark.parametrize("dimensions", [256, 512, 1024])
def test_a_holiday_film_is_nearest_to_the_christmas_films(minilm: Emulator, dimensions: int) -> None:
    client = bedrock(minilm)
    films = np.array([titan(client, text, dimensions=dimensions) for text in FILMS.values()])
    nearness = films @ np.array(titan(client, "A holiday film", dimensions=dimensions))
    nearest = [list(FILMS)[row] for row in np.argsort(-nearness)]
    assert set(nearest[:2]) == {"Jingle All the Way", "A Christmas Carol"}


def test_a_query_and_a_document_of_the_same_text_are_the_same_vector(minilm: Emulator) -> None:
    body = {"texts": ["A holiday film"], "input_type": "search_document"}
    document, query = (
        invoke(bedrock(minilm), {**body, "input_type": kind}, COHERE)["embeddings"][0]
        for kind in ("search_document", "search_query")
    )
    assert document == query


def test_a_vector_does_not_depend_on_the_texts_beside_it(minilm: Emulator) -> None:
    client = bedrock(minilm)
    texts = [*FILMS.values(), "word " * 200]
    together = np.array(invoke(client, {"texts": texts, "input_type": "search_document"}, COHERE)["embeddings"])
    with ThreadPoolExecutor(len(texts)) as threads:
        alone = np.array(list(threads.map(lambda text: titan(client, text), texts)))
    assert (together * alone).sum(axis=1).min() > 0.9999


def test_token_vectors_average_to_the_vector_of_the_text(minilm: Emulator) -> None:
    def vectors(endpoint: str) -> Any:
        reply = sagemaker(minilm).invoke_endpoint(
            EndpointName=endpoint, Body=json.dumps({"inputs": ["A holiday film"]}), ContentType="application/json"
        )
        return np.array(json.load(reply["Body"])[0])

    tokens, pooled = vectors("hf-minilm"), vectors("tei-minilm")
    assert tokens.ndim == 2
    mean = tokens.mean(axis=0)
    assert mean @ pooled / np.linalg.norm(mean) > 0.9999


def test_the_quantized_model_stays_close_to_the_exact_one() -> None:
    import onnxruntime
    from safetensors.numpy import load_file

    from local.emulator.graph import build_graph, weights_path

    model = MiniLM()
    texts = [*FILMS.values(), "A holiday film", "how do I rotate an encryption key", "word " * 200]
    quantized = model.encode(texts)
    exact_graph = build_graph(load_file(weights_path()), quantize=False).SerializeToString()
    model._session = onnxruntime.InferenceSession(exact_graph)  # type: ignore[attr-defined]
    assert (model.encode(texts) * quantized).sum(axis=1).mean() > 0.99


def test_an_arn_and_an_inference_profile_reach_the_model(stub: Emulator) -> None:
    client = bedrock(stub)
    arn = f"arn:aws:bedrock:eu-west-1::foundation-model/{TITAN}"
    assert titan(client) == invoke(client, {"inputText": "a film"}, arn)["embedding"]
    assert titan(client) == invoke(client, {"inputText": "a film"}, f"eu.{TITAN}")["embedding"]


def test_a_response_carries_its_request_id_and_its_token_count(stub: Emulator) -> None:
    response = bedrock(stub).invoke_model(modelId=TITAN, body=json.dumps({"inputText": "a film"}))
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert response["contentType"] == "application/json"
    assert response["ResponseMetadata"]["RequestId"] == headers["x-amzn-requestid"]
    assert headers["x-amzn-bedrock-input-token-count"] == "2"


def test_errors_arrive_as_boto3_exceptions(stub: Emulator) -> None:
    client = bedrock(stub)
    with pytest.raises(client.exceptions.ValidationException, match=r"required key \[inputText\] not found"):
        invoke(client, {})
    with pytest.raises(client.exceptions.ValidationException, match="The provided model identifier is invalid"):
        invoke(client, {}, "acme.embed-v1")
    runtime = sagemaker(stub)
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        runtime.invoke_endpoint(EndpointName="tei-x", Body=b'{"texts": []}', ContentType="application/json")
    assert dict(refused.value.response)["OriginalStatusCode"] == 422


def test_an_unsigned_request_is_refused(stub: Emulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(stub.url).netloc)
    connection.request("POST", f"/model/{TITAN}/invoke", b'{"inputText": "a"}')
    response = connection.getresponse()
    assert (response.status, response.getheader("x-amzn-ErrorType")) == (403, "MissingAuthenticationTokenException")
    connection.close()


def test_credentials_are_told_apart() -> None:
    known = {"ASIAGOOD": {"secret": "good", "session_token": "session"}}
    with Emulator(access={"keys": known, "denied": {"AKIAOLD": "ExpiredTokenException"}}) as emulator:
        assert titan(bedrock(emulator, "ASIAGOOD", "good", "session"))
        assert failure(bedrock(emulator, "ASIAGOOD", "good")) == (403, "UnrecognizedClientException")
        assert failure(bedrock(emulator, "ASIAGOOD", "bad", "session")) == (403, "InvalidSignatureException")
        assert failure(bedrock(emulator, "AKIAOLD", "old")) == (403, "ExpiredTokenException")
        assert failure(bedrock(emulator, "AKIANEW", "new")) == (403, "UnrecognizedClientException")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("429", 429, "ThrottlingException"),
        ("ModelNotReadyException", 429, "ModelNotReadyException"),
        ("500", 500, "InternalServerException"),
        ("503", 503, "ServiceUnavailableException"),
        ("408", 408, "ModelTimeoutException"),
        ("424", 424, "ModelErrorException"),
        ("403", 403, "AccessDeniedException"),
        ("400", 400, "ValidationException"),
        ("404", 404, "ResourceNotFoundException"),
    ],
)
def test_a_scripted_failure_hits_the_call_it_names(stub: Emulator, kind: str, status: int, code: str) -> None:
    client = bedrock(stub)
    stub.faults(calls={"2": kind})
    titan(client)
    assert failure(client) == (status, code)
    titan(client)
    counters = stub.counters()
    assert counters["statuses"] == {"200": 2, str(status): 1}
    assert counters["errors"] == {code: 1}


def test_a_dropped_connection_and_a_malformed_body_reach_the_caller(stub: Emulator) -> None:
    client = bedrock(stub)
    stub.faults(calls={"1": "dropped", "2": "malformed", "3": "error_in_body"})
    with pytest.raises(ConnectionClosedError):
        titan(client)
    with pytest.raises(json.JSONDecodeError):
        titan(client)
    reply = invoke(client, {"inputText": "a film"}, "amazon.titan-embed-image-v1")
    assert reply["embedding"] is None
    assert "failed" in reply["message"]
    counters = stub.counters()
    assert counters["texts"] == 3
    assert counters["texts_embedded"] == 0
    assert counters["statuses"] == {"dropped": 1, "200": 2}


def test_a_poisoned_text_fails_its_call_and_no_other(stub: Emulator) -> None:
    client = bedrock(stub)
    stub.faults(texts={"poison": "ValidationException"})
    assert failure(client, {"texts": ["fine", "poison"], "input_type": "search_document"}, COHERE)[0] == 400
    assert invoke(client, {"texts": ["fine", "fine"], "input_type": "search_document"}, COHERE)


def test_latency_and_slow_calls_take_their_time(stub: Emulator) -> None:
    client = bedrock(stub)
    stub.faults(latency_ms=50, slow_ms=150, calls={"2": "slow"})
    times = []
    for _ in range(2):
        started = time.perf_counter()
        titan(client)
        times.append(time.perf_counter() - started)
    assert times[0] >= 0.05
    assert times[1] >= 0.2


def test_calls_above_the_rate_limit_are_throttled_without_waiting(stub: Emulator) -> None:
    client = bedrock(stub)
    stub.faults(requests_per_second=0.001, burst=1)
    titan(client)
    assert failure(client) == (429, "ThrottlingException")
    stub.faults(requests_per_second=0.001, burst=0, latency_ms=15_000)
    started = time.perf_counter()
    assert failure(client) == (429, "ThrottlingException")
    assert time.perf_counter() - started < 10


def test_a_wrong_fault_plan_is_refused_and_the_old_one_stays(stub: Emulator) -> None:
    stub.faults(calls={"1": "500"})
    with pytest.raises(ValueError, match="is not a kind of fault"):
        stub.faults(calls={"1": "nonsense"})
    assert failure(bedrock(stub))[0] == 500


def test_the_last_requests_are_shown_and_no_secret_with_them(stub: Emulator) -> None:
    titan(bedrock(stub, "ASIAONE", "topsecret", "sessiontoken"), dimensions=256)
    sagemaker(stub).invoke_endpoint(
        EndpointName="djl-x",
        Body=json.dumps({"inputs": ["a"]}),
        ContentType="application/json",
        TargetModel="model.tar.gz",
        TargetVariant="blue",
        InferenceComponentName="component",
    )
    shown = stub.counters()
    first, second = shown["requests"]
    assert first["body"] == {"inputText": "a film", "dimensions": 256}
    assert (first["access_key"], first["region"], first["session_token"]) == ("ASIAONE", "eu-west-1", True)
    assert second["target"] == "djl-x"
    sent = {name: value for name, value in second["headers"].items() if name.startswith("x-amzn-sagemaker")}
    assert sent == {
        "x-amzn-sagemaker-target-model": "model.tar.gz",
        "x-amzn-sagemaker-target-variant": "blue",
        "x-amzn-sagemaker-inference-component": "component",
    }
    everything = json.dumps(shown)
    assert "sessiontoken" not in everything
    assert "Signature=" not in everything


def test_a_response_that_nobody_waits_for_is_no_embedded_text(stub: Emulator) -> None:
    settings = options(stub, "AKIAONE", "one", None)
    hasty = boto3.client(
        "bedrock-runtime", **settings | {"config": Config(retries={"total_max_attempts": 1}, read_timeout=0.1)}
    )
    stub.faults(latency_ms=500)
    with pytest.raises(ReadTimeoutError):
        titan(hasty)
    deadline = time.monotonic() + 20
    while stub.counters()["in_flight"] and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (stub.counters()["texts"], stub.counters()["texts_embedded"]) == (1, 0)


def test_a_text_embedded_twice_is_noticed(stub: Emulator) -> None:
    client = bedrock(stub)
    for text in ("one", "two", "one"):
        titan(client, text)
    assert stub.counters()["texts_embedded"] == 3
    assert stub.counters()["texts_embedded_again"] == 1


def test_128_calls_are_in_flight_at_once_and_answered_in_their_own_order(stub: Emulator) -> None:
    client = bedrock(stub)
    stub.faults(latency_ms=3_000)  # long enough for one machine to send 128 calls before the first is answered
    texts = [f"text {number}" for number in range(128)]
    with ThreadPoolExecutor(128) as threads:
        vectors = list(threads.map(lambda text: titan(client, text), texts))
    np.testing.assert_allclose(vectors, StubEmbedder.vectors(texts, 1024), atol=1e-6)
    assert stub.counters()["peak_concurrency"] == 128


def test_what_is_not_emulated_says_so(stub: Emulator) -> None:
    with pytest.raises(ClientError, match="is not emulated"):
        bedrock(stub).converse_stream(
            modelId="amazon.nova-lite-v1:0", messages=[{"role": "user", "content": [{"text": "hi"}]}]
        )


def test_it_listens_on_loopback_only(stub: Emulator) -> None:
    assert urlsplit(stub.url).hostname == "127.0.0.1"


def test_a_taken_port_and_an_unknown_option_are_said_plainly(stub: Emulator) -> None:
    port = urlsplit(stub.url).port
    with pytest.raises(LocalStackError, match=f"cannot listen on 127.0.0.1:{port}"), Emulator(port=port):
        pass
    with pytest.raises(LocalStackError, match="Unknown emulator options: latency"):
        Emulator(latency=80)
    with pytest.raises(LocalStackError, match="is not a kind of fault"), Emulator(faults={"calls": {"1": "x"}}):
        pass


def test_it_runs_in_a_process_of_its_own_and_ends_with_its_caller() -> None:
    with Emulator(process=True, faults={"calls": {"1": "500"}}) as emulator:
        client = bedrock(emulator)
        assert failure(client)[0] == 500
        assert titan(client)
        child = emulator._host
    assert child._child.returncode == 0  # type: ignore[union-attr]


def test_the_command_line_prints_its_url_and_ends_on_a_signal() -> None:
    arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2"
    command = ["-m", "local.emulator", "--model", "stub", "--profile", f"{arn}={TITAN}", "--endpoint", "mine=tei"]
    with subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        emulator = Emulator()
        emulator.url = json.loads(process.stdout.readline())["url"]
        assert invoke(bedrock(emulator), {"inputText": "a"}, arn)["inputTextTokenCount"] == 1
        body = json.dumps({"inputs": "a"})
        assert sagemaker(emulator).invoke_endpoint(EndpointName="mine", Body=body, ContentType="application/json")
        process.terminate()
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000, 431),
        (b"GET /_emulator/health HTTP/1.1\r\nConnection: close\r\n\r\n", 200),
    ],
)
def test_what_is_no_request_is_answered_and_the_connection_closed(stub: Emulator, sent: bytes, status: int) -> None:
    import socket

    address = urlsplit(stub.url)
    assert address.port is not None
    with socket.create_connection(("127.0.0.1", address.port), timeout=10) as connection:
        connection.sendall(sent)
        received = b""
        while part := connection.recv(4096):
            received += part
    assert received.startswith(f"HTTP/1.1 {status} ".encode())


def test_requests_sent_ahead_are_answered_one_after_the_other(stub: Emulator) -> None:
    import socket

    request = b"GET /_emulator/health HTTP/1.1\r\nHost: x\r\n\r\n"
    address = urlsplit(stub.url)
    assert address.port is not None
    with socket.create_connection(("127.0.0.1", address.port), timeout=10) as connection:
        connection.sendall(request + request[:-4])
        connection.sendall(b"\r\nConnection: close\r\n\r\n")
        received = b""
        while part := connection.recv(4096):
            received += part
    assert received.count(b'"status":"ok"') == 2
