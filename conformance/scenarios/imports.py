"""A file of each format, sent through a signed URL; one that is dropped into the bucket; records that are wrong."""

import gzip
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pyarrow as pa
import pyarrow.parquet as pq

from alto.classes.imports import ImportJob
from conformance.films import collection
from conformance.scenario import Checks, Figures, NotMetError, Stage, expect

SECONDS_FOR_AN_IMPORT = 300
ROWS = 3

Row = dict[str, Any]
Writer = Callable[[Path, list[Row]], object]


def rows_of(kind: str) -> list[Row]:
    """Records that no other file has: the same records again would be unchanged."""
    return [{"title": f"Film {number} of {kind}", "description": "A story", "year": number} for number in range(ROWS)]


def json_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Records as JSON lines."""
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def _table(rows: list[Row], delimiter: str) -> bytes:
    lines = [list(rows[0]), *(map(str, row.values()) for row in rows)]
    return "".join(f"{delimiter.join(line)}\n" for line in lines).encode()


WRITERS: dict[str, Writer] = {
    ".jsonl": lambda path, rows: path.write_bytes(json_lines(rows)),
    ".jsonl.gz": lambda path, rows: path.write_bytes(gzip.compress(json_lines(rows))),
    ".json": lambda path, rows: path.write_text(json.dumps(rows)),
    ".csv": lambda path, rows: path.write_bytes(_table(rows, ",")),
    ".csv.gz": lambda path, rows: path.write_bytes(gzip.compress(_table(rows, ";"))),
    ".tsv": lambda path, rows: path.write_bytes(_table(rows, "\t")),
    ".parquet": lambda path, rows: pq.write_table(pa.Table.from_pylist(rows), path),
}


def imports(stage: Stage) -> Figures:
    """Every format is loaded completely, and wrong records are reported with their reason."""
    checks = Checks()
    with collection(stage, "Import") as name, tempfile.TemporaryDirectory() as folder:
        # All at once: on AWS each waits for S3's notification.
        began = time.monotonic()
        jobs = {ending: _send(stage, name, Path(folder), ending, write) for ending, write in WRITERS.items()}
        for ending, job in jobs.items():
            with checks.check(ending):
                _expect_loaded(_wait(stage, job), ROWS, 0)
        with checks.check("dropped into the bucket"):
            _expect_loaded(_wait(stage, drop(stage, name, "dropped.jsonl", json_lines(rows_of("dropped")))), ROWS, 0)
        with checks.check("wrong records"):
            body = json_lines(rows_of("wrong")) + b'{"title": "Late", "year": "soon"}\n{ no JSON\n'
            job = _wait(stage, drop(stage, name, "wrong.jsonl", body))
            _expect_loaded(job, ROWS, 2)
            problems = [each.message for each in stage.client.imports.errors(job)]
            expect(any("year" in each for each in problems), f"a message about 'year' was expected in {problems}")
    return checks.figures() | {"seconds": round(time.monotonic() - began, 1)}


def wait_for(stage: Stage, job: ImportJob | str, timeout: float) -> ImportJob:
    """The job at its end; a job that S3's notification has not made yet is awaited too."""
    return stage.client.imports.wait(job, timeout=timeout, poll=0.2 if stage.is_local else 2)


def _send(stage: Stage, name: str, folder: Path, ending: str, write: Writer) -> ImportJob:
    path = folder / f"films{ending}"
    write(path, rows_of(ending))
    return stage.client.imports.from_file(path, collection=name)


def drop(stage: Stage, name: str, file: str, body: bytes) -> str:
    """Put a file into the import bucket; the id of the job that this starts, once it has."""
    bucket, key = stage.outputs["ImportBucketName"], f"{name}/{file}"
    version = stage.service("s3").put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
    job = str(uuid5(NAMESPACE_URL, f"s3://{bucket}/{key}#{version}"))
    until = time.monotonic() + SECONDS_FOR_AN_IMPORT
    while stage.api.get(f"/v1/imports/{job}").status_code == 404:
        if time.monotonic() > until:
            raise NotMetError(f"no job was started by {file} in {SECONDS_FOR_AN_IMPORT} s")
        time.sleep(0.2 if stage.is_local else 2)
    return job


def _wait(stage: Stage, job: ImportJob | str) -> ImportJob:
    return wait_for(stage, job, SECONDS_FOR_AN_IMPORT)


def _expect_loaded(job: ImportJob, loaded: int, failed: int) -> None:
    found = (job.state, job.loaded, job.failed)
    expect(found == ("completed", loaded, failed), f"{loaded} loaded, {failed} failed were expected, not {found}")
