"""The hits of a search are boosted, reranked, made diverse, grouped. Real vectors of the small model."""

import math
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import numpy as np
import pytest

from local.emulator import Emulator
from tests.api import Api, Response

SEED = UUID("0b54a1f6-0c8b-4c50-9d5c-7f2f0e9b6a11")
RERANK = {"model": "cohere.rerank-v3-5:0", "region": "us-west-2"}
SUBJECTS = ("a haunted lighthouse", "a stolen painting", "a mountain rescue", "a jazz club", "a lost submarine")
MOODS = ("A comedy about", "A tragedy about", "A documentary about", "A thriller about")
NOW = datetime.now(UTC)


def films() -> list[dict[str, Any]]:
    """Each subject in each mood, twice: forty films, every second one without a maker."""
    made = []
    for place in range(40):
        subject, mood = SUBJECTS[place % 5], MOODS[place // 5 % 4]
        properties: dict[str, Any] = {
            "title": f"Film {place}",
            "plot": f"{mood} {subject}, part {1 + place // 20}.",
            "subject": subject,
            "tags": [mood.split()[1], "all"],
            "place": place,
            "shown": (NOW - timedelta(days=10 * place)).isoformat(timespec="milliseconds"),
        }
        if place % 2:
            properties["maker"] = {"name": f"Maker {place % 3}"}
        made.append({"id": str(uuid5(SEED, str(place))), "properties": properties})
    return made


@pytest.fixture(scope="module")
def name(api: Api) -> Iterator[str]:
    described = {
        "name": "Relevant",
        "properties": [
            {"name": "title", "type": "text", "skip_vectorization": True},
            {"name": "plot", "type": "text"},
            {"name": "subject", "type": "text", "skip_vectorization": True, "tokenization": "field"},
            {"name": "tags", "type": "text[]", "skip_vectorization": True, "tokenization": "field"},
            {"name": "place", "type": "int"},
            {"name": "shown", "type": "date"},
            {"name": "maker", "type": "object", "properties": [{"name": "name", "type": "text"}]},
        ],
        "vectors": {
            "default": {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0"}
        },
    }
    assert api("POST", "/v1/collections", described).status == 201
    stored = api("POST", "/v1/collections/Relevant/objects/batch", {"objects": films()}, query={"consistency": "wait"})
    assert stored.body["failed"] == 0, stored.body
    yield "Relevant"
    api("DELETE", "/v1/collections/Relevant")


@pytest.fixture
def model(emulator: Emulator) -> Iterator[Emulator]:
    emulator.reset()
    yield emulator
    emulator.reset()


def ask(api: Api, name: str, headers: dict[str, str] | None = None, **body: Any) -> Response:
    return api("POST", f"/v1/collections/{name}/search", body, headers=headers)


def search(api: Api, name: str, **body: Any) -> Any:
    reply = ask(api, name, **body)
    assert reply.status == 200, reply.body
    return reply.body


def places(found: list[Any]) -> list[int]:
    return [hit["properties"]["place"] for hit in found]


MODES: dict[str, dict[str, Any]] = {
    "bm25": {"bm25": {"query": "a thriller about a lost submarine", "properties": ["plot"]}},
    "near_text": {"near_text": {"query": "a thriller about a lost submarine"}},
    "hybrid": {"hybrid": {"query": "a thriller about a lost submarine", "properties": ["plot"]}},
    "ranked": {"hybrid": {"query": "a thriller about a lost submarine", "properties": ["plot"], "fusion": "ranked"}},
}
every_mode = pytest.mark.parametrize("mode", MODES)


# ----- rerank


@every_mode
def test_hits_are_in_the_order_of_the_model(api: Api, name: str, model: Emulator, mode: str) -> None:
    plain = search(api, name, **MODES[mode], limit=40)
    model.reset()

    asked = RERANK | {"query": "comedy jazz", "properties": ["plot"], "candidates": 40}
    found = search(api, name, **MODES[mode], rerank=asked, limit=40, profile=True)

    scores = [hit["rerank_score"] for hit in found["objects"]]
    assert found["rerank"] == {"applied": True, "model": RERANK["model"], "candidates": len(plain["objects"])} | {
        "code": None,
        "message": None,
    }
    assert scores == sorted(scores, reverse=True)
    assert {hit["id"]: hit["score"] for hit in found["objects"]} == {
        hit["id"]: hit["score"] for hit in plain["objects"]
    }
    assert "a jazz club" in found["objects"][0]["properties"]["plot"]
    profile = found["profile"]
    parts = sum(profile[part] for part in ("embedding_ms", "engine_ms", "rerank_ms", "rest_ms"))
    assert parts == pytest.approx(found["took_ms"], abs=1)
    assert profile["rerank_ms"] > 0
    # One call, with the texts of the candidates in the order of the search.
    [call] = [each for each in model.counters()["requests"] if each["target"] == "rerank"]
    sent = [each["inlineDocumentSource"]["textDocument"]["text"] for each in call["body"]["sources"]]
    assert sent == [hit["properties"]["plot"] for hit in plain["objects"]]
    assert (call["region"], call["service"]) == ("us-west-2", "bedrock")


def test_pages_of_a_reranked_search_are_parts_of_one_order(api: Api, name: str, model: Emulator) -> None:
    asked = MODES["hybrid"] | {"rerank": RERANK | {"candidates": 20}, "return_properties": ["place"]}

    whole = search(api, name, **asked, limit=20)
    pages = [search(api, name, **asked, limit=5, offset=offset) for offset in range(0, 20, 5)]
    beyond = ask(api, name, **asked, limit=5, offset=16)

    assert [hit for page in pages for hit in places(page["objects"])] == places(whole["objects"])
    assert all(list(hit["properties"]) == ["place"] for hit in whole["objects"])
    assert beyond.status == 400
    assert "beyond the 20 candidates of rerank" in beyond.error["message"]
    assert whole["truncated"]


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        ({"rates": {"429": 1}}, "model_throttled"),
        ({"rates": {"500": 1}}, "model_unavailable"),
        ({"rates": {"503": 1}}, "model_unavailable"),
        ({"rates": {"dropped": 1}}, "model_unavailable"),
        ({"rates": {"malformed": 1}}, "model_unavailable"),
        ({"rates": {"ServiceQuotaExceededException": 1}}, "model_quota_exceeded"),
        ({"rates": {"error_in_body": 1}}, "model_answer_unusable"),
    ],
)
def test_without_the_rerank_model_the_search_keeps_its_order(
    api: Api, name: str, model: Emulator, plan: dict[str, Any], code: str
) -> None:
    plain = search(api, name, **MODES["bm25"], limit=8)
    model.faults(**plan)

    found = search(api, name, **MODES["bm25"], rerank=RERANK, limit=8)

    assert found["objects"] == plain["objects"]
    assert (found["rerank"]["applied"], found["rerank"]["code"]) == (False, code)
    assert RERANK["model"] in found["rerank"]["message"]


def test_a_model_that_does_not_answer_is_not_waited_for_to_the_end(
    api: Api, name: str, model: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambdas.search.reranking.reranker.LONGEST_SECONDS", 0.3)
    model.faults(rates={"slow": 1}, slow_ms=2000)

    found = search(api, name, **MODES["bm25"], rerank=RERANK)

    assert (found["rerank"]["applied"], found["rerank"]["code"]) == (False, "model_unavailable")
    assert "no response in time" in found["rerank"]["message"]


def test_a_failure_that_passes_is_not_seen(api: Api, name: str, model: Emulator) -> None:
    model.faults(calls={"1": "429", "2": "500"})

    assert search(api, name, **MODES["bm25"], rerank=RERANK)["rerank"]["applied"]
    assert model.counters()["calls"] == 3


@pytest.mark.parametrize(
    ("settings", "plan", "error"),
    [
        ({"model": "meta.rerank-v9:0"}, {}, (502, "model_not_found")),
        ({}, {"rates": {"403": 1}}, (403, "model_access_denied")),
        ({}, {"rates": {"ExpiredTokenException": 1}}, (403, "credentials_expired")),
        ({"properties": ["place"]}, {}, (400, "invalid_request")),
    ],
)
def test_what_will_not_pass_is_an_error(
    api: Api, name: str, model: Emulator, settings: dict[str, Any], plan: dict[str, Any], *, error: tuple[int, str]
) -> None:
    model.faults(**plan)

    reply = ask(api, name, **MODES["bm25"], rerank=RERANK | settings)

    assert (reply.status, reply.error["code"]) == error


def test_the_callers_keys_or_the_functions_own_call_the_model(api: Api, name: str, model: Emulator) -> None:
    keys = {"X-AWS-Access-Key": "AKIACALLER", "X-AWS-Secret-Key": "secret"}

    for headers in (keys, {}):
        assert ask(api, name, headers, **MODES["bm25"], rerank=RERANK).status == 200

    assert [call["access_key"] for call in model.counters()["requests"]] == ["AKIACALLER", "AKIDEXAMPLE"]


def test_a_search_names_no_role(api: Api, name: str) -> None:
    role = {"role_arn": "arn:aws:iam::123456789012:role/rerank"}

    response = ask(api, name, **MODES["bm25"], rerank=RERANK | role)

    assert response.status == 400
    assert "setting 'rerank_role'" in response.error["message"]


def test_a_search_by_vector_is_reranked_by_a_query_of_its_own(api: Api, name: str, model: Emulator) -> None:
    near = {"id": films()[0]["id"]}

    found = search(api, name, near_object=near, rerank=RERANK | {"query": "jazz"}, limit=3)

    assert all("jazz" in hit["properties"]["plot"] for hit in found["objects"])
    assert all(hit["distance"] is not None for hit in found["objects"])


# ----- group_by


@every_mode
def test_groups_are_formed_of_all_candidates_and_not_of_a_page(api: Api, name: str, mode: str) -> None:
    whole = search(api, name, **MODES[mode], limit=40)["objects"]

    found = search(api, name, **MODES[mode], group_by={"property": "subject", "groups": 3, "objects_per_group": 2})

    by_subject: dict[str, list[Any]] = {}
    for hit in whole:
        by_subject.setdefault(hit["properties"]["subject"], []).append(hit)
    assert found["objects"] == []
    assert [group["value"] for group in found["groups"]] == list(by_subject)[:3]
    for group in found["groups"]:
        members = by_subject[group["value"]]
        assert (group["count"], group["objects"]) == (len(members), members[:2])
        distances = [hit["distance"] for hit in members[:2]]
        if mode == "near_text":
            assert (group["min_distance"], group["max_distance"]) == (min(distances), max(distances))
        else:
            assert (group["min_distance"], group["max_distance"]) == (None, None)


@every_mode
@pytest.mark.parametrize("grouped", ["place", "tags", "maker.name", "subject"])
def test_groups_have_the_hits_of_each_value(api: Api, name: str, mode: str, grouped: str) -> None:
    whole = search(api, name, **MODES[mode], limit=40)["objects"]
    members: dict[Any, list[Any]] = {}
    for hit in whole:
        value: Any = hit["properties"]
        for part in grouped.split("."):
            value = (value or {}).get(part)
        for each in dict.fromkeys(value if isinstance(value, list) else [value]):
            if each is not None:
                members.setdefault(each, []).append(hit)

    found = search(api, name, **MODES[mode], group_by={"property": grouped, "groups": 40, "objects_per_group": 2})

    assert {group["value"]: (group["count"], group["objects"]) for group in found["groups"]} == {
        value: (len(hits), hits[:2]) for value, hits in members.items()
    }


def test_groups_are_paged_and_lists_and_objects_are_grouped_by(api: Api, name: str) -> None:
    def groups(**group_by: Any) -> list[Any]:
        offset = group_by.pop("offset", 0)
        found: list[Any] = search(
            api, name, **MODES["near_text"], group_by=group_by, offset=offset, return_properties=["title"]
        )["groups"]
        return found

    every = groups(property="place", groups=40)
    tags = {group["value"]: group["count"] for group in groups(property="tags")}
    makers = {group["value"]: group["count"] for group in groups(property="maker.name")}

    assert [group["value"] for group in every[5:8]] == [
        group["value"] for group in groups(property="place", groups=3, offset=5)
    ]
    assert tags == Counter({"all": 40, "comedy": 10, "tragedy": 10, "documentary": 10, "thriller": 10})
    assert makers == Counter(f"Maker {place % 3}" for place in range(1, 40, 2))
    assert all(list(hit["properties"]) == ["title"] for group in every for hit in group["objects"])


# ----- smoothing


def vectors_of(found: list[Any]) -> Any:
    return np.array([hit["vectors"]["default"] for hit in found], np.float64)


@every_mode
def test_smoothed_scores_follow_the_definition(api: Api, name: str, mode: str) -> None:
    whole = search(api, name, **MODES[mode], limit=40, include_vectors=True)["objects"]

    found = search(api, name, **MODES[mode], smoothing={"weight": 0.3, "candidates": 40}, limit=40, explain=True)[
        "objects"
    ]

    vectors = vectors_of(whole)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    scores = np.array([hit["score"] for hit in whole])
    smoothed = 0.7 * scores + 0.3 * scores[np.argsort(-cosines, axis=1)[:, :5]].mean(axis=1)
    wanted = {hit["id"]: score for hit, score in zip(whole, smoothed, strict=True)}
    assert {hit["id"]: hit["score"] for hit in found} == pytest.approx(wanted)
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)
    assert all(hit["vectors"] is None for hit in found)
    for hit in found:
        parts = [*hit["explanation"]["legs"], hit["explanation"]["smoothing"]]
        assert sum(part["contribution"] for part in parts) == pytest.approx(hit["score"])


# ----- diversity


@every_mode
def test_diverse_hits_follow_the_definition(api: Api, name: str, mode: str) -> None:
    whole = search(api, name, **MODES[mode], limit=40, include_vectors=True)["objects"]

    found = search(api, name, **MODES[mode], diversity={"balance": 0.4, "candidates": 40}, limit=10)["objects"]

    vectors = vectors_of(whole)
    if mode == "near_text":
        relevance = np.array([1 - hit["distance"] for hit in whole])
    else:
        scores = np.array([hit["score"] for hit in whole])
        relevance = (scores - scores.min()) / (scores.max() - scores.min())
    order: list[int] = []
    while len(order) < 10:
        alike = (vectors @ vectors[order].T).max(axis=1) if order else np.zeros(len(whole))
        values = 0.4 * relevance - 0.6 * alike
        values[order] = -np.inf
        order.append(int(values.argmax()))
    assert [hit["id"] for hit in found] == [whole[place]["id"] for place in order]
    assert all(hit["vectors"] is None for hit in found)


def test_a_diverse_hit_without_a_vector_is_like_no_other(api: Api) -> None:
    described = {
        "name": "Partly",
        "properties": [{"name": "title", "type": "text"}],
        "vectors": {"default": {"vectorizer": "none", "dimensions": 2}},
    }
    assert api("POST", "/v1/collections", described).status == 201
    vectors: dict[str, dict[str, Any]] = {"ghost": {"vector": [1, 0]}, "ghost ghost": {"vector": [1, 0]}, "a ghost": {}}
    objects = [{"properties": {"title": title}} | vector for title, vector in vectors.items()]
    stored = api("POST", "/v1/collections/Partly/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert stored.body["failed"] == 0, stored.body

    found = search(api, "Partly", bm25={"query": "ghost"}, diversity={"balance": 0}, limit=2)["objects"]

    assert "a ghost" in [hit["properties"]["title"] for hit in found]
    api("DELETE", "/v1/collections/Partly")


@every_mode
def test_a_window_of_the_ranking_is_diversified_alone(api: Api, name: str, mode: str) -> None:
    whole = search(api, name, **MODES[mode], limit=20)["objects"]

    pages = [
        search(api, name, **MODES[mode], limit=5, diversity={"balance": balance, "candidates": 5, "skip": skip})
        for skip in (0, 5, 10)
        for balance in (1, 0.3)
    ]

    for place, page in enumerate(pages):
        window = [hit["id"] for hit in whole[place // 2 * 5 :][:5]]
        found = [hit["id"] for hit in page["objects"]]
        assert sorted(found) == sorted(window)
        assert place % 2 or found == window


def test_balance_1_keeps_the_order_and_0_spreads_the_subjects(api: Api, name: str) -> None:
    plain = search(api, name, **MODES["near_text"], limit=5)["objects"]
    same = search(api, name, **MODES["near_text"], limit=5, diversity={"balance": 1})["objects"]
    spread = search(api, name, **MODES["near_text"], limit=5, diversity={"balance": 0})["objects"]

    assert same == plain
    assert len({hit["properties"]["subject"] for hit in plain}) < 4
    assert len({hit["properties"]["subject"] for hit in spread}) == 5


# ----- boost


RECENT = {"property": "shown", "scale": "60d", "curve": "exp"}


@every_mode
def test_a_boosted_score_is_the_share_of_the_search_and_of_the_conditions(api: Api, name: str, mode: str) -> None:
    whole = {hit["id"]: hit for hit in search(api, name, **MODES[mode], limit=40)["objects"]}
    odd = {"filter": {"property": "maker.name", "operator": "is_null", "value": False}, "weight": 3}

    boost = {"conditions": [RECENT, odd], "weight": 0.4}
    found = search(api, name, **MODES[mode], boost=boost, limit=40, explain=True)["objects"]

    scores = [hit["score"] for hit in whole.values()]
    assert [hit["id"] for hit in found] != list(whole)
    assert [hit["score"] for hit in found] == sorted((hit["score"] for hit in found), reverse=True)
    assert {hit["id"] for hit in found} == set(whole)
    for hit in found:
        place = hit["properties"]["place"]
        value = (0.5 ** (10 * place / 60) + 3 * (place % 2)) / 4
        plain = whole[hit["id"]]["score"]
        scaled = {"hybrid": plain, "ranked": plain * 61}.get(mode, (plain - min(scores)) / (max(scores) - min(scores)))
        assert hit["score"] == pytest.approx(0.6 * scaled + 0.4 * value, abs=1e-4)
        assert hit["distance"] == whole[hit["id"]]["distance"]
        explanation = hit["explanation"]
        parts = [leg["contribution"] for leg in explanation["legs"]] + [explanation["boost"]["contribution"]]
        assert sum(parts) == pytest.approx(hit["score"], abs=1e-5)


def test_a_boost_changes_neither_what_is_found_nor_how_much(api: Api, name: str) -> None:
    nothing = {"filter": {"property": "place", "operator": "equal", "value": -1}}

    for mode in MODES.values():
        plain = search(api, name, **mode, limit=40)
        found = search(api, name, **mode, limit=40, boost={"conditions": [nothing]})
        assert [hit["id"] for hit in found["objects"]] == [hit["id"] for hit in plain["objects"]]
        assert found["total"] == plain["total"]


def test_what_was_written_just_now_can_be_preferred(api: Api, name: str) -> None:
    fresh = {"conditions": [{"property": "_updated", "scale": "1h"}], "weight": 1}

    found = search(api, name, **MODES["bm25"], boost=fresh, explain=True, return_properties=["title"])["objects"]

    assert all(0.99 < hit["score"] <= 1 for hit in found)
    assert all(list(hit["properties"]) == ["title"] for hit in found)


# ----- together


def test_the_steps_follow_each_other(api: Api, name: str, model: Emulator) -> None:
    """Boost chooses who is reranked, the model orders, the groups are of what is left."""
    late = {"filter": {"property": "place", "operator": "greater_or_equal", "value": 20}}

    found = search(
        api,
        name,
        **MODES["hybrid"],
        boost={"conditions": [late], "weight": 1},
        rerank=RERANK | {"candidates": 20},
        diversity={"balance": 0.9, "candidates": 10},
        group_by={"property": "subject", "objects_per_group": 20},
        profile=True,
    )

    objects = [hit for group in found["groups"] for hit in group["objects"]]
    assert len(objects) == sum(group["count"] for group in found["groups"]) == 10
    assert all(hit["properties"]["place"] >= 20 and hit["rerank_score"] is not None for hit in objects)
    assert found["rerank"]["candidates"] == 20
    assert found["truncated"]


STEPS: dict[str, dict[str, Any]] = {
    "boost": {"boost": {"conditions": [{"property": "place", "origin": 20, "scale": 5}], "weight": 0.6}},
    "smoothing": {"smoothing": {"weight": 0.7, "candidates": 40}},
    "diversity": {"diversity": {"balance": 0.4, "candidates": 40}},
}
STEPS["all"] = STEPS["boost"] | STEPS["smoothing"] | STEPS["diversity"]


@every_mode
@pytest.mark.parametrize("steps", STEPS)
def test_a_page_that_is_chosen_before_documents_are_read_is_a_part_of_the_whole(
    api: Api, name: str, mode: str, steps: str
) -> None:
    more: dict[str, Any] = {"include_vectors": True, "include_times": True} | (
        {} if mode == "near_text" else {"highlight": True}
    )
    more |= STEPS[steps]
    if "boost" in more:
        more["boost"] = more["boost"] | {"candidates": 40}

    # All candidates are shown, so their documents are read with them.
    whole = search(api, name, **MODES[mode], **more, limit=40)
    page = search(api, name, **MODES[mode], **more, offset=3, limit=4)

    assert len(page["objects"]) == 4
    assert page["objects"] == whole["objects"][3:7]
    assert (page["total"], page["alpha"]) == (whole["total"], whole["alpha"])


def test_autocut_looks_at_what_the_hits_are_ordered_by(api: Api, name: str, model: Emulator) -> None:
    asked = MODES["near_text"] | {"rerank": RERANK | {"query": "jazz comedy"}, "limit": 40}
    whole = search(api, name, **asked)["objects"]

    cut = search(api, name, **asked, autocut=1)["objects"]

    assert 0 < len(cut) < len(whole)
    assert cut == whole[: len(cut)]
    assert math.isclose(cut[0]["rerank_score"], whole[0]["rerank_score"])


def test_what_a_reranked_search_finds_is_aggregated(api: Api, name: str, model: Emulator) -> None:
    asked = MODES["bm25"] | {"rerank": RERANK | {"query": "jazz"}, "limit": 5}

    reply = api("POST", f"/v1/collections/{name}/aggregate", {"search": asked})
    grouped = api(
        "POST",
        f"/v1/collections/{name}/aggregate",
        {"search": MODES["bm25"] | {"group_by": {"property": "subject"}}},
    )

    assert (reply.status, reply.body["total"]) == (200, 5)
    assert grouped.status == 400
    assert "move group_by out of it" in grouped.error["message"]
