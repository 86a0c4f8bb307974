"""An example of every operation, for docs/openapi.json.

In the order of use: a collection is created, filled, searched and deleted.
tests/integration/http/test_openapi_examples.py sends them all in this order.
"""

from typing import Any, NamedTuple

NAME = "Book"
EMMA = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"
ODYSSEY = "0b54a1f6-0c8b-4c50-9d5c-7f2f0e9b6a11"
IMPORT = "5d0c9c1e-4a55-5f8e-8a53-2d9c7c1b6f10"

IS_LENT = {"property": "lent", "operator": "equal", "value": True}
LONG_AND_OLD = {
    "and": [
        {"property": "pages", "operator": "greater_than", "value": 300},
        {"property": "printed", "operator": "less_than", "value": "2000-01-01T00:00:00Z"},
    ]
}


class Example(NamedTuple):
    """A request of an operation: values of parameters by name, and the body."""

    parameters: dict[str, Any]
    body: Any = None


IN_BOOK = {"name": NAME}
THIS_BOOK = {"name": NAME, "object_id": EMMA}

# An upload in parts, of a file whose parts have all arrived.
THIS_IMPORT = IN_BOOK | {"import_id": IMPORT}
UPLOAD = {"file_name": "books.csv", "upload_id": "VXBsb2FkIElE"}

EXAMPLES: dict[str, Example] = {
    "live": Example({}),
    "ready": Example({}),
    "get_meta": Example({}),
    "create_collection": Example(
        {},
        {
            "name": NAME,
            "description": "Books on the shelves.",
            "properties": [
                {"name": "title", "type": "text"},
                {"name": "pages", "type": "int"},
                {"name": "printed", "type": "date"},
                {"name": "lent", "type": "boolean"},
                {"name": "place", "type": "geo"},
                {
                    "name": "author",
                    "type": "object",
                    "properties": [{"name": "name", "type": "text"}, {"name": "born", "type": "date"}],
                },
            ],
            "vectors": {"default": {"vectorizer": "none", "dimensions": 3}},
            "generative": {"model": "amazon.nova-lite-v1:0", "max_tokens": 300},
            "reranker": {"model": "cohere.rerank-v3-5:0", "region": "us-east-1"},
            "expiry": {"property": "_updated", "after": "365d"},
        },
    ),
    "create_alias": Example({}, {"alias": "Reading", "collection": NAME}),
    "list_aliases": Example({"collection": NAME}),
    "get_alias": Example({"alias": "Reading"}),
    "repoint_alias": Example({"alias": "Reading"}, {"collection": NAME}),
    "delete_alias": Example({"alias": "Reading"}),
    "list_collections": Example({}),
    "get_collection": Example(IN_BOOK),
    "collection_exists": Example(IN_BOOK),
    "update_collection": Example(IN_BOOK, {"description": "Books that were on the shelves."}),
    "add_property": Example(IN_BOOK, {"name": "tags", "type": "text[]", "tokenization": "word"}),
    "insert_object": Example(
        IN_BOOK | {"consistency": "wait"},
        {
            "id": EMMA,
            "properties": {
                "title": "Emma",
                "pages": 474,
                "printed": "1815-12-23T00:00:00Z",
                "lent": False,
                "place": {"lat": 51.5, "lon": -0.12},
                "author": {"name": "Jane Austen", "born": "1775-12-16T00:00:00Z"},
            },
            "vector": [0.1, 0.2, 0.3],
        },
    ),
    "write_objects": Example(
        IN_BOOK | {"consistency": "wait"},
        {"objects": [{"id": ODYSSEY, "properties": {"title": "The Odyssey", "lent": True}, "vector": [0.3, 0.2, 0.1]}]},
    ),
    "get_object": Example(THIS_BOOK | {"include_vectors": True}),
    "object_exists": Example(THIS_BOOK),
    "replace_object": Example(
        {"name": NAME, "object_id": ODYSSEY},
        {"properties": {"title": "The Odyssey", "pages": 541, "lent": True}, "vector": [0.3, 0.2, 0.1]},
    ),
    "merge_object": Example(
        THIS_BOOK | {"consistency": "wait"}, {"properties": {"lent": True, "tags": ["novel", "classic"]}}
    ),
    "list_objects": Example(IN_BOOK | {"limit": 100}),
    "list_matching_objects": Example(IN_BOOK, {"filter": LONG_AND_OLD, "limit": 100, "return_properties": ["title"]}),
    "get_objects": Example(IN_BOOK, {"ids": [EMMA, ODYSSEY]}),
    "search": Example(
        IN_BOOK,
        {
            "near_vector": {"vector": [0.1, 0.2, 0.3]},
            "filter": IS_LENT,
            "boost": {"conditions": [{"property": "pages", "origin": 300, "scale": 200}], "weight": 0.2},
            "rerank": {"model": "cohere.rerank-v3-5:0", "query": "a long way home", "candidates": 50},
            "limit": 3,
        },
    ),
    "generate": Example(
        IN_BOOK,
        {
            "near_vector": {"vector": [0.1, 0.2, 0.3]},
            "limit": 3,
            "generate": {
                "model": "amazon.nova-lite-v1:0",
                "grouped_task": "Which of these books is about a long way home?",
                "single_prompt": "Describe the book {title} by {author.name} in one sentence.",
                "properties": ["title", "author.name", "pages"],
                "max_tokens": 300,
            },
        },
    ),
    "embed_texts": Example(IN_BOOK, {"texts": ["a long way home"], "input_type": "query"}),
    "aggregate": Example(
        IN_BOOK,
        {
            "filter": IS_LENT,
            "group_by": {"property": "author.name"},
            "properties": {"pages": {"metrics": ["min", "max", "mean"]}, "title": {"metrics": ["top_occurrences"]}},
        },
    ),
    "repair_objects": Example(IN_BOOK, {"limit": 100, "dry_run": True}),
    "update_objects": Example(
        IN_BOOK | {"consistency": "wait"}, {"filter": IS_LENT, "set": {"tags": ["novel"], "lent": False}}
    ),
    "delete_objects": Example(IN_BOOK, {"filter": IS_LENT, "dry_run": True}),
    "start_import": Example(IN_BOOK, {"file_name": "books.csv", "options": {"format": "csv"}}),
    "list_imports": Example(IN_BOOK | {"limit": 5}),
    "list_all_imports": Example({"limit": 5}),
    "find_import": Example({"import_id": IMPORT}),
    "get_import": Example(THIS_IMPORT),
    "sign_upload_parts": Example(THIS_IMPORT, UPLOAD | {"numbers": [101, 102]}),
    "complete_upload": Example(THIS_IMPORT, UPLOAD | {"etags": ["9b2cf535f27731c974343645a3985328"]}),
    "abort_upload": Example(THIS_IMPORT, UPLOAD),
    "cancel_import": Example(THIS_IMPORT),
    "resume_import": Example(THIS_IMPORT),
    "retry_import": Example(THIS_IMPORT),
    "add_vectors": Example(
        IN_BOOK,
        {
            "vectors": {
                "summary": {
                    "vectorizer": "text2vec-aws",
                    "region": "us-east-1",
                    "model": "amazon.titan-embed-text-v2:0",
                    "source_properties": ["title"],
                }
            }
        },
    ),
    "fill_vector": Example(IN_BOOK | {"vector": "summary"}, {"embedding": "on_demand"}),
    "rebuild_collection": Example(IN_BOOK, {"properties": {"title": {"folding": True}}, "shards": 2}),
    "undo_rebuild": Example(IN_BOOK),
    "finish_rebuild": Example(IN_BOOK),
    "delete_object": Example(THIS_BOOK),
    "delete_collection": Example(IN_BOOK),
}
