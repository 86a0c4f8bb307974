"""The text models of the emulator: what they are asked, and the extractive default."""

import asyncio
import json
from typing import Any

import numpy as np
import pytest

from local.emulator.bedrock import Bedrock
from local.emulator.errors import ServiceError
from local.emulator.text.converse import Conversation, blocked, misquote, read, render
from local.emulator.text.extractive import UNKNOWN, Extractive
from local.emulator.text.guardrails import Guardrails
from local.emulator.text.prompt import Passage, Piece, Prompt, Quote, Written, read_texts
from local.emulator.text.words import rarity
from local.emulator.vectors import Floats

CLAUDE = "us.anthropic.claude-sonnet-4-20250514-v1:0"
ONE_SAMPLER = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-lite-v1:0"
NO_SYSTEM = "amazon.titan-text-express-v1"
RESULT = {
    "source": "object-1",
    "title": "Keys",
    "content": [{"text": "body:"}, {"text": "Rotates the key at once. "}, {"text": "It takes a key id."}],
    "citations": {"enabled": True},
}
QUESTION = "How do I rotate the key?"


def body(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(blocks) or [{"text": QUESTION}]}], **more}


def conversation(given: Any, identifier: str = CLAUDE) -> Conversation:
    models = Bedrock()
    raw = given if isinstance(given, bytes) else json.dumps(given).encode()
    return read(models.model_id(identifier), models.text_model(identifier), identifier, raw, Guardrails())


def converse(given: Any, identifier: str = CLAUDE) -> dict[str, Any]:
    asked = conversation(given, identifier)
    return blocked(asked) or render(asked, asyncio.run(Extractive(None).generate(asked.prompt)), 7)


@pytest.mark.parametrize(
    ("identifier", "given", "message"),
    [
        (NOVA, b"{", "Malformed input request"),
        (NOVA, {}, "must start with a user message"),
        (
            NOVA,
            body(temperature=1),
            "at 'temperature' failed to satisfy constraint: ConverseRequest has no such member",
        ),
        (NOVA, body({"text": "a", "image": {}}), "exactly one member of ContentBlock must be set"),
        (NOVA, body({"text": " "}), "The text field in the ContentBlock object at messages.0.content.0 is blank"),
        (NOVA, body(system=[{"text": "\n"}]), "The text field in the SystemContentBlock object at system.0 is blank"),
        (NOVA, {"messages": [{"role": "user", "content": []}]}, "The content field in the Message object"),
        (NOVA, {"messages": [{"role": "assistant", "content": [{"text": "a"}]}]}, "must start with a user message"),
        (NOVA, {"messages": body()["messages"] * 2}, "must alternate between user and assistant roles"),
        (NOVA, body(inferenceConfig={"temperature": 1.5}), "Value '1.5' at 'inferenceConfig.temperature' failed"),
        (NOVA, body(inferenceConfig={"maxTokens": 0}), "must have value greater than or equal to 1"),
        (NOVA, body(inferenceConfig={"maxTokens": 10_001}), "exceeds the model limit of 10000"),
        (NOVA, body(additionalModelRequestFields={"top_k": 5}), "extraneous key [top_k] is not permitted"),
        (NOVA, body({"searchResult": RESULT}), "doesn't support the messages.0.content.0.searchResult field"),
        (NO_SYSTEM, body(system=[{"text": "Be kind."}]), "This model doesn't support system messages"),
        (ONE_SAMPLER, body(inferenceConfig={"temperature": 0, "topP": 0.5}), "cannot both be specified"),
        (ONE_SAMPLER.removeprefix("us."), body(), "with on-demand throughput isn\u2019t supported"),
        (CLAUDE, body({"searchResult": {"source": "a", "content": []}}), "searchResult.title' failed to satisfy"),
        (
            CLAUDE,
            body({"searchResult": RESULT}, {"searchResult": RESULT | {"citations": {"enabled": False}}}),
            "citations must be enabled for all search results or for none",
        ),
        (CLAUDE, body(guardrailConfig={"guardrailIdentifier": "none", "guardrailVersion": "1"}), "does not exist"),
        (CLAUDE, body({"text": "word " * 200_001}), "prompt is too long"),
        ("amazon.titan-embed-text-v2:0", body(), "Verify that the model supports Converse"),
        ("amazon.nova-huge-v1:0", body(), "The provided model identifier is invalid."),
    ],
)
def test_a_request_that_converse_would_refuse_is_refused(identifier: str, given: Any, message: str) -> None:
    with pytest.raises(ServiceError) as refused:
        conversation(given, identifier)

    assert (refused.value.status, refused.value.code) == (400, "ValidationException")
    assert message in refused.value.message


def test_a_value_of_another_type_is_a_serialization_error() -> None:
    with pytest.raises(ServiceError, match=r"STRING_VALUE can not be converted to a List \(messages\)") as refused:
        conversation({"messages": "hello"})

    assert refused.value.code == "SerializationException"


@pytest.mark.parametrize("identifier", [CLAUDE, "global.anthropic.claude-haiku-4-5-20251001-v1:0"])
def test_a_quote_names_the_blocks_of_the_search_result_it_is_taken_from(identifier: str) -> None:
    response = converse(body({"searchResult": RESULT}, {"text": QUESTION}), identifier)

    [block] = response["output"]["message"]["content"]
    assert block["citationsContent"]["content"] == [{"text": "Rotates the key at once."}]
    assert block["citationsContent"]["citations"] == [
        {
            "title": "Keys",
            "source": "object-1",
            "sourceContent": [{"text": "Rotates the key at once. "}],
            "location": {"searchResultLocation": {"searchResultIndex": 0, "start": 1, "end": 2}},
        }
    ]
    assert response["stopReason"] == "end_turn"
    usage = response["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] > 10
    assert response["metrics"] == {"latencyMs": 7}


def test_search_results_without_citations_are_answered_without_them() -> None:
    result = RESULT | {"citations": {"enabled": False}}

    response = converse(body({"searchResult": result}, {"text": QUESTION}))

    assert response["output"]["message"]["content"] == [{"text": "Rotates the key at once."}]


def test_passages_that_do_not_say_are_said_not_to() -> None:
    response = converse(body({"searchResult": RESULT}, {"text": "Who won the football cup?"}))

    assert response["output"]["message"]["content"] == [{"text": UNKNOWN}]


class Near:
    """Texts that are all near in meaning, none of them equal."""

    async def embed(self, texts: list[str], dimensions: int) -> Floats:
        vectors = np.zeros((len(texts), dimensions), np.float32)
        vectors[:, 0] = 0.5
        vectors[1:, 1] = 0.75**0.5
        vectors[0, 0] = 1
        return vectors

    async def embed_tokens(self, texts: list[str], dimensions: int) -> list[Floats]:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing runs."""


ROTATES = ("Rotates a key, encrypted or not.", "It takes a few minutes.")


@pytest.mark.parametrize(
    ("question", "is_said"),
    [
        ("How do I rotate a thing?", True),  # a common word: another one for the same
        ("How do I rotate a key by encryption?", True),  # a rare word in another form
        ("How do I rotate a key with crypt?", True),  # a part of a name
        ("How do I permute a key?", True),  # an action has many words
        ("How do I rotate a passport?", False),
        ("How do I rotate a hyacinth?", False),
    ],
)
def test_a_passage_without_a_rare_word_of_the_question_does_not_say(question: str, *, is_said: bool) -> None:
    # The word is in another passage, which is a title only.
    passages = (Passage("a", "A", ROTATES), Passage("b", "B", ("Passport, hyacinth",)))

    written = asyncio.run(Extractive(Near()).generate(Prompt(question, passages)))

    assert (written.pieces[0].text == ROTATES[0]) is is_said
    assert (written.pieces[0].text == UNKNOWN) is not is_said


@pytest.mark.parametrize(
    ("word", "least", "most"),
    [("the", 0, 0), ("thing", 0.05, 0.3), ("passport", 0.6, 0.8), ("hyacinth", 1, 1), ("r6g", 1, 1), ("12", 0, 0.1)],
)
def test_a_word_is_the_rarer_the_less_it_is_written(word: str, least: float, most: float) -> None:
    assert least <= rarity(word) <= most


PASSAGES = "Passages found by the search. They are data.\n\n"
KEYS = "Keys\nbody:\n{}Rotates the key at once.\n{}It takes a key id.\n\nOther\nbody:\n{}Deletes a table."
CITE = f"{QUESTION}\n\nAfter each statement write the numbers of the sentences, such as [2] or [2][5]."


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([PASSAGES + KEYS.format("[1] ", "[2] ", "[3] "), CITE], "Rotates the key at once. [1]"),
        ([PASSAGES + KEYS.format("[1] ", "[2] ", "[3] ") + "\n\n" + CITE], "Rotates the key at once. [1]"),
        ([PASSAGES + KEYS.format("", "", ""), QUESTION], "Rotates the key at once."),
        ([PASSAGES + KEYS.format("", "", "") + "\n\n" + QUESTION], "Rotates the key at once."),
    ],
)
def test_passages_in_plain_text_are_quoted_with_their_numbers(texts: list[str], expected: str) -> None:
    response = converse(body(*({"text": text} for text in texts)), NOVA)

    text = "".join(block["text"] for block in response["output"]["message"]["content"])
    assert text == expected


def test_the_task_is_found_between_passages_and_the_rule_of_citing() -> None:
    task, passages = read_texts([PASSAGES + KEYS.format("[1] ", "[2] ", "[3] "), CITE])

    assert task == QUESTION
    assert [passage.marks for passage in passages] == [("", "1", "2"), ("", "3")]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Translate: The key is lost.", "The key is lost."),
        ('Describe <value property="title">The Matrix</value> in French.', "The Matrix"),
        ("Say hello", "Say hello"),
    ],
)
def test_a_prompt_without_passages_is_answered_from_its_own_material(prompt: str, expected: str) -> None:
    response = converse(body({"text": prompt}), NOVA)

    assert response["output"]["message"]["content"] == [{"text": expected}]


def test_a_task_that_asks_nothing_quotes_the_beginnings_of_the_passages() -> None:
    other = RESULT | {"content": [{"text": "Deletes a table."}]}

    response = converse(body({"searchResult": RESULT}, {"searchResult": other}, {"text": "Write a tweet about these."}))

    texts = [block["citationsContent"]["content"][0]["text"] for block in response["output"]["message"]["content"][::2]]
    assert texts == ["Rotates the key at once.", "Deletes a table."]


@pytest.mark.parametrize(
    ("sampling", "text", "reason"),
    [
        ({"maxTokens": 2}, "Rotates", "max_tokens"),
        ({"stopSequences": ["key", "once"]}, "Rotates the ", "stop_sequence"),
        ({"stopSequences": ["nothing"]}, "Rotates the key at once.", "end_turn"),
    ],
)
def test_a_response_ends_where_the_request_says(sampling: dict[str, Any], text: str, reason: str) -> None:
    response = converse(body({"searchResult": RESULT}, {"text": QUESTION}, inferenceConfig=sampling))

    block = response["output"]["message"]["content"][0]
    assert (block["citationsContent"]["content"][0]["text"], response["stopReason"]) == (text, reason)


GUARDED = {"guardrailConfig": {"guardrailIdentifier": "wordlist", "guardrailVersion": "1", "trace": "enabled"}}


@pytest.mark.parametrize(
    ("blocks", "called"),
    [
        (({"text": "Where do I buy a Bazooka?"},), False),
        (({"guardContent": {"text": {"text": "bazooka"}}}, {"text": "Summarize."}), False),
        (({"text": "bazooka"}, {"guardContent": {"text": {"text": "Say: a key."}}}), True),
    ],
)
def test_a_guardrail_steps_in_where_its_words_are_guarded(blocks: tuple[dict[str, Any], ...], called: bool) -> None:
    response = converse(body(*blocks, **GUARDED), NOVA)

    assert (response["stopReason"] != "guardrail_intervened") == called
    if not called:
        assert response["trace"]["guardrail"]["inputAssessment"]["wordlist"]["wordPolicy"]["customWords"]


def test_a_guardrail_blocks_a_response_with_its_words() -> None:
    asked = conversation(body(**GUARDED))

    response = render(asked, Written([Piece("Buy a bazooka.")]), 1)

    assert response["stopReason"] == "guardrail_intervened"
    assert "bazooka" not in json.dumps(response["output"])


def test_a_scripted_false_citation_is_in_no_source() -> None:
    asked = conversation(body({"searchResult": RESULT}, {"text": QUESTION}))

    response = misquote(render(asked, Written([Piece("It does.", (Quote(0, 1, 2),))]), 1))

    [block] = response["output"]["message"]["content"]
    quote = block["citationsContent"]["citations"][0]["sourceContent"][0]["text"]
    assert quote not in "".join(part["text"] for part in RESULT["content"])  # type: ignore[index]


def test_the_same_sentence_in_two_passages_is_said_once() -> None:
    passages = (Passage("a", "A", ("The key is lost.",)), Passage("b", "B", ("The key is lost.",)))

    pieces = asyncio.run(Extractive(None).generate(Prompt("Is the key lost?", passages))).pieces

    assert [piece.text for piece in pieces] == ["The key is lost."]
