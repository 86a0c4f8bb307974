"""The site, built as `make docs` builds it, and read in a browser."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from local.errors import LocalStackError
from local.site.build import build
from tests.browser import open_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES = ("index.html", "reference/http/search.html", "deploy.html")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. MkDocs itself fails on a broken link, a missing anchor or a page without a place."""
    made = tmp_path_factory.mktemp("site")
    try:
        build(made / "site", made / "sources")
    except LocalStackError as error:
        if "cannot be installed" in str(error):
            pytest.skip(f"MkDocs is not on this machine, and the package index is out of reach: {error}")
        raise
    return made / "site"


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with open_browser() as opened:
        yield opened


def test_the_site_has_each_kind_of_page(folder: Path) -> None:
    for page in (*PAGES, "decisions/index.html", "reference/python/query.html", "concepts/hybrid.html"):
        assert (folder / page).is_file()
    assert "curl -s" in re.sub(r"<[^>]+>", "", (folder / "reference/http/search.html").read_text())


def test_pages_request_nothing_from_other_sites_and_fit_a_phone(url: str, browser: "Browser") -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))

    for name in PAGES:
        page.goto(f"{url}/{name}", wait_until="load")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name

    assert [each for each in requested if not each.startswith((url, "data:", "blob:"))] == []
    page.close()


def test_the_search_of_the_site_finds_a_page(url: str, browser: "Browser") -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(url)

    page.get_by_role("textbox", name="Search").click()
    page.keyboard.type("permissions boundary")

    page.locator(".md-search-result__item", has_text="Deploying").first.wait_for(timeout=15_000)
    page.close()


def test_the_examples_of_an_operation_are_tabs(url: str, browser: "Browser") -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{url}/reference/http/search.html#search")

    page.locator("label", has_text="TypeScript").first.click()

    assert page.locator(".tabbed-block:visible", has_text="books.query.nearVector").count() == 1
    page.close()
