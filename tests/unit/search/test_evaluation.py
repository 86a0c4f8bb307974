"""Measures, their uncertainty, the files of judgements, settings and sweeps."""

import json
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any

import pytest

from alto.evaluation.bootstrap import Draws, difference, holm, interval
from alto.evaluation.comparison import compare, compare_all
from alto.evaluation.html import page
from alto.evaluation.judgements import EvaluationError, Query, read_judgements, read_queries
from alto.evaluation.measures import measure
from alto.evaluation.plots import round_ticks
from alto.evaluation.report import Evaluation, evaluate, judged_queries
from alto.evaluation.runs import Identifier, Run, search_all
from alto.evaluation.settings import Setting, read_setting, sweep

# Computed by ir-measures, which calls trec_eval's own code.
REFERENCE = json.loads((Path(__file__).parent / "measures.json").read_text())
QUERIES = [Query(str(number), f"question {number}") for number in range(40)]
JUDGEMENTS = {query.id: {"a": 2, "b": 1} for query in QUERIES}


def run_of(name: str, rankings: list[list[str]]) -> Run:
    return Run(Setting(name), {query.id: ranking for query, ranking in zip(QUERIES, rankings, strict=True)}, 5.0)


def evaluation(*runs: Run, **settings: Any) -> Evaluation:
    return evaluate("Film", QUERIES, JUDGEMENTS, runs, samples=500, **settings)


@pytest.mark.parametrize("case", REFERENCE["cases"])
def test_measures_equal_those_of_trec_eval(case: dict[str, Any]) -> None:
    judgements = dict(pair.split(":") for pair in case["judgements"].split())

    found = measure(case["ranking"].split(), {key: int(grade) for key, grade in judgements.items()})

    expected = case["values"]
    assert found == pytest.approx(
        {
            "nDCG@10": expected["nDCG@10"],
            "Recall@100": expected["R@100"],
            "MRR": expected["RR"],
            "P@10": expected["P@10"],
        },
        abs=1e-9,
    )


def test_the_interval_of_a_mean_is_near_that_of_statistics() -> None:
    random = Random(3)
    values = [random.gauss(0.5, 0.1) for _ in range(200)]

    found = interval(values, Draws(len(values)))

    # 1.96 standard errors of .1 over 200 values.
    assert found.mean == fmean(values)
    assert found.high - found.mean == pytest.approx(1.96 * 0.1 / 200**0.5, rel=0.15)
    assert found.mean - found.low == pytest.approx(1.96 * 0.1 / 200**0.5, rel=0.15)


def test_a_difference_is_paired_by_query() -> None:
    hard = [query / 40 for query in range(40)]
    slightly_better = [value + (0.01 if place % 4 else -0.005) for place, value in enumerate(hard)]

    found = difference(slightly_better, hard, Draws(40))

    # The queries differ a hundred times more than the settings, which would hide it in unpaired samples.
    assert found.p < 0.01
    assert (found.better, found.worse) == (30, 10)


def test_equal_settings_are_not_significantly_different() -> None:
    values = [0.1, 0.5, 0.9] * 10

    assert difference(values, values, Draws(30)).p == 1


def test_the_same_seed_draws_the_same_samples() -> None:
    values = [float(value) for value in range(20)]

    assert interval(values, Draws(20, seed=5)) == interval(values, Draws(20, seed=5))
    assert interval(values, Draws(20, seed=5)) != interval(values, Draws(20, seed=6))


def test_p_is_raised_for_the_number_of_comparisons() -> None:
    # Holm: the smallest times 4, the next times 3 and so on, never falling.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_a_setting_is_recommended_when_it_is_better_for_nearly_all_queries() -> None:
    base = run_of("hybrid", [["x", "a", "b"]] * 40)
    better = run_of("bm25", [["a", "b"]] * 38 + [["x", "a", "b"]] * 2)

    found = evaluation(base, better)

    assert found.recommended is not None
    assert found.recommended.name == "bm25"
    assert found.recommendation.startswith("Use bm25: nDCG@10 is +")


def test_a_setting_that_is_better_by_chance_is_not_recommended() -> None:
    base = run_of("hybrid", [["x", "a", "b"], ["a", "b"]] * 20)
    mixed = run_of("bm25", [["a", "b"], ["x", "a", "b"]] * 19 + [["a", "b"]] * 2)

    found = evaluation(base, mixed)

    assert found.rows[1].difference is not None
    assert found.rows[1].difference.interval.mean > 0
    assert found.recommended is None
    assert found.recommendation.startswith("Keep hybrid")


def test_a_significantly_worse_setting_is_not_recommended() -> None:
    found = evaluation(run_of("hybrid", [["a", "b"]] * 40), run_of("bm25", [["x", "y", "a"]] * 40))

    assert found.rows[1].is_significant
    assert found.recommended is None


def test_the_report_for_programs_has_differences_by_query() -> None:
    found = evaluation(run_of("hybrid", [["x", "a"]] * 40), run_of("bm25", [["a", "b"]] * 40)).as_json()

    assert found["recommended"] == "bm25"
    assert found["settings"][1]["by_query"]["7"]["MRR"] == 1
    assert found["settings"][0]["by_query"]["7"]["MRR"] == 0.5
    assert found["settings"][1]["difference"]["significant"] is True
    assert found["unjudged_in_first_10"] == 0.5
    json.dumps(found)


def test_the_page_needs_nothing_else_and_escapes_texts() -> None:
    runs = [run_of("hybrid", [["x", "a"]] * 40), run_of("hybrid alpha=<i>", [["a", "b"]] * 40)]

    shown = page(evaluation(*runs))

    assert "<i>" not in shown
    assert "hybrid alpha=&lt;i&gt;" in shown
    assert not any(word in shown for word in ("http://", "https://", "<script", "<link", "@import", "url("))


def test_a_numeric_sweep_has_a_curve() -> None:
    swept = [run_of(f"hybrid alpha={alpha}", [["x", "a"]] * 40) for alpha in (0, 0.5, 1)]

    assert "nDCG@10 by alpha" in page(evaluation(run_of("hybrid", [["a"]] * 40), *swept))
    assert "nDCG@10 by alpha" not in page(evaluation(run_of("hybrid", [["a"]] * 40), *swept[:2]))


def test_only_queries_with_a_relevant_document_are_measured() -> None:
    judgements = {"0": {"a": 1}, "1": {"a": 0}, "9": {"a": -1}}

    assert [query.id for query in judged_queries(QUERIES, judgements)] == ["0"]
    with pytest.raises(EvaluationError, match="the queries have ids such as '0', the judgements such as 'Q1'"):
        judged_queries(QUERIES, {"Q1": {"a": 1}})


def test_queries_are_read_with_either_name_of_their_fields() -> None:
    text = '{"_id": "1", "text": "a"}\n\n{"id": 2, "query": "b", "vector": [1, 0.5]}\n'

    assert read_queries(text) == [Query("1", "a"), Query("2", "b", [1, 0.5])]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "line 2: this is not JSON"),
        ("[]", "line 2: expected"),
        ('{"_id": "2"}', "line 2: expected"),
        ('{"_id": true, "text": "b"}', "line 2: expected"),
        ('{"_id": "2", "text": " "}', "line 2: expected"),
        ('{"_id": "1", "text": "b"}', 'the id "1" is used twice'),
        ('{"_id": "2", "text": "b", "vector": [1, "x"]}', "vector: expected a list of numbers"),
    ],
)
def test_a_wrong_query_is_named_by_its_line(line: str, problem: str) -> None:
    with pytest.raises(EvaluationError, match=problem):
        read_queries('{"_id": "1", "text": "a"}\n' + line)


@pytest.mark.parametrize(
    "text",
    ["query-id\tcorpus-id\tscore\n1\ta b\t2\n1\tc\t0\n", "1\t0\ta b\t2\n1\t0\tc\t0", "1\ta b\t2\r\n1\tc\t0\r\n"],
)
def test_judgements_of_beir_and_trec_are_read(text: str) -> None:
    assert read_judgements(text) == {"1": {"a b": 2, "c": 0}}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1\ta\tgood", 'line 1: the grade "good" is not a whole number'),
        ("1\ta\t0.5", 'the grade "0.5"'),
        ("1\ta", "line 1: expected query id, document id, grade"),
        ("\n", "it has no judgement"),
    ],
)
def test_wrong_judgements_are_named(text: str, problem: str) -> None:
    with pytest.raises(EvaluationError, match=problem):
        read_judgements(text)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("hybrid", {"hybrid": {"query": "a b"}}),
        ("alpha=0.4", {"hybrid": {"query": "a b", "alpha": 0.4}}),
        ("bm25 properties=title^2,text", {"bm25": {"query": "a b", "properties": ["title^2", "text"]}}),
        ("near-text", {"near_text": {"query": "a b"}}),
        (
            "hybrid fusion=ranked rerank=m:0",
            {"hybrid": {"query": "a b", "fusion": "ranked"}, "rerank": {"model": "m:0"}},
        ),
        ("bm25 stop_words=b,c", {"bm25": {"query": "a"}}),
        ("bm25 stop_words=a,b", {"bm25": {"query": "a b"}}),
        ('{"bm25": {"operator": "and"}, "filter": {}}', {"bm25": {"query": "a b", "operator": "and"}, "filter": {}}),
    ],
)
def test_a_setting_is_read(text: str, body: dict[str, Any]) -> None:
    assert read_setting(text).body(Query("1", "a b")) == body


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [
        ("hybrid", "hybrid", {"query": "a", "vector": [1.0]}),
        ("near_text", "near_vector", {"vector": [1.0]}),
        ("near_vector", "near_vector", {"vector": [1.0]}),
        ("bm25", "bm25", {"query": "a"}),
    ],
)
def test_a_query_with_a_vector_is_searched_by_it(text: str, mode: str, expected: dict[str, Any]) -> None:
    assert read_setting(text).body(Query("1", "a", [1.0])) == {mode: expected}


def test_a_rerank_of_a_vector_search_has_the_text_of_the_query() -> None:
    body = read_setting("near_vector rerank=m").body(Query("1", "a", [1.0]))

    assert body["rerank"] == {"query": "a", "model": "m"}


@pytest.mark.parametrize("text", ["magic", "hybrid alpha", "hybrid alpha=", '{"bm25": {}, "hybrid": {}}', "{"])
def test_a_wrong_setting_is_rejected(text: str) -> None:
    with pytest.raises(EvaluationError, match="setting"):
        read_setting(text)


def test_near_vector_without_a_vector_is_rejected() -> None:
    with pytest.raises(EvaluationError, match='query "1": near_vector needs its vector'):
        read_setting("near_vector").body(Query("1", "a"))


def test_a_sweep_changes_one_thing_of_the_base() -> None:
    made = sweep(read_setting("hybrid fusion=ranked"), "alpha=0,1", [])

    assert [each.name for each in made] == ["hybrid fusion=ranked alpha=0", "hybrid fusion=ranked alpha=1"]
    assert made[1].of_mode == {"fusion": "ranked", "alpha": 1}


def test_a_sweep_of_boosts_changes_one_property_at_a_time() -> None:
    made = sweep(Setting("bm25", "bm25"), "boosts=1,3", ["title", "text"])

    assert [each.of_mode["properties"] for each in made] == [
        ["title", "text"],
        ["title^3", "text"],
        ["title", "text^3"],
    ]


def test_sweeps_of_rerank_and_stop_words() -> None:
    base = Setting("hybrid")

    assert [each.of_request for each in sweep(base, "rerank=none,m", [])] == [{}, {"rerank": {"model": "m"}}]
    [words] = sweep(base, "stop_words=how,what", [])
    assert words.left_out == {"how", "what"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("magic", "name values"),
        ("alpha", "a setting of hybrid searches"),
        ("boost:year=2", "not a searchable property"),
    ],
)
def test_a_wrong_sweep_is_rejected(text: str, problem: str) -> None:
    with pytest.raises(EvaluationError, match=problem):
        sweep(Setting("bm25", "bm25"), text, ["title"])


def test_queries_are_sent_in_batches_and_their_hits_named() -> None:
    sent: list[int] = []

    def send(collection: str, searches: list[dict[str, Any]]) -> list[dict[str, Any]]:
        assert collection == "Other"
        sent.append(len(searches))
        hits = [{"id": "0", "properties": {"code": 7}}]
        return [{"objects": hits, "took_ms": 4} for _ in searches]

    setting = read_setting("bm25 collection=Other")
    found = search_all("Film", setting, QUERIES, send, identifier=Identifier("code"), depth=10)

    assert sent == [20, 20]
    assert found.rankings == {query.id: ["7"] for query in QUERIES}


@pytest.mark.parametrize(
    ("hit", "name"), [({"id": "0", "key": "k", "properties": {}}, "k"), ({"id": "0", "properties": {}}, "0")]
)
def test_a_hit_is_known_by_its_key_or_its_id(hit: dict[str, Any], name: str) -> None:
    assert Identifier().of(hit) == name


def test_a_query_that_fails_ends_the_evaluation() -> None:
    def send(_: str, searches: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{"error": {"message": "The model is busy.", "code": "model_throttled"}} for _ in searches]

    with pytest.raises(EvaluationError, match=r"query '0', setting 'hybrid': The model is busy. \[model_throttled\]"):
        search_all("Film", Setting("hybrid"), QUERIES, send, identifier=Identifier(), depth=10)


def test_two_rankings_are_compared_without_judgements() -> None:
    found = compare("1", ["a", "b", "c"], ["b", "a", "d"])

    assert found.overlap == pytest.approx(2 / 3)
    assert found.moved == {"a": (1, 2), "b": (2, 1), "c": (3, None), "d": (None, 3)}
    assert not found.same_first


def test_the_most_changed_query_comes_first() -> None:
    means, moves = compare_all({"1": ["a"], "2": ["a"]}, {"1": ["a"], "2": ["b"]})

    assert means == {"overlap": 0.5, "same_first_hit": 0.5, "same_order": 0.5}
    assert [each.query for each in moves] == ["2", "1"]


def test_two_empty_rankings_are_the_same() -> None:
    assert compare("1", [], []).overlap == 1


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.629, 0.978, [0.7, 0.8, 0.9]),
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.45, 0.52, [0.46, 0.48, 0.5, 0.52]),
        (0.9, 0.9, [0.9]),
    ],
)
def test_plots_have_round_ticks_within_their_part(low: float, high: float, ticks: list[float]) -> None:
    assert round_ticks(low, high) == ticks
