"""Sections 1 and 2 of the table of cases, each row by a file through S3 into the deployed stack."""

import io
import json
import time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.e2e.cases import Cases, cases

__all__ = ["cases"]

HEADER = b"sku,title,body\n"
PLAIN = HEADER + b"U1,Tape,long\nU2,Saw,fine\n"


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def test_row_1_1_rows_after_a_lost_quote_do_not_vanish(cases: Cases) -> None:
    done = cases.load(HEADER + b'U2,Tape,"5 m long\nU3,Hammer,steel head\nU4,Saw,fine teeth\n')

    assert done.job.failed >= 1
    assert done.job.read == 3
    assert "is never closed" in done.job.errors[0].message
    assert "steel" not in json.dumps(done.stored.get("U2", {}))


def test_row_1_2_a_backslash_before_a_quote_is_named_and_read_by_an_option(cases: Cases) -> None:
    content = HEADER + b'S2,Cable,"He said \\"plug it\\" and left"\n'

    refused, read = cases.load(content), cases.load(content, escape="\\")

    assert (refused.counts, "options.csv.escape" in refused.errors[0].message) == ((1, 0, 1), True)
    assert read.stored["S2"]["body"] == 'He said "plug it" and left'


def test_row_1_3_quotes_inside_of_a_cell_are_kept_or_named(cases: Cases) -> None:
    content = HEADER + b'1,"Weird Al" Yankovic,x\n'

    refused, read = cases.load(content), cases.load(content, quoting="none")

    assert refused.counts == (1, 0, 1)
    assert read.stored["1"]["title"] == '"Weird Al" Yankovic'


def test_row_1_4_the_record_after_a_cell_that_is_too_long_is_loaded(cases: Cases) -> None:
    done = cases.load(HEADER + b'H2,"' + b"x" * 6_000_000 + b'",y\nH3,after,z\n')

    assert done.counts == (2, 1, 1)
    assert done.stored["H3"]["title"] == "after"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"sku,title\rU1,Tape\rU2,Saw\r", "CR alone"),
        ("sku,title\nU1,Tape\n".encode("utf-16"), "utf-16"),
        ("sku,title\nU1,Café\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_row_1_5_the_true_cause_of_an_unreadable_file_is_named(cases: Cases, content: bytes, says: str) -> None:
    done = cases.load(content)

    told = f"{done.job.reason} {[each.message for each in done.errors]}"
    assert says.lower() in told.lower()
    assert "longer than" not in told


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_row_1_5_other_encodings_are_read_by_an_option(cases: Cases, encoding: str) -> None:
    done = cases.load("sku,title\nU1,Café\n".encode(encoding), encoding=encoding)

    assert done.stored["U1"]["title"] == "Café"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_row_1_6_the_delimiter_is_taken_from_the_header(cases: Cases, delimiter: str) -> None:
    done = cases.load(PLAIN.replace(b",", delimiter.encode()))

    assert done.counts == (2, 2, 0)


def test_row_1_7_unnamed_columns_and_lines_before_the_header_are_left_out(cases: Cases) -> None:
    pandas = cases.load(b",sku,title\n0,U1,Tape\n", mapping={"#1": None})
    excel = cases.load(b"sep=;\nsku;title\nU1;Tape\n", skip_lines=1)

    assert pandas.stored["U1"]["title"] == excel.stored["U1"]["title"] == "Tape"


def test_row_1_8_geo_and_objects_are_json_in_a_cell(cases: Cases) -> None:
    done = cases.load(b'sku,place,ob\nU1,"{""lat"":1.5,""lon"":2}","{""a"":""x""}"\n')

    assert done.stored["U1"]["place"] == {"lat": 1.5, "lon": 2}
    assert done.stored["U1"]["ob"] == {"a": "x"}


@pytest.mark.parametrize("cell", ["20230808120000Z", "2023-08-08X12:00:00Z", "2023-W32-2"])
def test_row_1_9_a_date_is_rfc_3339_or_fails(cases: Cases, cell: str) -> None:
    assert cases.load(f"sku,at\nU1,{cell}\n".encode()).counts == (1, 0, 1)


@pytest.mark.parametrize("cell", ["1693012681207", "1693012681"])
def test_row_1_10_an_epoch_is_no_date(cases: Cases, cell: str) -> None:
    assert cases.load(f"sku,at\nU1,{cell}\n".encode()).counts == (1, 0, 1)


@pytest.mark.parametrize(("name", "cell"), [("n", "12_34"), ("x", "1_000.5"), ("n", "\u0661\u0662")])
def test_row_1_11_numbers_are_plain_digits(cases: Cases, name: str, cell: str) -> None:
    assert cases.load(f"sku,{name}\nU1,{cell}\n".encode()).counts == (1, 0, 1)


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        ("jsonl", b'[{"sku": "U1"}, {"sku": "U2"}]'),
        ("json", b'[{"sku": "U1"},\n {"sku": "U2"}]'),
        ("ndjson", b'{"sku": "U1"}\n{"sku": "U2"}\n'),
        ("JSONL", b'{"sku": "U1"}\n{"sku": "U2"}\n'),
        ("tsv", b"sku\ttitle\nU1\ta\nU2\tb\n"),
    ],
)
def test_row_1_12_every_ending_that_lands_in_the_bucket_is_taken(cases: Cases, ending: str, content: bytes) -> None:
    collection = cases.create()

    job = cases.alto.finished_import(cases.alto.upload(f"{collection}/dropped.{ending}", content))

    assert (job["state"], job["counts"]["loaded"]) == ("completed", 2)
    assert {each.properties["sku"] for each in cases.objects(collection)} == {"U1", "U2"}


@pytest.mark.parametrize("key", ["at-the-root.jsonl", "at-the-root.pdf", "Folder/unknown.docx"])
def test_row_1_12_what_cannot_be_taken_is_a_failed_job_with_its_reason(cases: Cases, key: str) -> None:
    job = cases.alto.finished_import(cases.alto.upload(key, b'{"sku": "U1"}\n'))

    assert job["state"] == "failed"
    assert job["reason"]


def test_row_1_13_a_retry_stores_no_other_bytes_than_the_files(cases: Cases) -> None:
    collection = cases.create()
    first = cases.load(b'{"sku": "U1", "title": "Caf\xe9"}\n', "jsonl", name=collection)

    again = cases.loaded(cases.client.imports.retry(first.job), collection)

    assert (first.counts, again.counts) == ((1, 0, 1), (1, 0, 1))
    assert again.stored == {}


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_row_1_14_a_file_without_ids_is_the_same_objects_twice(cases: Cases, ending: str) -> None:
    content = PLAIN if ending == "csv" else b'{"sku": "U1"}\n{"sku": "U2"}\n'
    collection = cases.create()

    first, second = (cases.load(content, ending, name=collection) for _ in range(2))

    assert (first.counts, second.counts, second.job.unchanged) == ((2, 2, 0), (2, 0, 0), 2)
    assert len(list(cases.objects(collection))) == 2


@pytest.mark.parametrize("ending", ["jsonl", "json", "csv", "parquet"])
def test_a_failed_record_beyond_the_first_chunk_names_its_line(cases: Cases, ending: str) -> None:
    records = [{"sku": f"U{number}", "body": "word " * 60_000, "n": 1} for number in range(8)]
    records[6]["n"] = 1.5
    content = {
        "jsonl": b"\n".join(json.dumps(each).encode() for each in records),
        "json": b"[" + b",\n".join(json.dumps(each).encode() for each in records) + b"]",
        "csv": b"sku,body,n\n" + b"".join(f"{each['sku']},{each['body']},{each['n']}\n".encode() for each in records),
    }
    rows = {name: [each[name] for each in records] for name in ("sku", "body")}

    done = cases.load(
        content.get(ending) or parquet(**rows, n=pa.array([float(str(each["n"])) for each in records])), ending
    )

    assert done.counts == (8, 7, 1)
    assert [error.line for error in done.job.errors] == [8 if ending == "csv" else 7]


# Parquet


def test_row_2_1_a_nanosecond_does_not_stop_its_neighbours(cases: Cases) -> None:
    nanoseconds = pa.array([1_577_880_000_123_456_789, 1_577_880_000_000_000_000], pa.timestamp("ns", "UTC"))
    started = time.monotonic()

    done = cases.load(parquet(sku=["U1", "U2"], at=nanoseconds), "parquet")

    assert done.job.loaded + done.job.failed == 2
    assert done.stored["U2"]["at"] == "2020-01-01T12:00:00Z"
    assert time.monotonic() - started < 90


@pytest.mark.parametrize(
    "column",
    [
        pa.array([300_000_000_000, 0], pa.timestamp("s", "UTC")),
        pa.array([b"caf\xe9", b"tea"], pa.binary()).view(pa.string()),
        pa.array([1, None], pa.time64("us")),
        pa.array([1, None], pa.duration("ns")),
    ],
    ids=["year", "utf-8", "time64", "duration"],
)
def test_row_2_2_a_value_that_cannot_be_stored_fails_alone(cases: Cases, column: Any) -> None:
    name = "at" if pa.types.is_timestamp(column.type) else "title"
    content = parquet(sku=["U1", "U2"], **{name: column})

    done, without = cases.load(content, "parquet"), cases.load(content, "parquet", mapping={name: None})

    # A time of day is text; everything else of these has no form.
    expected = (2, 2, 0) if pa.types.is_time(column.type) else (2, 1, 1)
    assert (done.counts, "U2" in done.stored) == (expected, True)
    assert without.counts == (2, 2, 0)


def test_row_2_3_decimals_are_exact_whole_numbers(cases: Cases) -> None:
    numbers = [9007199254740993, 1604029199751626752]

    done = cases.load(parquet(sku=["U1", "U2"], n=pa.array(map(Decimal, numbers), pa.decimal128(38, 0))), "parquet")

    assert [done.stored[sku]["n"] for sku in ("U1", "U2")] == numbers


def test_row_2_4_nested_values_are_converted_as_at_the_top(cases: Cases) -> None:
    kind = pa.struct([("a", pa.string()), ("k", pa.float64()), ("since", pa.timestamp("us", "UTC"))])
    obs = pa.array([{"a": "x", "k": 3.0, "since": 1_577_880_000_000_000}, {"a": None, "k": None, "since": None}], kind)

    done = cases.load(parquet(sku=["U1", "U2"], ob=obs, tags=[["a", None], [None, "b"]]), "parquet")

    assert done.counts == (2, 2, 0)
    assert done.stored["U1"]["ob"] == {"a": "x", "k": 3, "since": "2020-01-01T12:00:00Z"}
    assert done.stored["U2"]["tags"] == ["b"]


def test_row_2_5_bytes_that_are_text_are_text(cases: Cases) -> None:
    done = cases.load(parquet(sku=pa.array([b"IM1"], pa.binary())), "parquet")

    assert set(done.stored) == {"IM1"}


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([UUID(int=5).bytes], pa.binary(16)),
        pa.array([Decimal(5)], pa.decimal128(9, 0)),
        pa.array([5.0], pa.float64()),
    ],
    ids=["uuid", "decimal", "float"],
)
def test_row_2_6_ids_of_every_column_type_are_taken(cases: Cases, ids: Any) -> None:
    collection = cases.create()

    done = cases.load(parquet(id=ids, sku=["U1"]), "parquet", name=collection, ids="any")
    [stored] = cases.objects(collection)

    assert done.counts == (1, 1, 0)
    assert (stored.uuid, stored.key) in {(UUID(int=5), None), (stored.uuid, "5")}


def test_row_2_7_two_columns_of_one_name_end_the_job(cases: Cases) -> None:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["sku", "sku"]), out)

    assert cases.load(out.getvalue(), "parquet").job.state == "failed"


def test_row_2_8_zones_need_no_database(cases: Cases) -> None:
    zoned = pa.array([1_577_880_000_000_000], pa.timestamp("us", "Europe/Berlin"))

    done = cases.load(parquet(sku=["U1"], at=zoned), "parquet")

    assert done.stored["U1"]["at"] == "2020-01-01T12:00:00Z"
