"""The benchmark of responses: what counts as a right citation, and that its questions are what they say."""

from typing import Any

import pytest

from benchmarks.citations import UNKNOWN, ask_all, questions, wrong_citation

STORED = {"body": "First. It rotates at once.", "tags": ["old", "new key"], "year": 1994}
RIGHT = {"id": "1", "property": "body", "quote": "It rotates", "quote_start": 7, "quote_end": 17, "start": 0, "end": 5}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({}, None),
        ({"item": None}, None),
        ({"property": "tags", "item": 1, "quote": "new", "quote_start": 0, "quote_end": 3}, None),
        ({"quote_start": 8}, "the quote is not there"),
        ({"quote": "it rotates"}, "the quote is not there"),
        ({"quote": " ", "quote_start": 6, "quote_end": 7}, "the quote is not there"),
        ({"property": "title"}, "the object has no such text"),
        ({"property": "year"}, "the object has no such text"),
        ({"start": 5}, "it belongs to no statement"),
    ],
)
def test_a_citation_is_right_where_the_object_has_its_quote(change: dict[str, Any], problem: str | None) -> None:
    assert wrong_citation(RIGHT | change, STORED, "Text.") == problem


def test_answers_and_refusals_are_counted() -> None:
    texts = {"a": ("It does.", [RIGHT | {"quote_start": 8}]), "b": (UNKNOWN, []), "c": ("Yes.", [])}

    def call(method: str, path: str, body: Any) -> Any:
        if method == "GET":
            assert path == "/v1/collections/Film/objects/1"
            return {"properties": STORED}
        text, citations = texts[body["generate"]["grouped_task"]]
        return {"took_ms": 5, "generated": {"text": text, "citations": citations, "dropped_citations": 1}}

    tally = ask_all(call, texts, "Film", "m", ["body"])

    assert (tally.questions, tally.replied, tally.unknown, tally.uncited) == (3, 2, 1, 1)
    assert (tally.citations, tally.dropped, len(tally.wrong), tally.shown()["median_ms"]) == (1, 3, 1, 5)


@pytest.mark.parametrize(
    ("name", "count"),
    [("covered", 200), ("uncovered", 50), ("tuning_covered", 114), ("tuning_uncovered", 85)],
)
def test_no_question_is_asked_twice(name: str, count: int) -> None:
    found = questions(name)

    assert len(set(found)) == len(found) == count


def test_the_threshold_was_chosen_on_other_questions() -> None:
    tuned = {each.lower() for kind in ("covered", "uncovered") for each in questions(f"tuning_{kind}")}

    assert tuned.isdisjoint(each.lower() for kind in ("covered", "uncovered") for each in questions(kind))
