"""An import whose vectors a batch-inference job makes, looked at again and again until it has ended."""

import tempfile
import time
from pathlib import Path

from alto.classes.imports import ImportOptions
from conformance.films import FILMS, collection, titles, vectorizer
from conformance.logs import awaited_records
from conformance.scenario import Figures, SkippedError, Stage, expect
from conformance.scenarios.imports import json_lines, wait_for

# Bedrock takes jobs of at least 100 records.
RECORDS = 119
SECONDS_ON_AWS = 24 * 3600
SECONDS_LOCALLY = 240


def batch_inference(stage: Stage) -> Figures:
    """All records are loaded and found. Locally the job ends only after it was checked often enough."""
    if not stage.settings.batch_models:
        raise SkippedError("no model of the stage takes batch jobs")
    if not (stage.is_local or stage.options.batch):
        raise SkippedError("takes minutes to hours on AWS: ARGS=--batch runs it")
    if stage.script_models is None:
        return _run(stage, 0)
    # More than Lambda's 16 invocations of a chain.
    stage.script_models({"batch": {"checks": stage.options.checks}})
    try:
        return _run(stage, stage.options.checks)
    finally:
        stage.script_models({})


def _run(stage: Stage, least: int) -> Figures:
    began, since = time.monotonic(), time.time()
    vector = vectorizer(stage, source_properties=["title", "description"])
    with collection(stage, "Batch", vectors={"default": vector}) as name, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "films.jsonl"
        rows = [{"title": f"A film about the number {number}"} for number in range(RECORDS)]
        rows.append({"title": "A Christmas Carol", "description": FILMS["A Christmas Carol"]})
        path.write_bytes(json_lines(rows))
        job = stage.client.imports.from_file(path, collection=name, options=ImportOptions(embedding="batch"))
        done = wait_for(stage, job, SECONDS_LOCALLY if stage.is_local else SECONDS_ON_AWS)
        found = (done.state, done.loaded, done.failed)
        expect(found == ("completed", len(rows), 0), f"{len(rows)} loaded were expected, not {found}")
        body = {"near_text": {"query": "a Christmas ghost story about avarice"}, "limit": 1}
        best = titles(stage.post(f"/v1/collections/{name}/search", body)["objects"])
        expect(best == ["A Christmas Carol"], f"A Christmas Carol was expected, not {best}")
    waits = [
        each for each in awaited_records(stage, "load", str(done.id), since, least) if each.get("result") == "waiting"
    ]
    expect(len(waits) >= least, f"{least} checks were expected, {len(waits)} are in the log")
    return {"records": len(rows), "checks": len(waits), "seconds": round(time.monotonic() - began, 1)}
