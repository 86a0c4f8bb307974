"""Write the site's sources and build it with MkDocs, in an environment of its own."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from local.environments import install_environment
from local.errors import LocalStackError
from local.site.navigation import navigation_of
from local.site.pages import site_pages, title_of

ROOT = Path(__file__).resolve().parents[2]
STYLE = Path(__file__).parent / "style.css"
SETTINGS: dict[str, Any] = {
    "site_name": "Alto",
    "site_description": "Semantic search in your own AWS account",
    "docs_dir": "pages",
    "strict": True,
    "validation": {
        "omitted_files": "warn",
        "absolute_links": "warn",
        "unrecognized_links": "warn",
        "anchors": "warn",
        "links": {"not_found": "warn"},
    },
    # Fonts of the reader's machine: pages request nothing from other sites.
    "theme": {
        "name": "material",
        "font": False,
        "language": "en",
        "features": [
            "navigation.tabs",
            "navigation.tabs.sticky",
            "navigation.indexes",
            "navigation.top",
            "navigation.footer",
            "search.suggest",
            "search.highlight",
            "content.code.copy",
            "content.tabs.link",
            "toc.follow",
        ],
        "palette": [
            {
                "media": f"(prefers-color-scheme: {name})",
                "scheme": scheme,
                "primary": "black",
                "accent": "indigo",
                "toggle": {"icon": icon, "name": f"Change to {other}"},
            }
            for name, scheme, icon, other in (
                ("light", "default", "material/weather-night", "dark"),
                ("dark", "slate", "material/weather-sunny", "light"),
            )
        ],
    },
    # Links that work from a folder too. The search needs a server: from a folder browsers start no worker, and
    # Material's plugin for that loads a script from another site.
    "plugins": ["search"],
    "use_directory_urls": False,
    "extra": {"generator": False},
    "extra_css": ["style.css"],
    "markdown_extensions": [
        "tables",
        "attr_list",
        "admonition",
        "pymdownx.superfences",
        "pymdownx.highlight",
        {"pymdownx.tabbed": {"alternate_style": True}},
    ],
}
# Anchors as GitHub makes them; YAML alone can name a function.
ANCHORS = """  - toc:
      permalink: true
      slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}
"""


def configuration(pages: dict[str, str]) -> str:
    """Return the configuration of MkDocs for these pages, as YAML, of which JSON is a part."""
    nav = navigation_of(sorted(pages), {name: title_of(text) for name, text in pages.items()})
    plain = {name: value for name, value in (SETTINGS | {"nav": nav}).items() if name != "markdown_extensions"}
    text = [f"{name}: {json.dumps(value)}" for name, value in plain.items()]
    entries = "".join(f"  - {json.dumps(each)}\n" for each in SETTINGS["markdown_extensions"])
    return "\n".join(text) + f"\nmarkdown_extensions:\n{entries}{ANCHORS}"


def build(target: Path, sources: Path) -> None:
    """Build the site into a folder. Raises LocalStackError if a link is broken or MkDocs cannot be installed."""
    pages = site_pages(ROOT)
    write_sources(pages, sources)
    python = install_environment("site", ROOT / "requirements" / "site.txt", ROOT / ".alto" / "site")
    done = subprocess.run(
        [python, "-m", "mkdocs", "build", "--quiet", "--config-file", sources / "mkdocs.yml", "--site-dir", target],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalStackError(f"The site cannot be built: {done.stdout}{done.stderr}")


def write_sources(pages: dict[str, str], folder: Path) -> None:
    """Write the pages, the files of docs/ and the configuration into a folder, as MkDocs reads them."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder / "pages", ignore=shutil.ignore_patterns("*.md"))
    for name, text in pages.items():
        path = folder / "pages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copy(STYLE, folder / "pages")
    (folder / "mkdocs.yml").write_text(configuration(pages))
