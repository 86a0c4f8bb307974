"""The measurements of `make bench-documents`: words that are read, jobs, and questions."""

import statistics
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from benchmarks.documents.corpus import Question, Sample, recovered, samples
from benchmarks.documents.files import DAMAGES
from lambdas.documents.names import format_of
from lambdas.documents.read_document import read_document
from local.demo import import_id

COLLECTION = "Manual"
VECTORS = {
    "default": {
        "vectorizer": "text2vec-aws",
        "service": "bedrock",
        "region": "us-east-1",
        "model": "amazon.titan-embed-text-v2:0",
        "dimensions": 256,
    }
}
HITS = 5
SECONDS = 1_200.0


def measure_extraction(count: int) -> dict[str, dict[str, float]]:
    """Return, by format, the median and least share of words recovered in order, and the seconds a document."""
    shares: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    for sample in samples(count):
        if sample.damage is not None:
            continue
        kind = f"{sample.kind}, 2 columns" if sample.kind == "pdf" and sample.columns > 1 else sample.kind
        data, format_ = sample.data, format_of(sample.name)
        assert format_ is not None
        began = time.perf_counter()
        content = read_document(data, format_)
        seconds[kind].append(time.perf_counter() - began)
        found = " ".join(block.text.replace("|", " ") for block in content.blocks).split()
        shares[kind].append(recovered(sample.text.words, found))
    return {
        kind: {
            "documents": len(found),
            "median": round(statistics.median(found), 4),
            "least": round(min(found), 4),
            "seconds": round(statistics.median(seconds[kind]), 3),
        }
        for kind, found in sorted(shares.items())
    }


class Bar:
    """Documents through S3 into a deployed stack, and questions to it."""

    def __init__(self, api: httpx.Client, s3: Any, bucket: str, collection: str = COLLECTION) -> None:
        self._api = api
        self._collection = collection
        self._s3 = s3
        self._bucket = bucket

    def create(self) -> None:
        """Make the collection."""
        body = {"name": self._collection, "vectors": VECTORS, "documents": {}}
        self._api.post("/v1/collections", json=body).raise_for_status()

    def load(self, documents: list[Sample]) -> dict[str, Any]:
        """Upload all documents, wait for their jobs, and compare them with what they should be."""
        began = time.perf_counter()
        with ThreadPoolExecutor(4) as threads:
            jobs = dict(zip((each.name for each in documents), threads.map(self._upload, documents), strict=True))
        ended = {name: self._wait(job) for name, job in jobs.items()}
        seconds = time.perf_counter() - began
        wrong = [found for sample in documents if (found := problem(sample, ended[sample.name]))]
        counts: Counter[str] = Counter()
        for job in ended.values():
            counts.update(job["counts"])
        passages = sum(job["passages"] or 0 for job in ended.values())
        return {"seconds": round(seconds, 1), "counts": dict(counts), "passages": passages, "wrong": wrong}

    def ask(self, asked: list[Question]) -> dict[str, Any]:
        """Ask each question, and say which were missed."""
        missed = []
        ranks: Counter[int] = Counter()
        for question in asked:
            body = {"hybrid": {"query": question.text}, "limit": HITS}
            response = self._api.post(f"/v1/collections/{self._collection}/search", json=body)
            response.raise_for_status()
            hits = [each["properties"] for each in response.json()["objects"]]
            rank = next((place for place, hit in enumerate(hits, start=1) if is_right(hit, question)), 0)
            ranks[rank] += 1
            if not rank:
                missed.append({"question": question.text, "document": question.document, "page": question.page})
        found = len(asked) - len(missed)
        return {
            "questions": len(asked),
            "right page in top 5": round(found / max(1, len(asked)), 4),
            "right page first": round(ranks[1] / max(1, len(asked)), 4),
            "missed": missed,
        }

    def _upload(self, sample: Sample) -> str:
        key = f"{self._collection}/{sample.name}"
        version = self._s3.put_object(Bucket=self._bucket, Key=key, Body=sample.data)["VersionId"]
        return import_id(self._bucket, key, version)

    def _wait(self, job_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            job: dict[str, Any] = self._api.get(f"/v1/imports/{job_id}").json()
            if job.get("state") in ("completed", "failed"):
                return job
            time.sleep(0.25)
        raise TimeoutError(f"the import {job_id} is not finished after {SECONDS:.0f} s: {job}")


def problem(sample: Sample, job: dict[str, Any]) -> str | None:
    """Return the difference of a job from what it should be, or None.

    A damaged document fails with its sentence; an empty file has no records.
    """
    counts = job["counts"]
    if sample.damage is None:
        right = counts == {"read": 1, "loaded": 1, "unchanged": 0, "failed": 0} and job["state"] == "completed"
        return None if right else f"{sample.name}: {job['state']} {counts} {job['reason']}"
    if sample.damage == "empty":
        return None if "empty" in str(job["reason"]) else f"{sample.name}: {job['reason']}"
    messages = [error["message"] for error in job["errors"]]
    right = counts["failed"] == 1 and any(DAMAGES[sample.damage][2] in message for message in messages)
    return None if right else f"{sample.name} ({sample.damage}): {counts} {messages}"


def is_right(hit: dict[str, Any], question: Question) -> bool:
    """Whether a hit is on the page of a question; where documents have no pages, in its section."""
    if hit["document"] != question.document:
        return False
    if question.page:
        return bool(hit.get("page") == question.page)
    return str(hit.get("heading", "")).lower().endswith(question.heading.lower())
