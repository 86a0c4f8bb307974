"""Memory does not depend on the size of a file: 2 GB, made up while they are read, against 20 MB."""

import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any
from uuid import uuid4

import pytest
from moto import mock_aws

from lambdas.deadline import Deadline
from lambdas.import_settings import CHUNK_BYTES
from lambdas.imports.files.s3_source import S3Object, S3Source
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.imports.splitting.splitter import Splitter
from lambdas.jobs.chunk import Chunk, ChunkReport, Source
from lambdas.jobs.job import Job, JobState
from tests.import_builders import BUCKET, FakeWriter, ImportWorld, Result

RECORD_BYTES = 4_000


class MadeUpFile(S3Source):
    """A file of records of 4,000 bytes, none of which exists before it is read."""

    def __init__(self, size: int) -> None:
        self._size = size

    def describe(self, source: Source) -> S3Object:
        return S3Object(source, self._size, {}, str(uuid4()))

    def read(self, source: Source, start: int, end: int) -> bytes:
        first, last = start // RECORD_BYTES, -(-end // RECORD_BYTES)
        records = b"".join(map(self._record, range(first, last)))
        return records[start - first * RECORD_BYTES : end - first * RECORD_BYTES]

    def _record(self, number: int) -> bytes:
        begin = b'{"number": 1%011d, "title": "' % number
        return begin + b"x" * (RECORD_BYTES - len(begin) - 3) + b'"}\n'


class AlwaysNewest:
    """Admits every job."""

    def admit(self, job: Job) -> bool:
        return True


class SampleQueue:
    """Counts all chunks and keeps one of so many."""

    def __init__(self, one_of: int) -> None:
        self.sent = 0
        self.kept: list[Chunk] = []
        self._one_of = one_of

    def send(self, chunks: Sequence[Chunk]) -> None:
        self.kept += [chunk for chunk in chunks if chunk.chunk % self._one_of == 0]
        self.sent += len(chunks)


class OneJob:
    """A job store of one job. moto's would be measured with it: it copies its tables for every transaction."""

    def create(self, job: Job) -> bool:
        self.job = job
        return True

    def get(self, _: str) -> Job:
        return self.job

    def mark_sent(self, *_: Any) -> bool:
        return True

    def start_loading(self, _: Job, chunks_total: int, last_chunk: Chunk | None) -> bool:
        changes = {"state": JobState.LOADING, "chunks_total": chunks_total, "last_chunk": last_chunk}
        self.job = self.job.model_copy(update=changes)
        return True

    def counted(self, _: Chunk) -> None:
        return None

    def count(self, _: Chunk, report: ChunkReport) -> bool:
        done, loaded = self.job.chunks_done + 1, self.job.loaded + report.loaded
        self.job = self.job.model_copy(update={"chunks_done": done, "loaded": loaded})
        return True

    def hold(self, *_: Any, **__: Any) -> None:
        pass

    def release(self, _: Chunk) -> None:
        pass

    def claim_alias(self, *_: str) -> bool:
        return True

    def complete(self, job: Job, _: str | None, **__: Any) -> bool:
        self.job = job.model_copy(update={"state": JobState.COMPLETED})
        return True


class ForgetfulWriter(FakeWriter):
    """Stores nothing."""

    def write(self, collection: str, objects: Sequence[Any], **_: Any) -> list[Result]:
        self.batches.append(len(objects))
        return [Result(None)] * len(objects)


@pytest.fixture
def world() -> Iterator[ImportWorld]:
    with mock_aws():
        yield ImportWorld.create()


def peak_bytes(world: ImportWorld, size: int, one_of: int) -> tuple[int, int, int]:
    """Peak memory of splitting a file and loading one of so many chunks; all chunks, and the records loaded."""
    source = Source(bucket=BUCKET, key=f"Film/{size}.jsonl", etag="e")
    file, queue, jobs, world.writer = MadeUpFile(size), SampleQueue(one_of), OneJob(), ForgetfulWriter()
    tracemalloc.start()
    splitter = Splitter(
        file,
        jobs,  # type: ignore[arg-type]
        queue,  # type: ignore[arg-type]
        request_split=world.continued.append,
        newest=AlwaysNewest(),  # type: ignore[arg-type]
        own_bucket=BUCKET,
        chunk_bytes=CHUNK_BYTES,
    )
    splitter.split(source, Deadline.after(600))
    loader = world.loader()
    loader._source, loader._jobs, loader._collections._jobs = file, jobs, jobs  # type: ignore[assignment]
    for chunks in batched(queue.kept, 10, strict=False):
        for chunk in chunks:
            assert loader.load(chunk, Delivery("receipt", 1), Deadline.after(600)).result == "loaded"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert jobs.job.state is (JobState.COMPLETED if one_of == 1 else JobState.LOADING)
    return peak, queue.sent, jobs.job.loaded


def test_two_gigabytes_take_the_memory_of_twenty_megabytes(world: ImportWorld) -> None:
    peak_bytes(world, 1_000_000, one_of=1)  # all that is imported and cached at first use

    small, small_chunks, small_records = peak_bytes(world, 20_000_000, one_of=1)
    large, large_chunks, large_records = peak_bytes(world, 2_000_000_000, one_of=100)

    assert (small_chunks, small_records) == (20, 5_000)
    assert large_chunks == -(-2_000_000_000 // CHUNK_BYTES)
    assert large_records > 0.95 * large_chunks / 100 * CHUNK_BYTES / RECORD_BYTES
    assert large <= 1.2 * small, (small, large)
