"""The console in a real browser: each view on a stub of Alto, and one way through the deployed stack."""

import itertools
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from alto.cli.connection import Connection
from alto.cli.ui import open_console
from alto.ui.server import Console
from tests.browser import open_browser, serious_findings
from tests.console_stub import HANDBOOK, StubAlto, error, film, job, passage
from tests.e2e.conftest import Alto, jsonl

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

# Screenshots of every view are kept here, if it is given.
PICTURES = os.environ.get("ALTO_SCREENSHOTS")
WIDE: Any = {"width": 1280, "height": 800}
NARROW: Any = {"width": 360, "height": 740}
SIZES: list[Any] = [
    ("wide", WIDE, "light"),
    ("dark", WIDE, "dark"),
    ("narrow", NARROW, "light"),
    ("narrow-dark", NARROW, "dark"),
]
VIEWS = {
    "search": "#/search?c=Film&q=ghosts&m=hybrid|bm25|near_text",
    "ask": "#/ask?c=Film&q=Who+sees+ghosts%3F",
    "collections": "#/collections?c=Film",
    "imports": "#/imports?c=Film",
    "map": "#/map?c=Film&q=ghosts",
    "judge": "#/judge?c=Film",
    "object": f"#/object?c=Film&id={film(1)['id']}",
    "passage": f"#/object?c=Handbook&id={passage(4)['id']}",
}


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    with open_browser() as running:
        yield running


@pytest.fixture
def stub() -> StubAlto:
    stub = StubAlto()
    stub.collections.append(HANDBOOK)
    stub.jobs = [job(2, "loading", read=48_210), job(1, "completed", read=1_200, failed=1)]
    return stub


@contextmanager
def serve(console: Console) -> Iterator[Console]:
    thread = Thread(target=console.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield console
    finally:
        console.shutdown()
        console.server_close()
        thread.join()


@pytest.fixture
def console(stub: StubAlto, tmp_path: Path) -> Iterator[Console]:
    transport = httpx.MockTransport(stub.respond)
    connection = Connection(url="http://localhost:8700", transport=transport)
    with serve(open_console(connection, judgements=str(tmp_path))) as running:
        yield running


@contextmanager
def open_page(browser: "Browser", size: Any = WIDE, **settings: Any) -> Iterator["Page"]:
    """A page of its own; what it logs as an error, or asks of another host, fails the test."""
    context = browser.new_context(viewport=size, reduced_motion="reduce", **settings)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.set_default_timeout(15_000)
    page = context.new_page()
    problems: list[str] = []

    def check_request(request: "Request") -> None:
        if not request.url.startswith("http://127.0.0.1:"):
            problems.append(request.url)

    def check_message(message: "ConsoleMessage") -> None:
        if "Content Security Policy" in message.text:
            problems.append(message.text)

    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.on("request", check_request)
    page.on("console", check_message)
    try:
        yield page
        assert problems == []
    finally:
        context.close()


@pytest.fixture
def page(browser: "Browser", request: pytest.FixtureRequest) -> Iterator["Page"]:
    with open_page(browser) as opened:
        yield opened
        if PICTURES:
            name = re.sub(r"[^a-z0-9_]+", "-", request.node.name.removeprefix("test_"))
            opened.screenshot(path=Path(PICTURES) / "tests" / f"{name}.png")


def titles(page: "Page", column: int = 0) -> list[str]:
    return page.locator(".column").nth(column).locator(".hit h3").all_inner_texts()


def searches(stub: StubAlto) -> list[Any]:
    return [body for method, path, body in stub.asked if path.endswith("/search")]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_readable_wide_and_narrow_and_has_no_serious_finding(
    page: "Page", console: Console, view: str
) -> None:
    page.goto(console.url + VIEWS[view])
    page.locator("main h1, main .empty").first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    for name, size, scheme in SIZES:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"{view}-{name}.png")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"], f"{view} is {width} wide"
        assert serious_findings(page, only_colours=scheme == "dark") == []


def test_three_searches_are_one_request_and_moved_hits_are_marked(
    page: "Page", console: Console, stub: StubAlto
) -> None:
    page.goto(console.url)
    page.get_by_role("button", name="Compare hybrid, words and meaning").click()
    page.get_by_label("Query").fill("ghosts")
    page.get_by_label("Query").press("Enter")
    page.locator(".column").nth(2).locator(".hit").first.wait_for()

    [sent] = searches(stub)
    assert [next(iter(each)) for each in sent["queries"]] == ["hybrid", "bm25", "near_text"]
    assert titles(page)[:2] == ["A Christmas Carol", "The Shining"]
    assert "1 higher than in the first column" in page.locator(".column").nth(1).locator(".move").all_inner_texts()[0]
    assert page.locator(".hit mark").first.inner_text() == "ghosts"
    page.locator(".score").first.click()
    assert [text.split(" ")[0] for text in page.locator(".parts li").all_inner_texts()] == ["words", "meaning"]
    assert page.locator(".column").first.locator(".hit").first.locator(".bar .part").count() == 2


def test_the_state_is_in_the_address(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.locator(".hit").first.wait_for()
    page.get_by_role("button", name="genre 1").click()
    page.locator(".chip", has_text="genre is genre 1").wait_for()
    page.get_by_label("Weight of the meaning").evaluate(
        "element => { element.value = '0.2'; element.dispatchEvent(new Event('change')); }"
    )
    page.wait_for_url(re.compile("alpha"))
    page.reload()
    page.locator(".hit").first.wait_for()

    last = searches(stub)[-1]["queries"][0]
    with page.expect_response("**/search"):
        page.get_by_role("button", name="auto", exact=True).click()

    assert last["hybrid"] == {"query": "ghosts", "alpha": 0.2}
    assert "alpha" not in searches(stub)[-1]["queries"][0]["hybrid"]
    assert last["filter"] == {"property": "genre", "operator": "equal", "value": "genre 1"}


def test_a_filter_is_built_and_removed(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.locator(".hit").first.wait_for()
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("combobox", name="Property").select_option("year")
    page.get_by_role("combobox", name="Condition").select_option("greater_or_equal")
    page.get_by_label("Value").fill("1990")
    with page.expect_response("**/search"):
        page.get_by_role("button", name="Add").click()
    filtered = searches(stub)[-1]["queries"][0]
    with page.expect_response("**/search"):
        page.get_by_label("Remove the filter year ≥ 1990").click()

    assert filtered["filter"] == {"property": "year", "operator": "greater_or_equal", "value": 1990}
    assert "filter" not in searches(stub)[-1]["queries"][0]


def test_more_like_this_is_another_column_without_the_object(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.locator(".hit").nth(2).hover()
    page.get_by_role("button", name="More like Ghostbusters").click()
    page.locator(".column").nth(1).locator(".hit").first.wait_for()

    assert searches(stub)[-1]["queries"][1]["near_object"] == {"id": film(2)["id"]}
    assert "Ghostbusters" not in titles(page, 1)


def test_the_request_is_copied_as_code(page: "Page", console: Console) -> None:
    page.goto(console.url + "#/search?c=Film&q=it's")
    page.locator(".hit").first.wait_for()
    page.get_by_role("button", name="Code").click()
    texts = {}
    for language in ("curl", "Python", "TypeScript"):
        page.get_by_role("button", name=language).click()
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        texts[language] = page.evaluate("navigator.clipboard.readText()")

    assert texts["curl"].startswith("curl -X POST 'http://localhost:8700/v1/collections/Film/search'")
    assert "it'\\''s" in texts["curl"]
    compile(texts["Python"], "copied", "exec")
    assert '"query": "it\'s"' in texts["TypeScript"]
    assert console.token not in "".join(texts.values())


def test_a_broken_alto_is_named_and_tried_again(page: "Page", console: Console, stub: StubAlto) -> None:
    stub.fault = httpx.ConnectError("refused")
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.get_by_role("alert").get_by_text("Alto does not respond at http://localhost:8700").first.wait_for()
    stub.fault = error(503, "search_engine_unavailable", "OpenSearch does not respond.")
    page.get_by_role("button", name="Try again").first.click()
    page.get_by_role("alert").get_by_text("OpenSearch does not respond.").first.wait_for()
    stub.fault = None
    page.get_by_role("button", name="Try again").first.click()

    page.locator(".hit").first.wait_for()


def test_a_new_collection_and_an_alias_are_found_and_a_missing_one_is_named(
    page: "Page", console: Console, stub: StubAlto
) -> None:
    page.goto(console.url + "#/imports?c=Film")
    page.get_by_role("heading", name="Imports into Film").wait_for()
    stub.collections.append(HANDBOOK | {"name": "Later"})
    page.goto(console.url + "#/imports?c=Later")
    page.get_by_role("heading", name="Imports into Later").wait_for()
    page.goto(console.url + "#/imports?c=Never")

    page.get_by_role("heading", name="Never does not exist").wait_for()
    stub.aliases["Films"] = "Film"
    page.goto(console.url + "#/imports?c=Films")
    page.get_by_role("heading", name="Imports into Film").wait_for()
    assert page.url.endswith("#/imports?c=Film")


def test_a_console_without_alto_says_so(page: "Page", tmp_path: Path) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    connection = Connection(url="http://localhost:8700", transport=httpx.MockTransport(respond))
    with serve(open_console(connection, judgements=str(tmp_path))) as console:
        page.goto(console.url)
        page.get_by_role("heading", name="Alto is not within reach").wait_for()

        assert "alto doctor" in page.get_by_role("alert").inner_text()


def filters_of(stub: StubAlto) -> Any:
    return searches(stub)[-1]["queries"][0].get("filter")


def test_several_values_of_a_facet_are_any_of_them(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.locator(".hit").first.wait_for()
    for name in ("genre 1", "genre 2"):
        with page.expect_response("**/search"):
            page.locator(".facet", has_text=name).click()
    several = filters_of(stub)
    shown = page.locator(".chip").inner_text().strip()
    # The other values are still offered: the facet is counted without its own filter.
    counted = [body for _, path, body in stub.asked if path.endswith("/aggregate") and "genre" in str(body)]
    with page.expect_response("**/search"):
        page.locator(".facet", has_text="genre 1").click()

    assert several == {"property": "genre", "operator": "contains_any", "value": ["genre 1", "genre 2"]}
    assert shown == "genre is genre 1 or genre 2"
    assert "filter" not in next(body for body in counted[::-1] if "genre" in body.get("properties", {}))["search"]
    assert filters_of(stub) == {"property": "genre", "operator": "equal", "value": "genre 2"}


def test_a_range_of_numbers_is_chosen_in_a_histogram_or_typed(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.locator(".hit").first.wait_for()
    bar = page.get_by_role("group", name="Ranges of year").get_by_role("button", name=re.compile("^1985"))
    with page.expect_response("**/search"):
        bar.click()
    clicked = filters_of(stub)
    page.locator(".chip", has_text="year ≥ 1985, < 1990").wait_for()
    with page.expect_response("**/search"):
        page.get_by_label("year to").fill("1995")
        page.get_by_label("year to").press("Tab")
    typed = filters_of(stub)
    with page.expect_response("**/search"):
        page.get_by_label("Remove the filter year").click()

    lower = {"property": "year", "operator": "greater_or_equal", "value": 1985}
    assert clicked == {"and": [lower, {"property": "year", "operator": "less_than", "value": 1990}]}
    assert typed == {"and": [lower, {"property": "year", "operator": "less_than", "value": 1996}]}
    assert filters_of(stub) is None


def test_ranges_of_rare_values_are_those_of_a_sample(page: "Page", console: Console, stub: StubAlto) -> None:
    stub.films = 5_000
    page.goto(console.url + "#/search?c=Film")
    page.locator(".ranges").get_by_text("Counts are those of 1,000 objects.").wait_for()

    assert searches(stub)[-1] == {"sort": [{"property": "_id"}], "limit": 1_000, "return_properties": ["year"]}
    page.get_by_role("button", name=re.compile("^1970.*: 100$")).wait_for()


def test_a_filter_without_a_query_lists_what_matches(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + "#/search?c=Film")
    page.locator(".facet", has_text="genre 2").click()
    page.locator(".hit").nth(9).wait_for()
    [listed] = searches(stub)[-1]["queries"]
    with page.expect_response("**/search"):
        page.get_by_role("button", name="More like Ghostbusters", exact=True).click()

    assert listed["filter"] == {"property": "genre", "operator": "equal", "value": "genre 2"}
    assert listed["sort"] == [{"property": "_updated", "order": "descending"}]
    assert [next(iter(each)) for each in searches(stub)[-1]["queries"]] == ["near_object"]


RANGES: dict[str, tuple[str, list[Any], list[str]]] = {
    "years": ("int", [1970, 1999, 2014], ["1970", "1975", "1980", "1985", "1990", "1995", "2000", "2005", "2010"]),
    "grades": ("int", [3, 4, 5], ["3", "4", "5"]),
    "shares": (
        "number",
        [0.1, 0.26, 0.29],
        ["0.1", "0.12", "0.14", "0.16", "0.18", "0.2", "0.22", "0.24", "0.26", "0.28"],
    ),
    "around zero": ("int", [-7, 7], ["-8", "-6", "-4", "-2", "0", "2", "4", "6"]),
    "hours": ("date", ["2026-11-28T22:10:00Z", "2026-11-29T00:30:00Z"], ["Nov 28, 22:00", "Nov 28, 22:15"]),
    "months": ("date", ["2026-01-31T00:00:00Z", "2026-03-01T00:00:00+01:00"], ["Jan 29, 2026", "Feb 5, 2026"]),
    "centuries": ("date", ["1850-06-01T00:00:00Z", "2026-01-01T00:00:00Z"], ["1840", "1860", "1880"]),
    "all of time": ("date", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"], ["1", "1000", "2000"]),
}


def test_ranges_have_round_bounds_and_hold_every_value(page: "Page", console: Console) -> None:
    page.goto(console.url)
    script = "async ([type, values]) => (await import('./lib/ranges.js')).rangesOf(type, values)"
    for kind, values, labels in RANGES.values():
        given = [{"value": value, "total": 2} for value in values]
        found = page.evaluate(script, [kind, given])

        assert [re.split(" \\u2013 ", each["label"])[0] for each in found][: len(labels)] == labels
        assert sum(each["count"] for each in found) == 2 * len(values)
        assert len(found) <= 13
        assert all(a["to"] == b["from"] for a, b in itertools.pairwise(found))


def test_many_facet_values_are_folded(page: "Page", console: Console, stub: StubAlto) -> None:
    stub.films, stub.facet_values = 10_000, 10_000
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.get_by_role("button", name="14 more").click()

    assert page.locator(".facet").count() == 20
    assert "10,000 found" in page.locator(".times").first.inner_text()


def test_a_citation_shows_its_passage(page: "Page", console: Console) -> None:
    page.goto(console.url + VIEWS["ask"])
    page.get_by_label("Source 2").hover()

    assert page.locator(".sources li.is-pointed mark").inner_text() == "A writer and his family"
    assert page.locator(".written .is-pointed").first.inner_text() == "A writer watches an empty hotel."


def test_a_collection_is_created_with_the_checks_of_alto(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + "#/collections")
    page.get_by_role("button", name="New").click()
    page.get_by_label("Name", exact=True).fill("1book")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("alert").get_by_text("name").first.wait_for()
    page.get_by_label("Name", exact=True).fill("Book")
    page.get_by_role("button", name="Create").click()
    page.locator(".detail h1", has_text="Book").wait_for()

    made = stub.collections[-1]
    assert [each["name"] for each in made["properties"]] == ["title", "text"]
    assert made["vectors"]["default"]["dimensions"] == 512


def test_a_collection_is_changed_with_the_checks_of_alto(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + VIEWS["collections"])
    page.get_by_role("button", name="Change", exact=True).click()
    page.get_by_label("Description").fill("long " * 30)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("alert").get_by_text("description").wait_for()
    page.get_by_label("Description").fill("Films of ghosts.")
    page.get_by_label("Add properties that are not described").check()
    page.get_by_role("button", name="Save").click()
    page.locator(".detail > p", has_text="Films of ghosts.").wait_for()

    assert (stub.collections[0]["description"], stub.collections[0]["auto_schema"]) == ("Films of ghosts.", True)


def test_a_long_import_is_followed_cancelled_and_resumed(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + VIEWS["imports"])
    running = page.get_by_label("Import of films.jsonl").first
    running.get_by_text("48,210").first.wait_for()
    stub.jobs[0]["counts"] |= {"read": 96_000, "loaded": 96_000}
    running.get_by_text("96,000").first.wait_for()
    running.get_by_role("button", name="Cancel").click()
    running.get_by_text("cancelled").wait_for()
    running.get_by_role("button", name="Resume").click()
    running.get_by_role("button", name="Cancel").wait_for()

    assert [path.rsplit("/", 1)[1] for method, path, _ in stub.asked if method == "POST"] == ["cancel", "resume"]


def test_failed_records_are_a_table_and_are_retried(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + VIEWS["imports"])
    page.get_by_role("button", name="Show the failed records").click()
    row = page.get_by_role("row").nth(1)
    row.wait_for()
    shown = row.inner_text()
    with page.expect_response("**/retry") as retried:
        page.get_by_role("button", name="Retry the failed").click()

    assert "line 3" in shown
    assert 'year: "late" is not a whole number' in shown
    assert retried.value.status == 200


def test_a_dropped_file_is_uploaded(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + VIEWS["imports"])
    content = {"name": "new films.jsonl", "mimeType": "application/json", "buffer": b'{"title": "Up"}\n'}
    page.get_by_label("File to import").set_input_files(content)  # type: ignore[arg-type]
    page.get_by_label("Import of new films.jsonl").wait_for()

    assert any(method == "PUT" for method, _, _ in stub.asked)


def test_hits_are_judged_by_keyboard_and_kept(page: "Page", console: Console, tmp_path: Path) -> None:
    page.goto(console.url + VIEWS["judge"])
    page.get_by_label("New query").fill("ghosts")
    page.get_by_role("button", name="Add").click()
    page.locator(".judged li").first.wait_for()
    page.locator(".detail h1").click()
    # Faster than the page is drawn.
    page.keyboard.type("312", delay=0)
    page.get_by_text("3 of").wait_for()
    page.keyboard.press("k")
    page.keyboard.press("0")
    page.get_by_text("2 of").wait_for()

    rows = (tmp_path / "Film" / "qrels.tsv").read_text().splitlines()
    assert [row.split("\t")[2] for row in rows[1:]] == ["2", "0"]
    assert "alto evaluate Film" in page.locator(".export").inner_text()


def test_a_map_shows_objects_and_the_query(page: "Page", console: Console) -> None:
    pytest.importorskip("numpy")
    page.goto(console.url + VIEWS["map"])
    page.locator(".star").wait_for()

    assert page.locator(".dot").count() == 40
    assert page.locator(".near").count() == 10
    assert page.locator(".legend li").count() == 4


def test_a_map_is_zoomed_by_keyboard_wheel_and_buttons(page: "Page", console: Console) -> None:
    pytest.importorskip("numpy")
    page.goto(console.url + VIEWS["map"])
    page.locator(".star").wait_for()
    plane = page.locator(".plane > svg")

    def shown() -> list[float]:
        return [float(each) for each in (plane.get_attribute("viewBox") or "").split()]

    plane.focus()
    page.keyboard.press("+")
    page.wait_for_function("document.querySelector('.plane > svg').getAttribute('viewBox') !== '0 0 1000 640'")
    nearer = shown()
    plane.hover(position={"x": 10, "y": 10})
    page.mouse.wheel(0, -800)
    page.wait_for_function(
        "parseFloat(document.querySelector('.plane > svg').getAttribute('viewBox').split(' ')[2]) < 400"
    )
    page.get_by_role("button", name="The whole map").click()
    page.get_by_role("button", name="The whole map").and_(page.locator(":disabled")).wait_for()

    assert nearer[0] > 0
    assert nearer[2] == pytest.approx(1000 / 1.5)
    assert shown() == [0, 0, 1000, 640]


def test_a_passage_is_shown_in_its_document(page: "Page", console: Console, stub: StubAlto) -> None:
    page.goto(console.url + f"#/object?c=Handbook&id={passage(4)['id']}")
    page.locator(".passages li").nth(4).wait_for()
    first = page.locator(".passages li").all_inner_texts()
    own = page.locator(".passages .is-own p").inner_text()
    page.get_by_role("button", name="Show more of the document").click()
    page.locator(".passages li").nth(8).wait_for()

    assert own == "Passage 5 of the travel rules."
    assert "page 2" in first[1]
    assert "Receipts" in first[1]
    assert [body["context"] for body in searches(stub)] == [2, 6]


def test_an_object_shows_its_json_and_vectors(page: "Page", console: Console) -> None:
    page.goto(console.url + VIEWS["object"])
    page.get_by_role("button", name="JSON", exact=True).click()
    shown = json.loads(page.locator("pre.code").inner_text())
    page.get_by_role("button", name="Vectors").click()

    assert shown["properties"]["title"] == "A Christmas Carol"
    assert shown["properties"]["views"] == 9_007_199_254_740_993
    assert page.locator(".stripe rect").count() == 8


def test_the_page_is_used_by_keyboard_alone(page: "Page", console: Console) -> None:
    page.goto(console.url)
    page.get_by_label("Query").wait_for()
    page.keyboard.type("ghosts")
    page.keyboard.press("Enter")
    page.locator(".hit").first.wait_for()
    page.locator(".hit h3 a").first.focus()
    page.keyboard.press("/")

    assert page.evaluate("document.activeElement.id") == "query"


def test_texts_of_objects_are_never_markup(page: "Page", console: Console, stub: StubAlto) -> None:
    hostile = "<img src=x onerror=document.title='hacked'>"
    stub.collections[0]["description"] = hostile
    plain = stub._hit

    def hit(*arguments: Any) -> Any:
        found = plain(*arguments)
        found["properties"]["title"] = hostile
        found["highlights"] = {"plot": ["&lt;img src=x onerror=1&gt; <em>ghosts</em> <b>bold</b>"]}
        return found

    stub._hit = hit  # type: ignore[method-assign, assignment]
    page.goto(console.url + "#/search?c=Film&q=ghosts")
    page.locator(".hit").first.wait_for()

    assert titles(page)[0] == hostile
    assert page.locator(".hit img, .hit b").count() == 0
    assert "<b>bold</b>" in page.locator(".passage").first.inner_text()


def open_a_passage(alto: Alto, page: "Page", console: Console) -> None:
    """Drops a document, searches it, and reads a hit in its document."""
    vector = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0"}
    made = {"name": "ConsoleBook", "documents": {"size": 200}, "vectors": {"default": vector | {"dimensions": 256}}}
    assert alto.api.post("/v1/collections", json=made).status_code == 201
    rules = "".join(f"## Rule {number}\n\n{'Travel is paid by the company. ' * number}\n\n" for number in range(1, 6))
    page.goto(console.url + "#/imports?c=ConsoleBook")
    content = {"name": "travel.md", "mimeType": "text/markdown", "buffer": f"# Travel\n\n{rules}".encode()}
    page.get_by_label("File to import").set_input_files(content)  # type: ignore[arg-type]
    page.get_by_label("Import of travel.md").get_by_text("completed").wait_for(timeout=120_000)
    page.goto(console.url + "#/search?c=ConsoleBook&q=rule+3&m=bm25")
    page.locator(".hit h3 a").first.click()
    page.locator(".passages li").nth(3).wait_for()
    assert "Rule 3" in page.locator(".passages .is-own").inner_text()


def test_the_whole_way_through_the_deployed_stack(alto: Alto, page: "Page", tmp_path: Path) -> None:
    from tests.e2e.test_cli import create, run

    create(alto, "ConsoleFilm")
    # The first searches of a stack that has just begun start the functions.
    page.set_default_timeout(60_000)
    films = [
        {
            "title": film(number)["properties"]["title"],
            "description": film(number)["properties"]["plot"],
            "year": 1990 + number,
        }
        for number in range(8)
    ]
    with serve(open_console(Connection(url=alto.stack.url), judgements=str(tmp_path))) as console:
        page.goto(console.url + "#/imports?c=ConsoleFilm")
        content = {"name": "films.jsonl", "mimeType": "application/json", "buffer": jsonl(films)}
        page.get_by_label("File to import").set_input_files(content)  # type: ignore[arg-type]
        page.get_by_label("Import of films.jsonl").get_by_text("completed").wait_for(timeout=120_000)
        page.goto(console.url + "#/search?c=ConsoleFilm&q=ghosts+at+Christmas&m=hybrid|bm25|near_text")
        page.locator(".column").nth(2).locator(".hit").first.wait_for()
        first = titles(page)[0]
        parts = page.locator(".hit .bar .part").count()
        page.get_by_role("group", name="Ranges of year").get_by_role("button", name="1996").click()
        page.locator(".chip", has_text="year ≥ 1996, < 1997").wait_for()
        page.locator(".times", has_text="1 found").first.wait_for()
        page.goto(console.url + "#/map?c=ConsoleFilm&q=ghosts")
        page.locator(".star").wait_for()
        page.goto(console.url + "#/judge?c=ConsoleFilm")
        page.get_by_label("New query").fill("ghosts at Christmas")
        page.get_by_role("button", name="Add").click()
        page.locator(".judged li").first.wait_for()
        page.locator(".detail h1").click()
        for key in ("3", "2", "1"):
            page.keyboard.press(key)
        page.get_by_text("3 of").wait_for()

        open_a_passage(alto, page, console)

    folder = tmp_path / "ConsoleFilm"
    done = run(alto, tmp_path, f"alto evaluate ConsoleFilm {folder}/queries.jsonl {folder}/qrels.tsv -s bm25")
    assert first == "A Christmas Carol"
    assert parts > 8
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("hybrid\t")
