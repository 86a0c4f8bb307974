"""Every `make …` that the documentation names is a target of the Makefile."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *ROOT.glob("examples/*.md"),
]
# In a program, or as code in a sentence.
NAMED = re.compile(r"(?:^|`|&& )make ([a-z][a-z-]*)(?=[ `\n])", re.MULTILINE)


def test_each_target_that_the_documentation_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {(page.name, target) for page in PAGES for target in NAMED.findall(page.read_text())}

    assert ("README.md", "demo") in named
    assert {(page, target) for page, target in named if target not in targets} == set()


def test_make_help_lists_every_target_with_what_it_does() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert phony

    assert set(re.findall(r"^([a-z-]+):.*## ", text, re.MULTILINE)) == set(phony[1].split())
