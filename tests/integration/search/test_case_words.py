"""Words that other analyses lose: stop words, identifiers, signs, and forms of one character."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from lambdas.collections.index_body import index_body
from lambdas.collections.model import Collection, CollectionConfig
from lambdas.collections.names import index_name
from lambdas.collections.properties import TOKENIZATIONS, Property
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
    "AT&T and T of others",
    "T of at",
    "\u015ave\u0323tla\u0301na of \u1e9b",
    "\uff76\uff9e\uff97\uff7d \uff8a\uff9f\uff9d",
    "H\u2082O in the \u0153uvre",
    "F# and F\u266f minor",
    "ASP.NET Core",
    "read /etc/passwd of the host",
    "read the passwd of etc hosts",
    "mail to jane.doe@example.org",
    "Jane has no mail, an example is Doe",
    "release 1.2.3 of today",
    "release 1.2.4 of 3 days",
    "call getTableColumns here",
    "columns of a table that I get",
    "std::sort of a list",
    "import os.path.join first",
    "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3",
    "libstdc++ and g++ 13",
    "\u0643\ufefb\u0645 \ufef3",
    "WHO guidelines",
    "guidelines for a person who asks",
    "a \U0001f680 in the sky",
    "\u0915\u094d\u092f\u093e \u0939\u0948",
    "rock \u02bcn\u02bc roll",
    "left\u200eright",
]
PACKAGES = ["vim-tiny", "vim-runtime vim vim", "vim-athena vim", "vim", "gvim"]
PACKAGES += [
    "C",
    "C++ and C++",
    "C++",
    "O\u2019Reilly O\u2019Reilly",
    "O\u2019Reilly",
    "\u00dcber \u00dcber",
    "\u00dcber",
    "!!!",
]
PACKAGES += ["The Who and who", "The Who"]


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
        ("to be or not to be", "To be or not"),
        ("The Who", "The Who"),
        ("it", "IT"),
        ("created_at", "set created_at"),
        ("where is created_at?", "set created_at"),
        ("is_active", "is_active"),
        ("get_by_id", "is_active"),
        ("www.the-and-by.org", "mirror at"),
        ("news.of-the-day.com", "news from"),
        ("o'reilly", "O\u2019Reilly"),
        ("O\u2018Reilly", "O\u2019Reilly"),
        ("O\u02bcReilly", "O\u2019Reilly"),
        ("o`reilly", "O\u2019Reilly"),
        ("don't", "don\u2019t"),
        ("DON\u2019T PANIC", "don\u2019t"),
        ("don\u02bct panic", "don\u2019t"),
        ("rock 'n' roll", "rock"),
        ("caf\u00e9", "Cafe\u0301"),
        ("cafe\u0301", "Cafe\u0301"),
        ("z\u00fcrich", "Cafe\u0301"),
        ("\u015bv\u1eb9tl\u00e1na", "\u015a"),
        ("cooperate", "co\u00ad"),
        ("co\u00adoperate", "co\u00ad"),
        ("abc123", "\uff21"),
        ("\uff41\uff42\uff43123", "\uff21"),
        ("\u30ac\u30e9\u30b9", "\uff76"),
        ("\u30d1\u30f3", "\uff76"),
        ("efficient", "e\ufb03"),
        ("\ufb01sh", "e\ufb03"),
        ("oeuvre", "H\u2082O"),
        ("h2o", "H\u2082O"),
        ("C++", "C++"),
        ("c++ language", "C++"),
        ("C\uff0b\uff0b", "C++"),
        ("C#", "C#"),
        ("the best of C#?", "C#"),
        ("F#", "F#"),
        ("g++", "libstdc++"),
        (".net", "programs for .net"),
        ("asp.net", "ASP.NET"),
        ("asp", "ASP.NET"),
        ("AB-123/45", "part AB-123/45"),
        ("part AB-123/45 please", "part AB-123/45"),
        ("AT&T", "AT&T"),
        ("/etc/passwd", "read /etc"),
        ("jane.doe@example.org", "mail to"),
        ("1.2.3", "release 1.2.3"),
        ("getTableColumns", "call get"),
        ("gettablecolumns", "call get"),
        ("std::sort", "std::sort"),
        ("os.path.join", "import os"),
        ("\u03bf\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2", "\u039f"),
        ("\u0643\u0644\u0627\u0645", "\u0643"),
        ("guidelines of the WHO", "WHO"),
        ("\U0001f680", "a \U0001f680"),
        ("\u0915\u094d\u092f\u093e", "\u0915"),
        ("leftright", "left"),
    ],
)
def test_words_of_every_form_are_found_first(api: Api, words: str, query: str, first: str) -> None:
    [found, *_] = find(api, words, query) or [""]
    assert found.startswith(first)


@pytest.mark.parametrize("pattern", ["caf\u00e9 *", "CAFE\u0301 Z*", "*z\u00fcrich"])
def test_patterns_match_composed_and_decomposed_letters(api: Api, words: str, pattern: str) -> None:
    condition = {"property": "title", "operator": "like", "value": pattern}
    response = api("POST", f"/v1/collections/{words}/search", {"sort": [{"property": "_id"}], "filter": condition})

    assert [hit["properties"]["title"] for hit in response.body["objects"]] == ["Cafe\u0301 Zu\u0308rich"]


def test_name_without_its_signs_finds_the_name_with_signs_too(api: Api, words: str) -> None:
    assert {TITLES[13], TITLES[14], TITLES[15]} <= set(find(api, words, "C"))
    assert find(api, words, "C")[0] == TITLES[13]
    assert {"the net of a fisher", "programs for .net and others", "ASP.NET Core"} == set(find(api, words, "net"))


def test_parts_of_an_identifier_find_it(api: Api, words: str) -> None:
    found = find(api, words, "table columns")
    assert set(found[:2]) == {"call getTableColumns here", "columns of a table that I get"}


def test_stop_words_beside_other_words_do_not_count(api: Api, words: str) -> None:
    assert find(api, words, "the panic attack of neighbours") == [TITLES[8], TITLES[10]]


@pytest.mark.parametrize("settings", [{"operator": "and"}, {"operator": "and_across"}, {"scoring": "sum"}])
def test_identifiers_are_found_with_every_operator(api: Api, words: str, settings: dict[str, Any]) -> None:
    assert find(api, words, "created_at row", **settings)[:1] == [TITLES[3]]
    assert find(api, words, "C++ language", **settings)[:1] == [TITLES[14]]


@pytest.mark.parametrize(
    ("query", "marked"),
    [
        ("C++", "<em>C++</em> is a language of its own"),
        ("C#", "<em>C#</em> is a language of its own too"),
        ("\u30d1\u30f3", "\uff76\uff9e\uff97\uff7d <em>\uff8a\uff9f\uff9d</em>"),
        ("efficient", "<em>e\ufb03cient</em> \ufb01sh"),
        ("cooperate", "<em>co\u00adoperate</em> with neighbours"),
        ("o'reilly", "<em>O\u2019Reilly</em> books"),
        ("created_at", "set <em>created_at</em> of a row"),
        (".net fisher", "the <em>net</em> of a <em>fisher</em>"),
        ("table", "call get<em>Table</em>Columns here"),
    ],
)
def test_highlights_mark_the_word_as_it_is_written(api: Api, words: str, query: str, marked: str) -> None:
    found = api("POST", f"/v1/collections/{words}/search", {"bm25": {"query": query}, "highlight": True})

    assert found.status == 200, found.body
    assert marked in [passage for hit in found.body["objects"] for passage in hit["highlights"]["title"]], found.body


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


@pytest.fixture(scope="module")
def packages(api: Api) -> Iterator[str]:
    collection(api, "CasePackages", PACKAGES)
    yield "CasePackages"
    api("DELETE", "/v1/collections/CasePackages")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        *(("vim", "vim"), ("VIM", "vim"), (" vim ", "vim")),
        *(("c++", "C++"), ("o'reilly", "O\u2019Reilly"), ("\u00fcber", "\u00dcber"), ("u\u0308ber", "\u00dcber")),
        *(("the  who", "The Who"), ("!!!", "!!!"), ("\uff36\uff29\uff2d", "vim")),
    ],
)
@pytest.mark.parametrize("settings", [{}, {"scoring": "sum"}, {"operator": "and"}])
def test_object_whose_title_is_the_query_comes_first(
    api: Api, packages: str, query: str, first: str, settings: dict[str, Any]
) -> None:
    assert find(api, packages, query, **settings)[:1] == [first]


def test_new_collections_have_nothing_to_rebuild(api: Api, words: str) -> None:
    described = api("GET", f"/v1/collections/{words}").body

    assert described["analysis"] == 2
    assert described.get("notice") is None


@pytest.fixture(scope="module")
def old(api: Api, opensearch_url: str) -> Iterator[str]:
    """A collection as Alto created it before: OpenSearch's own analyzer of English, which drops stop words."""
    properties = [Property(name="title", type="text")]
    created = datetime(2026, 11, 1, tzinfo=UTC)
    stored = Collection(name="CaseOld", properties=properties, created=created, updated=created)
    body = index_body(stored, "lucene")
    del body["mappings"]["_meta"]["alto"]["collection"]["analysis"]
    httpx.put(f"{opensearch_url}/{index_name('CaseOld')}", json=body, trust_env=False, timeout=60).raise_for_status()
    objects = [{"properties": {"title": title}} for title in ("The Who", "vim runtime vim", "vim", "AB-123/45")]
    api("POST", "/v1/collections/CaseOld/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    yield "CaseOld"
    api("DELETE", "/v1/collections/CaseOld")


READ_ONLY = Collection.model_fields.keys() - CollectionConfig.model_fields.keys()


def test_older_collections_are_searched_and_say_how_to_rebuild_them(api: Api, old: str) -> None:
    notice = api("GET", f"/v1/collections/{old}").body["notice"]

    assert "created with an older analysis" in notice
    assert "'alto rebuild CaseOld'" in notice
    assert api("GET", "/v1/collections").body["collections"][0]["name"]
    assert find(api, old, "VIM")[0] == "vim"
    assert find(api, old, "vim")[0] == "vim"
    assert find(api, old, "the AB-123/45") == ["AB-123/45"]


def test_rebuilt_collections_find_what_the_older_ones_do_not(api: Api, old: str) -> None:
    described = api("GET", f"/v1/collections/{old}").body
    objects = api("GET", f"/v1/collections/{old}/objects").body["objects"]
    body = {name: described[name] for name in described if name not in READ_ONLY}
    assert api("POST", "/v1/collections", body | {"name": "CaseRebuilt"}).status == 201
    try:
        copied = {"objects": [{"id": each["id"], "properties": each["properties"]} for each in objects]}
        api("POST", "/v1/collections/CaseRebuilt/objects/batch", copied, query={"consistency": "wait"})
        assert find(api, "CaseRebuilt", "the") == ["The Who"]
        assert find(api, old, "the") == []
    finally:
        api("DELETE", "/v1/collections/CaseRebuilt")


def test_properties_of_an_older_collection_are_added_as_it_was_made(api: Api, old: str) -> None:
    added = api("POST", f"/v1/collections/{old}/properties", {"name": "name", "type": "text", "tokenization": "word"})

    assert added.status in {200, 201}, added.body
    assert api("GET", f"/v1/collections/{old}").body["analysis"] == 1


TEXT = (
    "Les Œuvres de l\u2019homme: cafe\u0301 привет \uff76\uff9e\uff97\uff7d 東京都"
    " \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 getTableColumns C++"
)


@pytest.fixture(scope="module")
def languages(api: Api) -> Iterator[str]:
    """One object whose properties have one text in each tokenization, with and without folding."""
    properties = [
        {"name": f"{tokenization}{suffix}", "type": "text", "tokenization": tokenization, "folding": bool(suffix)}
        for tokenization in TOKENIZATIONS
        for suffix in ("", "_folded")
    ]
    assert api("POST", "/v1/collections", {"name": "CaseLanguages", "properties": properties}).status == 201
    texts = {each["name"]: "C++" if each["tokenization"] == "field" else TEXT for each in properties}
    body = {"properties": texts}
    stored = api("POST", "/v1/collections/CaseLanguages/objects", body, query={"consistency": "wait"})
    assert stored.status == 201, stored.body
    yield "CaseLanguages"
    api("DELETE", "/v1/collections/CaseLanguages")


@pytest.mark.parametrize("suffix", ["", "_folded"])
@pytest.mark.parametrize("tokenization", TOKENIZATIONS)
def test_words_are_found_in_every_tokenization(api: Api, languages: str, tokenization: str, suffix: str) -> None:
    def finds(query: str) -> bool:
        asked = {"bm25": {"query": query, "properties": [tokenization + suffix]}}
        return bool(api("POST", f"/v1/collections/{languages}/search", asked).body["objects"])

    assert finds("C++") or tokenization == "trigram"
    if tokenization == "field":
        return
    assert finds("caf\u00e9")
    assert finds("\u30ac\u30e9\u30b9")
    assert finds("gettablecolumns") or tokenization == "whitespace"
    assert finds("cafe") or not suffix
    assert finds("table") or tokenization in {"word", "lowercase", "whitespace"}
    assert finds("\u6771\u4eac") or tokenization in {"word", "lowercase", "whitespace", "trigram"}
