"""Vectors with passages: written, searched, changed, filled and rebuilt, with a real OpenSearch."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.passages import read_texts
from tests.api import Api
from tests.builders import TITAN, collection
from tests.functions import Functions

VECTOR = TITAN | {"passages": {"words": 30}}
SUBJECTS = ("a ship at sea", "a dog in the snow", "the queen's garden", "two cities at war", "a letter from home")
QUERY = "frozen paws"
Body = dict[str, Any]
Exact = dict[str, tuple[float, str | None]]


def film(number: int) -> Body:
    """A film whose text has a part about each of some subjects; one in three has one passage only."""
    parts = [f"{SUBJECTS[(number + n) % 5]}, {'and so it goes on and on ' * 3}." for n in range(1 + 2 * (number % 3))]
    return {
        "id": str(UUID(int=number)),
        "properties": {"title": f"Film {number}", "description": " ".join(parts), "year": 2000 + number},
    }


FILMS = [film(number) for number in range(9)]


@pytest.fixture(scope="module")
def films(api: Api) -> Iterator[str]:
    name = f"Film{random.randrange(10**9)}"
    described = {"name": name, "properties": collection().model_dump(mode="json")["properties"]}
    made = api("POST", "/v1/collections", described | {"vectors": {"default": VECTOR}})
    assert made.status == 201, made.body
    assert made.body["vectors"]["default"]["passages"] == {"words": 30}
    path = f"/v1/collections/{name}"
    stored = api("POST", f"{path}/objects/batch", {"objects": FILMS}, query={"consistency": "wait"}).body
    assert stored["failed"] == 0, stored
    yield path
    api("DELETE", path)


def search(api: Api, path: str, **body: Any) -> list[Body]:
    found = api("POST", f"{path}/search", {"limit": 30} | body)
    assert found.status == 200, found.body
    objects: list[Body] = found.body["objects"]
    return objects


def embed(api: Api, path: str, texts: list[str], kind: str = "document") -> Any:
    made = [
        api("POST", f"{path}/embed", {"texts": texts[start : start + 90], "input_type": kind}).body["vectors"]
        for start in range(0, len(texts), 90)
    ]
    return np.concatenate(made)


@pytest.fixture(scope="module")
def exact(api: Api, films: str) -> Exact:
    """The exact score of each film for the query, and its nearest passage."""
    path = films
    config = Text2VecAws.model_validate(VECTOR)
    texts = [read_texts(config, "", collection().properties, each["properties"]) for each in FILMS]
    vectors = embed(api, path, [text for each in texts for text in each.embedded])
    [query] = embed(api, path, [QUERY], "query")
    scores = iter(((1 + vectors @ query / np.linalg.norm(vectors, axis=1) / np.linalg.norm(query)) / 2).tolist())
    found: Exact = {}
    for each, text in zip(FILMS, texts, strict=True):
        own = next(scores)
        passages = [(next(scores), passage) for passage in text.passages]
        best = max(passages, default=(0.0, None))
        found[each["id"]] = (0.3 * own + 0.7 * max(own, best[0]), best[1])
    return found


def test_a_search_scores_objects_and_passages_and_shows_the_nearest(api: Api, films: str, exact: Exact) -> None:
    found = search(api, films, near_text={"query": QUERY}, include_passage=True)

    assert [hit["id"] for hit in found] == sorted(exact, key=lambda each: -exact[each][0])
    assert [hit["score"] for hit in found] == pytest.approx([exact[hit["id"]][0] for hit in found], abs=1e-5)
    assert [hit["distance"] for hit in found] == pytest.approx([2 - 2 * exact[hit["id"]][0] for hit in found], abs=1e-4)
    assert [hit.get("passage") for hit in found] == [exact[hit["id"]][1] for hit in found]
    limit = found[4]["distance"]
    assert [hit["id"] for hit in search(api, films, near_text={"query": QUERY, "distance": limit})] == [
        hit["id"] for hit in found[:5]
    ]


def test_hybrid_filters_and_objects_search_passages(api: Api, films: str, exact: Exact) -> None:
    early = {"property": "year", "operator": "less_than", "value": 2005}

    [vector] = embed(api, films, [QUERY], "query").tolist()
    by_vector = search(api, films, near_vector={"vector": vector}, filter=early)
    hybrid = search(api, films, hybrid={"query": QUERY, "alpha": 1}, filter=early, include_passage=True)
    same = search(api, films, near_object={"id": FILMS[2]["id"]}, include_passage=True)

    expected = [each for each in sorted(exact, key=lambda each: -exact[each][0]) if UUID(each).int < 5]
    assert [hit["id"] for hit in by_vector] == [hit["id"] for hit in hybrid] == expected
    assert [hit.get("passage") for hit in hybrid] == [exact[each][1] for each in expected]
    assert (same[0]["id"], same[0]["score"]) == (FILMS[2]["id"], pytest.approx(1.0, abs=1e-5))
    assert "passage" not in hybrid[0]["properties"]


def test_a_changed_text_has_other_passages(api: Api, films: str) -> None:
    path = f"{films}/objects/{UUID(int=100)}"
    api("PUT", path, {"properties": FILMS[2]["properties"]})
    text = "A husky runs. " * 20 + "The tax form is due in April and must be signed by an accountant. " * 8

    changed = api("PATCH", path, {"properties": {"description": text}}, query={"consistency": "wait"})
    best = search(api, films, near_text={"query": "tax form"}, include_passage=True, limit=1)[0]
    stored = api("GET", path, query={"include_vectors": "true"}).body
    api("DELETE", path, query={"consistency": "wait"})

    assert changed.status == 200
    assert best["id"] == str(UUID(int=100))
    assert "tax form" in best["passage"]
    assert "husky" not in best["passage"]
    assert (list(stored["vectors"]), "passages" in stored) == (["default"], False)


def test_a_rebuild_and_a_fill_keep_and_make_passages(api: Api, films: str, functions: Functions) -> None:
    before = search(api, films, near_text={"query": QUERY}, include_passage=True)
    added = api("POST", f"{films}/vectors", {"vectors": {"short": VECTOR}})
    assert added.status == 202, added.body
    functions.work()

    filled = search(api, films, near_text={"query": QUERY, "target_vector": "short"}, include_passage=True)
    rebuilt = api("POST", f"{films}/rebuild", {"shards": 2})
    assert rebuilt.status == 202, rebuilt.body
    functions.work()
    target = {"query": QUERY, "target_vector": "default"}
    after = search(api, films, near_text=target, include_passage=True)

    shown = [(hit["id"], hit.get("passage")) for hit in before]
    assert [(hit["id"], hit.get("passage")) for hit in filled] == shown
    assert [(hit["id"], hit.get("passage")) for hit in after] == shown
