"""The stored results of `make bench-import`, and that the documentation says the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.imports_tables import BEGIN, best_peer, share_of_ceiling, share_of_possible, tables
from benchmarks.tables import END

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/imports.md"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((ROOT / "benchmarks/results/import.json").read_text())
    return kept


def test_the_tables_of_the_page_are_those_of_the_kept_results(results: dict[str, Any]) -> None:
    assert f"{BEGIN}\n\n{tables(results)}\n\n{END}" in PAGE.read_text()


@pytest.mark.parametrize(
    ("calls", "seconds", "of_ceiling", "of_possible"),
    [(0, 2.0, 0.5, 0.5), (64, 2.0, 0.5, 0.5), (1000, 2.0, 0.5, 0.64), (1000, 1.28, 0.78125, 1.0)],
)
def test_a_share_is_that_of_the_slower_of_engine_and_model(
    calls: int, seconds: float, of_ceiling: float, of_possible: float
) -> None:
    case = {"contenders": {"alto": {"calls": calls, "seconds": seconds}, "bulk": {"calls": 0, "seconds": 1.0}}}

    assert share_of_ceiling(case) == pytest.approx(of_ceiling)
    assert share_of_possible(case, 80) == pytest.approx(of_possible)


@pytest.mark.parametrize(("title", "times"), [("Titan v2, 2,000 objects", 8), ("Cohere v3, 5,000 objects", 2)])
def test_alto_was_so_many_times_as_fast_as_the_best_peer(results: dict[str, Any], title: str, times: int) -> None:
    [case] = [each for each in results["cases"] if each["title"] == title]

    assert case["contenders"]["alto"]["objects_per_second"] >= times * best_peer(case)
