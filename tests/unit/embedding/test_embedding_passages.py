from typing import Any

import pytest
from pydantic import ValidationError

from lambdas.batch_inference.file_format import batch_problem
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.passages import MAX_PASSAGES, cut_passages, read_texts
from lambdas.embedding.text import text_hash
from lambdas.errors import NoTextError
from tests.builders import FILM_PROPERTIES, TITAN, collection

SENTENCE = "one two three four five six seven eight nine ten."


def config(**settings: Any) -> Text2VecAws:
    return Text2VecAws.model_validate(TITAN | {"passages": {"words": 30}} | settings)


def texts_of(values: dict[str, Any], **settings: Any) -> Any:
    return read_texts(config(**settings), "Film", collection().properties, values)


def numbered(count: int) -> str:
    return " ".join(f"w{n}" for n in range(count))


def test_passages_have_one_length_and_together_all_of_the_text() -> None:
    passages = list(cut_passages(numbered(200), 90))

    assert [len(each.split()) for each in passages] == [100, 100]
    assert " ".join(passages) == numbered(200)


@pytest.mark.parametrize(("words", "count"), [(0, 1), (44, 1), (46, 2), (74, 2), (76, 3)])
def test_a_passage_has_about_so_many_words(words: int, count: int) -> None:
    assert len(list(cut_passages(numbered(words), 30))) == (count if words else 0)


def test_a_passage_ends_with_a_sentence_that_is_near() -> None:
    assert list(cut_passages(" ".join([SENTENCE] * 7), 30)) == [
        " ".join([SENTENCE] * 4),
        " ".join([SENTENCE] * 3),
    ]


def test_the_characters_of_scripts_without_blanks_are_words() -> None:
    passages = list(cut_passages("\u6771\u4eac\u30bf\u30ef\u30fc" * 20, 50))

    assert [len(each) for each in passages] == [50, 50]


def test_the_passages_of_a_very_long_text_are_longer() -> None:
    passages = list(cut_passages(numbered(30 * MAX_PASSAGES * 3), 30))

    assert len(passages) == MAX_PASSAGES
    assert " ".join(passages) == numbered(30 * MAX_PASSAGES * 3)


def test_a_passage_is_embedded_behind_the_title() -> None:
    texts = texts_of({"title": "Up", "description": numbered(60)})

    assert texts.whole == f"{numbered(60)} Up"
    assert texts.embedded == [texts.whole, *(f"Up {each}" for each in texts.passages)]
    assert [len(each.split()) for each in texts.passages] == [30, 30]


def test_a_text_of_one_passage_has_one_vector() -> None:
    assert texts_of({"title": "Up", "description": numbered(40)}).passages == ()


@pytest.mark.parametrize("title", [{}, {"title": None}, {"title": ""}])
def test_passages_of_an_object_without_title_are_the_text_alone(title: dict[str, Any]) -> None:
    texts = texts_of({"description": numbered(60)} | title)

    assert texts.embedded[1:] == list(texts.passages)


def test_a_title_alone_has_no_passages_and_nothing_has_no_text() -> None:
    assert texts_of({"title": numbered(90)}).passages == ()
    with pytest.raises(NoTextError):
        texts_of({"year": 2009})


def test_a_vector_without_passages_has_the_hash_that_it_had() -> None:

    without = Text2VecAws.model_validate(TITAN)
    texts = read_texts(without, "Film", collection().properties, {"title": "Up", "description": numbered(60)})

    assert texts.passages == ()
    assert texts.hash(without) == text_hash(without, texts.whole)


def test_another_title_or_length_of_passages_is_another_hash() -> None:
    moved = [{"title": "b c", "description": f"{numbered(60)} a"}, {"title": "c", "description": f"{numbered(60)} a b"}]
    first, second = (texts_of(each) for each in moved)

    assert first.whole == second.whole
    assert first.hash(config()) != second.hash(config())
    longer = config(passages={"words": 31})
    assert first.hash(longer) != first.hash(config())


@pytest.mark.parametrize("distance", ["dot", "l2_squared"])
def test_passages_need_the_cosine(distance: str) -> None:
    with pytest.raises(ValidationError, match=r"index\.distance is '"):
        config(index={"distance": distance})


@pytest.mark.parametrize("words", [29, 501])
def test_the_length_of_passages_has_bounds(words: int) -> None:
    with pytest.raises(ValidationError, match="words"):
        config(passages={"words": words})


def test_documents_and_passages_do_not_cut_the_same_texts() -> None:
    with pytest.raises(ValidationError, match="are passages already"):
        collection(vectors={"default": TITAN | {"passages": {}}}, documents={}, properties=FILM_PROPERTIES[2:])


def test_batch_inference_says_that_it_makes_no_passages() -> None:
    assert "has passages, which are embedded on demand" in str(batch_problem({"default": config()}, "us-east-1"))
