"""Every page of the site: those of docs/, those from elsewhere, and those that are generated."""

import json
from pathlib import Path

from local.site.command_line import commands_page
from local.site.http_reference import http_pages
from local.site.links import moved_links
from local.site.navigation import BROUGHT_IN
from local.site.python_api import python_pages
from local.site.stage_settings import settings_page

DECISIONS = "decisions/index.md"
# The front page has the room of the whole window.
FRONT = "---\nhide: [navigation, toc]\n---\n\n"


def site_pages(root: Path) -> dict[str, str]:
    """Return the site's pages by their path in it."""
    docs = root / "docs"
    pages = written_pages(
        {path.relative_to(root).as_posix(): path.read_text() for path in sources(root)},
        # Files that a page links to, such as images.
        {path.relative_to(docs).as_posix() for path in docs.rglob("*") if path.is_file() and path.suffix != ".md"},
    )
    document = json.loads((docs / "openapi.json").read_text())
    pages |= {f"reference/http/{name}": text for name, text in http_pages(document).items()}
    pages |= {f"reference/python/{name}": text for name, text in python_pages().items()}
    pages |= {"reference/commands.md": commands_page(), "reference/settings.md": settings_page()}
    return pages | {DECISIONS: decisions_page(pages)}


def sources(root: Path) -> list[Path]:
    """Return the files that people wrote: the pages of docs/, and those that are brought in."""
    return [*sorted((root / "docs").rglob("*.md")), *(root / name for name in BROUGHT_IN)]


def written_pages(texts: dict[str, str], files: set[str]) -> dict[str, str]:
    """Return written pages by their place in the site, with links that lead there."""

    def place(path: str) -> str | None:
        inside = path.removeprefix("docs/")
        if path in texts:
            return BROUGHT_IN.get(path, inside)
        if path == "docs/decisions":
            return DECISIONS
        return inside if path.startswith("docs/") and inside in files else None

    pages = {}
    for path, text in texts.items():
        new = BROUGHT_IN.get(path, path.removeprefix("docs/"))
        pages[new] = (FRONT if new == "index.md" else "") + moved_links(
            text, path, f"docs/{new}", lambda target: None if (found := place(target)) is None else f"docs/{found}"
        )
    return pages


def title_of(text: str) -> str:
    """Return the heading of a page."""
    return next(line.removeprefix("# ").strip() for line in text.splitlines() if line.startswith("# "))


def decisions_page(pages: dict[str, str]) -> str:
    """Return the list of decisions."""
    names = sorted(name for name in pages if name.startswith("decisions/") and name != DECISIONS)
    rows = [f"- [{title_of(pages[name])}]({name.removeprefix('decisions/')})" for name in names]
    first = "# Decisions\n\nWhat was decided, when, and for which reasons; later records replace earlier ones."
    return first + "\n\n" + "\n".join(rows) + "\n"
