"""The stored results of `make bench-embed`, and that the documentation says the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.embed.tables import BEGIN, best_peer, tables, write_tables
from benchmarks.tables import END

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs/embedding.md"
CASES = ("Titan v2, 500 texts", "Cohere v3, 500 texts", "Cohere v3, 5,000 texts")


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads((ROOT / "benchmarks/results/embed.json").read_text())
    return kept


def case(results: dict[str, Any], title: str) -> dict[str, Any]:
    [found] = [each for each in results["cases"] if each["title"] == title]
    return dict(found)


def test_the_tables_of_the_page_are_those_of_the_kept_results(results: dict[str, Any]) -> None:
    assert f"{BEGIN}\n\n{tables(results)}\n\n{END}" in PAGE.read_text()


@pytest.mark.parametrize("title", CASES)
def test_alto_was_three_times_as_fast_as_the_best_peer(results: dict[str, Any], title: str) -> None:
    measured = case(results, title)
    speed = {name: each["texts_per_second"] for name, each in measured["contenders"].items()}

    assert speed["alto"] >= 3 * best_peer(measured)
    assert speed["alto"] >= speed["boto3-32-threads"]
    assert measured["contenders"]["alto"]["embedded"] == measured["texts"]


@pytest.mark.parametrize("burst", [5, 1])
def test_alto_lost_nothing_under_a_rate_limit_and_kept_up_with_it(results: dict[str, Any], burst: int) -> None:
    measured = case(results, f"Titan v2, 300 texts, 20 calls/s, burst {burst}")
    alto = measured["contenders"]["alto"]

    assert alto["embedded"] == 300
    assert alto["seconds"] <= 1.15 * measured["ideal_seconds"]


def test_a_page_without_a_place_for_the_tables_is_refused(tmp_path: Path, results: dict[str, Any]) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")

    with pytest.raises(ValueError, match=r"page\.md has no place for the tables"):
        write_tables(results, page)
