import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from lambdas.imports.files.s3_notifications import collection_of, created_objects, is_ignored
from lambdas.jobs.chunk import RecordError, Source
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import response_of

EVENTS = Path(__file__).parents[3] / "events"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SOURCE = Source(bucket="b", key="Film/films.jsonl", version_id="v1", etag="e1")


def planned(size: int, chunk_bytes: int) -> Job:
    return Job.planned(SOURCE, "Film", size=size, chunk_bytes=chunk_bytes, now=NOW)


def test_the_same_content_at_the_same_place_is_the_same_job() -> None:
    assert SOURCE.job_id == str(uuid5(NAMESPACE_URL, "s3://b/Film/films.jsonl#v1"))
    assert SOURCE.job_id == SOURCE.model_copy().job_id
    assert SOURCE.job_id != SOURCE.model_copy(update={"version_id": "v2"}).job_id


def test_without_versions_the_etag_tells_contents_apart() -> None:
    unversioned = SOURCE.model_copy(update={"version_id": None})

    assert unversioned.job_id == str(uuid5(NAMESPACE_URL, "s3://b/Film/films.jsonl#e1"))


@pytest.mark.parametrize(("size", "chunk_bytes"), [(1, 10), (10, 10), (11, 10), (100, 7), (7, 1)])
def test_chunks_cover_the_object_without_gap_or_overlap(size: int, chunk_bytes: int) -> None:
    job = planned(size, chunk_bytes)
    chunks = [job.chunk(number) for number in range(job.chunks_total)]

    assert [byte for chunk in chunks for byte in range(chunk.start, chunk.end)] == list(range(size))
    assert all(0 < chunk.end - chunk.start <= chunk_bytes for chunk in chunks)


def test_an_empty_object_is_completed_at_once() -> None:
    job = planned(0, 10)

    assert (job.state, job.chunks_total) == (JobState.COMPLETED, 0)


def test_the_response_shows_state_counts_and_first_errors() -> None:
    errors = [RecordError(chunk=0, line_start_byte=n, code="invalid_object", message="bad") for n in range(12)]
    job = planned(25, 10).model_copy(
        update={
            "state": JobState.LOADING,
            "chunks_done": 2,
            "loaded": 5,
            "unchanged": 3,
            "failed": 12,
            "errors": errors,
        }
    )

    shown = json.loads(response_of(job).model_dump_json())

    assert shown.pop("errors")[0] == {
        "chunk": 0,
        "line_start_byte": 0,
        "code": "invalid_object",
        "message": "bad",
        "line": None,
    }
    assert shown.pop("options")["format"] == "jsonl"
    assert len(response_of(job).errors) == 10
    assert shown == {
        "id": SOURCE.job_id,
        "kind": "import",
        "vector": None,
        "state": "loading",
        "reason": None,
        "collection": "Film",
        "bucket": "b",
        "key": "Film/films.jsonl",
        "size": 25,
        "counts": {"read": 20, "loaded": 5, "unchanged": 3, "failed": 12},
        "passages": None,
        "chunks": {"total": 3, "done": 2, "dead": 0},
        "error_files": [],
        "error_file": None,
        "error_file_url": None,
        "dead_chunks": [],
        "progress": {"records_per_second": None, "done_share": 0.6667, "estimated_end": "2026-11-23T09:30:00Z"},
        "problem": None,
        "created": "2026-11-23T09:30:00Z",
        "updated": "2026-11-23T09:30:00Z",
    }


@pytest.mark.parametrize(
    ("event", "sources"),
    [
        (
            "s3_object_created.json",
            [
                Source(
                    bucket="alto-imports-example",
                    key="Film/films.jsonl",
                    version_id="096fKKXTRTtl3on89fVO.nfljtsv6qko",
                    etag="d41d8cd98f00b204e9800998ecf8427e",
                )
            ],
        ),
        (
            "s3_object_created_encoded_key.json",
            [
                Source(
                    bucket="alto-imports-example",
                    key="Film/2026/café & crème+1.jsonl",
                    etag="9b2cf535f27731c974343645a3985328-88",
                )
            ],
        ),
        ("s3_object_removed.json", []),
        ("s3_test_event.json", []),
    ],
)
def test_a_notification_names_the_objects_that_were_created(event: str, sources: list[Source]) -> None:
    assert created_objects((EVENTS / event).read_text()) == sources


@pytest.mark.parametrize(
    ("key", "collection"),
    [
        ("Film/films.jsonl", "Film"),
        ("Film/2026/11/films.jsonl", "Film"),
        ("films.jsonl", None),
        ("/films.jsonl", None),
        ("", None),
    ],
)
def test_the_first_folder_of_a_key_is_its_collection(key: str, collection: str | None) -> None:
    assert collection_of(key) == collection


@pytest.mark.parametrize(
    ("key", "ignored"),
    [
        ("Film/", True),
        (".alto/imports/1/errors/00000000.ndjson", True),
        (".alto/imports/1/batch/0/default.jsonl", True),
        ("films.jsonl", False),
        ("Film/notes.xlsx", False),
    ],
)
def test_only_altos_own_files_and_folders_are_ignored(key: str, ignored: bool) -> None:
    assert is_ignored(key) is ignored


def test_rate_and_end_are_estimated_from_the_chunks_that_are_done() -> None:
    job = planned(40, 10).model_copy(update={"state": JobState.LOADING, "chunks_done": 1, "loaded": 50})

    progress = response_of(job, NOW + timedelta(seconds=20)).progress

    assert (progress.records_per_second, progress.done_share) == (2.5, 0.25)
    assert progress.estimated_end == NOW + timedelta(seconds=80)
