"""The links of every page that people wrote, checked in the repository."""

from pathlib import Path

from local.site.links import broken_links
from local.site.pages import sources

OTHERS = ("integrations/*/CHANGELOG.md", "clients/typescript/CHANGELOG.md", "examples/*.md")


def broken_links_of(root: Path) -> list[str]:
    """Return a line for each broken link of the repository's pages."""
    files = {*sources(root), *(path for pattern in OTHERS for path in root.glob(pattern))}
    pages = {path.relative_to(root).as_posix(): path.read_text() for path in sorted(files) if path.exists()}
    return broken_links(pages, lambda target: (root / target).exists())
