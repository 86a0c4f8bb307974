"""The files of Python that documentation, comments and the Makefile name exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("alto", "benchmarks", "conformance", "examples", "infra", "lambdas", "local", "tests")
# Its history names files as they were called.
HISTORY = "CHANGELOG.md"
PAGES = [
    *(page for page in ROOT.glob("*.md") if page.name != HISTORY),
    *(ROOT / "docs").rglob("*.md"),
    ROOT / "Makefile",
    *(path for folder in FOLDERS if folder != "tests" for path in (ROOT / folder).rglob("*.py")),
]
# From the top, or from a package of the functions: `tests/unit/...`, `imports/loading/loader.py`.
TOPS = "|".join((*FOLDERS, *sorted(path.name for path in (ROOT / "lambdas").iterdir() if path.is_dir())))
NAMED = re.compile(rf"(?<![\w/.<-])((?:{TOPS})/[\w/]+\.py)\b")


def find_missing(text: str) -> set[str]:
    return {
        name for name in NAMED.findall(text) if not (ROOT / name).exists() and not (ROOT / "lambdas" / name).exists()
    }


def test_the_files_that_are_named_exist() -> None:
    missing = {str(page.relative_to(ROOT)): find_missing(page.read_text()) for page in PAGES}

    assert {page: names for page, names in missing.items() if names} == {}


def test_a_file_that_is_gone_is_found() -> None:
    text = "See `search/searcher.py`, `lambdas/search/fuser.py` and tests/unit/test_layers.py."

    assert find_missing(text) == {"lambdas/search/fuser.py", "tests/unit/test_layers.py"}
