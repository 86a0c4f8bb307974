import json
from pathlib import Path

import pytest

from benchmarks.estimates.cost import (
    HOURS_A_MONTH,
    MODELS,
    PRICES,
    SIZES,
    Workload,
    at_rest,
    million_objects,
    million_queries,
    s3_vectors,
    tables,
    thousand_generations,
)
from benchmarks.estimates.scale_model import Load, estimate
from benchmarks.estimates.simulate import CONSTANTS as IMPORT_CONSTANTS

TITAN = "Titan text v2"


def test_the_page_says_what_the_model_says() -> None:
    assert tables() in (Path(__file__).parents[3] / "docs" / "cost.md").read_text()


def test_an_idle_stage_costs_what_its_domain_costs() -> None:
    small = at_rest(SIZES[0])

    assert small["domain"] == PRICES["stage_node_hour"]["t3.small.search"] * HOURS_A_MONTH
    assert small["VPC endpoints"] == 0


def test_a_million_objects_cost_their_tokens_and_little_else() -> None:
    parts = million_objects(TITAN, Workload(tokens_an_object=100))

    assert parts["model"] == 100 * PRICES["tokens_per_million"]["titan-text-v2"]
    assert sum(parts.values()) < 1.5 * parts["model"]


def test_an_import_costs_the_same_on_both_pages() -> None:
    constants = json.loads(IMPORT_CONSTANTS.read_text())

    for model, family in MODELS.items():
        once = estimate(Load(1_000_000, family), constants, PRICES).once
        assert sum(million_objects(model).values()) == pytest.approx(sum(once.values()))


def test_queries_pay_for_the_api_the_function_the_model_and_the_log() -> None:
    assert list(million_queries(TITAN)) == ["API", "Lambda", "model", "log"]


def test_compressed_vectors_need_fewer_nodes_and_more_disk() -> None:
    whole, compressed = (
        estimate(Load(10_000_000, compressed=compressed), json.loads(IMPORT_CONSTANTS.read_text()), PRICES)
        for compressed in (False, True)
    )

    assert whole.memory_gib / compressed.memory_gib == pytest.approx((4 * 1024 + 128) / (1024 + 4 + 128))
    assert compressed.nodes < whole.nodes
    assert compressed.disk_gib > whole.disk_gib


def test_a_text_for_each_object_costs_its_calls() -> None:
    one, ten, twenty = (thousand_generations("Nova Lite", objects) for objects in (1, 10, 20))

    assert twenty - ten == pytest.approx(10 / 9 * (ten - one))
    assert thousand_generations("Claude Sonnet 4.5") > 10 * thousand_generations("Nova Lite")


def test_s3_vectors_pays_for_the_whole_index_with_every_query() -> None:
    idle, busy, twice = (
        s3_vectors(objects, queries) for objects, queries in ((10**6, 0), (10**6, 10**6), (2 * 10**6, 10**6))
    )

    assert twice - 2 * idle > 1.5 * (busy - idle - PRICES["s3_vectors_queries_million"])
