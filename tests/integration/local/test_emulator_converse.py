"""Text generation of the emulator as its callers see it: through boto3."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.emulator import Emulator

CLAUDE = "us.anthropic.claude-sonnet-4-20250514-v1:0"
RESULT: Any = {
    "source": "object-1",
    "title": "Keys",
    "content": [{"text": "Rotates the key at once. "}, {"text": "It takes a key id."}],
    "citations": {"enabled": True},
}
ASKED: Any = [{"role": "user", "content": [{"searchResult": RESULT}, {"text": "How do I rotate the key?"}]}]
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"


@pytest.fixture(scope="module")
def shared() -> Iterator[Emulator]:
    with Emulator(model="stub", profiles={PROFILE: "anthropic.claude-sonnet-4-20250514-v1:0"}) as emulator:
        yield emulator


@pytest.fixture
def emulator(shared: Emulator) -> Emulator:
    shared.reset()
    return shared


def client(name: Any, emulator: Emulator) -> Any:
    session = boto3.Session("AKIATEST", "secret", region_name="us-east-1")
    return session.client(name, endpoint_url=emulator.url, config=Config(retries={"total_max_attempts": 1}))


@pytest.mark.parametrize("model", [CLAUDE, PROFILE])
def test_boto3_reads_a_cited_response(emulator: Emulator, model: str) -> None:
    response = client("bedrock-runtime", emulator).converse(modelId=model, messages=ASKED)

    [block] = response["output"]["message"]["content"]
    [citation] = block["citationsContent"]["citations"]
    assert citation["location"] == {"searchResultLocation": {"searchResultIndex": 0, "start": 0, "end": 1}}
    assert citation["sourceContent"] == [{"text": "Rotates the key at once. "}]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("429", "ThrottlingException"),
        ("424", "ModelErrorException"),
        ("408", "ModelTimeoutException"),
        ("503", "ServiceUnavailableException"),
    ],
)
def test_a_scripted_fault_is_what_converse_raises(emulator: Emulator, status: str, code: str) -> None:
    emulator.faults(calls={"1": status})

    with pytest.raises(ClientError) as failed:
        client("bedrock-runtime", emulator).converse(modelId=CLAUDE, messages=ASKED)

    assert failed.value.response["Error"]["Code"] == code
    assert emulator.counters()["errors"] == {code: 1}


def test_a_fault_by_text_finds_passages_and_spoils_citations(emulator: Emulator) -> None:
    emulator.faults(texts={"takes a key id": "false_citation"})

    response = client("bedrock-runtime", emulator).converse(modelId=CLAUDE, messages=ASKED)

    [block] = response["output"]["message"]["content"]
    assert block["citationsContent"]["citations"][0]["sourceContent"] != [{"text": "Rotates the key at once. "}]


def test_generation_is_not_counted_as_embedding(emulator: Emulator) -> None:
    client("bedrock-runtime", emulator).converse(modelId=CLAUDE, messages=ASKED)

    assert emulator.counters()["texts_embedded"] == 0


def invoke(emulator: Emulator, name: str, body: Any) -> Any:
    response = client("sagemaker-runtime", emulator).invoke_endpoint(
        EndpointName=name, ContentType="application/json", Body=json.dumps(body)
    )
    return json.load(response["Body"])


def test_a_chat_endpoint_speaks_as_openai_does(emulator: Emulator) -> None:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Translate: A lost key."}]

    whole = invoke(emulator, "chat-llama", {"messages": messages})
    cut = invoke(emulator, "chat-llama", {"messages": messages, "max_tokens": 1})

    assert whole["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "A lost key."},
        "finish_reason": "stop",
    }
    assert whole["usage"]["total_tokens"] > whole["usage"]["completion_tokens"] > 0
    assert cut["choices"][0]["finish_reason"] == "length"


def test_an_inputs_endpoint_speaks_as_tgi_does(emulator: Emulator) -> None:
    body = {"inputs": "Translate: A lost key.", "parameters": {"max_new_tokens": 9, "details": True}}

    assert invoke(emulator, "tgi-llama", body) == [
        {"generated_text": "A lost key.", "details": {"finish_reason": "eos_token", "generated_tokens": 4}}
    ]


@pytest.mark.parametrize(
    ("name", "body", "status", "message"),
    [
        ("chat-llama", {"messages": []}, 400, "at least one message"),
        ("chat-llama", {"messages": [{"role": "user", "content": "a"}], "max_tokens": 0}, 400, "max_tokens"),
        ("chat-llama", {"messages": [{"role": "king", "content": "a"}]}, 400, "messages.0.role"),
        ("tgi-llama", {"prompt": "a"}, 422, "missing field `inputs`"),
        ("tgi-llama", {"inputs": "a", "parameters": {"temperature": 0}}, 422, "strictly positive"),
    ],
)
def test_a_container_refuses_what_it_cannot_read(
    emulator: Emulator, name: str, body: Any, status: int, message: str
) -> None:
    with pytest.raises(ClientError) as failed:
        invoke(emulator, name, body)

    assert failed.value.response["OriginalStatusCode"] == status  # type: ignore[typeddict-item]
    assert message in failed.value.response["OriginalMessage"]  # type: ignore[typeddict-item]
