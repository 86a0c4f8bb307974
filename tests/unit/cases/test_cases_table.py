"""Every row of the table of cases has its test on the deployed stack: `make test-cases` runs them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# How many rows each section of the table has.
ROWS = {1: 14, 2: 8, 3: 15, 4: 5, 5: 10}
TABLE = "shared/cases/README.md"


def list_rows() -> set[tuple[int, int]]:
    files = sorted((ROOT / "tests" / "e2e").glob("test_cases_*.py"))
    names = [
        name for file in files for name in re.findall(r"^def test_row_(\d+)_(\d+)_", file.read_text(), re.MULTILINE)
    ]
    return {(int(section), int(row)) for section, row in names}


def test_every_row_of_the_table_has_a_test() -> None:
    expected = {(section, row + 1) for section, rows in ROWS.items() for row in range(rows)}

    assert list_rows() == expected


def test_the_table_has_the_rows_that_are_tested() -> None:
    found = [folder / TABLE for folder in ROOT.parents if (folder / TABLE).exists()]
    if not found:
        pytest.skip("the table is not next to the project")
    sections = re.split(r"^## (\d+)\.", found[0].read_text(), flags=re.MULTILINE)[1:]
    rows = {
        int(number): len(re.findall(r"^\| \d+ \|", text, re.MULTILINE))
        for number, text in zip(sections[::2], sections[1::2], strict=True)
    }

    assert rows == ROWS
