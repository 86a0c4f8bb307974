"""Formats from end to end: a file goes in, objects come out, wherever it is cut."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pyarrow import parquet

from lambdas.deadline import Deadline
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.imports.splitting import chunk_sizes, pieces
from lambdas.jobs.import_options import CsvOptions, ImportOptions
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import response_of
from lambdas.records import byte_lines
from lambdas.records.byte_lines import NotGzipError, gunzip, split_lines
from lambdas.records.csv_records import read_csv
from lambdas.records.parquet_rows import read_rows
from tests.import_builders import BUCKET, ImportWorld, films
from tests.properties import times

TYPES = {"title": "text", "year": "int", "rating": "number", "seen": "boolean", "tags": "text[]", "when": "date"}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImportWorld]:
    monkeypatch.setattr(chunk_sizes, "MIN_STORED_CHUNK_BYTES", 1)
    with mock_aws():
        yield ImportWorld.create()


def imported(
    world: ImportWorld, content: bytes, name: str, options: ImportOptions | None = None, chunk_bytes: int = 60
) -> Job:
    """Upload, split and load."""
    world.types = TYPES
    metadata = {} if options is None else UploadMetadata(None, options).metadata()
    key = f"Film/{name}"
    etag = world.s3.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata=metadata)["ETag"].strip('"')
    source = world.upload_source(key, etag)
    world.split(source, chunk_bytes)
    for chunk in world.chunks():
        world.load(chunk)
    return world.job(source)


def stored(world: ImportWorld, name: str = "title") -> list[Any]:
    return sorted(item.properties[name] for item in world.writer.stored.values())


def as_csv(rows: list[list[str]], **dialect: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows(rows)
    return text.getvalue().encode()


ROWS = [[f"Film {n}", str(1900 + n), f'a "quoted", cell\nof two lines {n}' if n % 3 else ""] for n in range(30)]


@pytest.mark.parametrize("name", ["films.csv", "films.csv.gz"])
@pytest.mark.parametrize("chunk_bytes", [1, 50, 333, 100_000])
def test_csv_with_cells_of_several_lines_is_read_wherever_it_is_cut(
    world: ImportWorld, name: str, chunk_bytes: int
) -> None:
    content = as_csv([["title", "year", "description"], *ROWS])
    world.types = TYPES

    job = imported(world, gzip.compress(content) if name.endswith(".gz") else content, name, chunk_bytes=chunk_bytes)

    assert (job.state, job.loaded, job.failed) == (JobState.COMPLETED, 30, 0)
    found = {item.properties["title"]: item.properties for item in world.writer.stored.values()}
    assert found == {
        title: {"title": title, "year": int(year)} | ({"description": text} if text else {})
        for title, year, text in ROWS
    }


@settings(deadline=None, max_examples=times(100), derandomize=True)
@given(
    st.lists(st.lists(st.text(alphabet='a,";é\n 1', max_size=6), min_size=3, max_size=3), min_size=1, max_size=12),
    st.integers(1, 40),
)
def test_each_csv_record_is_in_one_piece_whatever_its_cells_are(rows: list[list[str]], piece_bytes: int) -> None:
    content = as_csv(rows)
    whole = [record.cells for record in read_csv([content], CsvOptions())]
    records = [pieces.Piece(r.start, r.end, r.data, r.is_cut) for r in read_csv([content], CsvOptions())]

    cut = [
        record.cells
        for start, end, _, _ in pieces.pieces(records, piece_bytes, keep=False)
        for record in read_csv([content[start:end]], CsvOptions(), start)
    ]

    assert cut == whole


def test_a_delimiter_and_columns_can_be_given_and_fields_be_renamed(world: ImportWorld) -> None:
    options = ImportOptions(
        csv=CsvOptions(delimiter=";", columns=("isbn", "Titel", "Jahr", "junk")),
        mapping={"isbn": "id", "Titel": "title", "Jahr": "year", "junk": None},
        ids="any",
    )

    first = imported(world, b"\xef\xbb\xbf978-3;Momo;1973;x\r\n978-4;Krabat;1971;y", "books.csv", options)
    ids = set(world.writer.stored)
    imported(world, b"978-3;Momo (new);1973;x\n", "more.csv", options)

    assert (first.loaded, first.failed) == (2, 0)
    assert set(world.writer.stored) == ids
    assert stored(world) == ["Krabat", "Momo (new)"]
    assert stored(world, "year") == [1971, 1973]


def test_cells_become_property_types_and_a_failing_cell_is_named(world: ImportWorld) -> None:
    content = (
        b"title,year,rating,seen,tags,when\n"
        b'A,1994,8.5,yes,"[""x"",""y""]",2026-01-02\n'
        b"B,MCM,8.5,,,\n"
        b"C,1994.0,,perhaps,,\n"
        b"D,1994\n"
        b"E\xff,1,,,,\n"
    )

    job = imported(world, content, "films.csv", chunk_bytes=10_000)

    [item] = world.writer.stored.values()
    assert item.properties == {
        "title": "A",
        "year": 1994,
        "rating": 8.5,
        "seen": True,
        "tags": ["x", "y"],
        "when": "2026-01-02T00:00:00Z",
    }
    assert [line["message"] for line in world.lines_of(str(job.error_file))] == [
        "'properties.year' cannot be read as int: \"MCM\" (write digits, such as -1234).",
        "'properties.seen' cannot be read as boolean: \"perhaps\" (write true or false).",
        (
            "The record has 2 cells, but the header has 6 columns. A cell with a delimiter or a line end in it must be "
            "in double quotes; a quote that is not closed takes in the lines behind it."
        ),
        "'title' is not UTF-8 text (byte 1 of the cell): save the file as UTF-8, or set options.csv.encoding.",
    ]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (b"a,,c\n1,2,3\n", "Column 2 has no name"),
        (b"a,b,a\n1,2,3\n", "Two columns are named 'a'"),
        (b",".join(b"c%d" % place for place in range(60_000)) + b"\n1\n", "It has 60000 columns; at most 2000"),
        (b"a" * 201 + b",b\n1,2\n", "The name of column 1 is longer than 200 characters"),
    ],
)
def test_a_header_that_names_no_columns_ends_the_job_at_once(world: ImportWorld, header: bytes, problem: str) -> None:
    job = imported(world, header, "films.csv")

    assert job.state is JobState.FAILED
    assert problem in str(job.reason)


@pytest.mark.parametrize("chunk_bytes", [1, 97, 100_000])
def test_compressed_json_lines_are_the_same_objects_as_plain_ones(world: ImportWorld, chunk_bytes: int) -> None:
    # Two members, as `cat a.gz b.gz` makes them.
    content = gzip.compress(films(20)) + gzip.compress(films(10, 20))

    job = imported(world, content, "films.jsonl.gz", chunk_bytes=chunk_bytes)

    assert (job.state, job.loaded) == (JobState.COMPLETED, 30)
    titles = [json.loads(line)["title"] for line in films(30).splitlines()]
    assert stored(world) == sorted(titles)


@pytest.mark.parametrize(
    ("content", "name", "problem"),
    [
        (b"not gzip", "films.jsonl.gz", "not valid gzip: incorrect header check."),
        (gzip.compress(films(2000), mtime=0)[:-400], "films.jsonl.gz", "ends in the middle"),
        (b"PAR1 or not", "films.parquet", "not a Parquet file"),
    ],
)
def test_a_file_that_is_not_what_it_seems_ends_the_job_with_a_reason(
    world: ImportWorld, content: bytes, name: str, problem: str
) -> None:
    job = imported(world, content, name, chunk_bytes=1_000_000)

    assert job.state is JobState.FAILED
    assert problem in str(job.reason)


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"title,year\n", "films.csv"), (gzip.compress(b"", mtime=0), "films.jsonl.gz"), (b"", "films.csv")],
)
def test_a_file_without_records_is_completed_with_nothing_counted(
    world: ImportWorld, content: bytes, name: str
) -> None:
    job = imported(world, content, name)

    assert (job.state, response_of(job).counts.read) == (JobState.COMPLETED, 0)
    assert "there was nothing to import" in str(job.reason)


def test_a_compressed_file_is_split_in_steps_that_continue(world: ImportWorld) -> None:
    key = "Film/films.csv.gz"
    content = gzip.compress(as_csv([["title", "year", "description"], *ROWS]))
    etag = world.s3.put_object(Bucket=BUCKET, Key=key, Body=content)["ETag"].strip('"')
    source = world.upload_source(key, etag)
    ticks = iter([0.0, 99.0, 99.0])

    first = world.splitter(1).split(source, Deadline(10.0, clock=lambda: next(ticks)))
    sent = world.job(source).chunks_sent
    world.splitter(30).split_all(json.dumps({"job_id": source.job_id}), Deadline.after(60))
    for chunk in world.chunks():
        world.load(chunk)

    assert (first.result, 0 < sent < world.job(source).chunks_total) == ("continued", True)
    assert (world.job(source).state, len(world.writer.stored)) == (JobState.COMPLETED, 30)


def a_table() -> pa.Table:
    return pa.table(
        {
            "title": [f"Film {n}" for n in range(100)],
            "year": pa.array([1900.0 + n if n % 10 else None for n in range(100)], pa.float64()),
            "tags": [[f"t{n}", "x"] for n in range(100)],
            "when": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 100, pa.timestamp("us", "UTC")),
            "vector": pa.array([[float(n), 0.5] for n in range(100)], pa.list_(pa.float32())),
        }
    )


@pytest.mark.parametrize("chunk_bytes", [1, 3_000, 1_000_000])
def test_parquet_is_read_by_row_groups_with_lists_and_gaps(world: ImportWorld, chunk_bytes: int) -> None:
    file = io.BytesIO()
    parquet.write_table(a_table(), file, row_group_size=30)

    job = imported(world, file.getvalue(), "films.parquet", chunk_bytes=chunk_bytes)

    assert (job.state, job.loaded, job.failed) == (JobState.COMPLETED, 100, 0)
    assert job.chunks_total == (4 if chunk_bytes == 1 else job.chunks_total)
    found = {item.properties["title"]: item for item in world.writer.stored.values()}
    assert found["Film 7"].properties == {
        "title": "Film 7",
        "year": 1907,
        "tags": ["t7", "x"],
        "when": "2026-01-01T00:00:00Z",
    }
    assert found["Film 7"].vectors == {"default": [7.0, 0.5]}
    assert "year" not in found["Film 10"].properties


def test_damaged_parquet_ends_the_job_and_an_s3_error_is_retried(
    world: ImportWorld,
) -> None:
    file = io.BytesIO()
    parquet.write_table(a_table(), file)
    content = file.getvalue()

    job = imported(world, content[:4] + b"\xff" * 400 + content[404:], "damaged.parquet")

    assert (job.state, job.loaded) == (JobState.FAILED, 0)
    assert "or a damaged one" in str(job.reason)

    def lose_the_connection(start: int, end: int) -> bytes:
        raise ConnectionResetError("reset by peer")

    with pytest.raises(ConnectionResetError, match="reset by peer"):
        list(read_rows(lose_the_connection, len(content), 0, 100))


def test_the_rest_of_a_row_group_is_read_from_its_row(world: ImportWorld) -> None:
    file = io.BytesIO()
    parquet.write_table(a_table(), file)
    etag = world.s3.put_object(Bucket=BUCKET, Key="Film/f.parquet", Body=file.getvalue())["ETag"].strip('"')
    source = world.upload_source("Film/f.parquet", etag)
    world.types = TYPES
    world.split(source, 1_000_000)
    [chunk] = world.chunks()

    world.load(chunk.rest(97))

    assert stored(world) == ["Film 97", "Film 98", "Film 99"]


def test_gunzip_holds_no_more_than_a_block_of_what_a_small_file_unpacks_to() -> None:
    blocks = list(gunzip([gzip.compress(b"0" * 50_000_000)]))

    assert sum(map(len, blocks)) == 50_000_000
    assert max(map(len, blocks)) <= 1_048_576
    with pytest.raises(NotGzipError, match="not valid gzip"):
        list(gunzip([b"\x1f\x8b garbage"]))


@pytest.mark.parametrize(
    ("most", "growth", "fits"), [(1_000_000, 200, False), (1_000_000, 2_000, True), (9_000_000, 200, True)]
)
def test_a_small_file_that_unpacks_to_much_is_refused(
    monkeypatch: pytest.MonkeyPatch, most: int, growth: int, fits: bool
) -> None:
    monkeypatch.setattr(byte_lines, "HARMLESS_BYTES", most)
    unpacked = gunzip([gzip.compress(b"0" * 5_000_000)], growth)

    if fits:
        assert sum(map(len, unpacked)) == 5_000_000
    else:
        with pytest.raises(NotGzipError, match="unpacks to more than 200 times its size"):
            list(unpacked)


def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_whole() -> None:
    lines = list(split_lines([b"a" * 70, b"a" * 70 + b"\nb", b"c\n"], 10, max_bytes=50))

    assert [(line.start, len(line.data), line.is_cut) for line in lines] == [(10, 52, True), (151, 3, False)]
    assert lines[1].data == b"bc\n"
