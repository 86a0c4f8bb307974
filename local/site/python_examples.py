"""An example of every operation with the Python client, in a program that has a connected `client`.

tests/integration/client/test_site_examples.py runs them in the order of lambdas/api_examples.py.
"""

EMMA = "7a3f2e0c-5b1d-4c89-9a57-2f6c1d0e8b34"
ODYSSEY = "0b54a1f6-0c8b-4c50-9d5c-7f2f0e9b6a11"
IMPORT = "5d0c9c1e-4a55-5f8e-8a53-2d9c7c1b6f10"
UPLOAD = f"/v1/collections/Book/imports/{IMPORT}/upload"
BOOKS = 'books = client.collections.use("Book")\n'

SERVICE = {
    "live": "client.is_live()",
    "ready": "client.is_ready()",
    "get_meta": "client.get_meta()",
}

COLLECTIONS = {
    "create_collection": """
from alto.classes.config import Configure, DataType, Property

client.collections.create(
    "Book",
    description="Books on the shelves.",
    properties=[
        Property(name="title", data_type=DataType.TEXT),
        Property(name="pages", data_type=DataType.INT),
        Property(name="printed", data_type=DataType.DATE),
        Property(name="lent", data_type=DataType.BOOL),
        Property(name="place", data_type=DataType.GEO_COORDINATES),
        Property(
            name="author",
            data_type=DataType.OBJECT,
            nested_properties=[
                Property(name="name", data_type=DataType.TEXT),
                Property(name="born", data_type=DataType.DATE),
            ],
        ),
    ],
    vector_config=Configure.Vectors.self_provided(dimensions=3),
    generative_config=Configure.Generative.aws_bedrock("amazon.nova-lite-v1:0", "us-east-1", max_tokens=300),
    reranker_config=Configure.Reranker.aws_bedrock("cohere.rerank-v3-5:0", region="us-east-1"),
)
""",
    "list_collections": "client.collections.list_all()",
    "get_collection": 'client.collections.use("Book").config.get()',
    "collection_exists": 'client.collections.exists("Book")',
    "update_collection": 'client.collections.use("Book").config.update(description="Books that were on the shelves.")',
    "add_property": """
from alto.classes.config import DataType, Property, Tokenization

client.collections.use("Book").config.add_property(
    Property(name="tags", data_type=DataType.TEXT_ARRAY, tokenization=Tokenization.WORD)
)
""",
    "add_vectors": """
from alto.classes.config import Configure

client.collections.use("Book").config.add_vector(
    vector_config=Configure.Vectors.text2vec_aws_bedrock(
        name="summary", region="us-east-1", model="amazon.titan-embed-text-v2:0", source_properties=["title"]
    )
)
""",
    "fill_vector": 'client.collections.use("Book").config.fill_vector("summary")',
    "rebuild_collection": """
client.collections.use("Book").migration.rebuild(properties={"title": {"folding": True}}, shards=2)
""",
    "undo_rebuild": 'client.collections.use("Book").migration.undo()',
    "finish_rebuild": 'client.collections.use("Book").migration.finish()',
    "delete_collection": 'client.collections.delete("Book")',
}

ALIASES = {
    "create_alias": 'client.alias.create(alias_name="Reading", target_collection="Book")',
    "list_aliases": 'client.alias.list_all(collection="Book")',
    "get_alias": 'client.alias.get(alias_name="Reading")',
    "repoint_alias": 'client.alias.update(alias_name="Reading", new_target_collection="Book")',
    "delete_alias": 'client.alias.delete(alias_name="Reading")',
}

OBJECTS = {
    "insert_object": f"""
from alto.classes.data import GeoCoordinate

client.collections.use("Book").data.insert(
    {{
        "title": "Emma",
        "pages": 474,
        "printed": "1815-12-23T00:00:00Z",
        "lent": False,
        "place": GeoCoordinate(latitude=51.5, longitude=-0.12),
        "author": {{"name": "Jane Austen", "born": "1775-12-16T00:00:00Z"}},
    }},
    uuid="{EMMA}",
    vector=[0.1, 0.2, 0.3],
    consistency="wait",
)
""",
    "write_objects": f"""
from alto.classes.data import DataObject

odyssey = DataObject(
    {{"title": "The Odyssey", "lent": True}},
    uuid="{ODYSSEY}",
    vector=[0.3, 0.2, 0.1],
)
client.collections.use("Book").data.insert_many([odyssey])
""",
    "get_object": f"""
client.collections.use("Book").query.fetch_object_by_id(
    "{EMMA}", include_vector=True
)
""",
    "object_exists": f'client.collections.use("Book").data.exists("{EMMA}")',
    "replace_object": f"""
client.collections.use("Book").data.replace(
    "{ODYSSEY}",
    {{"title": "The Odyssey", "pages": 541, "lent": True}},
    vector=[0.3, 0.2, 0.1],
)
""",
    "merge_object": f"""
client.collections.use("Book").data.update(
    "{EMMA}",
    {{"lent": True, "tags": ["novel", "classic"]}},
    consistency="wait",
)
""",
    "list_objects": f"""
{BOOKS}for book in books.iterator():
    print(book.uuid, book.properties["title"])
""",
    "list_matching_objects": f"""
from alto.classes.query import Filter

long_and_old = Filter.by_property("pages").greater_than(300) & Filter.by_property("printed").less_than(
    "2000-01-01T00:00:00Z"
)
{BOOKS}found = books.query.fetch_objects(filters=long_and_old, limit=100, return_properties=["title"])
print([book.properties["title"] for book in found.objects])
""",
    "get_objects": f"""
client.collections.use("Book").query.fetch_objects_by_ids(
    ["{EMMA}", "{ODYSSEY}"]
)
""",
    "repair_objects": """
client.call("POST", "/v1/collections/Book/objects/repair", {"limit": 100, "dry_run": True})
""",
    "update_objects": """
from alto.classes.query import Filter

client.collections.use("Book").data.update_many(
    Filter.by_property("lent").equal(True), {"tags": ["novel"], "lent": False}, consistency="wait"
)
""",
    "delete_objects": """
from alto.classes.query import Filter

client.collections.use("Book").data.delete_many(Filter.by_property("lent").equal(True), dry_run=True)
""",
    "delete_object": f'client.collections.use("Book").data.delete_by_id("{EMMA}")',
}

SEARCH = {
    "search": f"""
from alto.classes.query import Boost, Filter, Rerank

{BOOKS}found = books.query.near_vector(
    [0.1, 0.2, 0.3],
    filters=Filter.by_property("lent").equal(True),
    boost=Boost.numeric_decay("pages", origin=300, scale=200, weight=0.2),
    rerank=Rerank(model="cohere.rerank-v3-5:0", query="a long way home", candidates=50),
    limit=3,
)
for book in found.objects:
    print(book.properties["title"], book.metadata.distance)
""",
    "generate": f"""
from alto.classes.generate import GenerativeConfig

{BOOKS}response = books.generate.near_vector(
    [0.1, 0.2, 0.3],
    limit=3,
    grouped_task="Which of these books is about a long way home?",
    single_prompt="Describe the book {{title}} by {{author.name}} in one sentence.",
    grouped_properties=["title", "author.name", "pages"],
    generative_provider=GenerativeConfig.aws_bedrock(model="amazon.nova-lite-v1:0", max_tokens=300),
)
print(response.generative.text, response.generative.citations)
""",
    "embed_texts": 'client.collections.use("Book").embed(["a long way home"], input_type="query")',
    "aggregate": f"""
from alto.classes.aggregate import GroupByAggregate, Metrics
from alto.classes.query import Filter

{BOOKS}counted = books.aggregate.over_all(
    filters=Filter.by_property("lent").equal(True),
    group_by=GroupByAggregate(prop="author.name"),
    return_metrics=[
        Metrics("pages").integer(minimum=True, maximum=True, mean=True),
        Metrics("title").text(top_occurrences_value=True),
    ],
)
print([(group.grouped_by.value, group.total_count) for group in counted.groups])
""",
}

IMPORTS = {
    "start_import": """
# client.imports.from_file("books.csv", collection="Book") also uploads the file.
client.call(
    "POST", "/v1/collections/Book/imports", {"file_name": "books.csv", "options": {"format": "csv"}}
)
""",
    "list_imports": 'client.imports.list_all(collection="Book")',
    "list_all_imports": "client.imports.list_all()",
    "find_import": f'client.imports.get("{IMPORT}")',
    "get_import": f'client.imports.get("{IMPORT}", collection="Book")',
    "cancel_import": f'client.imports.cancel("{IMPORT}", collection="Book")',
    "resume_import": f'client.imports.resume("{IMPORT}", collection="Book")',
    "retry_import": f'client.imports.retry("{IMPORT}", collection="Book")',
    "sign_upload_parts": f"""
# client.imports.from_file does this for files above 64 MiB.
client.call(
    "POST",
    "{UPLOAD}/parts",
    {{"file_name": "books.csv", "upload_id": "VXBsb2FkIElE", "numbers": [101, 102]}},
)
""",
    "complete_upload": f"""
client.call(
    "POST",
    "{UPLOAD}/complete",
    {{
        "file_name": "books.csv",
        "upload_id": "VXBsb2FkIElE",
        "etags": ["9b2cf535f27731c974343645a3985328"],
    }},
)
""",
    "abort_upload": f"""
client.call(
    "POST",
    "{UPLOAD}/abort",
    {{"file_name": "books.csv", "upload_id": "VXBsb2FkIElE"}},
)
""",
}

PYTHON = {
    name: source.strip() for name, source in (SERVICE | COLLECTIONS | ALIASES | OBJECTS | SEARCH | IMPORTS).items()
}
