"""The list of objects that a fill reads, and the part of it that is handed back."""

from datetime import UTC, datetime
from uuid import uuid4

from lambdas.errors import ModelThrottledError
from lambdas.imports.loading.record_batches import Failure, RecordBatch, RecordResult
from lambdas.imports.loading.tally import Tally
from lambdas.jobs.chunk import Chunk, Source
from lambdas.migrating.filler import FILLED
from lambdas.objects.model import ObjectInput
from lambdas.records.object_list import list_lines, read_object_list

IDS = [str(uuid4()) for _ in range(6)]


def chunk(content: bytes, start: int = 0, end: int | None = None) -> Chunk:
    source = Source(bucket="b", key="k", etag="e")
    last = len(content) if end is None else end
    return Chunk(
        job_id=str(uuid4()), chunk=0, start=start, end=last, collection="Film", source=source, size=len(content)
    )


def test_each_listed_object_is_one_record_however_the_list_is_cut() -> None:
    content = list_lines(IDS)
    found = [
        record.object_id
        for start in range(0, len(content), 50)
        for record in read_object_list(
            chunk(content, start, min(start + 50, len(content))), lambda begin, end: content[begin:end]
        )
    ]

    assert found == IDS


def test_an_empty_list_has_no_records() -> None:
    assert list(read_object_list(chunk(b"\n"), lambda begin, end: b"\n"[begin:end])) == []


def test_records_that_failed_are_read_from_their_error_file() -> None:
    content = b'{"id": "%s", "code": "x"}\n' % IDS[0].encode()

    [record] = read_object_list(chunk(content), lambda begin, end: content[begin:end])

    assert record.item == ObjectInput(IDS[0], {}, {})


def test_what_a_throttled_model_leaves_of_a_list_is_handed_back() -> None:
    content = list_lines(IDS)
    whole = chunk(content)
    records = list(read_object_list(whole, lambda begin, end: content[begin:end]))
    tally = Tally(whole, datetime(2026, 11, 28, tzinfo=UTC))

    results: list[RecordResult] = [FILLED, FILLED, Failure(ModelThrottledError("later")), *[FILLED] * 3]
    assert not tally.add(RecordBatch(records), results)
    report = tally.report(None, lines=len(IDS))

    assert (report.loaded, report.rest_start, report.lines) == (2, records[2].start, 2)
