"""Mistakes in requests, and how they are reported: the field, in Alto's words, with values as JSON.

No request here reaches OpenSearch: each is rejected for its form.
"""

import json
import re
from typing import Any

import pytest

from lambdas.handlers import query, write
from lambdas.handlers.http import resolve
from tests.api import Context, event

ID = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"
CREATE = ("POST", "/v1/collections")
CHANGE = ("PATCH", "/v1/collections/Film")
ADD = ("POST", "/v1/collections/Film/properties")
INSERT = ("POST", "/v1/collections/Film/objects")
BATCH = ("POST", "/v1/collections/Film/objects/batch")
LIST = ("POST", "/v1/collections/Film/objects/list")
GET = ("POST", "/v1/collections/Film/objects/get")
DELETE = ("POST", "/v1/collections/Film/objects/delete")
PUT = ("PUT", f"/v1/collections/Film/objects/{ID}")
PATCH = ("PATCH", f"/v1/collections/Film/objects/{ID}")
SEARCH = ("POST", "/v1/collections/Film/search")
AGGREGATE = ("POST", "/v1/collections/Film/aggregate")
IMPORT = ("POST", "/v1/collections/Film/imports")
ALIAS = ("POST", "/v1/aliases")
EMBED = ("POST", "/v1/collections/Film/embed")
GENERATE = ("POST", "/v1/collections/Film/generate")
REBUILD = ("POST", "/v1/collections/Film/rebuild")
VECTORS = ("POST", "/v1/collections/Film/vectors")
UPDATE = ("POST", "/v1/collections/Film/objects/update")
REPAIR = ("POST", "/v1/collections/Film/objects/repair")
BODIES = [CREATE, CHANGE, ADD, INSERT, BATCH, LIST, GET, DELETE, PUT, PATCH, SEARCH, AGGREGATE, IMPORT]
BODIES += [ALIAS, EMBED, GENERATE, REBUILD, VECTORS, UPDATE, REPAIR]

TITAN = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0"}
BM25 = {"bm25": {"query": "x"}}

# Words of pydantic and Python, and parts of regular expressions.
FORBIDDEN = re.compile(
    r"\bNone\b|\bTrue\b|\bFalse\b|NoneType|\bdict\b|\bstr\b|\bfloat\b|[Ii]nput should|[Vv]alue error|[Ff]ield required"
    r"|[Ee]xtra inputs|permitted|instance of|valid dictionary|pydantic|Traceback|match pattern|\{0,99\}|\[A-Z|\^\["
    r"|constrained|function-|<class|Object of type|\bTag\b|Text2VecAws|SearchRequest|ObjectBody|CollectionConfig"
)


def vector(**changes: Any) -> dict[str, Any]:
    return {"name": "A", "vectors": {"default": TITAN | changes}}


def prop(**changes: Any) -> dict[str, Any]:
    return {"name": "A", "properties": [{"name": "a", "type": "text"} | changes]}


def condition(**changes: Any) -> dict[str, Any]:
    return {"filter": {"property": "year", "operator": "equal", "value": 1990} | changes}


MISTAKES: list[tuple[tuple[str, str], Any, str, str]] = [
    # Bodies that are not objects.
    *((operation, [], "body", "expected a JSON object, not []") for operation in BODIES),
    *((operation, [{"a": 1}], "body", 'expected a JSON object, not [{"a": 1}]') for operation in BODIES),
    *((operation, "text", "body", "is not JSON at character") for operation in (CREATE, SEARCH)),
    *((operation, '{"b": 1, "b": 1}', "body", 'the name "b" occurs twice') for operation in BODIES),
    *((operation, "null", "body", "expected a JSON object, not null") for operation in (INSERT, AGGREGATE)),
    (SEARCH, '"text"', "body", 'expected a JSON object, not "text"'),
    (BATCH, "5", "body", "expected a JSON object, not 5"),
    (INSERT, None, "body", "a JSON object is required"),
    (INSERT, '{"vector": [NaN]}', "body", "is not JSON at character"),
    # Collections.
    (CREATE, {}, "name", "required, but missing"),
    (CREATE, {"name": None}, "name", "expected a string, not null"),
    (CREATE, {"name": True}, "name", "expected a string, not true"),
    (CREATE, {"name": "9 lives"}, "name", "a letter, then up to 99 letters, digits or underscores"),
    (CREATE, {"name": ""}, "name", 'not ""'),
    (CREATE, {"nmae": "A"}, "nmae", 'did you mean "name"?'),
    (CREATE, {"name": "A", "vectorizer": "none"}, "vectorizer", 'did you mean "vectors"?'),
    (CREATE, {"name": "A", "properties": {"a": "text"}}, "properties", "expected a list"),
    (CREATE, {"name": "A", "properties": ["a"]}, "properties.0", 'expected an object, not "a"'),
    (CREATE, {"name": "A", "vectors": [TITAN]}, "vectors", "expected an object"),
    (CREATE, {"name": "A", "vectors": {"my vector": TITAN}}, "vectors.my vector", "expected a name"),
    (CREATE, {"name": "A", "vectors": {"default": "titan"}}, "vectors.default", 'expected an object, not "titan"'),
    (CREATE, {"name": "A", "vectors": {"default": {}}}, "vectors.default.vectorizer", "required, but missing"),
    (CREATE, {"name": "A", "auto_schema": 1}, "auto_schema", "expected true or false, not 1"),
    (CREATE, {"name": "A", "auto_schema": "true"}, "auto_schema", 'expected true or false, not "true"'),
    (CREATE, {"name": "A", "index": {"shards": 21}}, "index.shards", "must be at most 20, not 21"),
    (CREATE, {"name": "A", "index": {"shards": 1.5}}, "index.shards", "expected a whole number, not 1.5"),
    (CREATE, {"name": "A", "index": {"replica": 1}}, "index.replica", 'did you mean "replicas"?'),
    (CREATE, vector(vectorizer="text2vec-openai"), "vectors.default.vectorizer", 'did you mean "text2vec-aws"?'),
    (CREATE, vector(vectorizer=None), "vectors.default.vectorizer", 'expected "text2vec-aws" or "none", not null'),
    (
        CREATE,
        {"name": "A", "vectors": {"default": {"vectorizer": "text2vec-aws"}}},
        "vectors.default.region",
        "required, but missing",
    ),
    (CREATE, vector(region=5), "vectors.default.region", "expected a string, not 5"),
    (CREATE, vector(region="mars"), "vectors.default.region", "is not an AWS region"),
    (CREATE, vector(service="sage"), "vectors.default.service", 'did you mean "sagemaker"?'),
    (CREATE, vector(modle="x"), "vectors.default.modle", 'did you mean "model"?'),
    (CREATE, vector(model="a b"), "vectors.default.model", "a model id such as"),
    (CREATE, vector(dimensions="256"), "vectors.default.dimensions", 'expected a whole number, not "256"'),
    (CREATE, vector(dimensions=True), "vectors.default.dimensions", "expected a whole number, not true"),
    (CREATE, vector(dimensions=0), "vectors.default.dimensions", "must be at least 1, not 0"),
    (CREATE, vector(truncate="left"), "vectors.default.truncate", 'not "left"'),
    (CREATE, vector(role_arn="a role"), "vectors.default.role_arn", "the name of a role of the stage, or its ARN"),
    (CREATE, vector(role_arn="a", external_id="b"), "vectors.default", "setting 'model_roles'"),
    (CREATE, vector(source_properties=[]), "vectors.default.source_properties", "expected at least 1 item"),
    (CREATE, vector(source_properties="title"), "vectors.default.source_properties", "expected a list"),
    (CREATE, vector(index={"distance": "euclidean"}), "vectors.default.index.distance", 'did you mean "l2_squared"?'),
    (CREATE, vector(index={"ef": 5}), "vectors.default.index.ef", "unknown field; "),
    (CREATE, prop(type="string"), "properties.0.type", 'did you mean "text"?'),
    (CREATE, prop(type="integer"), "properties.0.type", 'did you mean "int"?'),
    (CREATE, prop(type=None), "properties.0.type", "not null"),
    (CREATE, {"name": "A", "properties": [{"name": "a"}]}, "properties.0.type", "required, but missing"),
    (CREATE, {"name": "A", "properties": [{"type": "text"}]}, "properties.0.name", "required, but missing"),
    (CREATE, prop(name="a-b"), "properties.0.name", "expected a name"),
    (CREATE, prop(tokenization="englisch"), "properties.0.tokenization", 'did you mean "english"?'),
    (CREATE, prop(indexed=True), "properties.0.indexed", "unknown field; "),
    (CREATE, prop(filterable="yes"), "properties.0.filterable", 'expected true or false, not "yes"'),
    (CREATE, prop(stop_words=5), "properties.0.stop_words", 'or "none", not 5'),
    (CREATE, prop(properties=[]), "properties.0.properties", "expected at least 1 item"),
    (CHANGE, {"descripton": "x"}, "descripton", 'did you mean "description"?'),
    (CHANGE, {"description": 5}, "description", "expected a string, not 5"),
    (CHANGE, {"auto_schema": "no"}, "auto_schema", "expected true or false"),
    (CHANGE, {"index": {"refresh_seconds": 0}}, "index.refresh_seconds", "must be at least 1, not 0"),
    (ADD, {"name": "a"}, "type", "required, but missing"),
    (ADD, {"name": "a", "type": "bool"}, "type", 'did you mean "boolean"?'),
    (ADD, {"name": "a", "type": "text", "tokenisation": "word"}, "tokenisation", 'did you mean "tokenization"?'),
    # Objects.
    (INSERT, {"title": "flat"}, "title", "belong in 'properties'"),
    (INSERT, {"propertys": {}}, "propertys", 'did you mean "properties"?'),
    (INSERT, {"properties": ["a"]}, "properties", "expected an object"),
    (INSERT, {"properties": None}, "properties", "expected an object, not null"),
    (INSERT, {"id": 5}, "id", "expected a UUID such as"),
    (INSERT, {"id": "5"}, "id", "expected a UUID such as"),
    (INSERT, {"vector": "0.1"}, "vector", 'expected a list, not "0.1"'),
    (INSERT, {"vector": []}, "vector", "expected at least 1 item"),
    (INSERT, {"vector": ["0.1"]}, "vector.0", 'expected a number, not "0.1"'),
    (INSERT, {"vector": [None]}, "vector.0", "expected a number, not null"),
    (INSERT, {"vector": [True]}, "vector.0", "expected a number, not true"),
    (INSERT, {"vectors": {"default": 1}}, "vectors.default", "expected a list, not 1"),
    (INSERT, {"vectors": [0.1]}, "vectors", "expected an object"),
    (PUT, {"id": "x"}, "id", "expected a UUID"),
    (PUT, {"properties": 5}, "properties", "expected an object, not 5"),
    (PATCH, {"id": ID}, "id", "unknown field"),
    (PATCH, {"vector": {}}, "vector", "expected a list"),
    (BATCH, {}, "objects", "required, but missing"),
    (BATCH, {"objects": {}}, "objects", "expected a list, not {}"),
    (BATCH, {"objects": []}, "objects", "expected at least 1 item"),
    (BATCH, {"objects": [5]}, "objects.0", "expected an object, not 5"),
    (BATCH, {"objects": [None]}, "objects.0", "expected an object, not null"),
    (BATCH, {"object": [{}]}, "object", 'did you mean "objects"?'),
    (GET, {}, "ids", "required, but missing"),
    (GET, {"ids": ID}, "ids", "expected a list"),
    (GET, {"ids": [7]}, "ids.0", "expected a string, not 7"),
    (GET, {"ids": [ID], "include_vector": True}, "include_vector", 'did you mean "include_vectors"?'),
    (LIST, {"limit": 1001}, "limit", "must be at most 1,000, not 1001"),
    (LIST, {"after": "x"}, "after", "expected a UUID"),
    (LIST, {"return_properties": "title"}, "return_properties", "expected a list"),
    (DELETE, {}, "filter", "required, but missing"),
    (DELETE, {"filter": {}}, "filter.property", "required, but missing"),
    (DELETE, condition() | {"dryrun": True}, "dryrun", 'did you mean "dry_run"?'),
    (DELETE, {"where": {}}, "where", 'did you mean "filter"?'),
    # Searches.
    (SEARCH, {}, "body", "exactly one of near_text"),
    (SEARCH, {"query": "x"}, "query", "it belongs in bm25, hybrid, near_text or rerank"),
    (SEARCH, {"hybrid": "x"}, "hybrid", 'expected an object, not "x"'),
    (SEARCH, {"bm25": {}}, "bm25.query", "required, but missing"),
    (SEARCH, {"bm25": {"query": None}}, "bm25.query", "expected a string, not null"),
    (SEARCH, {"bm25": {"query": " "}}, "bm25.query", "text that is not blank"),
    (SEARCH, {"bm25": {"query": "x", "fuzziness": 5}}, "bm25.fuzziness", "must be at most 2, not 5"),
    (SEARCH, {"bm25": {"query": "x", "fuzziness": "x"}}, "bm25.fuzziness", '"auto"'),
    (SEARCH, {"bm25": {"query": "x", "properties": ["a b"]}}, "bm25.properties.0", "title^2"),
    (SEARCH, BM25 | {"limit": 0}, "limit", "must be at least 1, not 0"),
    (SEARCH, BM25 | {"limit": None}, "limit", "expected a whole number, not null"),
    (SEARCH, BM25 | {"limit": True}, "limit", "expected a whole number, not true"),
    (SEARCH, BM25 | {"limit": "10"}, "limit", 'expected a whole number, not "10"'),
    (SEARCH, BM25 | {"limt": 1}, "limt", 'did you mean "limit"?'),
    (SEARCH, BM25 | {"top_k": 1}, "top_k", 'did you mean "limit"?'),
    (SEARCH, BM25 | {"offset": -1}, "offset", "must be at least 0, not -1"),
    (SEARCH, BM25 | {"highlight": 1}, "highlight", "expected true or false, not 1"),
    (SEARCH, BM25 | {"filter": {"year": 1990}}, "filter.year", "a condition with property, operator and value"),
    (SEARCH, BM25 | {"filter": "year = 1990"}, "filter", "expected an object"),
    (SEARCH, BM25 | condition(value=None), "filter.value", "not null"),
    (SEARCH, BM25 | condition(value="x" * 10_001), "filter.value", "at most 10,000 characters"),
    (SEARCH, BM25 | condition(value=[]), "filter.value", "at least 1"),
    (LIST, condition(value=["x"] * 10_001), "filter.value", "at most "),
    (SEARCH, BM25 | condition(value=[None]), "filter.value.0", "not null"),
    (SEARCH, BM25 | condition(operator="="), "filter.operator", 'expected "equal"'),
    (SEARCH, BM25 | condition(operator="gte"), "filter.operator", 'did you mean "greater_or_equal"?'),
    (SEARCH, BM25 | condition(property="a b"), "filter.property", "the name of a property"),
    (SEARCH, BM25 | condition(length="yes"), "filter.length", "expected true or false"),
    (SEARCH, BM25 | {"filter": {"and": condition()["filter"]}}, "filter.and", "expected a list"),
    (SEARCH, BM25 | {"filter": {"or": []}}, "filter.or", "expected at least 1 item"),
    (SEARCH, BM25 | {"filter": {"and": [condition()["filter"]], "or": []}}, "filter.and", 'has "or" next to it'),
    (SEARCH, BM25 | {"filter": {"not": {}, "property": "a"}}, "filter.not", 'has "property" next to it'),
    (SEARCH, {"near_vector": {"vector": [1], "target_vector": ["a"]}}, "near_vector.target_vector", 'not ["a"]'),
    (
        SEARCH,
        {"hybrid": {"query": "x", "target_vector": 5}},
        "hybrid.target_vector",
        "the name of a vector, or several",
    ),
    (SEARCH, BM25 | {"filter": {"not": {"operator": "equal"}}}, "filter.not.property", "required, but missing"),
    (SEARCH, BM25 | {"filter": {"and": [{"or": [{"x": 1}]}]}}, "filter.and.0.or.0.x", "unknown field"),
    (SEARCH, {"near_text": "x"}, "near_text", "expected an object"),
    (SEARCH, {"near_text": {"query": 5}}, "near_text.query", "expected a string or a list, not 5"),
    (SEARCH, {"near_text": {"query": ["a", 5]}}, "near_text.query.1", "expected a string, not 5"),
    (SEARCH, {"near_text": {"query": "x", "distance": "near"}}, "near_text.distance", 'expected a number, not "near"'),
    (SEARCH, {"near_text": {"query": "x", "certanty": 1}}, "near_text.certanty", 'did you mean "certainty"?'),
    (SEARCH, {"near_vector": [0.1]}, "near_vector", "expected an object, not [0.1]"),
    (SEARCH, {"near_vector": {"vector": ["a"]}}, "near_vector.vector.0", 'expected a number, not "a"'),
    (SEARCH, {"near_vector": {}}, "near_vector", "exactly one of vector"),
    (SEARCH, {"near_object": {"id": 7}}, "near_object.id", "expected a string, not 7"),
    (SEARCH, {"near_object": ID}, "near_object", "expected an object"),
    (SEARCH, {"hybrid": {"query": "x", "alpha": 2}}, "hybrid.alpha", "must be at most 1, not 2"),
    (SEARCH, {"hybrid": {"query": "x", "alpha": None}}, "hybrid.alpha", "expected a number, not null"),
    (SEARCH, {"hybrid": {"query": "x", "fusion": "rrf"}}, "hybrid.fusion", 'not "rrf"'),
    (SEARCH, {"sort": {"property": "a"}}, "sort", "expected a list"),
    (SEARCH, {"sort": [{"property": "a", "order": "asc"}]}, "sort.0.order", 'did you mean "ascending"?'),
    (SEARCH, {"sort": ["a"]}, "sort.0", 'expected an object, not "a"'),
    (SEARCH, BM25 | {"rerank": {"model": "cohere.rerank-v3-5:0", "top": 5}}, "rerank.top", "unknown field"),
    (SEARCH, BM25 | {"group_by": "year"}, "group_by", 'expected an object, not "year"'),
    (SEARCH, BM25 | {"return_properties": "title"}, "return_properties", "expected a list"),
    (SEARCH, {"queries": []}, "queries", "expected at least 1 item"),
    (SEARCH, {"queries": {}}, "queries", "expected a list, not {}"),
    (SEARCH, {"querys": []}, "querys", "unknown field"),
    (SEARCH, {"queries": [BM25], "limit": 3}, "limit", "unknown field"),
    # Aggregations.
    (AGGREGATE, {"groupby": {}}, "groupby", 'did you mean "group_by"?'),
    (AGGREGATE, {"group_by": "year"}, "group_by", "expected an object"),
    (AGGREGATE, {"group_by": {"property": "year", "limit": 1001}}, "group_by.limit", "must be at most 1,000"),
    (AGGREGATE, {"properties": ["year"]}, "properties", "expected an object"),
    (AGGREGATE, {"properties": {"year": ["max"]}}, "properties.year", "expected an object"),
    (AGGREGATE, {"properties": {"year": {}}}, "properties.year.metrics", "required, but missing"),
    (AGGREGATE, {"properties": {"year": {"metrics": "max"}}}, "properties.year.metrics", "expected a list"),
    (AGGREGATE, {"properties": {"year": {"metrics": ["avg"]}}}, "properties.year.metrics.0", 'did you mean "mean"?'),
    (AGGREGATE, {"properties": {"a b": {"metrics": ["max"]}}}, "properties.a b", "the name of a property"),
    # Aliases, vectors, rebuilds, updates, texts.
    (ALIAS, {"alias": "Kino", "colection": "Film"}, "colection", 'did you mean "collection"?'),
    (ALIAS, {"alias": "ki-no", "collection": "Film"}, "alias", "expected a name"),
    (EMBED, {"texts": "x"}, "texts", 'expected a list, not "x"'),
    (EMBED, {"texts": ["x"], "input_type": "passage"}, "input_type", 'expected "query" or "document"'),
    (GENERATE, BM25 | {"generate": {}}, "generate", "Add single_prompt"),
    (GENERATE, BM25 | {"generate": {"grouped_task": " "}}, "generate.grouped_task", "text that is not blank"),
    (GENERATE, BM25 | {"generate": {"grouped_task": "x", "system": ""}}, "generate.system", "text that is not blank"),
    (GENERATE, BM25 | {"generate": {"grouped_task": "x", "model": "../x"}}, "generate.model", "amazon.nova-lite-v1:0"),
    (GENERATE, BM25 | {"generate": {"grouped_task": "x", "temperature": True}}, "generate.temperature", "not true"),
    (REBUILD, {"properties": {"title": {"tokenisation": "word"}}}, "body", "it changes tokenization, "),
    (REBUILD, {"vectors": {"a": {"index": {"distance": "hamming"}}}}, "vectors.a.index.distance", '"l2_squared"'),
    (VECTORS, {"vectors": {"a": TITAN}, "embedding": "on-demand"}, "embedding", 'did you mean "on_demand"?'),
    (VECTORS, {"vectors": {"a": {"vectorizer": "none", "dimensions": True}}}, "vectors.a.dimensions", "not true"),
    (UPDATE, {"filter": condition()["filter"], "set": []}, "set", "expected an object, not []"),
    (UPDATE, {"where": condition()["filter"], "set": {"a": 1}}, "where", 'did you mean "filter"?'),
    (REPAIR, {"dry_run": 1}, "dry_run", "expected true or false, not 1"),
    # Imports.
    (IMPORT, {"collection": "A", "file_name": "b.csv"}, "collection", "unknown field"),
    (IMPORT, {"source": "bucket/key.csv"}, "source", "s3://"),
    (IMPORT, {"file_name": "a/b.csv"}, "file_name", "without slashes"),
    (IMPORT, {"filename": "b.csv"}, "filename", 'did you mean "file_name"?'),
    (IMPORT, {"file_name": "b.csv", "file_size": "5"}, "file_size", "expected a whole number"),
    (IMPORT, {"file_name": "b.csv", "options": {"format": "xlsx"}}, "options.format", 'not "xlsx"'),
    (IMPORT, {"file_name": "b.csv", "options": {"ids": "key"}}, "options.ids", 'not "key"'),
    (IMPORT, {"file_name": "b.csv", "options": []}, "options", "expected an object, not []"),
]
PARAMETERS: list[tuple[str, str, dict[str, str], str, str]] = [
    ("GET", "/v1/collections/Film/objects", {"limit": "x"}, "limit", 'expected a whole number, not "x"'),
    ("GET", "/v1/collections/Film/objects", {"limit": "0"}, "limit", "must be at least 1"),
    ("GET", "/v1/collections/Film/objects", {"after": "x"}, "after", "expected a UUID"),
    ("GET", "/v1/collections/Film/objects", {"include_vectors": "maybe"}, "include_vectors", "expected true or false"),
    ("GET", "/v1/collections/Film/objects/x", {}, "object_id", "expected a UUID"),
    ("GET", "/v1/collections/9", {}, "name", "expected a name"),
    ("DELETE", f"/v1/collections/Film/objects/{ID}", {"if_version": "x"}, "if_version", "a version as returned"),
    ("DELETE", f"/v1/collections/Film/objects/{ID}", {"consistency": "yes"}, "consistency", '"none" or "wait"'),
    ("GET", "/v1/imports", {"limit": "1000"}, "limit", "must be at most 100"),
    ("GET", "/v1/imports/x", {}, "import_id", "expected a UUID"),
    ("GET", "/v1/collections/Film/imports/x", {}, "import_id", "expected a UUID"),
    ("GET", "/v1/collections/Film/imports", {"limit": "0"}, "limit", "must be at least 1"),
    ("GET", "/v1/collections/Film/objects", {"limt": "5"}, "limt", 'did you mean "limit"?'),
    ("GET", "/v1/collections/Film", {"limit": "5"}, "limit", "this request has no parameters"),
    ("POST", "/v1/collections/Film/objects/batch", {"wait": "true"}, "wait", "the parameters are consistency"),
    ("POST", "/v1/collections/Film/search", {"limit": "5"}, "limit", "this request has no parameters"),
    ("GET", "/v1/collections", {"limit": "0"}, "limit", "must be at least 1"),
]


def send(made: dict[str, Any]) -> dict[str, Any]:
    path = made["rawPath"]
    app = query.complete_app() if path.endswith(("/search", "/aggregate", "/generate", "/embed")) else write.app
    response = resolve(app, made, Context())  # type: ignore[arg-type]
    assert response["statusCode"] == 400, response["body"]
    error: dict[str, Any] = json.loads(response["body"])["error"]
    assert error["code"] == "invalid_request"
    return error


def check(error: dict[str, Any], field: str, part: str) -> None:
    """The first detail has the field and the sentence, and no part of the error has a word of pydantic."""
    assert error["details"], error
    assert error["details"][0]["field"] == field, error
    assert part in error["details"][0]["message"], error
    assert error["message"].startswith(f"{field}: ")
    texts = [error["message"], *(text for detail in error["details"] for text in detail.values())]
    assert not [text for text in texts if FORBIDDEN.search(text)]


def test_the_tables_are_long_enough() -> None:
    assert len(MISTAKES) + len(PARAMETERS) >= 120


@pytest.mark.parametrize(("operation", "body", "field", "part"), MISTAKES)
def test_a_mistake_in_a_body_is_explained(operation: tuple[str, str], body: Any, field: str, part: str) -> None:
    check(send(event(*operation, body)), field, part)


@pytest.mark.parametrize(("method", "path", "parameters", "field", "part"), PARAMETERS)
def test_a_mistake_in_a_parameter_is_explained(
    method: str, path: str, parameters: dict[str, str], field: str, part: str
) -> None:
    check(send(event(method, path, query=parameters)), field, part)
