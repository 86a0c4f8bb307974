"""The list of collections, page by page."""

import httpx

import alto

CONFIG = {
    "description": "",
    "properties": [],
    "vectors": {},
    "created": "2026-01-01T00:00:00Z",
    "updated": "2026-01-01T00:00:00Z",
}
PAGES = {None: (["Actor", "Book"], "Book"), "Book": (["Film"], "Film"), "Film": (["Song"], None)}


def client(asked: list[dict[str, str]]) -> alto.AltoClient:
    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        names, following = PAGES[request.url.params.get("after")]
        return httpx.Response(200, json={"collections": [CONFIG | {"name": name} for name in names], "next": following})

    return alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(respond))


def test_all_collections_are_those_of_all_pages() -> None:
    asked: list[dict[str, str]] = []

    assert list(client(asked).collections.list_all()) == ["Actor", "Book", "Film", "Song"]
    assert asked == [{}, {"after": "Book"}, {"after": "Film"}]


def test_a_page_of_collections_has_the_name_for_the_next() -> None:
    asked: list[dict[str, str]] = []

    page, following = client(asked).collections.list_page(1, after="Book")

    assert (list(page), following) == (["Film"], "Film")
    assert asked == [{"limit": "1", "after": "Book"}]
