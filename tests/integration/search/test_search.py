"""Search over a judged collection, 1,400 abstracts with real vectors: fusion, pages and the edges of each mode."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from benchmarks.judged import Judged, collection_body, load, objects, why_absent
from tests.api import Api

Legs = list[dict[str, float]]
DEPTH = 500
EARLY = {"property": "place", "operator": "less_than", "value": 700}


@pytest.fixture(scope="module")
def judged() -> Judged:
    if problem := why_absent("cranfield"):
        pytest.skip(problem)
    return load("cranfield")


@pytest.fixture(scope="module")
def abstracts(api: Api, judged: Judged) -> Iterator[str]:
    name = f"Abstract{uuid4().hex[:8]}"
    assert api("POST", "/v1/collections", collection_body(name)).status == 201
    every = objects(judged)
    for start in range(0, len(every), 700):
        batch = {"objects": every[start : start + 700]}
        stored = api("POST", f"/v1/collections/{name}/objects/batch", batch, query={"consistency": "wait"})
        assert stored.body["failed"] == 0, stored.body
    yield name
    api("DELETE", f"/v1/collections/{name}")


def search(api: Api, name: str, **body: Any) -> Any:
    response = api("POST", f"/v1/collections/{name}/search", body)
    assert response.status == 200, response.body
    return response.body


def hybrid_of(judged: Judged, place: int, **more: Any) -> dict[str, Any]:
    return {"query": judged.queries[place]["text"], "vector": judged.query_vectors[place].tolist()} | more


def scores(response: Any) -> list[tuple[str, float]]:
    return [(hit["id"], hit["score"]) for hit in response["objects"]]


def ids(response: Any) -> list[str]:
    return [hit["id"] for hit in response["objects"]]


def queries_of(name: str, hybrid: dict[str, Any]) -> list[dict[str, Any]]:
    """The queries of both legs as Alto sends them."""
    from lambdas.search.body import plan_search
    from lambdas.search.request import SearchRequest
    from lambdas.search.vectors.target_vectors import Targets
    from lambdas.search.vectors.vector_leg import QueryVector
    from lambdas.wiring.query import services

    request = SearchRequest.model_validate({"hybrid": hybrid})
    vector = QueryVector(Targets("cosine", [("default", 1.0)]), [("default", hybrid["vector"])])
    return [body["query"] for body in plan_search(services().registry.get(name), request, vector).bodies]


def legs_of(name: str, hybrid: dict[str, Any], condition: dict[str, Any] | None) -> Legs:
    """The two legs, each searched alone and directly: id to score, best first."""
    from lambdas.wiring.query import services

    words, near = queries_of(name, hybrid)
    if condition is not None:
        words = {"bool": {"must": [words], "filter": [condition]}}
        near["knn"]["vectors.default"]["filter"] = condition
    found: Legs = []
    for query in (words, near):
        asked = {"query": query, "size": DEPTH, "_source": False}
        response = services().engine.request("POST", f"/alto-{name.lower()}/_search", asked)
        found.append({hit["_id"]: hit["_score"] for hit in response["hits"]["hits"]})
    return found


def relative_scores(legs: Legs, weights: tuple[float, float]) -> dict[str, float]:
    """Min-max over each leg's candidates, of the vector up to a perfect match. The last one gets .001."""
    fused: dict[str, float] = {}
    for leg, weight, perfect in zip(legs, weights, (None, 1.0), strict=True):
        least, most = min(leg.values(), default=0), max(leg.values(), default=0)
        for key, score in leg.items():
            scaled = 1.0 if most == least else (score - least) / ((perfect or most) - least)
            fused[key] = fused.get(key, 0) + weight * (scaled or 0.001)
    return fused


def ranked(legs: Legs, weights: tuple[float, float]) -> dict[str, float]:
    """Reciprocal ranks, from 1, with the constant 60."""
    fused: dict[str, float] = {}
    for leg, weight in zip(legs, weights, strict=True):
        for rank, key in enumerate(leg, 1):
            fused[key] = fused.get(key, 0) + weight / (60 + rank)
    return fused


RECOMPUTED = {"relative_score": relative_scores, "ranked": ranked}


@pytest.mark.parametrize("fusion", RECOMPUTED)
@pytest.mark.parametrize("condition", [None, EARLY], ids=["all", "filtered"])
def test_fusion_equals_an_independent_recomputation_from_both_legs(
    api: Api, judged: Judged, abstracts: str, fusion: str, condition: Any
) -> None:
    choice = random.Random(7)
    request = {"limit": DEPTH} | ({"filter": condition} if condition else {})
    engine_filter = {"range": {"properties.place": {"lt": 700}}} if condition else None
    for place in choice.sample(range(len(judged.queries)), 100):
        alpha = choice.choice([0.25, 0.5, 0.55, 0.75])
        hybrid = hybrid_of(judged, place, fusion=fusion, alpha=alpha)

        found = scores(search(api, abstracts, hybrid=hybrid, return_properties=[], **request))

        expected = RECOMPUTED[fusion](legs_of(abstracts, hybrid, engine_filter), (1 - alpha, alpha))
        in_order = sorted(expected.values(), reverse=True)[:DEPTH]
        assert [score for _, score in found] == pytest.approx(in_order, abs=1e-5)
        assert all(score == pytest.approx(expected[key], abs=1e-5) for key, score in found)
        assert len({key for key, _ in found}) == len(found)


PROCESSORS: dict[str, Any] = {
    "relative_score": lambda weights: {
        "normalization-processor": {
            "normalization": {
                "technique": "min_max",
                "parameters": {"upper_bounds": [{"mode": "ignore"}, {"mode": "apply", "max_score": 1.0}]},
            },
            "combination": {"technique": "arithmetic_mean", "parameters": {"weights": weights}},
        }
    },
    "ranked": lambda weights: {
        "score-ranker-processor": {
            "combination": {"technique": "rrf", "rank_constant": 60, "parameters": {"weights": weights}}
        }
    },
}


@pytest.mark.parametrize("fusion", PROCESSORS)
def test_fusion_equals_that_of_the_engine(api: Api, judged: Judged, abstracts: str, fusion: str) -> None:
    from lambdas.wiring.query import services

    for place in range(0, 100, 10):
        hybrid = hybrid_of(judged, place, fusion=fusion, alpha=0.75)
        query = {"hybrid": {"queries": queries_of(abstracts, hybrid), "pagination_depth": DEPTH}}
        pipeline = {"phase_results_processors": [PROCESSORS[fusion]([0.25, 0.75])]}
        asked = {"query": query, "search_pipeline": pipeline, "size": 100, "_source": False}
        response = services().engine.request("POST", f"/alto-{abstracts.lower()}/_search", asked)

        found = search(api, abstracts, hybrid=hybrid, limit=100, return_properties=[])

        fused = {hit["_id"]: hit["_score"] for hit in response["hits"]["hits"]}
        assert [score for _, score in scores(found)] == pytest.approx(list(fused.values()), abs=1e-5)
        assert all(fused.get(key, score) == pytest.approx(score, abs=1e-5) for key, score in scores(found))
        assert found["total"] == response["hits"]["total"]["value"]


@pytest.mark.parametrize("fusion", ["relative_score", "ranked"])
def test_pages_to_the_full_depth_are_the_single_page(api: Api, judged: Judged, abstracts: str, fusion: str) -> None:
    for place in (0, 50, 100):
        hybrid = hybrid_of(judged, place, fusion=fusion)
        whole = search(api, abstracts, hybrid=hybrid, limit=DEPTH, return_properties=[])

        pages = [
            search(api, abstracts, hybrid=hybrid, limit=10, offset=offset, return_properties=[])
            for offset in range(0, DEPTH, 10)
        ]

        assert [hit for page in pages for hit in scores(page)] == scores(whole)
        assert len(whole["objects"]) == DEPTH
        assert {page["total"] for page in pages} == {whole["total"]}
        assert whole["truncated"]
        assert whole["total"] > DEPTH


def test_beyond_the_depth_is_an_error(api: Api, judged: Judged, abstracts: str) -> None:
    body = {"hybrid": hybrid_of(judged, 0), "offset": 491}

    response = api("POST", f"/v1/collections/{abstracts}/search", body)

    assert response.status == 400
    assert "offset 491 + limit 10 is beyond the 500 best of a hybrid search" in response.error["message"]


def test_pages_of_a_vector_search_are_the_single_page(api: Api, judged: Judged, abstracts: str) -> None:
    near = {"vector": judged.query_vectors[3].tolist()}
    whole = search(api, abstracts, near_vector=near, limit=250)

    pages = [search(api, abstracts, near_vector=near, limit=50, offset=offset) for offset in range(0, 250, 50)]

    assert [hit for page in pages for hit in scores(page)] == scores(whole)


@pytest.mark.parametrize("query", ["xyzzyqux", "?! ..."])
def test_words_that_match_nothing_leave_the_vector_leg(api: Api, judged: Judged, abstracts: str, query: str) -> None:
    vector = judged.query_vectors[0].tolist()

    found = search(api, abstracts, hybrid={"query": query, "vector": vector})
    alone = search(api, abstracts, near_vector={"vector": vector})

    assert ids(found) == ids(alone)
    assert found["alpha"] == 0.55
    nearest = search(api, abstracts, near_vector={"vector": vector}, limit=DEPTH)["objects"]
    scaled = 1 - nearest[0]["distance"] / nearest[-1]["distance"]
    assert found["objects"][0]["score"] == pytest.approx(0.55 * scaled, abs=1e-3)
    assert search(api, abstracts, bm25={"query": query})["total"] == 0


def test_a_filter_that_lets_nothing_through_finds_nothing(api: Api, judged: Judged, abstracts: str) -> None:
    nothing = {"property": "place", "operator": "less_than", "value": 0}

    found = search(api, abstracts, hybrid=hybrid_of(judged, 0), filter=nothing)

    assert (found["objects"], found["total"], found["truncated"]) == ([], 0, False)


@pytest.mark.parametrize("fusion", RECOMPUTED)
def test_a_weight_of_zero_leaves_the_other_leg(api: Api, judged: Judged, abstracts: str, fusion: str) -> None:
    query, vector = judged.queries[0]["text"], judged.query_vectors[0].tolist()

    words = search(api, abstracts, hybrid={"query": query, "alpha": 0, "fusion": fusion})
    near = search(api, abstracts, hybrid={"query": query, "vector": vector, "alpha": 1, "fusion": fusion})

    assert ids(words) == ids(search(api, abstracts, bm25={"query": query}))
    assert ids(near) == ids(search(api, abstracts, near_vector={"vector": vector}))


def test_a_collection_without_objects_is_searched_in_vain(api: Api, judged: Judged) -> None:
    name = f"Empty{uuid4().hex[:8]}"
    api("POST", "/v1/collections", collection_body(name))

    assert search(api, name, hybrid=hybrid_of(judged, 0))["objects"] == []
    api("DELETE", f"/v1/collections/{name}")


def test_near_object_finds_the_object_itself_first(api: Api, judged: Judged, abstracts: str) -> None:
    first = search(api, abstracts, hybrid=hybrid_of(judged, 0), limit=1)["objects"][0]

    near = search(api, abstracts, near_object={"id": first["id"]}, limit=5)["objects"]
    hybrid = search(api, abstracts, hybrid={"query": "wing", "near_object": first["id"]}, limit=5)["objects"]
    missing = api("POST", f"/v1/collections/{abstracts}/search", {"near_object": {"id": str(uuid4())}})

    assert near[0]["id"] == first["id"]
    assert near[0]["distance"] == pytest.approx(0, abs=1e-5)
    assert len(near) == len(hybrid) == 5
    assert (missing.status, missing.error["code"]) == (404, "object_not_found")


def test_thresholds_keep_what_is_near_enough(api: Api, judged: Judged, abstracts: str) -> None:
    near = {"vector": judged.query_vectors[0].tolist()}
    whole = search(api, abstracts, near_vector=near, limit=50)["objects"]
    limit = whole[6]["distance"]

    by_distance = search(api, abstracts, near_vector=near | {"distance": limit}, limit=50)
    by_certainty = search(api, abstracts, near_vector=near | {"certainty": 1 - limit / 2}, limit=50)

    assert by_distance["objects"] == by_certainty["objects"] == whole[:7]
    assert by_distance["total"] == 7


def test_a_listing_is_sorted_and_paged(api: Api, judged: Judged, abstracts: str) -> None:
    order = [{"property": "place", "order": "descending"}]

    second = search(api, abstracts, sort=order, filter=EARLY, limit=3, offset=3, return_properties=["place"])

    assert [hit["properties"]["place"] for hit in second["objects"]] == [696, 695, 694]
    assert all(hit["score"] is None for hit in second["objects"])
    assert (second["total"], second["truncated"]) == (700, False)


def test_operators_narrow_what_matches(api: Api, abstracts: str) -> None:
    def total(**settings: Any) -> int:
        found: int = search(api, abstracts, bm25={"query": "supersonic wing flutter", **settings})["total"]
        return found

    some, two, across, one = (
        total(),
        total(minimum_match=2),
        total(operator="and_across"),
        total(operator="and"),
    )

    assert some > two > across >= one > 0


def test_a_property_leaves_its_own_stop_words_out_of_a_query(api: Api) -> None:
    name = f"Stop{uuid4().hex[:8]}"
    line = {"name": "line", "type": "text", "tokenization": "word", "stop_words": ["the"]}
    assert api("POST", "/v1/collections", {"name": name, "properties": [line]}).status == 201
    objects = {"objects": [{"properties": {"line": "The house"}}, {"properties": {"line": "the ghost"}}]}
    api("POST", f"/v1/collections/{name}/objects/batch", objects, query={"consistency": "wait"})

    totals = [search(api, name, bm25={"query": text})["total"] for text in ("The ghost", "the", "the ghost house")]

    assert totals == [1, 2, 2]
    api("DELETE", f"/v1/collections/{name}")


def test_a_misspelt_word_is_found_if_letters_may_differ(api: Api, abstracts: str) -> None:
    assert search(api, abstracts, bm25={"query": "supersnic"})["total"] == 0
    assert search(api, abstracts, bm25={"query": "supersnic", "fuzziness": "auto"})["total"] > 0


def test_words_side_by_side_rank_higher_with_a_phrase_boost(api: Api, abstracts: str) -> None:
    plain = search(api, abstracts, bm25={"query": "boundary layer transition"})
    boosted = search(api, abstracts, bm25={"query": "boundary layer transition", "phrase_boost": 1})

    assert boosted["total"] == plain["total"]
    assert "boundary layer" in boosted["objects"][0]["properties"]["text"]
    assert boosted["objects"][0]["score"] > plain["objects"][0]["score"]


@pytest.mark.parametrize("mode", ["bm25", "hybrid"])
def test_highlights_mark_the_words(api: Api, judged: Judged, abstracts: str, mode: str) -> None:
    asked = {"query": "flutter"} | ({"vector": judged.query_vectors[0].tolist()} if mode == "hybrid" else {})

    [hit] = search(api, abstracts, **{mode: asked}, highlight=True, limit=1)["objects"]

    assert any("<em>flutter</em>" in text.lower() for texts in hit["highlights"].values() for text in texts)


def test_a_score_below_the_smallest_is_no_hit(api: Api, judged: Judged, abstracts: str) -> None:
    whole = search(api, abstracts, hybrid=hybrid_of(judged, 0), limit=50)
    least = whole["objects"][4]["score"]

    found = search(api, abstracts, hybrid=hybrid_of(judged, 0), limit=50, min_score=least)

    assert scores(found) == scores(whole)[:5]
    assert found["total"] == 5


def test_the_profile_adds_up(api: Api, judged: Judged, abstracts: str) -> None:
    found = search(api, abstracts, hybrid=hybrid_of(judged, 0), profile=True)

    profile = found["profile"]
    parts = profile["embedding_ms"] + profile["engine_ms"] + profile["rest_ms"]
    assert parts == pytest.approx(found["took_ms"], abs=1)
    assert profile["engine_took_ms"] <= profile["engine_ms"] + 1
    assert search(api, abstracts, bm25={"query": "wing"})["profile"] is None


@pytest.mark.parametrize("fusion", RECOMPUTED)
@pytest.mark.parametrize("alpha", [0.3, 1])
def test_an_explanation_adds_up_to_the_score(
    api: Api, judged: Judged, abstracts: str, fusion: str, alpha: float
) -> None:
    hybrid = hybrid_of(judged, 4, fusion=fusion, alpha=alpha)

    whole = search(api, abstracts, hybrid=hybrid, filter=EARLY, limit=300, explain=True)

    plain = search(api, abstracts, hybrid=hybrid, filter=EARLY, limit=300)
    assert scores(whole) == scores(plain)
    for hit in whole["objects"]:
        legs = hit["explanation"]["legs"]
        assert sum(leg["contribution"] for leg in legs) == pytest.approx(hit["score"], abs=1e-5)
        assert all(leg["contribution"] == pytest.approx(leg["normalized"] * leg["weight"]) for leg in legs)
    assert {leg["leg"] for hit in whole["objects"] for leg in hit["explanation"]["legs"]} == (
        {"vector"} if alpha == 1 else {"bm25", "vector"}
    )
