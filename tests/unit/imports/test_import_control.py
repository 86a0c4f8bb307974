import re
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from lambdas.errors import (
    ConflictError,
    ImportNotFoundError,
    InvalidObjectError,
    InvalidRequestError,
    ModelAccessDeniedError,
)
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.imports.import_service import ImportRequest
from lambdas.jobs.import_options import CsvOptions, ImportOptions
from lambdas.jobs.job import JobState
from lambdas.jobs.job_events import JobEvents
from tests.import_builders import BUCKET, ImportWorld, control, films, import_request, load_all


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


def test_any_object_of_the_bucket_goes_into_the_named_collection(world: ImportWorld) -> None:
    world.upload(films(5), key="anywhere/films.jsonl")

    started = control(world).start(import_request())
    load_all(world)

    shown = control(world).get(started.id)
    assert (shown.state, shown.collection, shown.counts.loaded) == (JobState.COMPLETED, "Film", 5)


def test_the_same_request_is_the_same_job_unless_it_is_to_be_repeated(world: ImportWorld) -> None:
    world.upload(films(5), key="anywhere/films.jsonl")

    first, again = (control(world).start(import_request()) for _ in range(2))
    other = control(world).start(import_request(options={"ids": "any"}))
    repeated = control(world).start(import_request(repeat=True))

    assert first.id == again.id
    assert len({first.id, other.id, repeated.id}) == 3
    listed = control(world).list(10, None)
    assert {job.id for job in listed.imports} == {first.id, other.id, repeated.id}


def test_jobs_are_found_only_below_the_collection_of_their_path(world: ImportWorld) -> None:
    world.upload(films(1) + b"broken", key="anywhere/films.jsonl")
    job = control(world).start(import_request()).id
    upload = control(world).start(ImportRequest(collection="Film", file_name="films.csv")).id
    load_all(world)

    for act in (control(world).get, control(world).cancel, control(world).resume, control(world).retry_failed):
        with pytest.raises(ImportNotFoundError, match="No import of 'Book' has the id"):
            act(job, "Book")
    with pytest.raises(ImportNotFoundError, match="No import of 'Book' has the id"):
        control(world).get(upload, "Book")
    with pytest.raises(ImportNotFoundError, match=re.escape("'films.csv'")):
        control(world).get(upload, "Film")
    assert control(world).list(10, None, "Book").imports == []
    assert [each.id for each in control(world).list(10, None, "Film").imports] == [job]


def test_only_the_path_of_the_collection_has_urls_of_error_files(world: ImportWorld) -> None:
    world.upload(films(1) + b"broken", key="anywhere/films.jsonl")
    job = control(world).start(import_request()).id
    load_all(world)

    assert control(world).get(job, "Film").error_file_url is not None
    [listed] = control(world).list(10, None, "Film").imports
    assert listed.error_file_url is not None
    [of_all] = control(world).list(10, None).imports
    assert (of_all.id, of_all.error_file_url, control(world).find(job).error_file_url) == (job, None, None)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("gone.jsonl", "is gone"),
        ("films.doc", "no ending that names its format"),
        (".alto/imports/x.jsonl", "Alto's own"),
    ],
)
def test_what_cannot_be_imported_is_refused_at_once(world: ImportWorld, key: str, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        control(world).start(import_request(key))
    assert world.continued == []


def test_a_request_names_either_an_object_or_a_file() -> None:
    for wrong in ({}, {"source": "s3://bucket/key.csv", "file_name": "a.csv"}):
        with pytest.raises(ValueError, match="either 'source'"):
            ImportRequest.model_validate({"collection": "Film"} | wrong)


def test_an_uploaded_file_is_imported_with_its_id_and_options(world: ImportWorld) -> None:
    options = ImportOptions(csv=CsvOptions(delimiter=";"), mapping={"Titel — é": "title"})
    asked = ImportRequest(collection="Film", file_name="books.csv", options=options)

    started = control(world).start(asked)

    assert started.upload is not None
    assert started.upload.url is not None
    assert f"/Film/uploads/{started.id}/books.csv" in started.upload.url
    metadata = {name.removeprefix("x-amz-meta-"): value for name, value in started.upload.headers.items()}
    assert UploadMetadata.read(metadata) == UploadMetadata(started.id, options)
    key = f"Film/uploads/{started.id}/books.csv"
    content = "Titel — é;year\nMomo;1973\n".encode()
    etag = world.s3.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata=metadata)["ETag"].strip('"')
    world.types = {"year": "int"}
    world.split(world.upload_source(key, etag))
    load_all(world)
    assert control(world).get(started.id).counts.loaded == 1
    assert [item.properties for item in world.writer.stored.values()] == [{"title": "Momo", "year": 1973}]


def test_a_cancelled_job_loads_nothing_more_and_can_be_resumed(world: ImportWorld) -> None:
    source = world.upload(films(30))
    world.split(source)
    chunks = world.chunks()
    world.load(chunks[0])

    assert control(world).cancel(source.job_id).state is JobState.CANCELLED
    assert {world.load(chunk).result for chunk in chunks} == {"ignored"}
    with pytest.raises(ConflictError, match="cancelled already"):
        control(world).cancel(source.job_id)

    written = len(world.writer.batches)
    control(world).resume(source.job_id)
    load_all(world)
    assert control(world).get(source.job_id).counts.loaded == 30
    assert len(world.writer.batches) == written + len(chunks) - 1


def test_a_failed_job_goes_on_when_its_cause_is_fixed(world: ImportWorld) -> None:
    source = world.upload(films(30))
    world.split(source)
    world.writer.judge = lambda _: ModelAccessDeniedError("The role may not call the model.")
    for chunk in world.chunks():
        world.load(chunk)
    assert world.job(source).state is JobState.FAILED
    world.writer.judge = lambda _: None

    control(world).resume(source.job_id)
    load_all(world)

    shown = control(world).get(source.job_id)
    assert (shown.state, shown.reason, shown.counts.loaded) == (JobState.COMPLETED, None, 30)
    with pytest.raises(ConflictError, match="Only a failed"):
        control(world).resume(source.job_id)


def test_dead_chunks_make_a_job_incomplete_and_are_loaded_when_it_is_resumed(world: ImportWorld) -> None:
    source = world.upload(films(30))
    world.split(source)
    dead, *others = world.chunks()
    for chunk in others:
        world.load(chunk)

    outcome = world.splitter().give_up(dead)

    shown = control(world).get(source.job_id)
    assert (outcome.result, shown.state, shown.chunks.dead) == ("given_up", JobState.INCOMPLETE, 1)
    control(world).resume(source.job_id)
    load_all(world)
    shown = control(world).get(source.job_id)
    assert (shown.state, shown.chunks.dead, shown.counts.loaded) == (JobState.COMPLETED, 0, 30)


@pytest.mark.parametrize("name", ["films.jsonl", "films.csv"])
def test_only_failed_records_are_retried_with_their_original_ids(world: ImportWorld, name: str) -> None:
    content = {
        "films.jsonl": b'{"title":"A","year":1}\n{"title":"B","year":2}\n',
        "films.csv": b"title,year\nA,1\nB,2\n",
    }
    world.types = {"year": "int"}
    source = world.upload(content[name], key=f"Film/{name}")
    world.split(source, 10_000)
    seen: dict[str, str] = {}

    def refuse(item: Any) -> Any:
        seen[item.properties["title"]] = item.id
        return InvalidObjectError("No such property.") if item.properties["title"] == "B" else None

    world.writer.judge = refuse
    load_all(world)
    assert control(world).get(source.job_id).error_file_url is not None
    world.writer.judge = lambda _: None

    again = control(world).retry_failed(source.job_id)
    load_all(world)

    shown = control(world).get(again.id)
    assert (shown.state, shown.counts.read, shown.counts.loaded) == (JobState.COMPLETED, 1, 1)
    assert set(world.writer.stored) == set(seen.values())
    assert world.writer.stored[seen["B"]].properties == {"title": "B", "year": 2}
    with pytest.raises(ConflictError, match="0 failed records"):
        control(world).retry_failed(again.id)


def test_each_state_change_is_published_and_failures_are_ignored(world: ImportWorld) -> None:
    told: list[tuple[str, int]] = []
    world.announce = lambda job: told.append((job.state, job.loaded))
    source = world.upload(films(5))
    world.split(source, 10_000)
    load_all(world)

    assert told == [("splitting", 0), ("loading", 0), ("completed", 5)]

    class Broken:
        def put_events(self, **_: Any) -> Any:
            raise ConnectionError

    warnings: list[str] = []
    JobEvents(Broken(), warnings.append).announce(world.job(source))
    assert warnings == [f"completed of import {source.job_id} was not published: ConnectionError"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("s3://a..b/x.csv", '"a..b" is not the name of a bucket'),
        ("s3://10.0.0.1/x.csv", "is not the name of a bucket"),
        ("s3://-ab/x.csv", "is not the name of a bucket"),
        ("s3://Films/x.csv", "is not the name of a bucket"),
        ("s3://films", "must be s3://<bucket>/<key>"),
        ("https://films/x.csv", "must be s3://<bucket>/<key>"),
        ("s3://films/" + "é" * 513, "more than 1,024 bytes"),
    ],
)
def test_a_source_that_s3_would_refuse_is_rejected(source: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        ImportRequest.model_validate({"collection": "Film", "source": source})


def test_an_empty_mark_of_a_page_is_rejected(world: ImportWorld) -> None:
    with pytest.raises(InvalidRequestError, match=r"^after: must be the 'next' of the page before"):
        control(world).list(10, "")


@pytest.mark.parametrize("name", ["films.CSV", "films.Jsonl.GZ", "films.PARQUET"])
def test_a_file_name_may_have_its_ending_in_any_case(world: ImportWorld, name: str) -> None:
    started = control(world).start(ImportRequest(collection="Film", file_name=name))

    assert started.upload is not None
