"""The clock that every contender of `make bench-import` is measured with, inside its own process and environment.

A contender is a script next to this one: given the job, it makes a loader; given records, the loader gets ready to load
them; the clock measures the loading alone, until the records can be searched. Eight records are loaded before, so that
imports, clients, connections and the index are not counted.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from measuring import texts_of

DIMENSIONS = 1024
# The graph that every contender's index has: that of an Alto collection that asks for nothing else.
GRAPH = {"m": 16, "ef_construction": 128}

Record = dict[str, Any]
Prepare = Callable[[str, list[Record]], Callable[[], None]]


def records_of(number: int, name: str = "record") -> list[Record]:
    """So many different records, each with a text of some 300 characters and a number."""
    return [{"text": f"{name} {text}", "number": place} for place, text in enumerate(texts_of(number))]


def measure(contenders: dict[str, Callable[[dict[str, Any]], Prepare]]) -> None:
    """Load the job's records with the contender that it names, and print what that took."""
    job = json.loads(sys.argv[1])
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": job["url"],
    }
    prepare = contenders[job["contender"]](job)
    prepare("warm", records_of(8, "warm-up"))()
    load = prepare("full", records_of(job["records"]))
    cpu, started = time.process_time(), time.perf_counter()
    load()
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "cpu_seconds": time.process_time() - cpu,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )
