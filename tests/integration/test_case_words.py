"""Words that other analyses lose: stop words, identifiers, signs, and forms of one character."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid5

import pytest

from tests.api import Api

SEED = UUID("0b54a1f6-0c8b-4c50-9d5c-7f2f0e9b6a12")
TITLES = [
    "To be or not to be",
    "The Who",
    "IT",
    "set created_at of a row",
    "is_active and get_by_id are flags",
    "mirror at www.the-and-by.org is down",
    "news from news.of-the-day.com",
    "O\u2019Reilly books",
    "don\u2019t panic",
    "Cafe\u0301 Zu\u0308rich",
    "co\u00adoperate with neighbours",
    "\uff21\uff22\uff23\uff11\uff12\uff13 full width",
    "e\ufb03cient \ufb01sh",
    "C is a language",
    "C++ is a language of its own",
    "C# is a language of its own too",
    "the net of a fisher",
    "programs for .net and others",
    "part AB-123/45 in stock",
    "part AB-123/46 in stock, 45 of them in AB",
    "part AB-124/45 in stock, 123 pieces",
]
PACKAGES = ["vim-tiny", "vim-runtime vim vim", "vim-athena vim", "vim", "gvim"]


def collection(api: Api, name: str, titles: list[str], **settings: Any) -> None:
    described = {"name": name, "properties": [{"name": "title", "type": "text"} | settings]}
    created = api("POST", "/v1/collections", described)
    assert created.status == 201, created.body
    objects = [{"id": str(uuid5(SEED, title)), "properties": {"title": title}} for title in titles]
    stored = api("POST", f"/v1/collections/{name}/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert stored.body["failed"] == 0, stored.body


def find(api: Api, name: str, query: str, **settings: Any) -> list[str]:
    found = api("POST", f"/v1/collections/{name}/search", {"bm25": {"query": query} | settings})
    assert found.status == 200, found.body
    return [hit["properties"]["title"] for hit in found.body["objects"]]


@pytest.fixture(scope="module")
def words(api: Api) -> Iterator[str]:
    collection(api, "CaseWords", TITLES)
    yield "CaseWords"
    api("DELETE", "/v1/collections/CaseWords")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("to be or not to be", 0),
        ("The Who", 1),
        ("it", 2),
        ("created_at", 3),
        ("where is created_at?", 3),
        ("is_active", 4),
        ("get_by_id", 4),
        ("www.the-and-by.org", 5),
        ("news.of-the-day.com", 6),
        ("o'reilly", 7),
        ("O\u2018Reilly", 7),
        ("don't", 8),
        ("DON\u2019T PANIC", 8),
        ("caf\u00e9", 9),
        ("cafe\u0301", 9),
        ("z\u00fcrich", 9),
        ("cooperate", 10),
        ("co\u00adoperate", 10),
        ("abc123", 11),
        ("efficient", 12),
        ("\ufb01sh", 12),
        ("C++", 14),
        ("c++ language", 14),
        ("C#", 15),
        ("the best of C#?", 15),
        (".net", 17),
        ("AB-123/45", 18),
        ("part AB-123/45 please", 18),
    ],
)
def test_words_of_every_form_are_found_first(api: Api, words: str, query: str, first: int) -> None:
    assert find(api, words, query)[:1] == [TITLES[first]]


def test_name_without_its_signs_finds_the_name_with_signs_too(api: Api, words: str) -> None:
    assert set(find(api, words, "C")) == {TITLES[13], TITLES[14], TITLES[15]}
    assert set(find(api, words, "net")) == {TITLES[16], TITLES[17]}


def test_stop_words_beside_other_words_do_not_count(api: Api, words: str) -> None:
    assert find(api, words, "the panic of a") == [TITLES[8]]


@pytest.mark.parametrize("settings", [{"operator": "and"}, {"operator": "and_across"}, {"scoring": "sum"}])
def test_identifiers_are_found_with_every_operator(api: Api, words: str, settings: dict[str, Any]) -> None:
    assert find(api, words, "created_at row", **settings)[:1] == [TITLES[3]]
    assert find(api, words, "C++ language", **settings)[:1] == [TITLES[14]]


def test_highlights_mark_names_with_signs(api: Api, words: str) -> None:
    body = {"bm25": {"query": "C++"}, "limit": 1, "highlight": {"properties": ["title"]}}
    found = api("POST", f"/v1/collections/{words}/search", body)

    assert found.status == 200, found.body
    assert "<em>C" in str(found.body["objects"][0])


@pytest.mark.parametrize("stop_words", ["none", "english", ["who", "the"]])
@pytest.mark.parametrize("tokenization", ["english", "word", "german", "lowercase"])
def test_queries_of_stop_words_alone_are_searched_with_every_setting(
    api: Api, tokenization: str, stop_words: Any
) -> None:
    name = f"Stop{tokenization}{stop_words if isinstance(stop_words, str) else 'own'}"
    collection(api, name, ["The Who", "To be", "Queen"], tokenization=tokenization, stop_words=stop_words)
    try:
        assert find(api, name, "the who")[:1] == ["The Who"]
        assert find(api, name, "to be")[:1] == ["To be"]
    finally:
        api("DELETE", f"/v1/collections/{name}")


@pytest.mark.parametrize(("folding", "found"), [(True, ["Caf\u00e9 Z\u00fcrich"]), (False, [])])
def test_accents_are_ignored_only_by_a_property_with_folding(api: Api, folding: bool, found: list[str]) -> None:
    collection(api, "CaseFolding", ["Caf\u00e9 Z\u00fcrich", "tea"], folding=folding)
    try:
        assert find(api, "CaseFolding", "cafe") == found
        assert find(api, "CaseFolding", "zurich") == found
        assert find(api, "CaseFolding", "cafe\u0301") == ["Caf\u00e9 Z\u00fcrich"]
    finally:
        api("DELETE", "/v1/collections/CaseFolding")


@pytest.mark.parametrize("query", ["vim", "VIM", " vim "])
def test_object_whose_title_is_the_query_comes_first(api: Api, query: str) -> None:
    collection(api, "CasePackages", PACKAGES)
    try:
        assert find(api, "CasePackages", query)[0] == "vim"
    finally:
        api("DELETE", "/v1/collections/CasePackages")


def test_new_collections_say_their_analysis(api: Api, words: str) -> None:
    assert api("GET", f"/v1/collections/{words}").body["analysis"] == 2
