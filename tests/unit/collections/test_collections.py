from datetime import timedelta, timezone
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from lambdas.collections.analysis import ANALYSIS_VERSION, build_analysis, choose_analyzer, list_mappings
from lambdas.collections.checks import check_compression
from lambdas.collections.index_body import (
    collection_from_mapping,
    index_body,
    lengths_mapping,
    mapping_update,
    meta,
    property_mapping,
)
from lambdas.collections.model import Collection, CollectionConfig, CollectionUpdate
from lambdas.collections.names import COLLECTION_ALIAS, alias_of, index_name
from lambdas.collections.properties import TOKENIZATIONS, Property, property_paths, unite
from lambdas.embedding.config import VectorConfig
from lambdas.errors import ConflictError, InvalidRequestError
from tests.builders import FILM_PROPERTIES, NOW, OWN, TITAN, collection, collection_config


def nested(levels: int) -> dict[str, Any]:
    """A property on so many levels."""
    return (
        {"name": "p", "type": "int"}
        if levels == 1
        else {
            "name": "p",
            "type": "object",
            "properties": [nested(levels - 1)],
        }
    )


def wide(count: int, name: str) -> dict[str, Any]:
    return {"name": name, "type": "object", "properties": [{"name": f"p{i}", "type": "int"} for i in range(count)]}


def test_the_index_body_holds_settings_alias_mapping_and_configuration() -> None:
    films = collection()

    body = index_body(films, "lucene")

    text = {"type": "text", "index": True, "analyzer": "english"}
    keyword = {"fields": {"keyword": {"type": "keyword", "ignore_above": 8191}}}
    assert body["aliases"] == {"alto-film": {"is_write_index": True}, "alto-film-20261123t093000000000": {}}
    assert body["settings"]["index"] == {
        "knn": True,
        "mapping": {"total_fields": {"limit": 6000}},
        "number_of_shards": 1,
    }
    assert body["mappings"]["dynamic"] == "strict"
    assert body["mappings"]["properties"] == {
        "id": {"type": "keyword", "normalizer": "lowercase"},
        "key": {"type": "keyword", "index": False, "doc_values": False},
        "created": {"type": "date"},
        "updated": {"type": "date"},
        "properties": {
            "properties": {
                "title": text | keyword,
                "description": text | keyword,
                "year": {"type": "long", "index": True},
            }
        },
        "lengths": {"properties": {"title": {"type": "integer"}, "description": {"type": "integer"}}},
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


@pytest.mark.parametrize(("distance", "interval"), [("cosine", 1.0), ("dot", 0.0), ("l2_squared", 0.0)])
def test_a_compressed_vector_is_searched_by_bytes(distance: str, interval: float) -> None:
    index = {"compression": "4x", "distance": distance}
    compressed = {"vectorizer": "none", "dimensions": 3, "index": index}
    films = collection(vectors={"default": compressed})

    body = index_body(films, "lucene")

    method = body["mappings"]["properties"]["vectors"]["properties"]["default"]["method"]
    assert method["parameters"]["encoder"] == {"name": "sq", "parameters": {"bits": 7, "confidence_interval": interval}}
    assert collection_from_mapping(body["mappings"]) == films


def test_a_compression_that_the_engine_lacks_is_rejected() -> None:
    compressed: VectorConfig = TypeAdapter(VectorConfig).validate_python(
        {"vectorizer": "none", "dimensions": 3, "index": {"compression": "4x"}}
    )

    check_compression({"default": compressed}, "lucene")
    with pytest.raises(InvalidRequestError, match=r"vectors\.default\.index\.compression.*this stage has faiss"):
        check_compression({"default": compressed}, "faiss")


def test_faiss_takes_the_depth_of_a_search_from_the_index() -> None:
    body = index_body(collection(), "faiss")

    method = body["mappings"]["properties"]["vectors"]["properties"]["default"]["method"]
    assert method["engine"] == "faiss"
    assert method["parameters"] == {"m": 16, "ef_construction": 128, "ef_search": 256}


def test_a_collection_without_vectors_is_a_plain_index() -> None:
    body = index_body(collection(vectors={}), "lucene")

    assert body["settings"]["index"]["knn"] is False
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
        ({"type": "uuid[]"}, {"type": "keyword", "normalizer": "lowercase", "index": True}),
        ({"type": "geo"}, {"type": "geo_point", "index": True}),
        (
            {"type": "text", "filterable": False, "tokenization": "trigram"},
            {"type": "text", "index": True, "analyzer": "alto_trigram"},
        ),
        (
            {"type": "text", "filterable": False, "tokenization": "german"},
            {"type": "text", "index": True, "analyzer": "german"},
        ),
        (
            {"type": "object", "properties": [{"name": "born", "type": "date"}, {"name": "name", "type": "text"}]},
            {
                "properties": {
                    "born": {"type": "date", "index": True},
                    "name": {
                        "type": "text",
                        "index": False,
                        "fields": {"keyword": {"type": "keyword", "ignore_above": 8191}},
                    },
                }
            },
        ),
        (
            {"type": "object[]", "filterable": False, "properties": [{"name": "born", "type": "date"}]},
            {"type": "object", "enabled": False},
        ),
    ],
)
def test_each_property_type_has_its_mapping(described: dict[str, Any], mapping: dict[str, Any]) -> None:
    body = index_body(collection(properties=[{"name": "p"} | described]), "lucene")

    assert body["mappings"]["properties"]["properties"]["properties"]["p"] == mapping


def test_the_first_letter_of_a_name_is_made_upper_case() -> None:
    assert collection_config(name="article").name == "Article"


def test_a_collection_lives_behind_an_alias_that_is_never_an_index_name() -> None:
    assert alias_of("Article") == "alto-article"
    assert index_name("Article") == "alto-article-000001"
    assert COLLECTION_ALIAS.fullmatch(alias_of("My_Article2"))
    assert not COLLECTION_ALIAS.fullmatch(index_name("Article"))
    assert not COLLECTION_ALIAS.fullmatch(collection().alias)


def test_a_collection_that_is_made_anew_has_an_alias_of_its_own() -> None:
    films = collection()
    later = films.model_copy(update={"created": NOW + timedelta(microseconds=1)})
    elsewhere = films.model_copy(update={"created": NOW.astimezone(timezone(timedelta(hours=2)))})

    assert (films.alias, later.alias) == ("alto-film-20261123t093000000000", "alto-film-20261123t093000000001")
    assert elsewhere.alias == films.alias


def test_an_index_of_another_layout_says_what_to_do() -> None:
    mapping = index_body(collection(), "lucene")["mappings"]
    mapping["_meta"]["alto"]["layout"] = 2

    with pytest.raises(ConflictError, match=r"'Film' was made by another version .* Delete it and create it again"):
        collection_from_mapping(mapping)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "2Fast"}, "should match pattern"),
        ({"name": "A" * 101}, "should match pattern"),
        ({"name": "a-b"}, "should match pattern"),
        ({"properties": [{"name": "id", "type": "text"}]}, "the name 'id' is taken by the object's own id"),
        ({"properties": [{"name": "a", "type": "string"}]}, "Input should be 'text'"),
        ({"properties": [*FILM_PROPERTIES, FILM_PROPERTIES[0]]}, "'title' is described twice"),
        ({"properties": [{"name": "o", "type": "object"}]}, "'o' is object: describe its 'properties', at least one"),
        (
            {"properties": [{"name": "t", "type": "text", "properties": [{"name": "x", "type": "int"}]}]},
            "only object and object\\[\\] have 'properties': remove it",
        ),
        ({"properties": [nested(6)]}, "'p.p.p.p.p.p' is on level 6: nest at most 5 levels"),
        (
            {"properties": [wide(300, "a"), wide(300, "b"), wide(400, "c")]},
            "1003 properties, those of objects included",
        ),
        ({"index": {"refresh_seconds": 0}}, "greater than or equal to 1"),
        (
            {"vectors": {"default": TITAN | {"source_properties": ["plot"]}}},
            "auto_schema, or take one of these: title, desc",
        ),
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


def test_index_settings_are_those_of_opensearch() -> None:
    films = collection(index={"shards": 2, "replicas": 0, "refresh_seconds": 5})

    body = index_body(films, "lucene")

    assert body["settings"]["index"] == {
        "knn": True,
        "mapping": {"total_fields": {"limit": 6000}},
        "number_of_shards": 2,
        "number_of_replicas": 0,
        "refresh_interval": "5s",
    }


def test_each_list_and_text_on_any_level_has_a_field_for_its_length() -> None:
    properties = [
        {"name": "tags", "type": "text[]"},
        {"name": "year", "type": "int"},
        {"name": "plot", "type": "text", "filterable": False},
        {"name": "cast", "type": "object[]", "properties": [{"name": "name", "type": "text"}]},
    ]

    assert lengths_mapping(collection(properties=properties).properties) == {
        "tags": {"type": "integer"},
        "cast": {"type": "integer"},
        "cast-name": {"type": "integer"},
    }


def test_a_mapping_update_holds_what_is_new_and_the_whole_configuration() -> None:
    before = collection()
    after = collection(properties=[*FILM_PROPERTIES, {"name": "tags", "type": "text[]", "searchable": False}])

    assert mapping_update(before, after) == {
        "_meta": meta(after),
        "properties": {
            "properties": {
                "properties": {
                    "tags": {
                        "type": "text",
                        "index": False,
                        "fields": {"keyword": {"type": "keyword", "ignore_above": 8191}},
                    }
                }
            },
            "lengths": {"properties": {"tags": {"type": "integer"}}},
        },
    }
    assert mapping_update(before, before) == {"_meta": meta(before), "properties": {}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Movie"}, "'name' cannot be changed: create another collection"),
        ({"vectors": {}}, "'vectors' cannot be changed: add one with POST /v1/collections/{name}/vectors"),
        ({"properties": []}, "'properties' cannot be changed: add a property with POST"),
        ({"index": {"shards": 3}}, "'shards' cannot be changed"),
        ({"descripton": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_an_update_of_what_is_fixed_says_what_to_do_instead(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CollectionUpdate.model_validate(change)


def test_the_description_of_a_collection_sent_back_says_which_fields_to_leave_out() -> None:
    described = collection().model_dump(mode="json", exclude={"notice"})
    read_only = "'created', 'updated', 'analysis', 'generation', 'filling', 'index_number', 'rebuild', 'former'"

    with pytest.raises(ValidationError, match=f"{read_only}: set by Alto. Leave out what only describes an existing"):
        CollectionConfig.model_validate(described)


def test_unite_properties_keep_the_first_description_on_every_level() -> None:
    first = collection(properties=[{"name": "o", "type": "object", "properties": [{"name": "a", "type": "int"}]}])
    second = collection(
        properties=[
            {
                "name": "o",
                "type": "object",
                "properties": [{"name": "a", "type": "text"}, {"name": "b", "type": "date"}],
            },
            {"name": "p", "type": "uuid"},
        ]
    )

    paths = [(path, item.type) for path, item in property_paths(unite(first.properties, second.properties))]

    assert paths == [("o", "object"), ("o.a", "int"), ("o.b", "date"), ("p", "uuid")]


def test_the_number_of_shards_is_always_sent() -> None:
    """OpenSearch Service would make five of an index that does not say, the engine one."""
    assert index_body(collection(), "lucene")["settings"]["index"]["number_of_shards"] == 1
    asked = collection(index={"shards": 3})
    assert index_body(asked, "lucene")["settings"]["index"]["number_of_shards"] == 3


def test_replicas_are_the_collections_or_else_the_stages() -> None:
    assert index_body(collection(), "lucene", 0)["settings"]["index"]["number_of_replicas"] == 0
    assert index_body(collection(index={"replicas": 2}), "lucene", 0)["settings"]["index"]["number_of_replicas"] == 2
    assert "number_of_replicas" not in index_body(collection(), "lucene")["settings"]["index"]


def test_a_collection_can_have_its_own_parameters_of_bm25() -> None:
    own = index_body(collection(index={"bm25_b": 0.5, "bm25_k1": 1.5}), "lucene")["settings"]["index"]
    plain = index_body(collection(), "lucene")["settings"]["index"]

    assert own["similarity"] == {"default": {"type": "BM25", "b": 0.5, "k1": 1.5}}
    assert "similarity" not in plain
    with pytest.raises(ValidationError, match="'bm25_b' cannot be changed"):
        CollectionUpdate.model_validate({"index": {"bm25_b": 0.5}})


def test_a_collection_stored_with_an_external_id_is_read_without_it() -> None:
    role = "arn:aws:iam::210987654321:role/models"
    films = collection(vectors={"default": TITAN | {"role_arn": role}})
    mapping = index_body(films, "lucene")["mappings"]
    mapping["_meta"]["alto"]["collection"]["vectors"]["default"]["external_id"] = "kept once"
    assert collection_from_mapping(mapping) == films


def test_an_older_collection_has_a_notice_that_is_not_stored() -> None:
    old = collection()
    new = Collection(**old.model_dump(exclude={"analysis"}), analysis=ANALYSIS_VERSION)

    assert old.notice is not None
    assert "'alto rebuild Film'" in old.notice
    assert new.notice is None
    assert "notice" not in meta(old)["alto"]["collection"]
    assert meta(new)["alto"]["collection"]["analysis"] == ANALYSIS_VERSION


def test_a_title_of_a_new_collection_has_a_field_for_the_whole_of_it() -> None:
    title = Property(name="Title", type="text", folding=True)

    assert property_mapping(title, 2)["fields"]["whole"]["normalizer"] == "alto_whole_folded"
    assert "whole" not in property_mapping(title, 1)["fields"]
    assert "whole" not in property_mapping(Property(name="plot", type="text"), 2)["fields"]


def test_analyzers_of_every_tokenization_are_in_a_new_index() -> None:
    analyzers = build_analysis()["analyzer"]

    for tokenization in TOKENIZATIONS:
        for folding in (True, False):
            assert choose_analyzer(tokenization, folding=folding, version=2) in analyzers


def test_forms_of_a_letter_have_one_rule_each() -> None:
    rules = [rule.split("=>") for rule in list_mappings()]

    assert len(dict(rules)) == len(rules)
    assert ["\ufb01", "fi"] in rules
    assert ["\uff76\uff9e", "\u30ac"] in rules
    assert len(str(build_analysis())) < 70_000
