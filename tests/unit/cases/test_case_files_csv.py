"""CSV and JSON files that do not look as expected: each record is loaded as it is, or named as failed."""

import csv
import gzip
import io
import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import ValidationError

from lambdas.deadline import Deadline
from lambdas.errors import InvalidObjectError
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.imports.loading.record_batches import group_records
from lambdas.imports.splitting import chunk_sizes, pieces
from lambdas.jobs.import_options import CsvOptions, ImportOptions
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import response_of
from lambdas.records import byte_lines, csv_records
from lambdas.records.byte_lines import NotGzipError, gunzip
from lambdas.records.conversion import convert, date_of
from lambdas.records.csv_records import read_csv
from lambdas.records.json_array import NotJsonArrayError, read_elements
from lambdas.records.read_records import ImportRecord
from tests.import_builders import BUCKET, ImportWorld
from tests.properties import times

TYPES = {
    "title": "text",
    "body": "text",
    "year": "int",
    "rating": "number",
    "at": "date",
    "place": "geo",
    "maker": "object",
    "maker.founded": "date",
    "maker.staff": "int",
    "days": "date[]",
    "codes": "text[]",
    "ratings": "number[]",
}


class Imported(NamedTuple):
    job: Job
    stored: dict[str, dict[str, Any]]
    errors: list[dict[str, Any]]


class Files:
    """Imports files into one world, which is slow to build."""

    def __init__(self, world: ImportWorld) -> None:
        self.world = world
        self._count = 0

    def load(self, content: bytes, ending: str = "csv", chunk_bytes: int = 40, **options: Any) -> Imported:
        """Upload, split and load a file. `sku` is the key of what is stored."""
        self._count += 1
        world = self.world
        world.types = TYPES | {"sku": "text"}
        world.writer.stored.clear()
        dialect = CsvOptions(**options.pop("csv", {}))
        key = f"Film/{self._count}.{ending}"
        metadata = UploadMetadata(None, ImportOptions(csv=dialect, **options)).metadata()
        etag = world.s3.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata=metadata)["ETag"].strip('"')
        source = world.upload_source(key, etag)
        world.split(source, chunk_bytes)
        for chunk in world.chunks():
            world.load(chunk)
        job = world.job(source)
        stored = {item.properties.get("sku", item.id): item.properties for item in world.writer.stored.values()}
        return Imported(job, stored, world.error_lines(source))


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with mock_aws():
        yield Files(ImportWorld.create())


HEADER = b"sku,title,body\n"


@pytest.mark.parametrize("chunk_bytes", [1, 30, 1_000])
@pytest.mark.parametrize(
    ("damaged", "says"),
    [
        (b'U2,Tape,"5 m long\n', "A quote opened at line 3 is never closed"),
        (b'U2,"Weird Al" Yankovic,x\n', "line 3 has text after its closing quote"),
        (b'U2,Cable,"He said \\"plug it\\" and left"\n', "options.csv.escape"),
        (b'U2,5" tape,x\n', "a quote inside of text that is not in quotes"),
        (b"U2,a\rb,x\n", "carriage return (CR) outside of quotes"),
    ],
)
def test_a_damaged_record_fails_by_line_and_those_after_it_are_named(
    files: Files, damaged: bytes, says: str, chunk_bytes: int
) -> None:
    content = HEADER + b"U1,Saw,fine\n" + damaged + b"U3,Hammer,steel head\nU4,Saw,fine teeth\n"

    job, stored, errors = files.load(content, chunk_bytes=chunk_bytes)

    assert job.state is JobState.COMPLETED
    assert says in errors[0]["message"]
    assert (errors[0]["location"]["line"], errors[0]["record"]) == (3, damaged.decode())
    assert job.errors[0].line == 3
    named = [line["record"][:2] for line in errors]
    assert sorted([*stored, *named]) == ["U1", "U2", "U3", "U4"]
    assert stored["U1"] == {"sku": "U1", "title": "Saw", "body": "fine"}


@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_a_cell_that_is_too_long_fails_alone(files: Files, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr(csv_records, "MAX_LINE_BYTES", 2_000)
    monkeypatch.setattr(chunk_sizes, "MIN_STORED_CHUNK_BYTES", 1)
    long_cells = b"".join(b'H%d,"%s",x\n' % (n, b'a ""quoted""\nword, ' * 200) for n in range(2))
    content = HEADER + b"A,before,x\n" + long_cells + b"Z,after,x\n"

    job, stored, errors = files.load(gzip.compress(content) if ending == "csv.gz" else content, ending)

    assert (sorted(stored), job.failed) == (["A", "Z"], 2)
    assert [line["location"]["line"] for line in errors] == [3, 204]
    assert "longer than 2000 bytes" in errors[0]["message"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"sku,title\rA,b\rC,d\r", "Its lines end in CR alone"),
        ("sku,title\nA,b\n".encode("utf-16"), "set options.csv.encoding to utf-16"),
        ("sku,title\nA,b\n".encode("utf-16-be"), "set options.csv.encoding to utf-16"),
        ("sku,Größe\nA,b\n".encode("latin-1"), "windows-1252"),
        (b"sep=;\nsku;title\nA;b\n", "set options.csv.skip_lines to 1"),
        (b",sku,title\n0,A,b\n", 'options.mapping: {"#1": "a name"}'),
        (b",".join(b"c%d" % n for n in range(2_001)) + b"\n", "at most 2000"),
        (b"sku," + b"x" * 201 + b"\n", "longer than 200 characters"),
        (b'sku,"title\n', "never closed"),
        (b"sku,title,sku\nA,b,c\n", "Two columns are named 'sku'"),
    ],
)
def test_a_file_that_cannot_be_read_ends_the_job_with_its_true_cause(files: Files, content: bytes, says: str) -> None:
    job, stored, _ = files.load(content)

    assert (job.state, stored) == (JobState.FAILED, {})
    assert says in str(job.reason)


@pytest.mark.parametrize(
    "options",
    [
        {"columns": ["a", "b", "a"]},
        {"columns": ["a", ""]},
        {"columns": ["x" * 201]},
        {"columns": [str(number) for number in range(2_001)]},
        {"delimiter": ";", "escape": ";"},
        {"delimiter": '"'},
        {"encoding": "ebcdic"},
    ],
)
def test_csv_options_that_contradict_one_another_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CsvOptions.model_validate(options)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_damaged_region_is_never_divided_between_batches(size: int) -> None:
    content = b'a\n"b\nc\nd\n'
    records = [
        ImportRecord(record.start, 1, "", "", InvalidObjectError("x")) for record in read_csv([content], CsvOptions())
    ]

    groups = [[record.start for record in batch.records] for batch in group_records(records, size)]

    assert groups[-1][-3:] == [2, 2, 2]
    assert [start for group in groups for start in group] == [0, 2, 2, 2]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "windows-1252"])
@pytest.mark.parametrize("chunk_bytes", [1, 1_000])
def test_other_encodings_are_read_by_an_option(files: Files, encoding: str, chunk_bytes: int) -> None:
    text = 'sku,title\r\nA,"Café ""Größe"""\r\nB,Ça va\r\n'

    job, stored, _ = files.load(text.encode(encoding), chunk_bytes=chunk_bytes, csv={"encoding": encoding})

    assert job.failed == 0
    assert {sku: row["title"] for sku, row in stored.items()} == {"A": 'Café "Größe"', "B": "Ça va"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_taken_from_the_header_and_shown_in_the_job(files: Files, delimiter: str) -> None:
    content = 'sku,"title",body\nA,"one; two, three|four\tfive",x\n'.replace(",", delimiter, 2)
    rows = [["sku", "title", "body"], ["A", "one; two, three|four\tfive", "x"]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    content = text.getvalue()

    job, stored, _ = files.load(content.encode())

    assert stored["A"]["title"] == "one; two, three|four\tfive"
    options = response_of(job).options
    assert options is not None
    assert options.csv.delimiter == delimiter


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (b"sep=;\nsku;title\nA;b\n", {"csv": {"skip_lines": 1}}),
        (b",sku,title\n0,A,b\n", {"mapping": {"#1": None}}),
        (b"x,sku,x\n0,A,b\n", {"mapping": {"#1": None, "#3": "title"}}),
        (b"A;b\n", {"csv": {"columns": ("sku", "title")}}),
        (b"0,A,b\n", {"csv": {"columns": ("n", "sku", "title")}, "mapping": {"#1": None}}),
        (b"Report\n\nA,b\n", {"csv": {"columns": ("sku", "title"), "skip_lines": 2}}),
        (b"sku\ttitle\nA\tb\n", {"csv": {"quoting": "none"}}),
    ],
)
def test_lines_and_columns_are_left_out_by_options(files: Files, content: bytes, options: dict[str, Any]) -> None:
    job, stored, _ = files.load(content, **options)

    assert (job.failed, stored) == (0, {"A": {"sku": "A", "title": "b"}})


@pytest.mark.parametrize(
    ("content", "dialect", "title"),
    [
        (b'A,"He said \\"plug it\\", and left"\n', {"escape": "\\"}, 'He said "plug it", and left'),
        (b"A,a\\,b\n", {"escape": "\\"}, "a,b"),
        (b'A,"Weird Al" Yankovic\n', {"quoting": "none"}, '"Weird Al" Yankovic'),
        (b"A,'it, is'\n", {"quote": "'"}, "it, is"),
    ],
)
def test_other_dialects_are_read_by_options(files: Files, content: bytes, dialect: dict[str, Any], title: str) -> None:
    _, stored, _ = files.load(b"sku,title\n" + content, csv=dialect)

    assert stored["A"]["title"] == title


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("place", '{"lat": 52.5, "lon": 13}', {"lat": 52.5, "lon": 13}),
        ("maker", '{"founded": "1999-01-02", "staff": 3, "x": null}', {"founded": "1999-01-02T00:00:00Z", "staff": 3}),
        ("year", "9007199254740993", 9007199254740993),
        ("year", "1e3", 1000),
        ("rating", "-0.5e-1", -0.05),
        ("at", "2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123456789Z"),
        ("at", "2026-01-02 03:04:05+01:00", "2026-01-02T03:04:05+01:00"),
        ("at", "2026-01-02", "2026-01-02T00:00:00Z"),
    ],
)
def test_a_cell_is_converted_exactly(name: str, cell: str, value: Any) -> None:
    assert convert({name: cell}, TYPES) == {name: value}


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("at", "20230808120000Z"),
        ("at", "1693012681207"),
        ("at", "1693012681"),
        ("at", "2023-W32-2"),
        ("at", "2023-08-08x12:00:00Z"),
        ("at", "2023-02-30"),
        ("at", "2023-08-08T12:00Z"),
        ("at", "٢٠٢٣-08-08"),
        ("year", "12_34"),
        ("year", "٣"),
        ("year", "1.5"),
        ("year", "1e400"),
        ("rating", "1_000.5"),
        ("rating", "inf"),
        ("rating", "nan"),
        ("rating", "1e999"),
        ("place", "[1, 2]"),
        ("maker", "not JSON"),
    ],
)
def test_a_cell_that_is_not_of_its_type_is_refused_with_its_value(files: Files, name: str, cell: str) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["sku", name], ["A", cell]])

    job, stored, errors = files.load(text.getvalue().encode())

    assert (job.failed, stored) == (1, {})
    assert errors[0]["details"][0]["field"] == f"properties.{name}"
    assert json.dumps(cell, ensure_ascii=False) in errors[0]["message"]


def test_of_random_dates_only_those_of_rfc_3339_are_taken() -> None:
    chance = random.Random(15)
    taken = 0
    for _ in range(10_000):
        text = list("2026-01-02T03:04:05.25Z"[: chance.choice([10, 19, 23])])
        for _ in range(chance.randint(0, 2)):
            text[chance.randrange(len(text))] = chance.choice("0123456789-:TZ. +x")
        written = "".join(text)
        expected = _independent_date(written)
        try:
            found: str | None = date_of(written)
        except ValueError:
            found = None
        assert found == expected, written
        taken += found is not None
    assert 1_000 < taken < 9_000


def _independent_date(text: str) -> str | None:  # noqa: PLR0911 - one for each rule
    """Parse by position and by calendar arithmetic, not by a pattern."""
    day, rest = text[:10], text[10:]
    if len(day) < 10 or day[4] != "-" or day[7] != "-" or not (day[:4] + day[5:7] + day[8:]).isdigit():
        return None
    year, month, date = int(day[:4]), int(day[5:7]), int(day[8:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    if not (year >= 1 and 1 <= month <= 12 and 1 <= date <= lengths[month - 1]):
        return None
    if not rest:
        return f"{day}T00:00:00Z"
    zone = ""
    if rest.endswith("Z"):
        rest, zone = rest[:-1], "Z"
    elif len(rest) > 6 and rest[-6] in "+-":
        rest, zone = rest[:-6], rest[-6:]
        if zone[3] != ":" or not (zone[1:3] + zone[4:]).isdigit() or int(zone[1:3]) > 18 or int(zone[4:]) > 59:
            return None
    clock, dot, fraction = rest[1:].partition(".")
    if rest[0] not in "T " or len(clock) != 8 or clock[2] != ":" or clock[5] != ":":
        return None
    if not (clock[:2] + clock[3:5] + clock[6:]).isdigit() or (dot and not fraction.isdigit()) or len(fraction) > 9:
        return None
    if int(clock[:2]) > 23 or int(clock[3:5]) > 59 or int(clock[6:]) > 59:
        return None
    return f"{day}T{rest[1:]}{zone or 'Z'}"


TEXTS = st.text(alphabet="a,;|\t\"'\\é\r\n 1", max_size=6)
DIALECTS = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "quotechar": st.sampled_from("\"'"),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE]),
        "escapechar": st.sampled_from([None, "\\"]),
        "doublequote": st.booleans(),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
    }
)


def _written(rows: list[list[str]], dialect: dict[str, Any]) -> tuple[bytes, CsvOptions] | None:
    text = io.StringIO(newline="")
    if dialect["escapechar"] is None and (dialect["quoting"] == csv.QUOTE_NONE or not dialect["doublequote"]):
        return None
    csv.writer(text, **dialect).writerows(rows)
    options = CsvOptions(
        delimiter=dialect["delimiter"],
        quote=dialect["quotechar"],
        quoting="none" if dialect["quoting"] == csv.QUOTE_NONE else "minimal",
        escape=dialect["escapechar"],
    )
    return text.getvalue().encode(), options


@settings(deadline=None, max_examples=times(300), derandomize=True)
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=3), min_size=1, max_size=6), DIALECTS, st.integers(1, 9))
def test_what_a_writer_of_csv_wrote_comes_back_for_any_chunk_size(
    rows: list[list[str]], dialect: dict[str, Any], size: int
) -> None:
    if (written := _written(rows, dialect)) is None:
        return
    content, options = written

    def read(start: int, end: int) -> list[list[str] | None]:
        blocks = [content[at : min(at + size, end)] for at in range(start, end, size)]
        records = read_csv(blocks, options, start)
        return [None if r.cells is None else [cell.decode() for cell in r.cells] for r in records]

    records = [pieces.Piece(r.start, r.end, r.data) for r in read_csv([content], options)]
    chunks = list(pieces.pieces(records, size * 3, keep=False))

    assert read(0, len(content)) == rows
    assert [row for start, end, _, _ in chunks for row in read(start, end)] == rows


@settings(deadline=None, max_examples=times(300), derandomize=True)
@given(st.binary(max_size=60).map(lambda raw: bytes(b'a,"\n\r1 '[byte % 7] for byte in raw)), st.integers(1, 9))
def test_no_byte_of_damaged_text_vanishes_and_splitter_and_loader_agree(content: bytes, size: int) -> None:
    whole = list(read_csv([content], CsvOptions()))
    regions = list(pieces.regions(iter(whole)))
    chunks = pieces.pieces(regions, size, keep=False)

    loaded = [
        record for start, end, _, line in chunks for record in read_csv([content[start:end]], CsvOptions(), start, line)
    ]

    assert loaded == whole
    assert (
        b"".join(record.data for record in whole).replace(b"\r", b"").replace(b"\n", b"").strip()
        == content.replace(b"\r", b"").replace(b"\n", b"").strip()
        or b"\n" in content
    )
    covered = sum(len(record.data.replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b"")) for record in whole)
    assert covered == len(content.replace(b"\r", b"").replace(b"\n", b"").replace(b" ", b""))


@settings(deadline=None, max_examples=times(200), derandomize=True)
@given(
    st.lists(
        st.lists(st.text(alphabet='a, "\n', min_size=1, max_size=5), min_size=2, max_size=2), min_size=1, max_size=5
    ),
    st.data(),
)
def test_a_lost_quote_is_named_unless_the_text_is_whole_again(rows: list[list[str]], data: st.DataObject) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    whole = text.getvalue()
    places = [place for place, character in enumerate(whole) if character == '"']
    place = data.draw(st.sampled_from(places))
    damaged = (whole[:place] + whole[place + 1 :]).encode()

    records = list(read_csv([damaged], CsvOptions()))

    # One quote less: their number is odd, which no whole record has.
    assert any(record.cells is None for record in records)


ELEMENTS: list[dict[str, Any]] = [
    {"sku": "A", "title": "x, ]}", "tags": [1, {"n": '\\"'}]},
    {"sku": "B"},
    {"sku": "C", "title": "é\n"},
]


@pytest.mark.parametrize("ending", ["json", "jsonl", "ndjson", "json.gz"])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("chunk_bytes", [1, 1_000])
def test_a_json_array_is_read_by_its_elements(files: Files, ending: str, indent: int | None, chunk_bytes: int) -> None:
    content = json.dumps(ELEMENTS, indent=indent, ensure_ascii=False).encode()

    job, stored, _ = files.load(gzip.compress(content) if ending.endswith("gz") else content, ending, chunk_bytes)

    assert (job.state, job.loaded, job.failed) == (JobState.COMPLETED, 3, 0)
    assert stored == {str(item["sku"]): item for item in ELEMENTS}


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (b'{"sku": "A"}\n{"sku": "B"}\n', "ndjson"),
        (b'{"sku": "A"}\n{"sku": "B"}\n', "json"),
        (b'{"sku": "A"}\n{"sku": "B"}\n', "NDJSON"),
        (b'{\n"sku": "A"\n}\n{"sku": "B"}', "json"),
        (b"sku\tyear\nA\t\nB\t\n", "tsv"),
        (gzip.compress(b"sku\nA\nB\n", mtime=0), "TSV.gz"),
    ],
)
def test_the_other_endings_are_read(files: Files, content: bytes, ending: str) -> None:
    assert sorted(files.load(content, ending).stored) == ["A", "B"]


@pytest.mark.parametrize(
    "content", [b'[{"sku": "A"}, ', b'[{"sku": "A"}, {"sku": ', b'[{"sku": "A"}, {"sku": "x]}', b"["]
)
def test_a_json_array_that_is_cut_off_fails_the_job(files: Files, content: bytes) -> None:
    job = files.load(content, "json").job

    assert job.state is JobState.FAILED
    assert "never closed" in str(job.reason)


def test_an_element_that_is_not_an_object_fails_alone_with_its_line(files: Files) -> None:
    job, stored, errors = files.load(b'[{"sku": "A"},\n17, "x",\n[1], tru,\n{"sku": "B"}]\n', "json")

    assert sorted(stored) == ["A", "B"]
    assert [(line["record"], line["location"]["line"]) for line in errors] == [
        ("17", 2),
        ('"x"', 2),
        ("[1]", 3),
        ("tru", 3),
    ]
    assert job.failed == 4


@settings(deadline=None, max_examples=times(200), derandomize=True)
@given(
    st.lists(
        st.dictionaries(st.text('a"\\[]{},é', max_size=3), st.text('a"\\[]{},\n', max_size=4), max_size=2), max_size=4
    ),
    st.integers(1, 7),
)
def test_the_elements_of_any_array_are_found_in_any_blocks(items: list[dict[str, str]], size: int) -> None:
    content = json.dumps(items, ensure_ascii=False).encode()
    blocks = [content[at : at + size] for at in range(0, len(content), size)]

    found = list(read_elements(blocks))

    assert [json.loads(element.data) for element in found] == items
    assert all(content[element.start : element.end] == element.data for element in found)
    with pytest.raises(NotJsonArrayError):
        list(read_elements([content[:-1]]))


RAW_FAILURES = [
    (b'{"title": "Caf\xe9"}\n', "jsonl"),
    (b'{"sku": "A", "title": 7\n', "jsonl"),
    (b"sku,title\nA,Caf\xe9\n", "csv"),
    (b'sku,title\n{"sku": "A"}"\n', "csv"),
    (b'sku\n"{""sku"": ""A""}\n', "csv"),
]


@pytest.mark.parametrize(("content", "ending"), RAW_FAILURES)
def test_a_retry_never_stores_other_bytes_than_those_of_the_file(files: Files, content: bytes, ending: str) -> None:
    job, _, errors = files.load(content, ending)
    assert job.failed == 1
    if "record_base64" in errors[0]:
        import base64

        assert b"Caf\xe9" in base64.b64decode(errors[0]["record_base64"])
    world = files.world
    source = world.upload_source(
        str(job.error_file).removeprefix(f"s3://{BUCKET}/"),
        world.s3.head_object(Bucket=BUCKET, Key=str(job.error_file).removeprefix(f"s3://{BUCKET}/"))["ETag"].strip('"'),
    )
    again = Job.planned(
        source,
        "Film",
        size=world.s3.head_object(Bucket=BUCKET, Key=source.key)["ContentLength"],
        chunk_bytes=1_000,
        now=job.created,
        options=job.options,
        columns=job.columns,
        job_id=f"00000000-0000-4000-8000-{abs(hash(content)) % 10**12:012}",
        retry_of=job.id,
    )
    world.jobs.create(again)
    world.splitter(1_000).split_all(json.dumps({"job_id": again.id}), Deadline.after(60))
    for chunk in world.chunks():
        world.load(chunk)

    retried = world.jobs.get(again.id)
    assert (retried.loaded, retried.failed, world.writer.stored) == (0, 1, {})
    [line] = [line for uri in retried.error_files for line in world.lines_of(uri)]
    assert (line["record"], line.get("record_base64")) == (errors[0]["record"], errors[0].get("record_base64"))
    assert line["message"] == errors[0]["message"]


def _deadline() -> Any:
    from lambdas.deadline import Deadline

    return Deadline.after(60)


def test_a_gzip_file_that_grows_beyond_reason_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_lines, "HARMLESS_BYTES", 1_000_000)
    content = [gzip.compress(b"0" * 5_000_000)]
    with pytest.raises(NotGzipError, match="more than 200 times"):
        list(gunzip(content))
    with pytest.raises(NotGzipError, match=r"500 times its size: .* ALTO_LIMIT_GZIP_GROWTH"):
        list(gunzip(content, 500))
    assert sum(map(len, gunzip(content, 2_000))) == 5_000_000
