"""SmolLM2 behind the text models: its process, its limits, and the response of Converse."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator.bedrock import Bedrock
from local.emulator.errors import ServiceError
from local.emulator.text.converse import read, render
from local.emulator.text.guardrails import Guardrails
from local.emulator.text.prompt import Passage, Piece, Prompt, Written
from local.emulator.text.smollm2 import PASSAGE_TOKENS, WORKER, SmolLM2, request
from local.emulator.tokens import count_tokens
from local.stack import TOOLS

NOVA = "amazon.nova-lite-v1:0"
PASSAGES = (Passage("a", "Keys", ("title:", "Keys", "KMS rotates keys once a year.")),)
# Repeats its input, ends at "end", and needs half a second for "slow".
STAND_IN = """
import json, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    text = asked["messages"][-1]["content"]
    if text == "end":
        break
    time.sleep(0.5 * (text == "slow"))
    print(json.dumps({"text": f" {text}", "is_cut": text == "cut", "read": 7, "written": 3}), flush=True)
"""


@pytest.fixture
def model() -> Iterator[SmolLM2]:
    model = SmolLM2((sys.executable, "-c", STAND_IN), seconds=0.4)
    yield model
    model.close()


def test_a_request_has_the_system_text_the_passages_and_the_task() -> None:
    prompt = Prompt("When?", PASSAGES, "Reply in German.", most_tokens=9, temperature=0.2)

    assert request(prompt, 3.5) == {
        "messages": [
            {"role": "system", "content": "Reply in German."},
            {"role": "user", "content": "title: Keys KMS rotates keys once a year.\n\nWhen?"},
        ],
        "max_tokens": 9,
        "temperature": 0.2,
        "seconds": 3.5,
    }


def test_of_long_passages_the_model_reads_the_beginning_and_the_whole_task() -> None:
    long = Passage("a", "a", ("first " + "word " * 5_000,))

    content = request(Prompt("What is last?", (long,)), 1)["messages"][-1]["content"]

    assert content.startswith("first word")
    assert content.endswith("word\n\nWhat is last?")
    assert count_tokens(content) == PASSAGE_TOKENS + count_tokens("What is last?")


def test_the_text_comes_with_the_tokens_that_the_model_counts(model: SmolLM2) -> None:
    assert asyncio.run(model.generate(Prompt("Hello"))) == Written([Piece("Hello")], is_cut=False, read=7, written=3)


def test_a_process_that_ended_is_an_error_and_is_started_again(model: SmolLM2) -> None:
    with pytest.raises(ServiceError) as caught:
        asyncio.run(model.generate(Prompt("end")))

    assert (caught.value.status, caught.value.code) == (500, "ModelErrorException")
    assert asyncio.run(model.generate(Prompt("again"))).pieces == [Piece("again")]


def test_a_request_that_waits_too_long_for_its_turn_times_out(model: SmolLM2) -> None:
    async def both() -> list[Any]:
        slow, next_one = model.generate(Prompt("slow")), model.generate(Prompt("next"))
        return list(await asyncio.gather(slow, next_one, return_exceptions=True))

    first, second = asyncio.run(both())

    assert first.pieces == [Piece("slow")]
    assert (second.status, second.code) == (408, "ModelTimeoutException")


@pytest.mark.parametrize(
    ("result", "text", "reason", "usage"),
    [
        (Written([Piece("So it is.")], is_cut=False, read=40, written=5), "So it is.", "end_turn", (40, 5, 45)),
        (Written([Piece("So it")], is_cut=True, read=40, written=2), "So it", "max_tokens", (40, 2, 42)),
        (Written([Piece("So STOP")], is_cut=False, read=40, written=3), "So ", "stop_sequence", (40, 3, 43)),
    ],
)
def test_converse_says_how_the_model_ended(result: Written, text: str, reason: str, usage: tuple[int, ...]) -> None:
    models = Bedrock()
    body = {
        "messages": [{"role": "user", "content": [{"text": "Is it?"}]}],
        "inferenceConfig": {"maxTokens": 2, "stopSequences": ["STOP"]},
    }
    asked = read(NOVA, models.text_model(NOVA), NOVA, json.dumps(body).encode(), Guardrails())

    response = render(asked, result, 7)

    assert response["output"]["message"]["content"] == [{"text": text}]
    assert (response["stopReason"], tuple(response["usage"].values())) == (reason, usage)


def test_the_real_model_writes_within_its_limit() -> None:
    found = sorted(TOOLS.glob("smollm2-*/bin/python"))
    if not found:
        pytest.skip('SmolLM2 is not installed here: make demo ARGS="--generator smollm2" installs it')
    model = SmolLM2((str(Path(found[0])), str(WORKER)), seconds=120)
    try:
        result = asyncio.run(model.generate(Prompt("When does KMS rotate keys?", PASSAGES, most_tokens=12)))
    finally:
        model.close()

    assert result.pieces[0].text
    assert (result.is_cut, result.written) in {(True, 12), (False, result.written)}
    assert result.read is not None
    assert result.read > 20
