"""The benchmark of quality goes on where an interrupted run ended, and compares hybrid with its legs query by query."""

from pathlib import Path

import pytest

from benchmarks.judged import NAMES
from benchmarks.quality import Measured, hybrid_over_leg, rows

SCORES = ([0.5, 1.0], [1.0, 1.0])


def test_an_interrupted_run_measures_only_what_is_missing(tmp_path: Path) -> None:
    place = tmp_path / "parts" / "abc.json"
    Measured(place).add("cisi", "bm25", SCORES)

    again = Measured(place)

    assert again.missing("cisi", ["bm25", "hybrid"]) == ["hybrid"]
    assert again.missing("time", ["bm25", "hybrid"]) == ["bm25", "hybrid"]


def test_changed_files_are_measured_from_the_beginning(tmp_path: Path) -> None:
    measured = Measured(None)
    measured.add("cisi", "bm25", SCORES)

    assert not list(tmp_path.iterdir())
    assert Measured(None).missing("cisi", ["bm25"]) == ["bm25"]


def test_a_row_has_each_collection_their_mean_and_the_recall() -> None:
    measured = Measured(None)
    for place, name in enumerate(NAMES):
        measured.add(name, "bm25", ([place / 10], [1.0, 0.0]))

    row = rows(measured, ["bm25"])["bm25"]

    assert row == {name: place / 10 for place, name in enumerate(NAMES)} | {"macro": 0.25, "recall@100": 0.5}


def test_hybrid_is_compared_with_its_better_leg() -> None:
    measured = Measured(None)
    for mode, gains in {"bm25": [0.4, 0.4], "near_vector": [0.2, 0.2], "hybrid": [0.5, 0.5]}.items():
        measured.add("time", mode, (gains, gains))

    assert hybrid_over_leg(measured, "time") == {
        "leg": "bm25",
        "ratio": 1.25,
        "difference": pytest.approx(0.1),
        "interval": pytest.approx([0.1, 0.1]),
    }
