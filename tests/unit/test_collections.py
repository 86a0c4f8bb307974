from typing import Any

import pytest
from pydantic import ValidationError

from lambdas.collections.index_body import collection_from_mapping, index_body
from lambdas.collections.model import COLLECTION_ALIAS, Collection, alias_of, first_index_of
from tests.builders import FILM_PROPERTIES, NOW, OWN, TITAN, collection, collection_config


def test_the_index_body_holds_settings_alias_mapping_and_configuration() -> None:
    films = collection()

    body = index_body(films, "lucene")

    text = {"type": "text", "index": True, "analyzer": "english"}
    keyword = {"fields": {"keyword": {"type": "keyword", "ignore_above": 8191}}}
    assert body["aliases"] == {"alto-film": {}}
    assert body["settings"]["index"] == {"knn": True}
    assert body["mappings"]["dynamic"] == "strict"
    assert body["mappings"]["properties"] == {
        "created": {"type": "date"},
        "updated": {"type": "date"},
        "properties": {
            "properties": {
                "title": text | keyword,
                "description": text | keyword,
                "year": {"type": "long", "index": True},
            }
        },
        "text_hash": {"type": "object", "enabled": False},
        "vectors": {
            "properties": {
                "default": {
                    "type": "knn_vector",
                    "dimension": 3,
                    "method": {
                        "name": "hnsw",
                        "engine": "lucene",
                        "space_type": "cosinesimil",
                        "parameters": {"m": 16, "ef_construction": 128},
                    },
                }
            }
        },
    }
    assert collection_from_mapping(body["mappings"]) == films


def test_faiss_takes_the_depth_of_a_search_from_the_index() -> None:
    body = index_body(collection(), "faiss")

    method = body["mappings"]["properties"]["vectors"]["properties"]["default"]["method"]
    assert method["engine"] == "faiss"
    assert method["parameters"] == {"m": 16, "ef_construction": 128, "ef_search": 256}


def test_a_collection_without_vectors_is_a_plain_index() -> None:
    body = index_body(collection(vectors={}), "lucene")

    assert body["settings"]["index"] == {"knn": False}
    assert "vectors" not in body["mappings"]["properties"]


@pytest.mark.parametrize(
    ("described", "mapping"),
    [
        ({"type": "text", "searchable": False, "filterable": False}, {"type": "text", "index": False}),
        (
            {"type": "text", "filterable": False, "tokenization": "word"},
            {"type": "text", "index": True, "analyzer": "alto_word"},
        ),
        ({"type": "int[]", "filterable": False}, {"type": "long", "index": False}),
        ({"type": "number"}, {"type": "double", "index": True}),
        ({"type": "boolean"}, {"type": "boolean", "index": True}),
        ({"type": "date"}, {"type": "date", "index": True}),
        ({"type": "uuid[]"}, {"type": "keyword", "index": True}),
    ],
)
def test_each_property_type_has_its_mapping(described: dict[str, Any], mapping: dict[str, Any]) -> None:
    body = index_body(collection(properties=[{"name": "p"} | described]), "lucene")

    assert body["mappings"]["properties"]["properties"]["properties"]["p"] == mapping


def test_the_first_letter_of_a_name_is_made_upper_case() -> None:
    assert collection_config(name="article").name == "Article"


def test_a_collection_lives_behind_an_alias_that_is_never_an_index_name() -> None:
    assert alias_of("Article") == "alto-article"
    assert first_index_of("Article") == "alto-article-000001"
    assert COLLECTION_ALIAS.fullmatch(alias_of("My_Article2"))
    assert not COLLECTION_ALIAS.fullmatch(first_index_of("Article"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "2Fast"}, "should match pattern"),
        ({"name": "A" * 101}, "should match pattern"),
        ({"name": "a-b"}, "should match pattern"),
        ({"properties": [{"name": "id", "type": "text"}]}, "the name 'id' is taken by the object's own id"),
        ({"properties": [{"name": "a", "type": "string"}]}, "Input should be 'text'"),
        ({"properties": [*FILM_PROPERTIES, FILM_PROPERTIES[0]]}, "'title' is described twice"),
        ({"vectors": {"default": TITAN | {"source_properties": ["plot"]}}}, "one of these: title, description, year"),
        ({"vectors": {"default": {"vectorizer": "none"}}}, "dimensions"),
        ({"vectors": {"default": OWN | {"model": "x"}}}, "model"),
    ],
)
def test_a_collection_that_makes_no_sense_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        collection_config(**changes)


def test_a_skipped_property_cannot_be_a_source() -> None:
    properties = [{"name": "title", "type": "text", "skip_vectorization": True}]
    vectors = {"default": TITAN | {"source_properties": ["title"]}}

    with pytest.raises(ValidationError, match="says skip_vectorization: remove one of the two"):
        collection_config(properties=properties, vectors=vectors)


def test_a_collection_is_read_back_from_its_mapping_whatever_it_holds() -> None:
    config = collection_config(vectors={"default": OWN, "text": TITAN | {"source_properties": ["title"]}})
    films = Collection(**config.model_dump(), created=NOW, updated=NOW)

    assert collection_from_mapping(index_body(films, "lucene")["mappings"]) == films
