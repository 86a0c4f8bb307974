"""`alto evaluate` on a judged collection gives the figures of `make bench-quality`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from typer.testing import CliRunner

from alto.cli.main import app
from benchmarks.judged import Judged, collection_body, load, objects, why_absent
from benchmarks.quality import MODES, measure
from tests.api import Api
from tests.api_server import ApiServer

# ALTO_EVALUATE_FULL=1: all 225 queries over all 1,400 documents.
QUERIES, DOCUMENTS = (225, 1400) if os.environ.get("ALTO_EVALUATE_FULL") else (8, 300)


class InProcess:
    """The API as benchmarks call it."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def search(self, name: str, body: dict[str, Any]) -> Any:
        response = self._api("POST", f"/v1/collections/{name}/search", body)
        assert response.status == 200, response.body
        return response.body


@pytest.fixture(scope="module")
def judged() -> Judged:
    if problem := why_absent("cranfield"):
        pytest.skip(problem)
    full = load("cranfield")
    return Judged(
        name=f"Evaluate{uuid4().hex[:8]}",
        documents=full.documents[:DOCUMENTS],
        queries=full.queries[:QUERIES],
        judgements=full.judgements,
        vectors=full.vectors[:DOCUMENTS],
        query_vectors=full.query_vectors[:QUERIES],
    )


@pytest.fixture(scope="module")
def server(api: Api, judged: Judged) -> Iterator[str]:
    assert api("POST", "/v1/collections", collection_body(judged.name)).status == 201
    every = objects(judged)
    for start in range(0, len(every), 700):
        batch = {"objects": every[start : start + 700]}
        stored = api("POST", f"/v1/collections/{judged.name}/objects/batch", batch, query={"consistency": "wait"})
        assert stored.body["failed"] == 0, stored.body
    with ApiServer(api) as running:
        yield f"http://127.0.0.1:{running.port}"
    api("DELETE", f"/v1/collections/{judged.name}")


@pytest.fixture
def files(judged: Judged, tmp_path: Path) -> list[str]:
    queries, qrels, vectors = (tmp_path / name for name in ("queries.jsonl", "qrels.tsv", "vectors.npy"))
    queries.write_text("".join(json.dumps(each) + "\n" for each in judged.queries))
    rows = [(query, key, grade) for query, grades in judged.judgements.items() for key, grade in grades.items()]
    qrels.write_text("query-id\tcorpus-id\tscore\n" + "".join(f"{q}\t{key}\t{grade}\n" for q, key, grade in rows))
    np.save(vectors, judged.query_vectors)
    return [str(queries), str(qrels), "--vectors", str(vectors), "--id", "source_id"]


def run(server: str, judged: Judged, *arguments: str) -> Any:
    done = CliRunner().invoke(app, ["evaluate", judged.name, *arguments, "--json"], env={"ALTO_URL": server})
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_figures_and_a_sweep_are_those_of_the_benchmark(
    api: Api, server: str, judged: Judged, files: list[str]
) -> None:
    found = run(server, judged, *files, "--setting", "bm25", "--sweep", "alpha=0.75", "--samples", "500")

    figures = {row["name"]: row["measures"] for row in found["settings"]}
    alto: Any = InProcess(api)
    for name, mode in (
        ("hybrid", "hybrid"),
        ("bm25", "bm25"),
        ("hybrid alpha=0.75", "hybrid, alpha .75"),
    ):
        gain, recall = map(fmean, measure(alto, judged, MODES[mode]))
        assert figures[name]["nDCG@10"]["mean"] == pytest.approx(gain, abs=1e-6)
        assert figures[name]["Recall@100"]["mean"] == pytest.approx(recall, abs=1e-6)


def test_hits_that_move_between_two_settings_are_found(server: str, judged: Judged, files: list[str]) -> None:
    found = run(server, judged, files[0], *files[2:], "--compare", "hybrid alpha=0.55", "hybrid alpha=0.55")

    assert found["means"] == {"overlap": 1, "same_first_hit": 1, "same_order": 1}
