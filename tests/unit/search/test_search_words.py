from typing import Any

import pytest

from lambdas.errors import InvalidRequestError
from lambdas.search.clauses.bm25_leg import MAX_PAIRS, build_bm25_query
from lambdas.search.clauses.stop_words import DROPPED, ENGLISH, remove_stop_words
from lambdas.search.modes import Bm25
from tests.builders import FILM_PROPERTIES, collection

FILMS = collection()
FIELDS = ["properties.title^3", "properties.description"]
PLAIN = ["properties.title", "properties.description"]
MIXED = collection(properties=[*FILM_PROPERTIES, {"name": "isbn", "type": "text", "tokenization": "field"}])


def query(text: str, on: Any = FILMS, **settings: Any) -> dict[str, Any]:
    """The query of the words: without the clause for objects whose title is the query."""
    body = build_bm25_query(on, text, Bm25.model_validate({"query": text} | settings))
    evidence = body["bool"]["should"] if "must" in body.get("bool", {}) else []
    words = without_titles(body["bool"]["must"][0] if evidence else body)
    return {"bool": {"must": [words], "should": evidence}} if evidence else words


def without_titles(body: dict[str, Any]) -> dict[str, Any]:
    if "should" not in body.get("bool", {}):
        return body
    found = [each for each in body["bool"]["should"] if "constant_score" not in each]
    return found[0] if len(found) == 1 else {"bool": body["bool"] | {"should": found}}


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("What are the best films about ghosts?", "best films ghosts?"),
        ("It's a Wonderful Life", "Wonderful Life"),
        ("to be or not to be", "to be or not to be"),
        ("the cat", "cat"),
        ("who produced the most films", "who produced the most films"),
        ("who produced most of the old films", "produced old films"),
        ("what is love", "what is love"),
        ("state-of-the-art and how-to", "state-of-the-art how-to"),
        ("new guidelines of the WHO", "new guidelines WHO"),
        ("WHO AND IT IS", "WHO AND IT IS"),
        ("THE CAT", "CAT"),
        ("(\uff54\uff48\uff45) d\u00adon\u02bct cats purr", "cats purr"),
        ("the \U0001f680 - up", "the \U0001f680 - up"),
        ("a .it name", ".it name"),
        ("C++ and C#", "C++ C#"),
    ],
)
def test_stop_words_leave_the_query_unless_there_is_nothing_else(text: str, searched: str) -> None:
    assert remove_stop_words(text) == searched
    assert query(text) == {"combined_fields": {"query": searched, "fields": FIELDS}}


def test_words_of_properties_without_a_language_are_taken_as_they_are() -> None:
    exact = collection(properties=[{"name": "line", "type": "text", "tokenization": "word"}])

    assert query("To be", exact) == {"combined_fields": {"query": "To be", "fields": ["properties.line"]}}


def test_properties_that_are_cut_differently_are_searched_apart_and_added_up() -> None:
    assert query("ghost", MIXED) == {
        "bool": {
            "should": [
                {"combined_fields": {"query": "ghost", "fields": FIELDS}},
                {"combined_fields": {"query": "ghost", "fields": ["properties.isbn"]}},
            ],
            "minimum_should_match": 1,
        }
    }


@pytest.mark.parametrize(
    ("tokenization", "stop_words", "searched"),
    [
        ("english", None, "ghosts houses"),
        ("english", "none", "the ghosts of houses"),
        ("word", None, "the ghosts of houses"),
        ("word", "english", "ghosts houses"),
        ("word", ["Ghosts", "of"], "the houses"),
        ("german", ["the", "of", "a", "ghosts", "house"], "the ghosts of houses"),
    ],
)
def test_a_property_has_its_own_stop_words(tokenization: str, stop_words: Any, searched: str) -> None:
    line = {"name": "line", "type": "text", "tokenization": tokenization, "stop_words": stop_words}

    found = query("the ghosts of houses", collection(properties=[line]))

    assert found["combined_fields"]["query"] == searched


def test_properties_with_other_stop_words_are_searched_apart() -> None:
    lines = [
        {"name": "one", "type": "text", "tokenization": "word"},
        {"name": "two", "type": "text", "tokenization": "word", "stop_words": ["the"]},
    ]

    found = query("the ghost", collection(properties=lines))["bool"]["should"]

    assert [each["combined_fields"]["query"] for each in found] == ["the ghost", "ghost"]


@pytest.mark.parametrize("settings", [{"operator": "and_across"}, {"minimum_match": 2}])
def test_words_are_not_counted_over_properties_that_are_cut_differently(settings: dict[str, Any]) -> None:
    with pytest.raises(
        InvalidRequestError, match="must share their tokenization and stop words, but these have english, field"
    ):
        query("ghost", MIXED, **settings)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"scoring": "sum"}, {"multi_match": {"query": "old ghost", "type": "most_fields", "fields": PLAIN}}),
        (
            {"operator": "and"},
            {"multi_match": {"query": "old ghost", "operator": "and", "type": "most_fields", "fields": PLAIN}},
        ),
        (
            {"operator": "and_across"},
            {"combined_fields": {"query": "old ghost", "operator": "and", "fields": FIELDS}},
        ),
        (
            {"minimum_match": 2},
            {"combined_fields": {"query": "old ghost", "minimum_should_match": 2, "fields": FIELDS}},
        ),
        (
            {"fuzziness": "auto"},
            {"multi_match": {"query": "old ghost", "fuzziness": "AUTO", "type": "most_fields", "fields": PLAIN}},
        ),
    ],
)
def test_settings_of_words(settings: dict[str, Any], expected: dict[str, Any]) -> None:
    assert query("old ghost", **settings) == expected


def test_boosts_below_one_keep_their_ratio() -> None:
    asked = query("ghost", properties=["title", "description^0.5"])

    assert asked["combined_fields"]["fields"] == ["properties.title^2", "properties.description"]


def test_neighbouring_words_are_evidence_and_no_condition() -> None:
    asked = query("the old miser and ghosts", phrase_boost=0.2)

    fields = ["properties.title", "properties.description"]
    assert asked == {
        "bool": {
            "must": [{"combined_fields": {"query": "old miser ghosts", "fields": FIELDS}}],
            "should": [
                {"multi_match": {"query": "old miser", "type": "phrase", "fields": fields, "boost": 0.2}},
                {"multi_match": {"query": "miser ghosts", "type": "phrase", "fields": fields, "boost": 0.2}},
            ],
        }
    }


def test_a_long_query_has_no_more_pairs_than_it_can_pay_for() -> None:
    asked = query(" ".join(f"word{n}" for n in range(200)), phrase_boost=0.2)

    assert len(asked["bool"]["should"]) == MAX_PAIRS


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        ("where is created_at now", "created_at now"),
        ("get_by_id and is_active", "get_by_id is_active"),
        ("the host news.of.the.day", "host news.of.the.day"),
        ("the new .net is", "new .net"),
        ("what is it.", "what is it."),
        ("don\u2019t panic", "panic"),
        ("the best of C# or C++?", "best C# C++?"),
    ],
)
def test_stop_words_are_whole_words_of_the_analyzer(text: str, searched: str) -> None:
    assert remove_stop_words(text) == searched


@pytest.mark.parametrize("name", ["AB-123/45", "1.2.3", "AT&T", "me@example.org", "/etc/passwd", "std::sort"])
def test_names_cut_into_words_are_also_searched_as_phrases(name: str) -> None:
    asked = query(f"part ({name}), well-known IL-6 and/or")

    phrase = {"query": name, "type": "phrase", "fields": PLAIN}
    assert asked["bool"]["should"] == [{"multi_match": phrase}]


@pytest.mark.parametrize("name", ["C++", "c#", ".net", "ASP.NET", "get_by_id", "os.path.join", "getTable", "C++17"])
def test_names_kept_whole_are_also_searched_whole(name: str) -> None:
    asked = query(f"part ({name}), of it?", collection().model_copy(update={"analysis": 2}))

    whole = {"query": name, "analyzer": "alto_english_names", "fields": PLAIN}
    assert asked["bool"]["should"] == [{"multi_match": whole}]
    assert "should" not in query(f"part {name}").get("bool", {})


@pytest.mark.parametrize(
    ("text", "properties", "boosts"),
    [
        (" The Old Ghost ", FILM_PROPERTIES, [60.0]),
        ("ghost " * 50, FILM_PROPERTIES, []),
        ("ghost", [{"name": "title", "type": "text", "filterable": False}], []),
        ("ghost", [{"name": "plot", "type": "text"}], []),
    ],
)
def test_object_whose_title_is_the_query_is_raised(text: str, properties: Any, boosts: list[float]) -> None:
    body = build_bm25_query(collection(properties=properties), text, Bm25(query=text))

    raised = [each["constant_score"] for each in body.get("bool", {}).get("should", [])[1:]]
    assert [each["boost"] for each in raised] == boosts
    assert all(each["filter"]["term"]["properties.title.keyword"]["value"] == text.strip() for each in raised)


def test_title_is_compared_in_every_form_where_the_index_has_one() -> None:
    new = collection().model_copy(update={"analysis": 2})

    body = build_bm25_query(new, "Über", Bm25(query="Über", properties=["title^3"], scoring="sum"))

    raised = body["bool"]["should"][1]["constant_score"]
    assert raised == {"filter": {"term": {"properties.title.whole": "Über"}}, "boost": 60.0}


@pytest.mark.parametrize(
    ("text", "has_all_words"),
    [
        ("old ghost", False),
        ("the ghost of films", False),
        ("to be or not to be", True),
        ("created_at", True),
        ("isActive", True),
        ("www.the-who.org", True),
        ("TheWho", True),
        ("theatre", False),
    ],
)
def test_queries_without_stop_words_search_the_fields_without_them(text: str, has_all_words: bool) -> None:
    new = collection().model_copy(update={"analysis": 2})

    found = query(text, new)
    words = found["bool"]["must"][0] if "bool" in found else found

    suffix = "" if has_all_words else ".content"
    assert words["combined_fields"]["fields"] == [f"properties.title{suffix}^3", f"properties.description{suffix}"]


def test_stop_words_of_the_engine_are_stop_words() -> None:
    assert ENGLISH | {"into", "their", "then", "there", "these", "they", "such", "if", "will"} >= DROPPED
