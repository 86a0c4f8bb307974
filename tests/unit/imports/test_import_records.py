import json
import tracemalloc
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.errors import InvalidObjectError
from lambdas.import_settings import CHUNK_BYTES
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.objects.model import ObjectInput
from lambdas.records import json_lines
from lambdas.records.json_lines import Line, derived_id, json_object, read_lines
from lambdas.records.record_shape import RecordShape
from tests.properties import times

JOB = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
SOURCE = Source(bucket="b", key="Film/x.jsonl", etag="e")
SHAPE = RecordShape("Film", ImportOptions(format="jsonl"), {})


def chunks(content: bytes, chunk_bytes: int) -> list[Chunk]:
    size = len(content)
    return [
        Chunk(
            job_id=JOB,
            chunk=number,
            start=start,
            end=min(start + chunk_bytes, size),
            collection="Film",
            source=SOURCE,
            size=size,
        )
        for number, start in enumerate(range(0, size, chunk_bytes))
    ]


def lines(content: bytes, chunk_bytes: int, max_line_bytes: int = 1000) -> list[Line]:
    """The records that the loaders of all chunks read together."""

    def read(start: int, end: int) -> bytes:
        assert 0 <= start < end <= len(content), "S3 refuses a range that is empty or begins behind the end"
        return content[start:end]

    return [line for chunk in chunks(content, chunk_bytes) for line in read_lines(chunk, read, max_line_bytes)]


def record(raw: Any) -> Line:
    return Line(0, json.dumps(raw).encode())


def parse(line: Line) -> ObjectInput:
    return SHAPE.object_of(json_object(line), derived_id(JOB, line.start))


FILE = '{"a":1}\n\n{"title":"Amélie — 日本語 🎬"}\r\n   \n{"b":2}'.encode()


@pytest.mark.parametrize("chunk_bytes", range(1, len(FILE) + 2))
def test_every_line_is_read_once_wherever_the_file_is_cut(chunk_bytes: int) -> None:
    found = lines(FILE, chunk_bytes)

    assert [line.data.decode() for line in found] == ['{"a":1}', '{"title":"Amélie — 日本語 🎬"}', '{"b":2}']
    assert [line.start for line in found] == [0, 9, FILE.index(b'{"b"')]


@settings(deadline=None, max_examples=times(100), derandomize=True)  # a busy machine is not a finding
@given(
    st.lists(st.text(alphabet='aé🎬{"}', max_size=12), max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.tuples(st.integers(1, 60), st.integers(1, 9), st.integers(0, 5)),
)
def test_no_cut_no_block_and_no_lookahead_changes_what_is_read(
    texts: list[str], end: str, ended: bool, sizes: tuple[int, int, int]
) -> None:
    chunk_bytes, block_bytes, lookahead = sizes
    content = end.join(texts).encode() + (end.encode() if ended else b"")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "CHUNK_READ_BYTES", block_bytes)
        patch.setattr(json_lines, "LOOKAHEAD_BYTES", lookahead)
        found = lines(content, chunk_bytes)

    assert [line.data.decode() for line in found] == [text for text in texts if text]
    assert all(content[line.start :].startswith(line.data) for line in found)


@settings(deadline=None, max_examples=times(100), derandomize=True)  # a busy machine is not a finding
@given(st.lists(st.integers(0, 30), min_size=1, max_size=10), st.integers(1, 50), st.integers(1, 9))
def test_a_line_that_is_too_long_is_reported_once_and_costs_only_itself(
    lengths: list[int], chunk_bytes: int, block_bytes: int
) -> None:
    content = b"\n".join(b"x" * length for length in lengths)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "CHUNK_READ_BYTES", block_bytes)
        patch.setattr(json_lines, "LOOKAHEAD_BYTES", 2)
        found = lines(content, chunk_bytes, max_line_bytes=10)

    wanted = [length for length in lengths if length]
    assert [line.too_long for line in found] == [length > 10 for length in wanted]
    assert [len(line.data) for line in found] == [min(length, 10) for length in wanted]


def test_a_chunk_inside_a_long_line_reads_no_further_than_its_end() -> None:
    content = b"x" * 5000 + b"\n"
    ranges = []

    def read(start: int, end: int) -> bytes:
        ranges.append((start, end))
        return content[start:end]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_lines, "CHUNK_READ_BYTES", 100)
        assert list(read_lines(chunks(content, 1000)[1], read)) == []

    assert ranges[0] == (999, 1099)
    assert ranges[-1][1] <= 2100


def test_a_chunk_is_mostly_read_with_one_request() -> None:
    content = b'{"title":"A film of some length"}\n' * 1000
    ranges = []

    def read(start: int, end: int) -> bytes:
        ranges.append((start, end))
        return content[start:end]

    assert list(read_lines(chunks(content, 10_000)[1], read))
    assert len(ranges) == 1

    content *= CHUNK_BYTES // len(content) * 3
    ranges.clear()

    assert list(read_lines(chunks(content, CHUNK_BYTES)[1], read))
    assert len(ranges) == 1


def test_memory_does_not_grow_with_the_chunk() -> None:
    line = b'{"title":"' + b"x" * 1011 + b'"}\n'
    block = line * (json_lines.CHUNK_READ_BYTES // len(line) + 2)

    def read(start: int, end: int) -> bytes:
        return block[start % len(line) :][: end - start]

    def peak(size: int) -> int:
        chunk = Chunk(job_id=JOB, chunk=0, start=0, end=size, collection="Film", source=SOURCE, size=size)
        tracemalloc.start()
        try:
            assert sum(1 for _ in read_lines(chunk, read)) == size // len(line)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(12 * len(block)) < 1.2 * peak(2 * len(block))


def test_a_byte_order_mark_is_not_part_of_the_first_record() -> None:
    assert [line.data for line in lines(b'\xef\xbb\xbf{"a":1}\n{"b":2}\n', 4)] == [b'{"a":1}', b'{"b":2}']


def test_an_empty_object_has_no_lines() -> None:
    assert lines(b"", 10) == []
    assert lines(b"\n\n\r\n", 2) == []


def test_a_nested_record_is_an_object() -> None:
    identity = "2b6a1b2e-9b6f-4a3c-8f61-5f0c8f2a7d11"

    parsed = parse(record({"id": identity, "properties": {"title": "A"}, "vector": [1, 0.5]}))

    assert (parsed.id, parsed.properties, parsed.vectors) == (identity, {"title": "A"}, {"default": [1, 0.5]})


def test_every_field_of_a_flat_record_is_a_property() -> None:
    identity = "2b6a1b2e-9b6f-4a3c-8f61-5f0c8f2a7d11"

    parsed = parse(record({"_id": identity, "title": "A", "year": 1994, "vectors": {"v": [1]}}))

    assert (parsed.id, parsed.properties, parsed.vectors) == (identity, {"title": "A", "year": 1994}, {"v": [1]})


def test_a_flat_record_may_have_a_property_named_properties() -> None:
    assert parse(record({"properties": "none", "title": "A"})).properties == {
        "properties": "none",
        "title": "A",
    }


def test_a_record_without_an_id_gets_one_from_its_job_and_place() -> None:
    first, again, elsewhere = (parse(Line(start, b'{"title":"A"}')) for start in (17, 17, 18))

    assert first.id == again.id == str(uuid5(UUID(JOB), "17"))
    assert elsewhere.id != first.id


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"title": ', "not JSON"),
        (b'{"title": "\xff"}', "not UTF-8"),
        (b"[1, 2]", "not a JSON object"),
        (b'{"properties": {"title": "A"}, "colour": "red"}', "colour"),
        (b'{"id": "42", "title": "A"}', "UUID"),
        (b'{"title": "A", "vector": "near"}', "list of numbers"),
    ],
)
def test_a_bad_record_says_what_is_wrong_with_it(data: bytes, says: str) -> None:
    with pytest.raises(InvalidObjectError, match=says):
        parse(Line(0, data))


def test_a_line_that_is_too_long_names_the_limit() -> None:
    with pytest.raises(InvalidObjectError, match="5000000 bytes"):
        parse(Line(0, b"x", too_long=True))
