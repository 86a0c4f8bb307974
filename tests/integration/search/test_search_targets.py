"""Several target vectors in one search, and the largest distance of a hybrid search: against exact computations."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.api import Api
from tests.builders import TITAN

COUNT = 600
# Fewer candidates than objects, so that some are near to one vector and no candidate of the other.
K = 60
LENGTHS = {"a": 16, "b": 8}
# Every seventh object has no second vector.
LACKING = 7
EVEN = {"property": "number", "operator": "less_than", "value": COUNT // 2}

Floats = NDArray[np.float64]
DISTANCES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "cosine": lambda of, to: 1 - of @ to / np.linalg.norm(of, axis=1) / np.linalg.norm(to),
    "dot": lambda of, to: -(of @ to),
    "l2_squared": lambda of, to: ((of - to) ** 2).sum(axis=1),
}
WEIGHTS = {"a": 0.5, "b": 2.0}
COMBINED: dict[str, Callable[[Floats, Floats], Floats]] = {
    "minimum": np.fmin,
    "average": lambda a, b: (a + b) / 2,
    "sum": lambda a, b: a + b,
    "manual_weights": lambda a, b: WEIGHTS["a"] * a + WEIGHTS["b"] * b,
}


@pytest.fixture(scope="module")
def stored() -> dict[str, Floats]:
    chance = np.random.default_rng(3)
    return {name: chance.normal(size=(COUNT, length)).round(4) for name, length in LENGTHS.items()}


@pytest.fixture(scope="module", params=DISTANCES)
def measured(api: Api, stored: dict[str, Floats], request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A collection, and the distance that its vectors have."""
    name = f"Two{uuid4().hex[:8]}"
    index = {"distance": request.param, "ef_search": K}
    body = {
        "name": name,
        "properties": [{"name": "number", "type": "int"}, {"name": "word", "type": "text"}],
        "vectors": {
            vector: {"vectorizer": "none", "dimensions": length, "index": index} for vector, length in LENGTHS.items()
        },
    }
    assert api("POST", "/v1/collections", body).status == 201
    objects = [
        {
            "id": str(UUID(int=number)),
            "properties": {"number": number, "word": "common rare" if number % 50 == 0 else "common"},
            "vectors": {vector: stored[vector][number].tolist() for vector in ("a", "b")[: 1 + bool(number % LACKING)]},
        }
        for number in range(COUNT)
    ]
    response = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert response.body["failed"] == 0, response.body
    yield name, request.param
    api("DELETE", f"/v1/collections/{name}")


def search(api: Api, name: str, **body: Any) -> Any:
    response = api("POST", f"/v1/collections/{name}/search", body)
    assert response.status == 200, response.body
    return response.body


def target(combine: str) -> dict[str, Any]:
    return {"vectors": ["a", "b"], "combine": combine} | ({"weights": WEIGHTS} if combine == "manual_weights" else {})


def exact(stored: dict[str, Floats], measure: str, query: dict[str, Any]) -> dict[str, Floats]:
    """The distance of every object from the query by each vector; nan where it has none."""
    found = {name: DISTANCES[measure](stored[name], np.array(query[name])) for name in query}
    found["b"][::LACKING] = np.nan
    return found


def numbers(response: Any) -> list[int]:
    return [hit["properties"]["number"] for hit in response["objects"]]


@pytest.mark.parametrize("condition", [None, EVEN], ids=["all", "filtered"])
@pytest.mark.parametrize("combine", COMBINED)
def test_combined_distances_are_exact_over_the_candidates_of_every_target(
    api: Api, stored: dict[str, Floats], measured: tuple[str, str], combine: str, condition: Any
) -> None:
    name, measure = measured
    chance = np.random.default_rng(5)
    for _ in range(10):
        query = {vector: chance.normal(size=length).round(4).tolist() for vector, length in LENGTHS.items()}
        each = exact(stored, measure, query)
        allowed = np.arange(COUNT) < (COUNT // 2 if condition else COUNT)
        combined = COMBINED[combine](each["a"], each["b"])
        nearest = {
            number
            for of_one in each.values()
            for number in np.argsort(np.where(allowed & ~np.isnan(of_one), of_one, np.inf))[:K]
        }
        expected = sorted((number for number in nearest if not np.isnan(combined[number])), key=lambda n: combined[n])

        near = {"vectors": query, "target_vector": target(combine)}
        response = search(api, name, near_vector=near, limit=20, **({"filter": condition} if condition else {}))

        assert numbers(response) == expected[:20]
        assert response["total"] == len(expected)
        for hit in response["objects"]:
            assert hit["distance"] == pytest.approx(combined[hit["properties"]["number"]], abs=1e-4)


def test_each_of_several_vectors_for_a_target_is_compared(
    api: Api, stored: dict[str, Floats], measured: tuple[str, str]
) -> None:
    name, measure = measured
    chance = np.random.default_rng(7)
    first, second, other = (chance.normal(size=length).round(4).tolist() for length in (16, 16, 8))
    a1, a2 = (exact(stored, measure, {"a": each, "b": other})["a"] for each in (first, second))
    b = exact(stored, measure, {"b": other})["b"]
    weights = {"a": [1, 3], "b": 0.5}
    asked = {"vectors": ["a", "b"], "combine": "manual_weights", "weights": weights}

    near = {"vectors": {"a": [first, second], "b": other}}
    nearest = search(api, name, near_vector=near, limit=1)["objects"]
    weighted = search(api, name, near_vector=near | {"target_vector": asked}, limit=20)["objects"]

    assert nearest[0]["distance"] == pytest.approx(np.nanmin([a1, a2, b]), abs=1e-4)
    for hit in weighted:
        number = hit["properties"]["number"]
        assert hit["distance"] == pytest.approx(a1[number] + 3 * a2[number] + 0.5 * b[number], abs=1e-3)
    assert [hit["distance"] for hit in weighted] == sorted(hit["distance"] for hit in weighted)


@pytest.mark.parametrize("condition", [None, EVEN], ids=["all", "filtered"])
def test_a_relative_score_scales_each_distance_over_its_nearest_objects(
    api: Api, stored: dict[str, Floats], measured: tuple[str, str], condition: Any
) -> None:
    name, measure = measured
    query = {vector: np.linspace(1, 2, length).round(4).tolist() for vector, length in LENGTHS.items()}
    each = exact(stored, measure, query)
    outside = np.arange(COUNT) >= (COUNT // 2 if condition else COUNT)
    expected = np.zeros(COUNT)
    for vector, weight in WEIGHTS.items():
        near = np.sort(np.where(outside | np.isnan(each[vector]), np.inf, each[vector]))[:100]
        expected += weight * (each[vector] - near[0]) / (near[-1] - near[0])
    asked = {"vectors": ["a", "b"], "combine": "relative_score", "weights": WEIGHTS}
    body = {"near_vector": {"vectors": query, "target_vector": asked}, "limit": 20} | (
        {"filter": condition} if condition else {}
    )

    found = search(api, name, **body)["objects"]
    several = api("POST", f"/v1/collections/{name}/search", {"queries": [body]}).body["results"][0]["objects"]

    for hit in found:
        assert hit["distance"] == pytest.approx(expected[hit["properties"]["number"]], abs=1e-3)
    assert [hit["distance"] for hit in found] == sorted(hit["distance"] for hit in found)
    assert [hit["id"] for hit in several] == [hit["id"] for hit in found]


@pytest.mark.parametrize("combine", COMBINED)
def test_a_threshold_holds_for_the_combined_distance(api: Api, measured: tuple[str, str], combine: str) -> None:
    name, _ = measured
    near = {"vectors": {"a": [1.0] * 16, "b": [1.0] * 8}, "target_vector": target(combine)}
    whole = search(api, name, near_vector=near, limit=20)["objects"]

    found = search(api, name, near_vector=near | {"distance": whole[4]["distance"]}, limit=20)

    assert [hit["id"] for hit in found["objects"]] == [hit["id"] for hit in whole[:5]]
    assert found["total"] == 5


def test_pages_of_a_combined_search_are_the_single_page(api: Api, measured: tuple[str, str]) -> None:
    near = {"vectors": {"a": [1.0] * 16, "b": [1.0] * 8}, "target_vector": target("sum")}
    whole = search(api, measured[0], near_vector=near, limit=60)["objects"]

    pages = [
        search(api, measured[0], near_vector=near, limit=10, offset=start)["objects"] for start in range(0, 60, 10)
    ]

    assert [hit for page in pages for hit in page] == whole


def test_a_combined_distance_is_a_leg_of_a_hybrid_search(api: Api, measured: tuple[str, str]) -> None:
    name, _ = measured
    given = {"vectors": {"a": [1.0] * 16, "b": [1.0] * 8}, "target_vector": target("average")}

    # A page that asks for as many candidates as a leg has.
    alone = search(api, name, near_vector=given, limit=100)
    both = search(api, name, hybrid={"query": "rare", "alpha": 0.9} | given, limit=20, explain=True)
    leg = search(api, name, hybrid={"query": "rare", "alpha": 1} | given, limit=100)

    assert numbers(leg) == numbers(alone)
    by_number = {hit["properties"]["number"]: hit["explanation"]["legs"] for hit in both["objects"]}
    vector_scores = {
        number: part["score"] for number, legs in by_number.items() for part in legs if part["leg"] == "vector"
    }
    for hit in alone["objects"]:
        number = hit["properties"]["number"]
        if number in vector_scores:
            assert vector_scores[number] == pytest.approx(hit["score"])
    assert len(vector_scores) > 5


def test_near_object_compares_each_vector_with_its_own(api: Api, stored: dict[str, Floats], measured: Any) -> None:
    name, measure = measured
    query = {vector: stored[vector][1].tolist() for vector in LENGTHS}

    near = search(api, name, near_object={"id": str(UUID(int=1)), "target_vector": target("sum")})
    same = search(api, name, near_vector={"vectors": query, "target_vector": target("sum")})
    without = api(
        "POST",
        f"/v1/collections/{name}/search",
        {"near_object": {"id": str(UUID(int=LACKING)), "target_vector": target("sum")}},
    )

    assert numbers(near) == numbers(same)
    assert measure == "dot" or numbers(near)[0] == 1
    assert without.status == 400
    assert "has no vector 'b'" in without.error["message"]


@pytest.mark.parametrize("fusion", ["relative_score", "ranked"])
def test_hits_within_the_largest_distance_are_kept_from_both_legs(
    api: Api, stored: dict[str, Floats], measured: tuple[str, str], fusion: str
) -> None:
    name, measure = measured
    # No round numbers: nothing may be as far away as the limit but the object that it was taken from.
    query = np.random.default_rng(9).normal(size=16).tolist()
    distances = exact(stored, measure, {"a": query, "b": [1.0] * 8})["a"]
    # Farther than the 500 candidates of the vector's leg, so that the words alone find some.
    limit = float(np.sort(distances)[550])
    hybrid = {"query": "rare", "vector": query, "target_vector": "a", "fusion": fusion}
    far_rare = {number for number in range(0, COUNT, 50) if distances[number] > limit}

    whole = search(api, name, hybrid=hybrid | {"query": "common rare", "alpha": 0.1}, limit=500)
    kept = search(api, name, hybrid=hybrid | {"max_vector_distance": limit, "alpha": 0.1}, limit=500)
    close = search(api, name, hybrid=hybrid | {"max_vector_distance": float(np.sort(distances)[19])}, limit=500)

    beyond = set(np.argsort(distances)[500:550]) & set(range(0, COUNT, 50))
    assert far_rare
    assert beyond <= set(numbers(kept))
    assert all(distances[number] <= limit + 1e-5 for number in numbers(kept))
    assert kept["total"] == 500 + len(beyond)
    assert whole["total"] == COUNT
    assert set(numbers(close)) == set(np.argsort(distances)[:20])
    assert close["total"] == 20


def test_texts_are_embedded_by_the_model_of_each_target(api: Api) -> None:
    name = f"Models{uuid4().hex[:8]}"
    body = {
        "name": name,
        "properties": [{"name": "title", "type": "text"}],
        "vectors": {"short": TITAN, "long": TITAN | {"dimensions": 512}},
    }
    assert api("POST", "/v1/collections", body).status == 201
    ids = [str(uuid4()) for _ in range(3)]
    titles = ["A night before Christmas", "The chaos of a city", "A wing in supersonic flow"]
    objects = [{"id": key, "properties": {"title": title}} for key, title in zip(ids, titles, strict=True)]
    api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"})

    near = {"query": ["holiday", "winter"], "move_away": {"objects": [ids[2]], "force": 0.3}}
    both = search(api, name, near_text=near | {"target_vector": {"vectors": ["short", "long"], "combine": "sum"}})
    each = [search(api, name, near_text=near | {"target_vector": one}) for one in ("short", "long")]
    plain = search(api, name, near_text={"query": ["holiday", "winter"], "target_vector": "long"})
    api("DELETE", f"/v1/collections/{name}")

    distances = [{hit["id"]: hit["distance"] for hit in response["objects"]} for response in each]
    assert both["objects"][0]["id"] == ids[0]
    for hit in both["objects"]:
        assert hit["distance"] == pytest.approx(distances[0][hit["id"]] + distances[1][hit["id"]], abs=1e-4)
    away = {hit["id"]: hit["distance"] for hit in plain["objects"]}
    assert distances[1][ids[2]] > away[ids[2]]
