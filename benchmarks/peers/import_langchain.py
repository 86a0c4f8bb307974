"""LangChain: `OpenSearchVectorSearch` with `BedrockEmbeddings`, in its own environment.

Its default index (engine nmslib) cannot be made on OpenSearch 3, so the engine is Lucene, as it is for all. The bulk
size is raised to the number of texts, which it asks for.
"""

import asyncio
import warnings
from collections.abc import Callable
from typing import Any

from importing import GRAPH, Prepare, Record, measure
from langchain_aws import BedrockEmbeddings
from langchain_community.vectorstores import OpenSearchVectorSearch

INDEX = {"engine": "lucene", "space_type": "cosinesimil"} | GRAPH


def _store(job: dict[str, Any]) -> OpenSearchVectorSearch:
    warnings.simplefilter("ignore")
    return OpenSearchVectorSearch(
        opensearch_url=job["engine_url"],
        index_name=job["index"],
        embedding_function=BedrockEmbeddings(model_id=job["model"], region_name="us-east-1"),
        timeout=600,
        **INDEX,
    )


def _given(records: list[Record]) -> tuple[list[str], list[dict[str, Any]]]:
    return [record["text"] for record in records], [{"number": record["number"]} for record in records]


def sync(job: dict[str, Any]) -> Prepare:
    """`add_texts`, which ends with a refresh."""
    store = _store(job)

    def prepare(_: str, records: list[Record]) -> Callable[[], None]:
        texts, metadata = _given(records)
        return lambda: store.add_texts(texts, metadata, bulk_size=len(texts), **INDEX)

    return prepare


def with_asyncio(job: dict[str, Any]) -> Prepare:
    """`aadd_texts`."""
    store, loop = _store(job), asyncio.new_event_loop()

    def prepare(_: str, records: list[Record]) -> Callable[[], None]:
        texts, metadata = _given(records)
        return lambda: loop.run_until_complete(store.aadd_texts(texts, metadata, bulk_size=len(texts), **INDEX))

    return prepare


if __name__ == "__main__":
    measure({"langchain": sync, "langchain-async": with_asyncio})
