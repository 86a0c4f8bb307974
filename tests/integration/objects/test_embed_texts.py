"""Texts are embedded by the model of a collection, as its searches and its objects are."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api import Api
from tests.builders import TITAN

OWN = {"vectorizer": "none", "dimensions": 3}


@pytest.fixture(scope="module")
def path(api: Api) -> Iterator[str]:
    body = {
        "name": "Embedded",
        "properties": [{"name": "title", "type": "text"}],
        "vectors": {"meaning": TITAN, "own": OWN},
    }
    assert api("POST", "/v1/collections", body).status == 201
    yield "/v1/collections/Embedded"
    api("DELETE", "/v1/collections/Embedded")


def embed(api: Api, path: str, **body: Any) -> Any:
    return api("POST", f"{path}/embed", body)


def test_a_query_has_the_vector_that_a_search_of_it_has(api: Api, path: str) -> None:
    title = "Three ghosts teach an old miser to be generous"
    written = {"properties": {"title": title}, "vectors": {"own": [1, 0, 0]}}
    assert api("POST", f"{path}/objects", written, query={"consistency": "wait"}).status == 201
    [vector] = embed(api, path, texts=["a holiday film"], target_vector="meaning").body["vectors"]

    def distance(**mode: Any) -> float:
        [hit] = api("POST", f"{path}/search", mode | {"limit": 1}).body["objects"]
        return float(hit["distance"])

    by_text = distance(near_text={"query": "a holiday film", "target_vector": "meaning"})
    by_vector = distance(near_vector={"vector": vector, "target_vector": "meaning"})
    assert by_vector == pytest.approx(by_text, abs=1e-6)


def test_several_texts_have_their_vectors_in_their_order(api: Api, path: str) -> None:
    texts = [f"film {number}" for number in range(20)]
    together = embed(api, path, texts=texts, input_type="document", target_vector="meaning").body
    alone = embed(api, path, texts=texts[7:8], input_type="document", target_vector="meaning").body

    assert (together["target_vector"], together["dimensions"]) == ("meaning", len(together["vectors"][0]))
    assert together["vectors"][7] == pytest.approx(alone["vectors"][0], abs=1e-6)


@pytest.mark.parametrize(
    ("body", "field", "problem"),
    [
        ({"texts": ["a"], "target_vector": "own"}, "target_vector", "has no model"),
        ({"texts": ["a"]}, "target_vector", "meaning"),
        ({"texts": ["a"], "target_vector": "title"}, "target_vector", "meaning"),
        ({"texts": []}, "texts", "1"),
        ({"texts": ["a"] * 97, "target_vector": "meaning"}, "texts", "96"),
        ({"texts": ["a", ""], "target_vector": "meaning"}, "texts.1", "1"),
        ({"texts": ["x" * 1_000_001], "target_vector": "meaning"}, "texts", "1000000"),
    ],
)
def test_a_wrong_request_names_its_field(api: Api, path: str, body: dict[str, Any], field: str, problem: str) -> None:
    response = embed(api, path, **body)

    [detail] = response.error["details"]
    assert (response.status, detail["field"]) == (400, field)
    assert problem in detail["message"]
