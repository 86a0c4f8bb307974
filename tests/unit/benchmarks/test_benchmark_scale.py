"""The model of imports at scale: each number moves as it should when what it depends on does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.estimates import simulate as benchmark
from benchmarks.estimates.lane_model import simulate
from benchmarks.estimates.scale_model import Estimate, Load, estimate
from benchmarks.estimates.simulate import PAGE, PRICES, duration, rows
from lambdas.imports.splitting.chunk_sizes import BATCH_CHUNK_RECORDS

PRICED = json.loads(PRICES.read_text())
MEASURED: dict[str, Any] = {
    "load_cpu_seconds": {"titan-text-v2": 0.002, "cohere-v3": 0.001},
    "batch_cpu_seconds": 0.001,
    "batch_input_bytes": 1_100,
    "batch_output_bytes": 24_000,
    "index_bytes": 10_000,
}


def estimated(**changes: Any) -> Estimate:
    return estimate(replace(Load(1_000_000), **changes), MEASURED, PRICED)


def test_calls_and_tokens_are_those_of_the_model() -> None:
    assert estimated().calls == 1_000_000
    assert estimated(family="cohere-v3").calls == 10_417
    assert estimated().once["model"] == pytest.approx(250 * 0.02)
    assert estimated(family="cohere-v3").once["model"] == pytest.approx(250 * 0.10)


def test_batch_inference_makes_no_calls_and_costs_half() -> None:
    batch = estimated(embedding="batch")

    assert (batch.calls, batch.batch_jobs) == (0, 1_000_000 // BATCH_CHUNK_RECORDS)
    assert batch.once["model"] == estimated().once["model"] / 2


def test_the_quota_bounds_what_is_on_demand() -> None:
    slow = estimated()
    tokens, calls = 250e6 / 300_000 / 60, 1e6 / 2_000 / 60

    assert slow.bound_by == "model quota"
    assert slow.hours == pytest.approx(max(tokens, calls))


def test_batch_jobs_beyond_twenty_wait_for_others() -> None:
    assert estimated(objects=20 * BATCH_CHUNK_RECORDS, embedding="batch").times["batch jobs"] == 1
    assert estimated(objects=21 * BATCH_CHUNK_RECORDS, embedding="batch").times["batch jobs"] == 2


def test_waiting_for_a_model_costs_and_for_a_batch_job_does_not() -> None:
    on_demand, batch = estimated(), estimated(embedding="batch")

    # One loader waits, and chunks look for a place; not twenty loaders.
    assert on_demand.hours * 3600 < on_demand.lambda_seconds < 1.3 * on_demand.hours * 3600
    assert batch.lambda_seconds < on_demand.lambda_seconds / 10


def test_a_million_objects_by_titan_cost_little_more_than_the_model() -> None:
    assert sum(estimated().once.values()) < 1.5 * estimated().once["model"]


@pytest.mark.parametrize(
    ("chunks", "quota", "least", "most"),
    [
        # Less than one loader could use: one runs, and the import takes as long as the quota says.
        (200, 20.0, 1.0, 1.3),
        # More than all could use: as without lanes.
        (200, 100_000.0, 0.9, 1.3),
    ],
)
def test_simulated_loaders_are_as_many_as_the_quota_feeds(chunks: int, quota: float, least: float, most: float) -> None:
    simulated = simulate(chunks=chunks, records=1_000, quota=quota, full_rate=400, concurrency=20)

    needed = max(chunks * 1_000 / quota, simulated.busy_seconds)
    assert least * needed < simulated.lambda_seconds < most * needed + 20 * 40
    assert simulated.seconds < 1.15 * max(chunks * 1_000 / quota, simulated.busy_seconds / 20) + 60


def test_the_estimate_is_what_the_simulation_finds() -> None:
    estimated_seconds = estimated(objects=200_000).lambda_seconds

    simulated = simulate(chunks=191, records=1_048, quota=20, full_rate=200, concurrency=20)

    assert simulated.lambda_seconds == pytest.approx(estimated_seconds, rel=0.25)


def test_chunks_grow_so_that_there_are_never_too_many() -> None:
    assert estimated(objects=10**9).chunks == 20_000
    assert estimated(objects=10**6).chunks == 954


def test_the_domain_holds_the_graphs_in_memory_of_the_cheapest_nodes() -> None:
    small, large = estimated(), estimated(objects=10**8)

    assert (small.node, small.nodes) == ("r6g.large.search", 2)
    per_object = 1.1 * (4 * 1_024 + 8 * 16) * 2
    assert large.memory_gib == pytest.approx(per_object * 10**8 / 2**30)
    assert large.nodes * PRICED["opensearch_hour"][large.node]["gib"] * 0.4 >= large.memory_gib
    assert estimated(objects=10**8, replicas=0).memory_gib == pytest.approx(large.memory_gib / 2)


def test_fewer_dimensions_take_less_memory() -> None:
    assert estimated(dimensions=256).memory_gib == pytest.approx(estimated().memory_gib * (1_024 + 128) / (4_096 + 128))


@pytest.mark.parametrize("embedding", ["on_demand", "batch"])
def test_everything_grows_with_the_objects(embedding: Any) -> None:
    few, many = (estimated(objects=n, embedding=embedding) for n in (10**6, 10**8))

    assert many.hours > few.hours
    assert all(many.once[name] > few.once[name] for name in few.once)
    assert all(many.monthly[name] > few.monthly[name] for name in few.monthly)


def test_the_next_limit_is_what_is_used_up_the_most() -> None:
    largest = estimated(objects=10**9)

    assert largest.next_limit.share == max(limit.share for limit in largest.limits)
    assert largest.next_limit.share > 1
    assert estimated().next_limit.share < 1


def test_the_page_is_what_make_simulate_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "scale.md"
    page.write_text(f"{benchmark.BEGIN}{benchmark.END}")
    monkeypatch.setattr(benchmark, "PAGE", page)
    monkeypatch.setattr("sys.argv", ["simulate"])

    benchmark.main()

    assert page.read_text() in PAGE.read_text()
    assert "titan-text-v2, on demand" in capsys.readouterr().out


def test_a_table_has_a_column_a_scale() -> None:
    table = rows([estimated(), estimated(objects=10**7)])

    assert table[0] == ["objects", "1,000,000", "10,000,000"]
    assert {len(row) for row in table} == {3}
    assert [duration(hours) for hours in (0.5, 5, 100)] == ["30 min", "5.0 h", "4.2 days"]
