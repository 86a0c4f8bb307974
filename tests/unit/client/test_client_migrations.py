"""The client's part of a migration: estimates and comparisons."""

import pytest

from alto.operations.migrations import compare, default_of, free_name, plan, text_length

FILM = {
    "name": "Film",
    "vectors": {"default": {"model": "amazon.titan-embed-text-v2:0"}},
    "properties": [
        {"name": "title", "type": "text"},
        {"name": "tags", "type": "text[]"},
        {"name": "note", "type": "text", "skip_vectorization": True},
        {"name": "year", "type": "int"},
    ],
}


@pytest.mark.parametrize(
    ("model", "batch", "price", "calls"),
    [
        ("cohere.embed-v4:0", False, 12.0, 10_417),
        ("us.cohere.embed-v4:0", False, 12.0, 10_417),
        ("amazon.titan-embed-text-v2:0", True, 1.0, 1_000_000),
        ("a-model-of-my-own", False, None, 1_000_000),
    ],
)
def test_a_plan_has_tokens_price_and_calls(model: str, batch: bool, price: float | None, calls: int) -> None:
    made = plan(FILM, 1_000_000, [300, 500], vector="v2", config={"model": model}, batch=batch)

    assert (made.objects, made.sampled, made.tokens, made.old) == (1_000_000, 2, 100_000_000, "default")
    assert (made.price if made.price is None else round(made.price, 6), made.calls) == (price, calls)


def test_the_time_is_that_of_the_narrowest_quota() -> None:
    by_tokens = plan(FILM, 10_000, [4_000], vector="v2", config={"model": "cohere.embed-v4:0"}, batch=False)
    by_calls = plan(FILM, 10_000, [4], vector="v2", config={"model": "amazon.titan-embed-text-v2:0"}, batch=False)

    assert by_tokens.minutes == pytest.approx(10_000_000 / 300_000)
    assert by_calls.minutes == pytest.approx(5)


def test_the_text_of_an_object_is_what_its_vector_embeds() -> None:
    values = {"title": "Up", "tags": ["old", "sky"], "note": "not embedded", "year": 2009}

    assert text_length(FILM, {}, values) == 3 + 4 + 4
    assert text_length(FILM, {"source_properties": ["title"]}, values) == 3
    assert text_length(FILM, {}, {"year": 2009}) == 0


@pytest.mark.parametrize(
    ("vectors", "default", "found"),
    [(["a"], None, "a"), (["a", "default"], None, "default"), (["a", "b"], None, ""), (["a", "b"], "b", "b")],
)
def test_the_vector_in_use_is_the_servers_choice(vectors: list[str], default: str | None, found: str) -> None:
    assert default_of({"vectors": {each: {} for each in vectors}, "default_vector": default}) == found


def test_a_new_vector_is_named_after_its_model() -> None:
    assert free_name(FILM, "cohere.embed-v4:0") == "cohere_embed_v4"
    assert free_name({"vectors": {"cohere_embed_v4": {}}}, "cohere.embed-v4:0") == "cohere_embed_v4_2"


def test_hits_are_compared_by_their_overlap() -> None:
    found = compare({"1": ["a", "b"], "2": ["c", "d"]}, {"1": ["b", "a"], "2": ["c", "x"]}, {})

    assert (found.queries, found.overlap, found.judged, found.old_ndcg) == (2, 0.75, 0, None)


def test_judged_queries_have_a_measure_of_each_vector() -> None:
    judgements = {"1": {"a": 1}, "2": {"z": 0}}

    found = compare({"1": ["a", "b"], "2": ["c"]}, {"1": ["b", "c"], "2": ["c"]}, judgements)

    assert (found.judged, found.old_ndcg, found.new_ndcg) == (1, 1.0, 0.0)


def test_without_hits_nothing_differs() -> None:
    assert compare({"1": []}, {"1": []}, {}).overlap == 0.0
    assert compare({}, {}, {}).overlap == 1.0
