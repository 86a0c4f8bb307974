"""Chromium, driven by Playwright. Tests skip, with the reason, where there is no browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"


def find_browser() -> str:
    """The path of ALTO_BROWSER, or of a Chromium on PATH; skips where there is none."""
    found = os.environ.get("ALTO_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("There is no Chromium: `make browser` installs Debian's, or ALTO_BROWSER names another.")
    return found


@contextmanager
def open_browser() -> Iterator["Browser"]:
    """A browser without a window."""
    executable = find_browser()
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: `make .venv/ready`.")
    with playwright.sync_playwright() as started:
        # Without its sandbox, which containers do not allow; it opens nothing but pages of this machine.
        browser = started.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            browser.close()


def serious_findings(page: "Page", *, only_colours: bool = False) -> list[str]:
    """The serious and critical findings of axe; skips where axe-core is not installed."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make node_modules/ready`.")
    # By the browser's own tools, as the page's policy forbids other scripts.
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text())
    rules = ", runOnly: ['color-contrast']" if only_colours else ""
    found = page.evaluate(f"axe.run(document, {{resultTypes: ['violations']{rules}}})")
    return [
        f"{each['id']}: {each['help']} ({each['nodes'][0]['html'][:120]})"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
