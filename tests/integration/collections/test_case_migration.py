"""Programs that were written for Weaviate: first letters of properties, and words in filters."""

from collections.abc import Iterator
from typing import Any

import pytest

import alto
from alto.classes.config import DataType, Property, Tokenization
from alto.classes.query import Filter
from tests.api import Api
from tests.api_server import ApiServer


@pytest.fixture(scope="module")
def client(api: Api) -> Iterator[alto.AltoClient]:
    with ApiServer(api) as server, alto.connect_to_local(port=server.port) as connected:
        yield connected


@pytest.fixture(scope="module")
def animals(client: alto.AltoClient) -> Iterator[Any]:
    title = Property(name="title", data_type=DataType.TEXT, tokenization=Tokenization.WORD)
    collection = client.collections.create("CaseAnimals", properties=[title])
    titles = ["The quick brown fox", "A slow brown dog", "quick", "O\u2019Brien and the fox_cub"]
    assert not collection.data.insert_many([{"title": each} for each in titles]).has_errors
    yield collection
    client.collections.delete("CaseAnimals")


WORDS = Filter.by_property("title")


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        (WORDS.has_words("quick"), "02"),
        (WORDS.has_words("FOX"), "03"),
        (WORDS.has_words("fox quick"), "0"),
        (WORDS.has_words("brown") | WORDS.has_words("quick"), "012"),
        (WORDS.has_words("quick") & WORDS.has_words("brown"), "0"),
        (WORDS.has_words("cat"), ""),
        (WORDS.has_words("?!"), ""),
        (~WORDS.has_words("fox"), "12"),
        (WORDS.equal("quick"), "2"),
        (WORDS.like("*QUI*"), "02"),
    ],
)
def test_words_of_a_text_are_found_by_has_words(animals: Any, condition: Any, places: str) -> None:
    titles = ["The quick brown fox", "A slow brown dog", "quick", "O\u2019Brien and the fox_cub"]

    found = {each.properties["title"] for each in animals.query.fetch_objects(filters=condition)}

    assert found == {titles[int(place)] for place in places}


def test_the_other_first_letter_is_no_second_property(client: alto.AltoClient) -> None:
    collection = client.collections.create("CaseLetters", properties=[Property(name="Name", data_type=DataType.TEXT)])
    try:
        collection.data.insert({"name": "Up"})
        done = collection.data.insert_many([{"Question": "Who?", "Name": "a"}, {"question": "What?"}])
        assert (list(done.uuids), list(done.errors)) == ([0, 1], [])
        assert {each.name for each in collection.config.get().properties} == {"name", "question"}
    finally:
        client.collections.delete("CaseLetters")
