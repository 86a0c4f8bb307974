from typing import Any

import pytest

from lambdas.errors import InvalidRequestError
from lambdas.search.body import build_search_body, plan_search
from lambdas.search.modes import NearVector
from lambdas.search.request import SearchRequest
from lambdas.search.vectors.target_vectors import Targets, resolve_target_vector, resolve_targets
from lambdas.search.vectors.vector_leg import SCRIPTS, QueryVector
from tests.builders import FILM_PROPERTIES, OWN, TITAN, collection

FILMS = collection()
UUID = "6b2f3a52-0d1c-4b0e-9a63-0f5f6f0c8a11"
VECTOR = QueryVector(Targets("cosine", [("default", 1.0)]), [("default", [0.1, 0.2, 0.3])])
IN_2009 = {"property": "year", "operator": "equal", "value": 2009}
RERANK = {"model": "cohere.rerank-v3-5:0"}


def request(**fields: Any) -> SearchRequest:
    return SearchRequest.model_validate(fields)


TERM = {"properties.title.keyword": {"value": "ghost", "case_insensitive": True}}
IS_TITLE = {"constant_score": {"filter": {"term": TERM}, "boost": 20.0}}
GHOST = {
    "bool": {
        "should": [
            {"combined_fields": {"query": "ghost", "fields": ["properties.title^3", "properties.description"]}},
            IS_TITLE,
        ],
        "minimum_should_match": 1,
    }
}


def test_bm25_searches_all_text_as_one_and_counts_a_title_three_times() -> None:
    assert build_search_body(FILMS, request(bm25={"query": "ghost"}), None) == {
        "from": 0,
        "size": 10,
        "_source": {"includes": ["properties", "key"]},
        "query": GHOST,
    }


def test_bm25_takes_properties_with_boosts_and_filters_without_scoring() -> None:
    body = build_search_body(
        FILMS,
        request(
            bm25={"query": "ghost", "properties": ["title^2"]},
            filter={"property": "year", "operator": "greater_than", "value": 2000},
            limit=2,
            offset=4,
            return_properties=["title"],
            include_vectors=True,
        ),
        None,
    )

    assert body == {
        "from": 4,
        "size": 2,
        "_source": {"includes": ["properties.title", "vectors.*", "key"]},
        "query": {
            "bool": {
                "must": [
                    {
                        "bool": {
                            "should": [
                                {"combined_fields": {"query": "ghost", "fields": ["properties.title^2"]}},
                                IS_TITLE,
                            ],
                            "minimum_should_match": 1,
                        }
                    }
                ],
                "filter": [{"range": {"properties.year": {"gt": 2000}}}],
            }
        },
    }


def test_vector_search_filters_inside_the_graph_search() -> None:
    body = build_search_body(
        FILMS,
        request(
            near_vector={"vector": [0.1, 0.2, 0.3]}, filter={"property": "title", "operator": "equal", "value": "Up"}
        ),
        VECTOR,
    )

    assert body["query"] == {
        "knn": {
            "vectors.default": {
                "vector": [0.1, 0.2, 0.3],
                "k": 256,
                "filter": {"term": {"properties.title.keyword": "Up"}},
            }
        }
    }


COMPRESSED = OWN | {"index": {"compression": "4x"}}
RESCORED = {"rescore": {"oversample_factor": 2.0}}


def test_a_compressed_vector_is_searched_wider_and_scored_by_the_whole_one() -> None:
    films = collection(vectors={"a": COMPRESSED, "b": OWN})
    near = NearVector.model_validate({"vector": [0.1, 0.2, 0.3], "target_vector": "a"})
    vector = QueryVector(resolve_targets(films, near), [("a", [0.1, 0.2, 0.3])])

    body = build_search_body(films, request(near_vector=near.model_dump(), filter=IN_2009), vector)

    knn = {"vector": [0.1, 0.2, 0.3], "k": 256, "filter": {"term": {"properties.year": 2009}}}
    assert body["query"] == {"knn": {"vectors.a": knn | RESCORED}}
    [_, leg] = plan_search(films, request(hybrid={"query": "ghost", "target_vector": "a"}), vector).bodies
    assert leg["query"] == {"knn": {"vectors.a": {"vector": [0.1, 0.2, 0.3], "k": 500} | RESCORED}}


def test_of_several_targets_the_compressed_ones_are_searched_wider() -> None:
    films = collection(vectors={"a": COMPRESSED, "b": OWN})
    near = NearVector.model_validate({"vectors": {"a": [1.0], "b": [2.0]}})
    several = QueryVector(resolve_targets(films, near), [("a", [1.0]), ("b", [2.0])])

    query = build_search_body(films, request(near_vector=near.model_dump()), several)["query"]["script_score"]

    assert query["query"]["bool"]["should"] == [
        {"knn": {"vectors.a": {"vector": [1.0], "k": 256} | RESCORED}},
        {"knn": {"vectors.b": {"vector": [2.0], "k": 256}}},
    ]


@pytest.mark.parametrize(("limit", "offset", "k"), [(10, 0, 256), (10, 246, 256), (10, 250, 1000), (1, 9999, 10000)])
def test_pages_of_a_vector_search_share_their_number_of_candidates(limit: int, offset: int, k: int) -> None:
    body = build_search_body(FILMS, request(near_text={"query": "x"}, limit=limit, offset=offset), VECTOR)

    assert body["query"]["knn"]["vectors.default"]["k"] == k


@pytest.mark.parametrize(("near", "score"), [({"distance": 0.5}, 0.75), ({"certainty": 0.9}, 0.9)])
def test_a_threshold_becomes_the_smallest_score(near: dict[str, float], score: float) -> None:
    body = build_search_body(FILMS, request(near_vector={"vector": [1, 2, 3], **near}), VECTOR)

    assert body["min_score"] == pytest.approx(score, abs=2e-6)


def test_a_listing_is_sorted_by_properties_and_then_by_id() -> None:
    body = build_search_body(
        FILMS, request(sort=[{"property": "year", "order": "descending"}, {"property": "title"}]), None
    )

    assert body["query"] == {"match_all": {}}
    assert body["sort"] == [
        {"properties.year": {"order": "desc", "missing": "_last"}},
        {"properties.title.keyword": {"order": "asc", "missing": "_last"}},
        {"_id": {"order": "asc"}},
    ]


@pytest.mark.parametrize("kind", ["geo", "object", "object[]"])
def test_a_listing_by_values_without_an_order_is_rejected(kind: str) -> None:
    more = {"properties": [{"name": "a", "type": "int"}]} if kind.startswith("object") else {}
    films = collection(properties=[*FILM_PROPERTIES, {"name": "new", "type": kind, **more}])

    with pytest.raises(InvalidRequestError) as caught:
        build_search_body(films, request(sort=[{"property": "new"}]), None)

    assert caught.value.details[0].field == "sort"
    assert f"'new' is {kind}, which has no order. Sort by one of: title," in caught.value.message


def test_a_listing_is_sorted_by_what_the_server_keeps() -> None:
    order = [{"property": "_created", "order": "descending"}, {"property": "_updated"}, {"property": "_id"}]

    body = build_search_body(FILMS, request(sort=order, include_times=True, return_properties=["title"]), None)

    assert [next(iter(each)) for each in body["sort"]] == ["created", "updated", "id", "_id"]
    assert body["_source"] == {"includes": ["properties.title", "created", "updated", "key"]}


def legs_of(vector: QueryVector | None = VECTOR, **fields: Any) -> list[dict[str, Any]]:
    return plan_search(FILMS, request(**fields), vector).bodies


def test_the_legs_of_a_hybrid_search_find_ids_alone() -> None:
    words, near = legs_of(hybrid={"query": "ghost"}, filter=IN_2009)

    condition = {"term": {"properties.year": 2009}}
    ids = {"size": 500, "_source": False, "stored_fields": "_none_", "docvalue_fields": ["id"]}
    assert words == {"query": {"bool": {"must": [GHOST], "filter": [condition]}}} | ids
    assert (
        near
        == {
            "query": {"knn": {"vectors.default": {"vector": [0.1, 0.2, 0.3], "k": 500, "filter": condition}}},
            "aggs": {"with_words": {"filter": GHOST}},
        }
        | ids
    )


@pytest.mark.parametrize(("alpha", "vector", "leg"), [(0, None, "bool"), (1, VECTOR, "knn")])
def test_hybrid_leaves_out_the_leg_without_weight(alpha: float, vector: QueryVector | None, leg: str) -> None:
    [body] = legs_of(vector, hybrid={"query": "ghost", "alpha": alpha})

    assert list(body["query"]) == [leg]
    assert "aggs" not in body


def test_several_targets_are_scored_by_the_exact_mean_of_all_candidates() -> None:
    several = QueryVector(Targets("cosine", [("a", 0.25), ("b", 0.75)]), [("a", [1.0]), ("b", [2.0])])
    films = collection(vectors={"a": OWN, "b": OWN | {"index": {"ef_search": 400}}})

    body = build_search_body(films, request(near_text={"query": "x", "distance": 1}, filter=IN_2009), several)

    condition = {"term": {"properties.year": 2009}}
    assert body["min_score"] == pytest.approx(0.5, abs=2e-6)
    assert body["query"] == {
        "script_score": {
            "query": {
                "bool": {
                    "should": [
                        {"knn": {"vectors.a": {"vector": [1.0], "k": 400, "filter": condition}}},
                        {"knn": {"vectors.b": {"vector": [2.0], "k": 400, "filter": condition}}},
                    ],
                    "minimum_should_match": 1,
                    "filter": [{"exists": {"field": "vectors.a"}}, {"exists": {"field": "vectors.b"}}],
                }
            },
            "script": {
                "source": SCRIPTS["mean", "cosine"],
                "params": {
                    "fields": ["vectors.a", "vectors.b"],
                    "vectors": [[1.0], [2.0]],
                    "shares": [0.25, 0.75],
                },
            },
        }
    }


def test_the_nearest_of_several_targets_needs_no_other() -> None:
    several = QueryVector(Targets("dot", [("a", 0.5), ("b", 0.5)], "minimum"), [("a", [1.0]), ("b", [2.0])])
    films = collection(vectors={"a": OWN, "b": OWN})

    query = build_search_body(films, request(near_text={"query": "x"}), several)["query"]["script_score"]

    assert "filter" not in query["query"]["bool"]
    assert query["script"]["source"] == SCRIPTS["minimum", "dot"]
    assert set(query["script"]["params"]) == {"fields", "vectors"}


def test_a_largest_distance_holds_for_both_legs_of_a_hybrid_search() -> None:
    bodies = legs_of(hybrid={"query": "ghost", "max_vector_distance": 0.5}, filter=IN_2009)

    words, near = [body["query"] for body in bodies]
    least = pytest.approx(0.75, abs=2e-6)
    condition = {"term": {"properties.year": 2009}}
    assert words["bool"]["filter"] == [
        condition,
        {
            "script_score": {
                "query": {"bool": {"filter": [{"exists": {"field": "vectors.default"}}]}},
                "script": {
                    "source": SCRIPTS["mean", "cosine"],
                    "params": {"fields": ["vectors.default"], "vectors": [[0.1, 0.2, 0.3]], "shares": [1.0]},
                },
                "min_score": least,
            }
        },
    ]
    assert near == {
        "script_score": {
            "query": {"knn": {"vectors.default": {"vector": [0.1, 0.2, 0.3], "k": 500, "filter": condition}}},
            "script": {"source": "_score"},
            "min_score": least,
        }
    }


def test_a_largest_distance_below_zero_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match=r"max_vector_distance: -1\.0 is below 0"):
        legs_of(hybrid={"query": "ghost", "max_vector_distance": -1})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"bm25": {"query": "x", "properties": ["year"]}}, "'year' is not a searchable text property"),
        ({"bm25": {"query": "x"}, "return_properties": ["plot"]}, "'plot' is not a property of 'Film'"),
        ({"bm25": {"query": "x"}, "filter": {"property": "plot", "operator": "equal", "value": 1}}, "'plot' is not a"),
        ({"bm25": {"query": "x", "properties": ["title", "title^2"]}}, "'title\\^2' is named twice"),
        ({"bm25": {"query": "x", "properties": ["title^0"]}}, "'title\\^0' has the boost 0"),
        ({"sort": [{"property": "plot"}]}, "'plot' is not a property of 'Film'. It can be sorted by: title, desc"),
    ],
)
def test_a_property_that_cannot_be_used_is_named(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        build_search_body(FILMS, request(**fields), None)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "this one has none"),
        ({"bm25": {"query": "x"}, "near_text": {"query": "x"}}, "near_text and bm25"),
        ({"bm25": {"query": "x"}, "offset": 9_995}, "beyond the 10000 best results"),
        ({"hybrid": {"query": "x", "alpha": 1.5}}, "less than or equal to 1"),
        ({"hybrid": {"query": "x", "aplha": 1}}, "aplha"),
        ({"hybrid": {"query": "x"}, "offset": 491}, "beyond the 500 best of a hybrid search"),
        ({"hybrid": {"query": " "}}, "hybrid.query"),
        ({"hybrid": {"query": "x", "alpha": 0, "vector": [1]}}, "alpha 0 searches without a vector: remove vector"),
        ({"hybrid": {"query": "x", "alpha": 0, "max_vector_distance": 1}}, "remove max_vector_distance, or raise"),
        ({"hybrid": {"query": "x", "vector": [1], "near_object": UUID}}, "send one of vector and near_object"),
        ({"hybrid": {"query": "x", "vectors": {"a": [1]}, "vector": [1]}}, "send one of vector and vectors"),
        ({"near_vector": {}}, "exactly one of vector .one for all. and vectors"),
        ({"near_vector": {"vector": [1], "vectors": {"a": [1]}}}, "exactly one of vector"),
        ({"near_vector": {"vectors": {"a": [1]}, "target_vector": "b"}}, "one for each target vector .b."),
        ({"near_text": {"query": "x", "target_vector": {"vectors": ["a", "a"]}}}, "names a vector twice"),
        ({"near_text": {"query": "x", "target_vector": {"vectors": []}}}, "at least 1 item"),
        (
            {"near_text": {"query": "x", "target_vector": {"vectors": ["a"], "combine": "manual_weights"}}},
            "send both or neither",
        ),
        (
            {"near_text": {"query": "x", "target_vector": {"vectors": ["a"], "combine": "sum", "weights": {"a": 1}}}},
            "send both or neither",
        ),
        (
            {
                "near_text": {
                    "query": "x",
                    "target_vector": {"vectors": ["a", "b"], "combine": "manual_weights", "weights": {"a": 1}},
                }
            },
            "one for each of a, b, and no other",
        ),
        ({"near_text": {"query": "x", "move_to": {"force": 0.5}}}, "send concepts, objects or both"),
        ({"hybrid": {"query": "x", "fusion": "ranked"}, "autocut": 1}, "ranked fusion only counts ranks"),
        ({"near_vector": {"vector": [1], "distance": 0.2, "certainty": 0.8}}, "send one of the two"),
        ({"near_vector": {"vector": [1]}, "min_score": 0.5}, "takes distance or certainty instead"),
        ({"near_vector": {"vector": [1]}, "highlight": True}, "which only bm25 and hybrid have"),
        ({"near_vector": {"vector": [1]}, "sort": [{"property": "year"}]}, "sorted by its scores: remove sort"),
        ({"bm25": {"query": "x"}, "explain": True}, "splits the score of a hybrid, boosted or smoothed search"),
        ({"sort": [{"property": "year"}], "autocut": 1}, "which a listing does not have"),
        ({"sort": [{"property": "year"}], "rerank": RERANK}, "rerank changes the hits of a search"),
        ({"near_vector": {"vector": [1]}, "rerank": RERANK}, "add rerank.query"),
        ({"bm25": {"query": "x"}, "rerank": RERANK | {"external_id": "ab"}}, "'external_id' cannot be sent"),
        ({"bm25": {"query": "x"}, "rerank": RERANK | {"role_arn": "ab"}}, "of its setting 'rerank_role'. Remove it"),
        ({"bm25": {"query": "x"}, "rerank": RERANK | {"region": "Ireland"}}, "'Ireland' is not an AWS region"),
        ({"bm25": {"query": "x"}, "rerank": RERANK, "offset": 91}, "beyond the 100 candidates of rerank: raise"),
        ({"bm25": {"query": "x"}, "rerank": RERANK, "diversity": {"candidates": 20}, "limit": 30}, "of diversity"),
        ({"hybrid": {"query": "x"}, "rerank": RERANK | {"candidates": 501}}, "lower rerank.candidates"),
        ({"bm25": {"query": "x"}, "diversity": {}, "autocut": 1}, "which diversity changes: remove one"),
        ({"bm25": {"query": "x"}, "group_by": {"property": "year"}, "limit": 3}, "replace limit with group_by.groups"),
        ({"bm25": {"query": "x", "operator": "and", "minimum_match": 2}}, "asks for all of them"),
        ({"bm25": {"query": "x", "operator": "and_across", "scoring": "sum"}}, "write scoring 'combined' with it"),
        ({"bm25": {"query": "x", "operator": "and_across", "fuzziness": 1}}, "word by word in each property"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_a_sentence(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        request(**fields)


def test_diversity_compares_the_searched_vector_or_the_named_one() -> None:
    two = collection(vectors={"a": OWN, "b": OWN})
    both = QueryVector(Targets("cosine", [("a", 0.5), ("b", 0.5)]), [("a", [1.0]), ("b", [2.0])])
    near = {"near_vector": {"vector": [1.0]}, "return_properties": []}

    plain = build_search_body(FILMS, request(**near, diversity={}), VECTOR)
    named = build_search_body(two, request(**near, diversity={"target_vector": "b"}), both)

    assert (plain["from"], plain["size"], plain["_source"]) == (0, 100, {"includes": ["vectors.default", "key"]})
    assert named["_source"] == {"includes": ["vectors.b", "key"]}
    with pytest.raises(InvalidRequestError, match="choose one of a, b"):
        build_search_body(two, request(**near, diversity={}), both)


def test_a_grouped_search_asks_for_its_candidates_and_their_values() -> None:
    body = build_search_body(
        FILMS,
        request(bm25={"query": "x"}, group_by={"property": "year"}, return_properties=["title"], offset=3),
        None,
    )

    assert (body["from"], body["size"]) == (0, 500)
    assert body["_source"] == {"includes": ["properties.title", "properties.year", "key"]}


def test_the_searched_vector_is_the_only_the_default_or_the_named_one() -> None:
    single = collection(vectors={"plot": OWN})
    several = collection(vectors={"plot": OWN, "default": OWN})

    assert resolve_target_vector(single, None) == "plot"
    assert resolve_target_vector(several, None) == "default"
    assert resolve_target_vector(several, "plot") == "plot"


@pytest.mark.parametrize(
    ("vectors", "asked", "message"),
    [
        ({"a": OWN, "b": OWN}, None, "choose one of a, b"),
        ({"a": OWN}, "c", "'c' is not a vector of 'Film'. It has these: a"),
        ({}, None, "has no vectors: search it by bm25"),
    ],
)
def test_a_vector_that_cannot_be_told_is_an_error(vectors: dict[str, Any], asked: str | None, message: str) -> None:
    with pytest.raises(InvalidRequestError, match=message):
        resolve_target_vector(collection(vectors=vectors), asked)


def test_a_collection_without_searchable_text_is_not_searched_by_words() -> None:
    silent = collection(properties=[item | {"searchable": False} for item in FILM_PROPERTIES])

    with pytest.raises(InvalidRequestError, match="no searchable text property"):
        build_search_body(silent, request(bm25={"query": "x"}), None)


PASSAGES = collection(vectors={"default": TITAN | {"passages": {}}, "other": TITAN})
NUMBERS = [0.5] * 256


def passage_vector() -> QueryVector:
    targets = resolve_targets(PASSAGES, NearVector(vector=NUMBERS))
    assert targets.has_passages
    return QueryVector(targets, [("default", NUMBERS)])


def test_passages_count_seven_tenths_of_the_score() -> None:
    body = build_search_body(PASSAGES, request(near_vector={"vector": NUMBERS}, filter=IN_2009), passage_vector())

    query = body["query"]["bool"]
    own, nested = query["filter"][0]["bool"]["should"]
    assert own["knn"]["vectors.default"]["k"] == 256
    passage = nested["nested"]["query"]["knn"]["passages.default.vector"]
    assert passage["filter"] == own["knn"]["vectors.default"]["filter"] == {"term": {"properties.year": 2009}}
    shared, nearest = query["must"]
    assert shared["script_score"]["boost"] == 0.3
    assert nearest["dis_max"]["boost"] == 0.7
    whole, best = nearest["dis_max"]["queries"]
    assert whole["script_score"]["script"]["params"]["field"] == "vectors.default"
    assert (best["nested"]["path"], best["nested"]["score_mode"]) == ("passages.default", "max")
    assert "inner_hits" not in best["nested"]


def test_passages_of_a_compressed_vector_are_compressed_and_searched_wider() -> None:
    articles = collection(vectors={"default": TITAN | {"passages": {}, "index": {"compression": "4x"}}})
    vector = QueryVector(resolve_targets(articles, NearVector(vector=NUMBERS)), [("default", NUMBERS)])

    query = build_search_body(articles, request(near_vector={"vector": NUMBERS}), vector)["query"]

    own, nested = query["bool"]["filter"][0]["bool"]["should"]
    knn = {"vector": NUMBERS, "k": 256} | RESCORED
    assert own == {"knn": {"vectors.default": knn}}
    assert nested["nested"]["query"] == {"knn": {"passages.default.vector": knn}}


def test_the_passage_comes_with_a_hit_if_asked_for() -> None:
    asked = request(near_vector={"vector": NUMBERS}, include_passage=True)

    plan = plan_search(PASSAGES.model_copy(), asked, passage_vector())

    nested = plan.bodies[0]["query"]["bool"]["must"][1]["dis_max"]["queries"][1]["nested"]
    assert nested["inner_hits"] == {"size": 1, "_source": ["passages.default.text"]}


@pytest.mark.parametrize(
    ("films", "vector", "problem"),
    [
        (PASSAGES, None, "this search has none"),
        (
            PASSAGES,
            QueryVector(Targets("cosine", [("other", 1.0)]), [("other", NUMBERS)]),
            "that has passages: default",
        ),
        (FILMS, VECTOR, "no vector of 'Film' has passages"),
    ],
)
def test_a_search_without_passages_shows_none(films: Any, vector: QueryVector | None, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        plan_search(films, request(bm25={"query": "x"}, include_passage=True), vector)


def test_several_targets_compare_whole_objects() -> None:
    targets = resolve_targets(PASSAGES, NearVector(vector=NUMBERS, target_vector={"vectors": ["default", "other"]}))

    assert not targets.has_passages


def test_a_largest_distance_counts_passages_in_both_legs_of_a_hybrid_search() -> None:
    mode = {"query": "ghost", "vector": NUMBERS, "max_vector_distance": 0.4, "target_vector": "default"}
    words, near = plan_search(PASSAGES, request(hybrid=mode), passage_vector()).bodies

    for scored in (words["query"]["bool"]["filter"][-1], near["query"]):
        assert scored["script_score"]["min_score"] == pytest.approx(0.8, abs=1e-5)
        assert scored["script_score"]["query"]["bool"]["must"][1]["dis_max"]
