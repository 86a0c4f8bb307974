"""The stored results of `make bench-import`, and that the documentation says the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.imports_tables import BEGIN, best_peer, tables
from benchmarks.tables import END

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/imports.md"


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((ROOT / "benchmarks/results/import.json").read_text())
    return kept


def test_the_tables_of_the_page_are_those_of_the_kept_results(results: dict[str, Any]) -> None:
    assert f"{BEGIN}\n\n{tables(results)}\n\n{END}" in PAGE.read_text()


@pytest.mark.parametrize(("title", "times"), [("Titan v2, 1,000 objects", 5), ("Cohere v3, 5,000 objects", 2)])
def test_alto_was_so_many_times_as_fast_as_the_best_peer(results: dict[str, Any], title: str, times: int) -> None:
    [case] = [each for each in results["cases"] if each["title"] == title]

    assert case["contenders"]["alto"]["objects_per_second"] >= times * best_peer(case)
