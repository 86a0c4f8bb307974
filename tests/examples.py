"""The examples of the documentation, as programs. Fragments of Python, which do not run alone, are fenced as `py`."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pages() -> list[str]:
    """Every page that has Python examples, by its path from the root of the repository; first the tutorial.

    The others use the collection that it makes.
    """
    first = ROOT / "docs" / "client.md"
    found = [first, ROOT / "README.md", *(page for page in sorted((ROOT / "docs").rglob("*.md")) if page != first)]
    return [str(page.relative_to(ROOT)) for page in found if "```python" in page.read_text()]


def examples_of(page: str, language: str = "python") -> list[str]:
    """The examples of a page in one language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
