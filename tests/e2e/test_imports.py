"""Imports of other kinds through everything that `cdk deploy` ships: packages as they come, and batch inference."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks import packages
from tests.e2e.conftest import Alto, jsonl

PACKAGES = 300


@pytest.mark.skipif(packages.why_absent() is not None, reason=packages.why_absent() or "")
def test_package_descriptions_as_they_come_are_stored_and_found(alto: Alto, tmp_path: Path) -> None:
    file = tmp_path / "packages.jsonl.gz"
    documents = packages.write(PACKAGES, file, own_vectors=False)
    loading = packages.Packages(alto.api)

    job = loading.load(file, own_vectors=False)

    assert (job["state"], job["counts"]) == (
        "completed",
        {"read": PACKAGES, "loaded": PACKAGES, "unchanged": 0, "failed": 0},
    )
    assert loading.total() == PACKAGES
    assert loading.missing(documents[::10]) == []


def test_a_batch_job_embeds_what_is_then_found(alto: Alto) -> None:
    vector = {
        "vectorizer": "text2vec-aws",
        "region": alto.stack.region,
        "model": "amazon.titan-embed-text-v2:0",
    }
    properties = [{"name": "title", "type": "text"}]
    alto.api.post(
        "/v1/collections", json={"name": "Batched", "properties": properties, "vectors": {"default": vector}}
    ).raise_for_status()
    records: list[dict[str, Any]] = [{"title": f"A film about the number {number}"} for number in range(119)]
    records.append({"title": "Three spirits show a miser what his greed has cost him"})
    asked = {"collection": "Batched", "file_name": "films.jsonl", "options": {"embedding": "batch"}}

    answer = alto.api.post("/v1/imports", json=asked)
    assert answer.status_code == 202, answer.text
    started = answer.json()
    upload = started["upload"]
    calls = alto.model_calls()
    httpx.put(upload["url"], headers=upload["headers"], content=jsonl(records), trust_env=False).raise_for_status()
    job = alto.finished_import(started["id"])

    assert (job["state"], job["counts"]["loaded"]) == ("completed", 120), json.dumps(job)
    assert alto.model_calls() == calls
    [best] = alto.search("Batched", near_text={"query": "a Christmas ghost story about avarice"}, limit=1)
    assert best["properties"] == records[-1]
