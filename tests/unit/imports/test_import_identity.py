"""Imports keep to one collection, one version of a file, and one set of ids."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.errors import ConflictError, ImportNotFoundError, InvalidRequestError
from lambdas.imports.files.newest_version import REPLACED
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.imports.import_service import ImportRequest
from lambdas.jobs.chunk import LiveChunk
from lambdas.jobs.chunk_hold import HELD_FOR
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import JobState
from tests.import_builders import BUCKET, ImportWorld, control, films, import_request, load_all

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        world = ImportWorld.create()
        world.version_the_bucket()
        yield world


def upload(world: ImportWorld, content: bytes, name: str = "films.jsonl", **options: Any) -> tuple[str, dict[str, str]]:
    """Upload a file to the URL of a started import. Its id and the metadata that was signed."""
    asked = ImportRequest(collection="Film", file_name=name, options=ImportOptions(**options))
    started = control(world).start(asked, alias=world.alias)
    assert started.upload is not None
    metadata = {name.removeprefix("x-amz-meta-"): value for name, value in started.upload.headers.items()}
    put(world, content, f"Film/uploads/{started.id}/{name}", metadata)
    return started.id, metadata


def put(world: ImportWorld, content: bytes, key: str, metadata: dict[str, str]) -> str:
    """Put an object and split it as its notification does. The id of its job."""
    stored = world.s3.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata=metadata)
    source = world.upload_source(key, stored["ETag"].strip('"'), stored["VersionId"])
    return str(world.split(source).job_id)


# One identity of a collection


def test_an_import_into_a_collection_created_again_is_a_new_job(world: ImportWorld) -> None:
    world.upload(films(5), key="anywhere/films.jsonl")

    before, again = (control(world).start(import_request(), alias="alto-film-1").id for _ in range(2))
    after = control(world).start(import_request(), alias="alto-film-2").id

    assert before == again != after


def test_nothing_of_a_job_reaches_a_later_collection_of_its_name(world: ImportWorld) -> None:
    source = world.upload(films(30))
    world.split(source)
    first, *others = world.chunks()
    world.load(first)
    stored = len(world.writer.stored)
    world.alias = "alto-film-2"

    results = {world.load(chunk).result for chunk in others}

    job = world.job(source)
    assert (job.state, job.alias, len(world.writer.stored)) == (JobState.FAILED, "alto-film-1", stored)
    assert "was deleted and created again" in str(job.reason)
    assert results == {"failed", "ignored"}


def test_a_job_that_lost_its_collection_before_its_end_is_not_completed(world: ImportWorld) -> None:
    source = world.upload(films(3))
    world.split(source, chunk_bytes=10_000)
    [chunk] = world.chunks()
    world.writer.after = lambda: setattr(world, "alias", "alto-film-2")

    world.load(chunk)

    assert world.job(source).state is JobState.FAILED


# Metadata of uploads


@pytest.mark.parametrize("key", ["Film/copy.jsonl", "Film/uploads/elsewhere/films.jsonl", "Book/films.jsonl"])
def test_a_copy_of_an_uploaded_file_is_imported(world: ImportWorld, key: str) -> None:
    uploaded, metadata = upload(world, films(5))

    copied = put(world, films(5), key, metadata)

    assert copied != uploaded
    assert world.jobs.get(copied).source.key == key
    assert world.jobs.get(copied).state is JobState.LOADING


def test_a_corrected_file_put_to_the_same_url_is_imported(world: ImportWorld) -> None:
    uploaded, metadata = upload(world, films(5))
    load_all(world)

    corrected = put(world, films(7), f"Film/uploads/{uploaded}/films.jsonl", metadata)
    load_all(world)

    assert corrected != uploaded
    assert world.jobs.get(corrected).loaded == 7


def test_the_notification_of_an_upload_sent_twice_is_one_job(world: ImportWorld) -> None:
    uploaded, _ = upload(world, films(5))
    source = world.jobs.get(uploaded).source

    assert world.split(source).job_id == uploaded
    assert len(control(world).list(10, None).imports) == 1


def test_an_upload_whose_file_has_not_arrived_says_so(world: ImportWorld) -> None:
    started = control(world).start(ImportRequest(collection="Film", file_name="books.csv"))

    with pytest.raises(ImportNotFoundError, match=r"'books\.csv' of import .* has not arrived"):
        control(world).get(started.id)


def test_options_larger_than_s3s_metadata_are_rejected_at_the_start(world: ImportWorld) -> None:
    options = {"mapping": {f"A column with a long name {number}": f"column{number}" for number in range(100)}}
    asked = ImportRequest.model_validate({"collection": "Film", "file_name": "a.csv", "options": options})

    with pytest.raises(InvalidRequestError, match=r"options: .* at most 1,\d+ bytes as JSON"):
        control(world).start(asked)


# Versions of a file


def test_the_job_of_a_newer_version_cancels_that_of_the_older(world: ImportWorld) -> None:
    older = world.upload(films(30))
    world.split(older)
    begun, *rest = world.chunks()
    world.load(begun)
    newer = world.upload(films(40))

    world.split(newer)

    assert (world.job(older).state, world.job(older).reason) == (JobState.CANCELLED, REPLACED)
    assert {world.load(chunk).result for chunk in rest} == {"ignored"}
    load_all(world)
    assert (world.job(newer).state, world.job(newer).loaded) == (JobState.COMPLETED, 40)


def test_an_older_version_announced_late_loads_nothing(world: ImportWorld) -> None:
    older, newer = world.upload(films(30)), world.upload(films(40))
    world.split(newer)

    world.split(older)

    assert (world.job(older).state, world.job(older).reason) == (JobState.CANCELLED, REPLACED)
    assert world.job(newer).state is JobState.LOADING


def test_a_newer_version_waits_for_the_loaders_of_the_older(world: ImportWorld) -> None:
    older = world.upload(films(3))
    world.split(older)
    held = world.chunks()[0]
    world.jobs.hold(held, LiveChunk(0, 0, 0, until=world.jobs._now() + HELD_FOR))
    newer = world.upload(films(4))
    world.split(newer, chunk_bytes=10_000)
    [chunk] = world.chunks()

    waiting = world.load(chunk)
    world.jobs.release(held)
    loaded = world.load(chunk)

    assert (waiting.result, loaded.result) == ("waiting", "loaded")


def test_the_version_of_one_collection_does_not_replace_that_of_another(world: ImportWorld) -> None:
    world.upload(films(5), key="anywhere/films.jsonl")
    first = control(world).start(import_request()).id
    world.upload(films(6), key="anywhere/films.jsonl")
    second = control(world).start(import_request(collection="Book")).id
    newest = control(world).start(import_request()).id

    while world.continued:
        world.splitter().continue_job(world.continued.pop(0), Deadline.after(60))

    states = [world.jobs.get(job_id).state for job_id in (first, second, newest)]
    assert states == [JobState.CANCELLED, JobState.LOADING, JobState.LOADING]


def test_an_older_version_cannot_be_resumed_or_retried(world: ImportWorld) -> None:
    older = world.upload(b'{"title": 1\n' + films(3))
    world.split(older)
    load_all(world)
    cancelled = world.upload(films(30))
    world.split(cancelled)
    control(world).cancel(cancelled.job_id)
    world.upload(films(4))

    with pytest.raises(ConflictError, match="has a newer version"):
        control(world).retry_failed(older.job_id)
    with pytest.raises(ConflictError, match="has a newer version"):
        control(world).resume(cancelled.job_id)


# Ids of records without an id


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("films.jsonl", films(5)),
        ("films.csv", b"title,year\nMomo,1973\nKrabat,1971\n"),
    ],
)
def test_the_same_content_uploaded_twice_is_the_same_objects(world: ImportWorld, name: str, content: bytes) -> None:
    world.types = {"year": "int"}
    first, _ = upload(world, content, name)
    load_all(world)
    once = set(world.writer.stored)

    second, _ = upload(world, content, name)
    load_all(world)

    assert first != second
    assert world.jobs.get(second).loaded == len(once)
    assert set(world.writer.stored) == once


def test_the_same_content_in_another_place_is_the_same_objects(world: ImportWorld) -> None:
    for key in ("Film/a.jsonl", "Film/b.jsonl", "Film/a.jsonl"):
        world.split(world.upload(films(5), key=key))
        load_all(world)

    assert len(world.writer.stored) == 5


def test_other_content_is_other_objects(world: ImportWorld) -> None:
    for start in (0, 5):
        world.split(world.upload(films(5, start), key="Film/a.jsonl"))
        load_all(world)

    assert len(world.writer.stored) == 10


def test_ids_of_any_kind_do_not_depend_on_the_folders_spelling(world: ImportWorld) -> None:
    metadata = UploadMetadata(None, ImportOptions(ids="any")).metadata()
    for folder in ("Film", "film", "FILM"):
        put(world, json.dumps({"id": "AB-1", "title": folder}).encode(), f"{folder}/a.jsonl", metadata)
        load_all(world)

    assert len(world.writer.batches) == 3
    assert len(world.writer.stored) == 1
