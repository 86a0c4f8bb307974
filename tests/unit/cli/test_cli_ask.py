"""`alto ask`: its request, and how a text is shown with its sources."""

import json
from typing import Any

import pytest

from alto.cli.search.ask_body import numbered
from tests.command_line import alto, error, reply

FIRST = "00000000-0000-0000-0000-000000000001"
HIT = {"id": FIRST, "properties": {"title": "Keys"}, "score": 0.9}
CITATION = {"id": FIRST, "property": "body", "quote": "rotates\nat once", "start": 0, "end": 19}
GENERATED = {"text": "It rotates at once. Really.", "citations": [CITATION], "stop_reason": "end_turn"}
COUNTS = {"total": 1, "truncated": False, "took_ms": 9, "generation": {"model": "m", "calls": 1}}


def response(**more: Any) -> Any:
    return {"objects": [HIT], "generated": GENERATED | more, **COUNTS}


def test_the_question_is_searched_for_and_is_the_task() -> None:
    done = alto("ask", "Film", "How do I rotate a key?", replies=(reply(response()),))

    assert done.server.paths == ["POST /v1/collections/Film/generate"]
    assert done.server.body() == {
        "hybrid": {"query": "How do I rotate a key?"},
        "limit": 5,
        "generate": {"grouped_task": "How do I rotate a key?"},
    }
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "It rotates at once. [1] Really.",
        f"1\t{FIRST}\tbody\trotates at once",
    ]


def test_options_are_settings_of_the_search_and_of_the_model() -> None:
    options = "--mode bm25 --in title --limit 9 --read title,body --model m --model-region eu-west-1 --max-tokens 50"

    done = alto(
        *("ask", "Film", "Summarize.", "--query", "keys", *options.split(), "--no-citations", "--system", "In German."),
        replies=(reply(response()),),
    )

    assert done.server.body() == {
        "bm25": {"query": "keys", "properties": ["title"]},
        "limit": 9,
        "generate": {
            "grouped_task": "Summarize.",
            "citations": False,
            "properties": ["title", "body"],
            "service": "bedrock",
            "model": "m",
            "region": "eu-west-1",
            "system": "In German.",
            "max_tokens": 50,
        },
    }


def test_an_endpoint_is_a_model_of_sagemaker() -> None:
    done = alto("ask", "Film", "Why?", "--endpoint", "llama", replies=(reply(response()),))

    assert done.server.body()["generate"] == {"grouped_task": "Why?", "service": "sagemaker", "endpoint": "llama"}


def test_json_is_the_response() -> None:
    done = alto("ask", "Film", "Why?", "--json", replies=(reply(response()),))

    assert json.loads(done.out) == response()


@pytest.mark.parametrize(
    ("more", "remark"),
    [
        ({"stop_reason": "max_tokens"}, "--max-tokens"),
        ({"stop_reason": "guardrail_intervened"}, "A guardrail stepped in"),
        ({"dropped_citations": 2}, "were left out: 2"),
        ({"context": {"left_out": 3}}, "--context-tokens"),
    ],
)
def test_a_remark_is_on_stderr(more: dict[str, Any], remark: str) -> None:
    done = alto("ask", "Film", "Why?", replies=(reply(response(**more)),))

    assert remark in done.err
    assert remark not in done.out


FAILED = {"status": 429, "code": "model_throttled", "message": "Too many requests.", "details": []}


@pytest.mark.parametrize(
    "given",
    [reply({"objects": [], "generated": {"error": FAILED}, **COUNTS}), error(404, "collection_not_found")],
)
def test_an_error_is_an_exit_code(given: Any) -> None:
    done = alto("ask", "Film", "Why?", replies=(given,))

    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("Error: ")


def test_two_models_are_wrong_usage() -> None:
    done = alto("ask", "Film", "Why?", "--model", "m", "--endpoint", "e")

    assert (done.code, done.server.asked) == (2, [])


def test_a_source_has_one_number_wherever_it_is_cited() -> None:
    other = CITATION | {"quote": "takes a key id"}
    citations = [CITATION, CITATION | {"start": 20, "end": 26}, other | {"start": 20, "end": 26}]

    text, sources = numbered("It rotates at once. Really.", citations)

    assert text == "It rotates at once. [1] Really [1][2]."
    assert [source["quote"] for source in sources] == ["rotates\nat once", "takes a key id"]
