"""`make bench-packages`: 63,000 package descriptions through S3 into the local stack, and a look for them.

The real template with the real bundles is deployed into a stack of its own, the corpus is uploaded to a signed URL as
it is (`corpus.jsonl.gz`, flat records, ids that are no UUIDs), and S3's event does the rest. Every text is embedded by
the emulator's model on this machine's processor, which is what takes the time; with `--own-vectors` each record brings
its vector instead. `--records` loads only the first so many.
"""

import argparse
import gzip
import itertools
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.judged import DIMENSIONS, folder
from lambdas.objects.keys import id_of_key
from local.processes import unused_port
from local.stack import Stack

NAME = "Package"
SAMPLE = 200
SECONDS_BETWEEN_LOOKS = 2.0
SECONDS_OF_SILENCE = 300.0
FINAL_STATES = frozenset({"completed", "failed", "incomplete", "cancelled"})
PROPERTIES = [
    {"name": "title", "type": "text"},
    {"name": "text", "type": "text"},
    {"name": "section", "type": "text", "tokenization": "field"},
    {"name": "priority", "type": "text", "tokenization": "field"},
    {"name": "size_kb", "type": "int"},
    {"name": "tags", "type": "text[]", "tokenization": "field"},
    {"name": "homepage", "type": "text", "tokenization": "field"},
]
EMBEDDED = {
    "vectorizer": "text2vec-aws",
    "region": "us-east-1",
    "model": "amazon.titan-embed-text-v2:0",
    "dimensions": 256,
    "source_properties": ["title", "text"],
}
BROUGHT = {"vectorizer": "none", "dimensions": DIMENSIONS}


def why_absent() -> str | None:
    """Why the corpus cannot be read, as a sentence; None if it is there."""
    if (folder() / "debian-packages" / "corpus.jsonl.gz").exists():
        return None
    return f"The package descriptions are not in {folder()}: set ALTO_SHARED_DATA to the folder that has them."


def lines(records: int | None) -> Iterator[bytes]:
    """The lines of the corpus, or the first so many."""
    with gzip.open(folder() / "debian-packages" / "corpus.jsonl.gz", "rb") as file:
        yield from itertools.islice(file, records)


def write(records: int | None, path: Path, *, own_vectors: bool) -> list[dict[str, Any]]:
    """Write the file that is uploaded. The documents in it."""
    vectors = np.load(folder() / "debian-packages" / "vectors.f16.npy") if own_vectors else None
    documents = []
    with gzip.open(path, "wb", compresslevel=3) as file:
        for place, line in enumerate(lines(records)):
            document = json.loads(line)
            documents.append(document)
            file.write(line if vectors is None else _with_vector(document, vectors[place]))
    return documents


def _with_vector(document: dict[str, Any], vector: NDArray[np.float16]) -> bytes:
    properties = {name: value for name, value in document.items() if name != "_id"}
    numbers = [round(float(number), 5) for number in vector]
    return json.dumps({"id": document["_id"], "properties": properties, "vector": numbers}).encode() + b"\n"


class Packages:
    """The corpus on its way into a stack."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def load(self, file: Path, *, own_vectors: bool) -> dict[str, Any]:
        """Create the collection, upload the file and wait for the end; the finished job."""
        vectors = {"default": BROUGHT if own_vectors else EMBEDDED}
        self._call("POST", "/v1/collections", {"name": NAME, "properties": PROPERTIES, "vectors": vectors})
        asked = {"file_name": "packages.jsonl.gz", "options": {"ids": "any"}}
        started = self._call("POST", f"/v1/collections/{NAME}/imports", asked)
        upload = started["upload"]
        httpx.put(
            upload["url"], headers=upload["headers"], content=file.read_bytes(), timeout=300, trust_env=False
        ).raise_for_status()
        return self._finished(started["id"])

    def _finished(self, job_id: str) -> dict[str, Any]:
        last, heard = None, time.monotonic()
        while True:
            response = self._api.get(f"/v1/imports/{job_id}")
            job: dict[str, Any] = response.json()
            if job.get("state") in FINAL_STATES:
                return job
            if (moved := (job.get("state"), job.get("counts"), job.get("chunks"))) != last:
                last, heard = moved, time.monotonic()
                print(f"\r  {moved}", end="", file=sys.stderr, flush=True)
            if time.monotonic() - heard > SECONDS_OF_SILENCE:
                raise RuntimeError(f"The import has not moved for {SECONDS_OF_SILENCE:.0f} s: {job}")
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def missing(self, documents: list[dict[str, Any]]) -> list[str]:
        """Of a sample: those that are not stored as they were, or that BM25 does not find by their title."""
        return [
            document["_id"] for document in documents if not (self._is_stored(document) and self._is_found(document))
        ]

    def _is_stored(self, document: dict[str, Any]) -> bool:
        response = self._api.get(f"/v1/collections/{NAME}/objects/{id_of_key(NAME, document['_id'])}")
        wanted = {name: value for name, value in document.items() if name != "_id"}
        return response.status_code == 200 and response.json()["properties"] == wanted

    def _is_found(self, document: dict[str, Any]) -> bool:
        search = {"bm25": {"query": document["title"], "properties": ["title"]}, "limit": 20}
        found = self._call("POST", f"/v1/collections/{NAME}/search", search)["objects"]
        return id_of_key(NAME, document["_id"]) in {each["id"] for each in found}

    def total(self) -> int:
        """How many objects the collection has."""
        total: int = self._call("POST", f"/v1/collections/{NAME}/aggregate", {})["total"]
        return total

    def _call(self, method: str, path: str, body: object) -> Any:
        response = self._api.request(method, path, json=body)
        if response.status_code >= 300:
            raise RuntimeError(f"{method} {path} returned {response.status_code}: {response.text[:500]}")
        return response.json()


@contextmanager
def stack() -> Iterator[httpx.Client]:
    """The API of a stack in a temporary folder."""
    with (
        tempfile.TemporaryDirectory(prefix="alto-packages-") as place,
        Stack(Path(place), port=unused_port(), console=Console(file=sys.stderr)) as made,
    ):
        assert made.running
        with httpx.Client(base_url=made.running.url, timeout=40, trust_env=False) as api:
            yield api


def main() -> None:
    """Load, check, print."""
    parser = argparse.ArgumentParser(prog="make bench-packages", description=__doc__)
    parser.add_argument("--records", type=int, help="only the first so many")
    parser.add_argument("--own-vectors", action="store_true", help="each record brings its vector: no model is called")
    options = parser.parse_args()
    if problem := why_absent():
        sys.exit(problem)
    with tempfile.TemporaryDirectory() as place, stack() as api:
        file = Path(place) / "packages.jsonl.gz"
        documents = write(options.records, file, own_vectors=options.own_vectors)
        packages = Packages(api)
        started = time.monotonic()
        job = packages.load(file, own_vectors=options.own_vectors)
        seconds = time.monotonic() - started
        sample = random.Random(7).sample(documents, min(SAMPLE, len(documents)))
        result = {
            "file_mb": round(file.stat().st_size / 1e6, 1),
            "seconds": round(seconds, 1),
            "objects_per_second": round(job["counts"]["loaded"] / seconds, 1),
            "state": job["state"],
            "counts": job["counts"],
            "chunks": job["chunks"],
            "objects": packages.total(),
            "sampled": len(sample),
            "missing": packages.missing(sample),
        }
    print(json.dumps(result, indent=1))
    if job["state"] != "completed" or result["objects"] != len(documents) or result["missing"]:
        sys.exit("Not every package is where it belongs.")


if __name__ == "__main__":
    main()
