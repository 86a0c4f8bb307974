"""The request bodies made of the options of commands."""

from typing import Any

import pytest

from alto.cli.collections.collection_body import Distance, VectorFlags, Vectorizer, collection_body, property_of
from alto.cli.exits import CommandError, ExitCode
from alto.cli.imports.import_body import FileFormat, import_options
from alto.cli.search.modes import Fusion, Fuzzy, Mode, Scores
from alto.cli.search.search_body import SearchFlags, search_body

BEDROCK = VectorFlags(
    vectorizer=Vectorizer.BEDROCK,
    region="eu-west-1",
    model="amazon.titan-embed-text-v2:0",
    dimensions=256,
    sources=("title",),
    distance=Distance.DOT,
)


def test_the_words_of_a_search_are_set_by_options() -> None:
    flags = SearchFlags(mode=Mode.BM25, fuzziness=Fuzzy.ONE, phrase_boost=0.2, scoring=Scores.SUM)

    assert search_body("ghosts", flags)["bm25"] == {
        "query": "ghosts",
        "fuzziness": 1,
        "phrase_boost": 0.2,
        "scoring": "sum",
    }


@pytest.mark.parametrize(
    ("flags", "option"),
    [
        (SearchFlags(mode=Mode.NEAR_TEXT, fuzziness=Fuzzy.AUTO), "--fuzziness"),
        (SearchFlags(mode=Mode.NEAR_TEXT, phrase_boost=0.0), "--phrase-boost"),
        (SearchFlags(mode=Mode.NEAR_OBJECT, scoring=Scores.SUM), "--scoring"),
    ],
)
def test_options_of_words_are_for_searches_of_words(flags: SearchFlags, option: str) -> None:
    with pytest.raises(CommandError, match=f"{option} is for --mode hybrid or --mode bm25"):
        search_body("ghosts", flags)


def test_a_collection_of_options() -> None:
    body = collection_body({}, "Film", "Films", ["title:text:word", "year:int", "plot"], BEDROCK)

    assert body == {
        "name": "Film",
        "description": "Films",
        "properties": [
            {"name": "title", "type": "text", "tokenization": "word"},
            {"name": "year", "type": "int"},
            {"name": "plot", "type": "text"},
        ],
        "vectors": {
            "default": {
                "vectorizer": "text2vec-aws",
                "service": "bedrock",
                "region": "eu-west-1",
                "model": "amazon.titan-embed-text-v2:0",
                "dimensions": 256,
                "source_properties": ["title"],
                "index": {"distance": "dot"},
            }
        },
    }


def test_own_vectors_and_an_endpoint() -> None:
    own = VectorFlags(vectorizer=Vectorizer.NONE, region="eu-west-1", dimensions=3, name="own")
    endpoint = VectorFlags(vectorizer=Vectorizer.SAGEMAKER, region="eu-west-1", endpoint="mine")

    assert collection_body({}, "Own", None, (), own) == {
        "name": "Own",
        "vectors": {"own": {"vectorizer": "none", "dimensions": 3}},
    }
    assert collection_body({}, "Own", None, (), endpoint)["vectors"] == {
        "default": {
            "vectorizer": "text2vec-aws",
            "service": "sagemaker",
            "region": "eu-west-1",
            "endpoint": "mine",
        }
    }


def test_options_override_the_file_and_stored_fields_are_omitted() -> None:
    file = {"name": "Film", "properties": [{"name": "a", "type": "int"}], "created": "2026", "updated": "2026"}

    assert collection_body(file, "Copy", None, ["b:int"], VectorFlags()) == {
        "name": "Copy",
        "properties": [{"name": "a", "type": "int"}, {"name": "b", "type": "int"}],
    }


@pytest.mark.parametrize(
    ("name", "flags", "says"),
    [
        (None, VectorFlags(), "Give the collection a name"),
        ("Film", VectorFlags(model="m"), "--vectorizer is missing"),
        ("Film", VectorFlags(vectorizer=Vectorizer.BEDROCK), "--vectorizer bedrock needs --model"),
        ("Film", VectorFlags(vectorizer=Vectorizer.SAGEMAKER), "--vectorizer sagemaker needs --endpoint"),
        ("Film", VectorFlags(vectorizer=Vectorizer.NONE), "--vectorizer none needs --dimensions"),
    ],
)
def test_a_collection_that_lacks_something_is_wrong_usage(name: str | None, flags: VectorFlags, says: str) -> None:
    with pytest.raises(CommandError, match=says) as caught:
        collection_body({}, name, None, (), flags)

    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("title:folding", {}),
        ("title:text[]:folding", {"type": "text[]"}),
        ("title:text:word:folding", {"tokenization": "word"}),
    ],
)
def test_a_property_may_ignore_accents(text: str, settings: dict[str, Any]) -> None:
    assert property_of(text) == {"name": "title", "type": "text", "folding": True} | settings
    assert "folding" not in property_of("folding:text")


@pytest.mark.parametrize("text", ["", ":int", "a:", "a:text:word:more", "a:text:word:folding:folding", ":folding"])
def test_a_property_is_named_when_it_is_wrong(text: str) -> None:
    with pytest.raises(CommandError, match=r"--property '.*': write name:type"):
        property_of(text)


CONDITION: dict[str, Any] = {"property": "year", "operator": "greater_than", "value": 1990}
SOME_ID = "00000000-0000-4000-8000-000000000124"


@pytest.mark.parametrize(
    ("query", "flags", "body"),
    [
        ("a b", SearchFlags(), {"hybrid": {"query": "a b"}}),
        (
            "a b",
            SearchFlags(
                alpha=0.5,
                fusion=Fusion.RANKED,
                search_in=["title^2"],
                target_vector="v",
                limit=3,
                offset=6,
                condition=CONDITION,
                properties=["title"],
                vectors=True,
                explain=True,
            ),
            {
                "hybrid": {
                    "query": "a b",
                    "alpha": 0.5,
                    "fusion": "ranked",
                    "properties": ["title^2"],
                    "target_vector": "v",
                },
                "limit": 3,
                "offset": 6,
                "filter": CONDITION,
                "return_properties": ["title"],
                "include_vectors": True,
                "explain": True,
            },
        ),
        ("a", SearchFlags(mode=Mode.BM25, search_in=["b"]), {"bm25": {"query": "a", "properties": ["b"]}}),
        (
            "a",
            SearchFlags(mode=Mode.NEAR_TEXT, target_vector="v"),
            {"near_text": {"query": "a", "target_vector": "v"}},
        ),
        (SOME_ID, SearchFlags(mode=Mode.NEAR_OBJECT), {"near_object": {"id": SOME_ID}}),
    ],
)
def test_a_search_of_options(query: str, flags: SearchFlags, body: dict[str, Any]) -> None:
    assert search_body(query, flags) == body


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (SearchFlags(mode=Mode.BM25, alpha=0.0), "--alpha is for --mode hybrid: this is --mode bm25"),
        (SearchFlags(mode=Mode.NEAR_TEXT, fusion=Fusion.RANKED), "--fusion is for --mode hybrid"),
        (SearchFlags(mode=Mode.NEAR_TEXT, search_in=["a"]), "--in is for --mode hybrid or --mode bm25"),
        (SearchFlags(mode=Mode.BM25, target_vector="v"), "--target-vector is for .*near-text or --mode near-object"),
        (SearchFlags(mode=Mode.BM25, explain=True), "--explain is for --mode hybrid"),
    ],
)
def test_an_option_of_another_mode_is_wrong_usage(flags: SearchFlags, says: str) -> None:
    with pytest.raises(CommandError, match=says):
        search_body("a", flags)


def test_how_a_file_is_read() -> None:
    assert import_options(None, None, None, None, (), any_ids=False).to_api() == {}
    options = import_options(FileFormat.CSV, True, "\\t", "isbn, title", ["isbn=id", "notes=", "a=b=c"], any_ids=True)
    assert options.to_api() == {
        "format": "csv",
        "gzip": True,
        "csv": {"delimiter": "\t", "columns": ["isbn", "title"]},
        "mapping": {"isbn": "id", "notes": None, "a": "b=c"},
        "ids": "any",
    }


@pytest.mark.parametrize("text", ["isbn", "=id"])
def test_a_mapping_is_named_when_it_is_wrong(text: str) -> None:
    with pytest.raises(CommandError, match=f"--map '{text}'"):
        import_options(None, None, None, None, [text], any_ids=False)


@pytest.mark.parametrize(("given", "sent"), [("1", 1), ("10", 10), ("section", "section")])
def test_the_passages_around_hits_are_asked_for(given: str, sent: object) -> None:
    assert search_body("oil", SearchFlags(context=given))["context"] == sent


@pytest.mark.parametrize("given", ["0", "11", "-1", "page", "", "²"])
def test_another_context_is_a_mistake(given: str) -> None:
    with pytest.raises(CommandError, match="--context"):
        search_body("oil", SearchFlags(context=given))
