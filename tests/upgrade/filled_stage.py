"""A stage that an older release serves is filled over HTTP and S3, and read: before the upgrade, and after it."""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from local.account import aws_client
from local.running import RunningStack

SECONDS_FOR_AN_IMPORT = 400
MODEL = {
    "vectorizer": "text2vec-aws",
    "service": "bedrock",
    "region": "us-east-1",
    "model": "amazon.titan-embed-text-v2:0",
    "dimensions": 256,
}
FILM: dict[str, Any] = {
    "name": "Film",
    "description": "Made by an older Alto",
    "properties": [
        {"name": "title", "type": "text"},
        {"name": "genres", "type": "text[]"},
        {"name": "year", "type": "int"},
        {"name": "rating", "type": "number"},
        {"name": "seen", "type": "boolean"},
        {"name": "released", "type": "date"},
    ],
    "vectors": {
        "plot": {**MODEL, "source_properties": ["title"]},
        "own": {"vectorizer": "none", "dimensions": 3, "index": {"distance": "l2_squared"}},
    },
}
BOOK: dict[str, Any] = {
    "name": "Book",
    "properties": [{"name": "title", "type": "text"}, {"name": "pages", "type": "int"}],
    "vectors": {"default": MODEL},
}
MANUAL: dict[str, Any] = {"name": "Manual", "properties": [], "vectors": {"default": MODEL}, "documents": {}}
TITLES = ("A Christmas Carol", "Running the river", "The old miser", "Nights in the harbour", "Wuthering Heights")
SEARCHES: dict[str, dict[str, Any]] = {
    "words": {"bm25": {"query": "old miser"}},
    "meaning": {"near_text": {"query": "a film for the winter holidays", "target_vector": "plot"}},
    "vector": {"near_vector": {"vector": [0.9, 0.1, 0.0], "target_vector": "own"}},
    "both": {"hybrid": {"query": "ghosts of Christmas", "target_vector": "plot"}},
    "filter": {
        "filter": {"property": "year", "operator": "greater_than", "value": 1955},
        "sort": [{"property": "year"}],
    },
}
BOOKS = 3_000
# Slow enough that the import of the books is under way when the upgrade begins and ends.
SLOW = {"latency_ms": 20_000}


@dataclass
class FilledStage:
    """A running stage, and what is in it."""

    stack: RunningStack
    api: httpx.Client

    def send(self, method: str, path: str, body: object = None, expected: int = 200) -> Any:
        response = self.api.request(method, path, json=body)
        assert response.status_code == expected, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def create(self, collection: dict[str, Any]) -> None:
        self.send("POST", "/v1/collections", collection, expected=201)

    def upload(self, key: str, data: bytes) -> str:
        """Puts a file into the bucket, and returns the id of its job once that exists."""
        s3 = aws_client("s3", self.stack.endpoint, self.stack.region)
        s3.put_object(Bucket=self.stack.bucket, Key=key, Body=data)
        deadline = time.monotonic() + SECONDS_FOR_AN_IMPORT
        while time.monotonic() < deadline:
            for job in self.send("GET", "/v1/imports?limit=100")["imports"]:
                if job["key"] == key:
                    return str(job["id"])
            time.sleep(0.2)
        raise AssertionError(f"no import of {key} has begun after {SECONDS_FOR_AN_IMPORT} s")

    def job(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.send("GET", f"/v1/imports/{job_id}")
        return job

    def finished(self, job_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + SECONDS_FOR_AN_IMPORT
        while (job := self.job(job_id))["state"] not in {"completed", "failed", "cancelled"}:
            assert time.monotonic() < deadline, f"the import is not finished after {SECONDS_FOR_AN_IMPORT} s: {job}"
            time.sleep(0.3)
        return job

    def objects(self, collection: str) -> dict[str, dict[str, Any]]:
        """All objects by id, with their vectors."""
        found: dict[str, dict[str, Any]] = {}
        after = None
        while True:
            further = f"&after={after}" if after else ""
            page = self.send("GET", f"/v1/collections/{collection}/objects?limit=200&include_vectors=true{further}")
            found |= {each["id"]: each for each in page["objects"]}
            after = page.get("next")
            if not after:
                return found

    def hits(self, collection: str, request: dict[str, Any]) -> list[str]:
        found = self.send("POST", f"/v1/collections/{collection}/search", {"limit": 5, **request})
        return [each["id"] for each in found["objects"]]

    def count(self, collection: str) -> int:
        return int(self.send("POST", f"/v1/collections/{collection}/aggregate", {})["total"])

    def slow_models(self, *, are: bool) -> None:
        url = f"{self.stack.emulator_url}/_emulator/faults"
        response = httpx.request("PUT" if are else "DELETE", url, json=SLOW if are else None, trust_env=False)
        assert response.is_success, response.text


def differences(older: dict[str, Any], newer: dict[str, Any]) -> dict[str, Any]:
    """What this Alto says otherwise than the older one; it may say more."""
    return {key: (value, newer.get(key)) for key, value in older.items() if newer.get(key) != value}


def film(number: int) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "properties": {
            "title": f"{TITLES[number % len(TITLES)]}, part {number}",
            "genres": ["drama", f"kind {number % 3}"],
            "year": 1950 + number,
            "rating": number / 4,
            "seen": number % 2 == 0,
            "released": f"{1950 + number}-05-01T12:00:00Z",
        },
        "vectors": {"own": [number / 50, 1 - number / 50, 0.5]},
    }


def books(count: int) -> bytes:
    return "".join(
        json.dumps({"title": f"{TITLES[number % len(TITLES)]}, volume {number}", "pages": number}) + "\n"
        for number in range(count)
    ).encode()


# Of these five lines the fourth has a wrong value, and is the one that fails.
SOME_BOOKS = books(3) + b'{"title": "Wrong", "pages": "many"}\n' + b'{"title": "Last", "pages": 9}\n'
