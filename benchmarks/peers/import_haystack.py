"""Haystack: a pipeline of `AmazonBedrockDocumentEmbedder` and `DocumentWriter`, in its own environment."""

from collections.abc import Callable
from typing import Any

from haystack import Document, Pipeline
from haystack.components.writers import DocumentWriter
from haystack_integrations.components.embedders.amazon_bedrock import AmazonBedrockDocumentEmbedder
from haystack_integrations.document_stores.opensearch import OpenSearchDocumentStore
from importing import DIMENSIONS, GRAPH, Prepare, Record, measure
from measuring import TEXTS_PER_COHERE_CALL


def pipeline(job: dict[str, Any]) -> Prepare:
    """`Pipeline.run`, with the largest batch that the model takes. Writing waits until all can be searched."""
    store = OpenSearchDocumentStore(
        hosts=job["engine_url"],
        index=job["index"],
        embedding_dim=DIMENSIONS,
        method={"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil", "parameters": GRAPH},
        timeout=600,
    )
    made = Pipeline()
    made.add_component(
        "embedder",
        AmazonBedrockDocumentEmbedder(model=job["model"], batch_size=TEXTS_PER_COHERE_CALL, progress_bar=False),
    )
    made.add_component("writer", DocumentWriter(store))
    made.connect("embedder.documents", "writer.documents")

    def prepare(_: str, records: list[Record]) -> Callable[[], None]:
        documents = [Document(content=record["text"], meta={"number": record["number"]}) for record in records]
        return lambda: made.run({"embedder": {"documents": documents}})

    return prepare


if __name__ == "__main__":
    measure({"haystack": pipeline})
