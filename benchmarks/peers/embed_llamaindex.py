"""LlamaIndex, in its own environment, with the largest batch that the model takes (its default is 10)."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from llama_index.embeddings.bedrock import BedrockEmbedding
from measuring import TEXTS_PER_COHERE_CALL, measure


def _embedding(job: dict[str, Any]) -> BedrockEmbedding:
    return BedrockEmbedding(model_name=job["model"], region_name="us-east-1", embed_batch_size=TEXTS_PER_COHERE_CALL)


def sync(job: dict[str, Any]) -> Callable[[Sequence[str]], Sequence[Any]]:
    """`get_text_embedding_batch`."""
    embedding = _embedding(job)
    return lambda texts: embedding.get_text_embedding_batch(list(texts))


def with_asyncio(job: dict[str, Any]) -> Callable[[Sequence[str]], Sequence[Any]]:
    """`aget_text_embedding_batch`."""
    embedding = _embedding(job)
    return lambda texts: asyncio.run(embedding.aget_text_embedding_batch(list(texts)))


if __name__ == "__main__":
    measure({"llama-index": sync, "llama-index-async": with_asyncio})
