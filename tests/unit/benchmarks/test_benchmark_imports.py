"""The stored results of `make bench-import`, and that the documentation says the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.imports.tables import (
    BEGIN,
    BEGIN_VECTOR_MODULE,
    best_peer,
    share_of_ceiling,
    share_of_possible,
    speed_tables,
    tables,
)
from benchmarks.tables import END

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/imports.md"


def read_results(name: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((ROOT / f"benchmarks/results/{name}.json").read_text())
    return kept


def test_the_tables_of_the_page_are_those_of_the_kept_results() -> None:
    page = PAGE.read_text()

    assert f"{BEGIN}\n\n{tables(read_results('import'))}\n\n{END}" in page
    assert f"{BEGIN_VECTOR_MODULE}\n\n{speed_tables(read_results('import-vector-module'))}\n\n{END}" in page


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


@pytest.mark.parametrize(
    ("kept", "times"), [("import", (8, 2.5)), ("import-vector-module", (8, 3))], ids=["plain", "vector module"]
)
def test_alto_was_so_many_times_as_fast_as_the_best_peer(kept: str, times: tuple[float, float]) -> None:
    titan, cohere, _ = read_results(kept)["cases"]

    for case, least in zip((titan, cohere), times, strict=True):
        assert case["contenders"]["alto"]["objects_per_second"] >= least * best_peer(case)
