"""Other examples of the kinds of sections 1 and 2 of the table of cases (tests/e2e/test_cases_files.py), in process."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from lambdas.jobs.job import JobState
from tests.import_builders import ImportWorld
from tests.unit.cases.test_case_files_csv import Files


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with mock_aws():
        yield Files(ImportWorld.create())


BACKSLASH = {"csv": {"escape": "\\"}}
BOOK = b"sku,title,year\nU1,Tape,1\n"


@pytest.mark.parametrize(
    ("content", "options", "stored"),
    [
        # A missing value of MySQL and Hive is no text.
        (b"sku,title,year\nU1,\\N,\\N\n", BACKSLASH, {}),
        (b"sku,title\r\nU1,\\N\r\n", BACKSLASH, {}),
        (b"sku,title\nU1,\\N", BACKSLASH, {}),
        (b'sku,title\nU1,"\\N"\n', BACKSLASH, {"title": "\\N"}),
        (b"sku,title\nU1,\\NO\n", BACKSLASH, {"title": "\\NO"}),
        (b"sku,title\nU1,\\N\n", {}, {"title": "\\N"}),
        # Before a character that needs no escape, nothing is lost.
        (b"sku,title\nU1,C:\\temp\\new\n", BACKSLASH, {"title": "C:\\temp\\new"}),
        (b'sku,title\nU1,"C:\\temp\\\\"\n', BACKSLASH, {"title": "C:\\temp\\"}),
        (b'sku,title\nU1,"\\d+\\"x\\""\n', BACKSLASH, {"title": '\\d+"x"'}),
        (b"sku,title\nU1,a\\,b\\\nc\n", BACKSLASH, {"title": "a,b\nc"}),
        ("sku,title\nU1,\\é\n".encode(), BACKSLASH, {"title": "\\é"}),
        (b'sku\ttitle\nU1\ta\\"b\\\tc\n', {"csv": {"escape": "\\", "quoting": "none"}}, {"title": 'a"b\tc'}),
        # Every order of UTF-16, with and without its mark.
        ("sku,title\nU1,Café\n".encode("utf-16-le"), {"csv": {"encoding": "utf-16"}}, {"title": "Café"}),
        ("sku,title\nU1,Café\n".encode("utf-16-be"), {"csv": {"encoding": "utf-16"}}, {"title": "Café"}),
        (b"\xfe\xff" + "sku,title\nU1,Café\n".encode("utf-16-be"), {"csv": {"encoding": "utf-16"}}, {"title": "Café"}),
        # A zero is a character, and begins of texts are no signatures.
        (b"sku,title\nU1,a\0b\n", {}, {"title": "a\0b"}),
        (b"ORC,title\nU1,a\n", {"mapping": {"ORC": "sku"}}, {"title": "a"}),
    ],
)
def test_a_cell_is_stored_as_its_writer_meant_it(
    files: Files, content: bytes, options: dict[str, Any], stored: dict[str, Any]
) -> None:
    done = files.load(content, **options)

    assert (done.job.state, done.errors) == (JobState.COMPLETED, [])
    assert done.stored == {"U1": {"sku": "U1"} | stored}


@pytest.mark.parametrize("ending", ["csv", "jsonl", "json", "tsv"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(BOOK), "compressed with gzip"),
        (b"PK\x03\x04" + bytes(60), "ZIP archive or an Excel workbook"),
        (b"PAR1" + bytes(60), "Parquet file"),
        (b"\x28\xb5\x2f\xfd" + bytes(60), "Zstandard"),
        (b"BZh91AY&SY\0\0", "bzip2"),
        (b"Obj\x01\x04\x16avro", "Avro"),
        (BOOK.decode().encode("utf-32"), "UTF-32"),
        (BOOK.decode().encode("utf-16"), "UTF-16"),
        (BOOK.decode().encode("utf-16-le"), "UTF-16"),
        (BOOK.decode().encode("utf-16-be"), "UTF-16"),
    ],
)
def test_a_file_of_another_kind_ends_its_job_with_the_true_cause(
    files: Files, ending: str, content: bytes, says: str
) -> None:
    done = files.load(content, ending)

    assert done.job.state is JobState.FAILED
    assert says in str(done.job.reason)


@pytest.mark.parametrize(
    ("content", "ending", "says"),
    [
        (b"sku^title\nU1^a\n", "csv", 'one column, "sku^title", with "," as the delimiter: set options.csv.delimiter'),
        (b"sku:title\nU1:a\n", "csv", "options.csv.delimiter"),
        (b"sku title\nU1 a\n", "csv", "options.csv.delimiter"),
        (b"sku\x01title\nU1\x01a\n", "csv", "options.csv.delimiter"),
        (b"# generated\nsku,title\nU1,a\n", "csv", "# generated"),
        (b"sku,title\nU1,a\n", "tsv", "sku,title"),
        (b'{"sku": "U1", "title": "a"}\n', "csv", "looks like JSON"),
        (b'[{"sku": "U1", "title": "a"}]', "csv", "looks like JSON"),
        (b"<!DOCTYPE html>\n<html>\n", "csv", "HTML or XML"),
        (b'{"sku": "U1"}\r{"sku": "U2"}\r', "jsonl", "CR alone"),
    ],
)
def test_a_header_that_names_no_columns_ends_the_job(files: Files, content: bytes, ending: str, says: str) -> None:
    dialect: dict[str, Any] = {"csv": {"delimiter": "\t"}} if ending == "tsv" else {}

    done = files.load(content, ending, **dialect)

    assert (done.job.state, done.errors) == (JobState.FAILED, [])
    assert says in str(done.job.reason)


def test_a_single_column_is_read_by_its_name_or_its_mapping(files: Files) -> None:
    plain, mapped = files.load(b"sku\nU1\n"), files.load(b"the sku\nU1\n", mapping={"the sku": "sku"})

    assert plain.stored == mapped.stored == {"U1": {"sku": "U1"}}


@pytest.mark.parametrize(
    ("content", "ending", "message"),
    [
        (b'{"sku": "Caf\xe9"}\n', "jsonl", "The line is not UTF-8 text (byte 12 of it): save the file as UTF-8."),
        (b'[{"sku": "Caf\xe9"}]', "json", "The element is not UTF-8 text (byte 12 of it): save the file as UTF-8."),
        (b'[{"sku": 01}]', "json", "The element is not JSON at character 8: number with leading zero is not allowed."),
        (b"[5]", "json", 'The element is 5, not a JSON object. Write one object for each record, such as {"title": '),
        (b'{"sku": "a", "sku": "b"}\n', "jsonl", 'The line cannot be read: the name "sku" occurs twice in one object.'),
        (b"sku,title\nU1\n", "csv", "The record has 1 cell, but the header has 2 columns."),
    ],
)
def test_a_damaged_record_says_what_is_wrong_with_it(files: Files, content: bytes, ending: str, message: str) -> None:
    done = files.load(content, ending)

    assert done.stored == {}
    assert done.errors[0]["message"].startswith(message)


@pytest.mark.parametrize("cell", ['{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 1}}'])
def test_a_name_twice_in_a_cell_fails_its_record(files: Files, cell: str) -> None:
    done = files.load(f"sku|maker|vectors\nU1|{cell}|\nU2||{cell}\n".encode(), csv={"quoting": "none"})

    assert (done.job.failed, done.stored) == (2, {})
