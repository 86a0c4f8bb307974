"""Blocks become passages of a bounded size that know their heading and page."""

from itertools import pairwise

import pytest
from pydantic import ValidationError

from lambdas.collections.model import CollectionConfig
from lambdas.documents.blocks import Block
from lambdas.documents.chunking import cut, sentences
from lambdas.documents.settings import DocumentSettings

SENTENCE = "The quick brown fox jumps over the lazy dog."


def heading(text: str, level: int = 1) -> Block:
    return Block("heading", text, 1, level)


def text(content: str, page: int = 1) -> Block:
    return Block("text", content, page)


def test_paragraphs_of_one_section_are_put_together_and_sections_are_not() -> None:
    blocks = [heading("A"), text("One."), text("Two."), heading("B", 2), text("Three.")]

    passages = cut(blocks, DocumentSettings())

    assert [(each.heading, each.text) for each in passages] == [("A", "One.\n\nTwo."), ("A > B", "Three.")]


def test_a_heading_without_text_is_a_passage_of_its_own() -> None:
    blocks = [heading("A"), heading("B"), text("Text.")]

    assert [(each.heading, each.text) for each in cut(blocks, DocumentSettings())] == [("A", "A"), ("B", "Text.")]


@pytest.mark.parametrize("chunking", ["structure", "sentences", "fixed"])
@pytest.mark.parametrize("size", [200, 333, 1000])
def test_no_passage_is_longer_than_the_size_and_no_word_is_lost(chunking: str, size: int) -> None:
    blocks = [text(" ".join([SENTENCE] * 40)), Block("code", "\n".join(["x = 1"] * 200)), text("w" * 900), text("end")]

    passages = cut(blocks, DocumentSettings.model_validate({"chunking": chunking, "size": size}))

    assert max(len(each.text) for each in passages) <= size
    assert "".join("".join(each.text.split()) for each in passages) == "".join("".join(b.text.split()) for b in blocks)


def test_an_overlap_repeats_the_end_of_the_passage_before() -> None:
    blocks = [text(" ".join(f"Sentence number {number} is here." for number in range(40)))]

    passages = cut(blocks, DocumentSettings(chunking="sentences", size=300, overlap=60))

    assert max(len(each.text) for each in passages) <= 300
    for before, after in pairwise(passages):
        assert after.text.partition(". ")[0] in before.text


def test_a_page_ends_a_passage_that_is_long_enough() -> None:
    passages = cut([text("a" * 500, 1), text("b" * 300, 2), text("c" * 100, 3)], DocumentSettings())

    assert [(each.page, len(each.text)) for each in passages] == [(1, 500), (2, 402)]


def test_abbreviations_end_no_sentence() -> None:
    assert sentences("See e.g. Dr. Who. He is late! Is he?") == ["See e.g. Dr. Who.", "He is late!", "Is he?"]


def test_a_collection_of_documents_gets_the_properties_of_passages() -> None:
    config = CollectionConfig.model_validate(
        {"name": "Manual", "documents": {"before": ["title"]}, "properties": [{"name": "page", "type": "int"}]}
    )

    names = [item.name for item in config.properties]
    assert names[0] == "page"
    assert set(names) >= {"text", "document", "document_version", "heading", "ordinal", "source", "title"}
    assert len(names) == len(set(names))
    embedded = {item.name for item in config.properties if item.type == "text" and not item.skip_vectorization}
    assert embedded == {"text", "title"}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"size": 100}, "greater than or equal to 200"),
        ({"size": 400, "overlap": 300}, "overlap is 300, and at most half of size"),
        ({"property": "page"}, "property is 'page'"),
        ({"metadata": ["ordinal"]}, "metadata names 'ordinal'"),
        ({"chunking": "words"}, "chunking"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        CollectionConfig.model_validate({"name": "Manual", "documents": settings})
