"""Haystack, in its own environment, with the largest batch that the model takes (its default is 32)."""

from collections.abc import Callable, Sequence
from typing import Any

from haystack import Document
from haystack_integrations.components.embedders.amazon_bedrock import AmazonBedrockDocumentEmbedder
from measuring import TEXTS_PER_COHERE_CALL, measure


def sync(job: dict[str, Any]) -> Callable[[Sequence[str]], Sequence[Any]]:
    """`run`. It has no asynchronous form."""
    embedder = AmazonBedrockDocumentEmbedder(model=job["model"], batch_size=TEXTS_PER_COHERE_CALL, progress_bar=False)
    embedder.warm_up()

    def embed(texts: Sequence[str]) -> list[Any]:
        documents = embedder.run(documents=[Document(content=text) for text in texts])["documents"]
        return [document.embedding for document in documents]

    return embed


if __name__ == "__main__":
    measure({"haystack": sync})
