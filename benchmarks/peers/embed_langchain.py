"""langchain-aws, in its own environment."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from langchain_aws import BedrockEmbeddings
from measuring import measure


def sync(job: dict[str, Any]) -> Callable[[Sequence[str]], Sequence[Any]]:
    """`embed_documents`."""
    embeddings = BedrockEmbeddings(model_id=job["model"], region_name="us-east-1")
    return lambda texts: embeddings.embed_documents(list(texts))


def with_asyncio(job: dict[str, Any]) -> Callable[[Sequence[str]], Sequence[Any]]:
    """`aembed_documents`."""
    embeddings = BedrockEmbeddings(model_id=job["model"], region_name="us-east-1")
    return lambda texts: asyncio.run(embeddings.aembed_documents(list(texts)))


if __name__ == "__main__":
    measure({"langchain-aws": sync, "langchain-aws-async": with_asyncio})
