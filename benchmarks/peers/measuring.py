"""The clock that every contender of `make bench-embed` is measured with, inside its own process and environment.

A contender is a script next to this one. It is given the job as JSON and says on its last line of output what it took.
Import, client and first connection are not counted: one text is embedded before the clock starts.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

DIMENSIONS = 1024
TEXTS_PER_COHERE_CALL = 96

# "2017-08, No. 3: ..." and so on: some 300 characters, all different, as a paragraph of a document would be.
SENTENCE = "the river rose above the old bridge and the ferry stayed on the other side until the morning "


def texts_of(number: int) -> list[str]:
    """So many different texts of some 300 characters."""
    return [f"No. {place}: {SENTENCE * 3}" for place in range(number)]


def measure(contenders: dict[str, Callable[[dict[str, Any]], Callable[[Sequence[str]], Sequence[Any]]]]) -> None:
    """Make the contender that the job names, warm it up, and print what embedding the job's texts took."""
    job = json.loads(sys.argv[1])
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": job["url"],
    }
    embed = contenders[job["contender"]](job)
    embed(["warm up"])
    texts = texts_of(job["texts"])
    # The warm-up has used a part of the burst that a rate limit allows.
    time.sleep(job["rest_seconds"])
    cpu, started, error, vectors = time.process_time(), time.perf_counter(), None, []
    try:
        vectors = list(embed(texts))
    except Exception as failure:  # noqa: BLE001 - how a peer fails is a part of the result
        error = f"{type(failure).__name__}: {failure}"[:300]
    seconds = time.perf_counter() - started
    embedded = sum(isinstance(vector, list) and len(vector) == DIMENSIONS for vector in vectors)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": time.process_time() - cpu,
                "embedded": embedded,
                "error": error,
            }
        )
    )
