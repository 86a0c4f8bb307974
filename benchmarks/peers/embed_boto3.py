"""The program that an engineer writes in ten minutes: boto3 and 32 threads. It runs in Alto's environment."""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from measuring import TEXTS_PER_COHERE_CALL, measure

THREADS = 32


def plain_loop(job: dict[str, Any]) -> Callable[[Sequence[str]], Sequence[Any]]:
    """One text a Titan call, 96 a Cohere call, 32 calls in flight on one client."""
    client = boto3.client("bedrock-runtime", config=Config(max_pool_connections=THREADS))
    cohere = job["model"].startswith("cohere.")

    def call(texts: Sequence[str]) -> list[Any]:
        request = {"texts": texts, "input_type": "search_document"} if cohere else {"inputText": texts[0]}
        response = client.invoke_model(modelId=job["model"], body=json.dumps(request))
        body = json.loads(response["body"].read())
        vectors: list[Any] = body["embeddings"] if cohere else [body["embedding"]]
        return vectors

    def embed(texts: Sequence[str]) -> list[Any]:
        size = TEXTS_PER_COHERE_CALL if cohere else 1
        batches = [texts[start : start + size] for start in range(0, len(texts), size)]
        with ThreadPoolExecutor(THREADS) as pool:
            return [vector for vectors in pool.map(call, batches) for vector in vectors]

    return embed


if __name__ == "__main__":
    measure({"boto3-32-threads": plain_loop})
