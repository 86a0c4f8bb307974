"""What README and docs/get-started.md print for a shell runs as it is printed; so does the example of PDF files."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Alto
from tests.examples import examples_of

ROOT = Path(__file__).parents[2]
# `alto ui` serves until Ctrl-C. What follows a command as a comment is left to the shell.
SHELL = """set -euo pipefail
alto() {
  if [ "$1" = ui ]; then
    timeout --signal=INT 2 "$PYTHON" -m alto "$@" --no-browser || [ $? = 124 ]
  else
    "$PYTHON" -m alto "$@"
  fi
}
"""


@pytest.fixture(autouse=True)
def _without_films(alto: Alto) -> Iterator[None]:
    for name in ("Film", "Handbook"):
        alto.api.delete(f"/v1/collections/{name}")
    yield
    for name in ("Film", "Handbook"):
        alto.api.delete(f"/v1/collections/{name}")


def environment(alto: Alto) -> dict[str, str]:
    return os.environ | {
        "ALTO_URL": alto.stack.url,
        "PYTHONPATH": str(ROOT),
        "PYTHON": sys.executable,
        "COLUMNS": "120",
    }


def run_page(alto: Alto, page: str) -> str:
    """The output of the page's commands but those of make, one after the other."""
    script = "\n".join(block for block in examples_of(page, "sh") if not block.startswith("make "))
    script = script.replace("http://127.0.0.1:8700", alto.stack.url)
    done = subprocess.run(
        ["bash", "-c", SHELL + script], cwd=ROOT, env=environment(alto), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_commands_of_the_readme_run_as_they_are_printed(alto: Alto) -> None:
    printed = run_page(alto, "README.md")

    assert "\tFilm\tcompleted\t12\t12\t0\t0\tfilms.csv" in printed
    # The text and its source, over HTTP and by the command.
    assert '"quote":"Three ghosts teach an old miser to be generous."' in printed.replace('": "', '":"')
    assert "A Christmas Carol" in printed
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    for shown in [line for block in examples_of("README.md", "text") for line in block.splitlines()]:
        assert " ".join(shown.split()) in lines


def test_the_first_ten_minutes_run_as_they_are_printed(alto: Alto) -> None:
    printed = run_page(alto, "docs/get-started.md")

    assert "\tFilm\tcompleted\t12\t12\t0\t0\tfilms.csv" in printed
    [holiday, *_] = [line for line in printed.splitlines() if line.startswith(("0.", "1."))]
    assert any(film in holiday for film in ("A Christmas Carol", "It's a Wonderful Life", "Elf")), holiday


def test_questions_to_a_pdf_have_texts_with_their_pages(alto: Alto) -> None:
    done = subprocess.run(
        [sys.executable, "examples/pdf_questions.py", "How many books may a member borrow at once?"],
        cwd=ROOT,
        env=environment(alto),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "handbook.pdf: completed, " in done.stdout
    assert re.search(r"\[1\] .*handbook\.pdf, page 2: \".*twenty books", done.stdout), done.stdout
