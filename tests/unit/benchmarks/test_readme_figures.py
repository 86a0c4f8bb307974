"""The figures of README are those of the committed measurements and of the cost model, rounded."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
JOINED = " ".join(README.split())


def measured(name: str) -> Any:
    return json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text())


def figures(pattern: str) -> list[float]:
    found = re.search(pattern, JOINED)
    assert found, f"README does not say: {pattern}"
    return [float(each.replace(",", "")) for each in found.groups()]


def test_readme_has_the_measured_quality() -> None:
    by_mode = measured("quality")["ndcg@10"]

    said = figures(r"hybrid (\.\d+), words (\.\d+), meaning (\.\d+)")

    assert said == [round(by_mode[mode]["macro"], 2) for mode in ("hybrid", "bm25", "near_vector")]


def test_readme_says_where_a_leg_beats_hybrid() -> None:
    scores = measured("quality")["ndcg@10"]
    collections = [name for name in scores["hybrid"] if name not in {"macro", "recall@100"}]
    shares = [
        scores["hybrid"][each] / max(scores[leg][each] for leg in ("bm25", "near_vector")) for each in collections
    ]

    [worse] = [share for share in shares if share < 1]

    assert figures(r"meaning alone is (\d+) % better") == [round(100 * (1 / worse - 1))]


def rates_of(name: str) -> list[dict[str, float]]:
    return [
        {name: contender["objects_per_second"] for name, contender in case["contenders"].items()}
        for case in measured(name)["cases"][:2]
    ]


def ratios_of(rates: list[dict[str, float]]) -> list[float]:
    return [each["alto"] / max(each[peer] for peer in each if peer not in {"alto", "bulk"}) for each in rates]


def test_readme_has_the_measured_imports() -> None:
    rates = rates_of("import")
    ratios, nearer = ratios_of(rates), ratios_of(rates_of("import-vector-module"))
    shares = [100 * each["alto"] / each["bulk"] for each in rates]

    assert figures(r"([\d.]+) times as fast with Titan, ([\d.]+) times with Cohere") == pytest.approx(ratios, rel=0.05)
    assert figures(r"([\d.]+) and ([\d.]+) times if Java has its vector module") == pytest.approx(nearer, rel=0.05)
    assert figures(r"(\d+) and (\d+) % of the rate of OpenSearch alone") == pytest.approx(shares, abs=1)


def test_readme_has_the_measured_latency_of_every_kind_of_search() -> None:
    runs = [measured(f"search-{dimensions}-60000") for dimensions in (384, 1024)]
    medians = [row["own_p50_ms"] for run in runs for name, row in run.items() if name.endswith(", 1 clients")]

    said = figures(r"own share of a search is ([\d.]+) to ([\d.]+) ms, with groups, boosts and diversity too")

    assert said == [round(each(medians), 1) for each in (min, max)]
    assert figures(r"of ([\d,]+) objects: Alto's own share") == [runs[0]["objects"]]


def test_readme_names_a_release_whose_upgrade_is_tested() -> None:
    releases = json.loads((ROOT / "tests" / "upgrade" / "releases.json").read_text())
    found = re.search(r"the release of (\d+ \w+), deployed here", README)
    assert found

    assert found[1] in {f"{day.day} {day:%B}" for day in map(date.fromisoformat, releases)}


def test_readme_has_the_measured_citations() -> None:
    found = measured("citations")

    assert not found["covered"]["wrong"]
    assert figures(r"(\d+) citations, all word for word") == [found["covered"]["citations"]]
    assert figures(r"(\d+) of (\d+) questions that the documents do not cover") == [
        found["uncovered"]["unknown"],
        found["uncovered"]["questions"],
    ]


def test_readme_has_the_costs_of_the_cost_page() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    monthly = re.findall(r"^\| (?:small|medium) .*\*\*([\d,]+)\*\* \|$", page, re.MULTILINE)
    million = re.search(r"^\| Titan text v2 \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    assert million

    assert figures(r"\$(\d+) a month \(dev\), \$(\d+) \(three zones\)") == [float(each) for each in monthly]
    assert figures(r"of 1,000 characters cost \$(\d+) to import .* queries \$(\d+)") == [
        round(float(each)) for each in million.groups()
    ]
