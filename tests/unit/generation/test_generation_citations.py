"""Citations are checked against what was sent, and what cannot be found is dropped and counted."""

from typing import Any

import pytest

from lambdas.generation.citations import Checked, Citation, check_native, check_prompted
from lambdas.generation.context import Readable, make_passage
from lambdas.generation.replies import RawCitation

READABLE = [
    Readable("title", is_text=True),
    Readable("body", is_text=True),
    Readable("tags", is_text=True),
    Readable("year", is_text=False),
]
BODY = "A house  flies. It lands\nin Venezuela."
FLIES, LANDS = "A house  flies.", "It lands\nin Venezuela."
# Blocks: 0 title: 1 Up 2 body: 3-4 its sentences 5 tags: 6 film 7 for all 8 year: 9 2009
UP = make_passage("up", "Film 1", READABLE, {"title": "Up", "body": BODY, "tags": ["film", "for all"], "year": 2009})
WHALE = make_passage("whale", "Film 2", READABLE, {"body": "A whale."})
TEXT = "The house flies."


def raw(*quotes: str, **more: Any) -> RawCitation:
    return RawCitation(0, len(TEXT), quotes, **({"passage": 0} | more))


def quoted(citation: Citation, values: dict[str, Any]) -> str:
    value = values[citation.property]
    text = value if citation.item is None else value[citation.item]
    return str(text)[citation.quote_start : citation.quote_end]


@pytest.mark.parametrize(
    ("citation", "quotes"),
    [
        (raw("A house  flies. "), [("body", FLIES, 0, 15, None)]),
        # White space is not compared, and what is returned is what is stored.
        (raw("A house flies.\nIt lands in Venezuela."), [("body", BODY, 0, len(BODY), None)]),
        (raw("house flies"), [("body", "house  flies", 2, 14, None)]),
        (raw("for all"), [("tags", "for all", 0, 7, 1)]),
        (raw("2009"), [("year", "2009", 0, 4, None)]),
        # Over two properties, with the label between them and without.
        (raw("Up body: A house flies."), [("title", "Up", 0, 2, None), ("body", FLIES, 0, 15, None)]),
        (raw("Up A house flies."), [("title", "Up", 0, 2, None), ("body", FLIES, 0, 15, None)]),
        # Two items of a list are two quotes.
        (raw("film for all"), [("tags", "film", 0, 4, 0), ("tags", "for all", 0, 7, 1)]),
        (raw("Up", "film"), [("title", "Up", 0, 2, None), ("tags", "film", 0, 4, 0)]),
        # Without a quote, the blocks themselves.
        (raw(blocks=(3, 5)), [("body", BODY, 0, len(BODY), None)]),
        (raw(blocks=(1, 1)), [("title", "Up", 0, 2, None)]),
        (raw("Up", passage=None, source="up"), [("title", "Up", 0, 2, None)]),
        (raw("Up", source="up"), [("title", "Up", 0, 2, None)]),
        # The model's place is wrong, its quote is right.
        (raw("Up", blocks=(7, 8)), [("title", "Up", 0, 2, None)]),
    ],
)
def test_a_quote_is_returned_as_it_is_stored(citation: RawCitation, quotes: list[Any]) -> None:
    checked = check_native(TEXT, [citation], [UP, WHALE])

    assert checked == Checked(
        TEXT,
        tuple(
            Citation("up", name, quote, first, last, 0, len(TEXT), item) for name, quote, first, last, item in quotes
        ),
        0,
    )
    for each in checked.citations:
        values = {"title": "Up", "body": BODY, "tags": ["film", "for all"], "year": 2009}
        assert quoted(each, values) == each.quote


@pytest.mark.parametrize(
    "citation",
    [
        raw("A house sinks."),
        raw("A house flies. It sinks."),
        raw("Up", "A house sinks."),
        raw(""),
        raw(" \n"),
        raw("title:"),
        raw(),
        raw(blocks=(0, 1)),
        raw(blocks=(90, 91)),
        raw("Up", passage=1),
        raw("Up", passage=2),
        raw("Up", passage=0, source="whale"),
        raw("Up", passage=None),
        raw("Up", passage=None, source="unknown"),
    ],
)
def test_a_quote_that_is_not_in_its_object_is_dropped_and_counted(citation: RawCitation) -> None:
    good = raw("A whale.", passage=1)

    checked = check_native(TEXT, [citation, good], [UP, WHALE])

    assert ([each.id for each in checked.citations], checked.dropped) == (["whale"], 1)


def test_a_quote_that_is_there_twice_is_taken_where_the_model_says() -> None:
    twice = make_passage("x", "X", [READABLE[1]], {"body": "Yes. No. Yes."})

    [citation] = check_native("t", [RawCitation(0, 1, ("Yes.",), passage=0, blocks=(2, 3))], [twice]).citations

    assert (citation.quote_start, citation.quote_end) == (9, 13)


def test_the_same_citation_is_returned_once() -> None:
    assert len(check_native(TEXT, [raw("Up"), raw("Up")], [UP]).citations) == 1


def spans(text: str) -> tuple[str, list[tuple[str, str]], int]:
    """The text, the statement and the quote of each citation, and how many were dropped."""
    checked = check_prompted(text, [UP, WHALE])
    pairs = [(checked.text[each.start : each.end], each.quote) for each in checked.citations]
    return checked.text, pairs, checked.dropped


@pytest.mark.parametrize(
    ("text", "clean", "pairs", "dropped"),
    [
        ("It flies [2]. It lands [3].", "It flies. It lands.", [("It flies", FLIES), ("It lands", LANDS)], 0),
        ("It flies. [2] It lands. [3]", "It flies. It lands.", [("It flies.", FLIES), ("It lands.", LANDS)], 0),
        ("No source. It flies[2][1]", "No source. It flies", [("It flies", FLIES), ("It flies", "Up")], 0),
        ("Both [1, 2]", "Both", [("Both", "Up"), ("Both", FLIES)], 0),
        ("All [1-3]", "All", [("All", "Up"), ("All", FLIES), ("All", LANDS)], 0),
        ("Whale [7].", "Whale.", [("Whale", "A whale.")], 0),
        ("Wrong [8] [0] [99].", "Wrong.", [], 3),
        ("In [2009] it flew.", "In [2009] it flew.", [], 0),
        ("[1] begins.", " begins.", [], 1),
        ("None.", "None.", [], 0),
        ("", "", [], 0),
    ],
)
def test_numbers_in_brackets_become_quotes(text: str, clean: str, pairs: list[tuple[str, str]], dropped: int) -> None:
    assert spans(text) == (clean, pairs, dropped)
