"""Parquet files with values that do not fit: each row is loaded as it is, or fails alone."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from moto import mock_aws
from pyarrow import parquet

from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import JobState
from lambdas.records import parquet_rows
from lambdas.records.parquet_rows import NotParquetError, read_rows, row_groups
from lambdas.records.parquet_values import Unreadable, column_values
from lambdas.records.record_shape import RecordShape
from tests.import_builders import ImportWorld
from tests.unit.cases.test_case_files_csv import Files

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with mock_aws():
        yield Files(ImportWorld.create())


def as_parquet(table: pa.Table, **options: Any) -> bytes:
    file = io.BytesIO()
    parquet.write_table(table, file, **options)
    return file.getvalue()


def two_rows(name: str, values: Any) -> bytes:
    return as_parquet(pa.table([pa.array(["A", "B"]), values], names=["sku", name]))


DECIMAL = pa.decimal128(5, 1)
EPOCH = "1970-01-01T00:00:00Z"
NOT_UTF8 = pa.Array.from_buffers(
    pa.string(), 2, [None, pa.py_buffer(b"\0\0\0\0\x01\0\0\0\x03\0\0\0"), pa.py_buffer(b"x\xff\xfe")]
)


@pytest.mark.parametrize(
    ("name", "values", "good"),
    [
        ("at", pa.array([0, 253402300800], pa.timestamp("s")), "1970-01-01T00:00:00Z"),
        ("at", pa.array([0, -99_999_999_999], pa.timestamp("s", "Europe/Berlin")), "1970-01-01T00:00:00Z"),
        ("at", pa.array([1, 2_932_897], pa.date32()), "1970-01-02T00:00:00Z"),
        ("at", pa.array([86_400_000, 2_932_897 * 86_400_000], pa.date64()), "1970-01-02T00:00:00Z"),
        ("title", NOT_UTF8, "x"),
        ("title", pa.array([b"Caf\xc3\xa9", b"\xff"], pa.binary()), "Café"),
        ("title", pa.array([b"ab", b"\xff\xff"], pa.binary(2)), "ab"),
        ("title", pa.array([None, 5], pa.duration("ns")), None),
        ("at", pa.array([None, 5], pa.time64("ns")), None),
        ("year", pa.array([Decimal(9007199254740993), Decimal("0.5")], pa.decimal128(38, 1)), 9007199254740993),
        ("year", pa.array([3.0, 3.5]), 3),
        ("year", pa.array([3.0, 2.0**60]), 3),
        ("maker", pa.array([{"founded": 0}, {"founded": 10**12}], pa.struct({"founded": pa.timestamp("s")})), ...),
        ("maker", pa.array([{"staff": Decimal(3)}, {"staff": Decimal("3.5")}], pa.struct({"staff": DECIMAL})), ...),
        ("maker", pa.array([[("staff", "3")], [("staff", "x")]], pa.map_(pa.string(), pa.string())), {"staff": 3}),
        ("maker", pa.array([None, [(1, "a")]], pa.map_(pa.int32(), pa.string())), None),
        ("days", pa.array([[0, None], [2**40]], pa.list_(pa.timestamp("s", "America/New_York"))), [EPOCH]),
        ("days", pa.array([[0], [2_932_897]], pa.list_(pa.date32())), [EPOCH]),
        ("codes", pa.array([[b"ab"], [b"\xff"]], pa.list_(pa.binary())), ["ab"]),
        ("codes", pa.array([None, [5]], pa.list_(pa.duration("s"))), None),
        ("year", pa.DictionaryArray.from_arrays([0, 1], pa.array([Decimal("5.0"), Decimal("5.5")])), 5),
        ("at", pa.DictionaryArray.from_arrays([0, 1], pa.array([0, 2**40], pa.timestamp("s", "UTC"))), EPOCH),
        ("year", pa.array([None, 5], pa.time32("s")), None),
        ("vector", pa.array([None, [None]], pa.list_(pa.decimal128(5, 1))), None),
    ],
)
def test_a_value_that_cannot_be_stored_fails_its_row_alone(files: Files, name: str, values: Any, good: Any) -> None:
    job, stored, errors = files.load(two_rows(name, values), "parquet")

    assert (job.state, job.loaded, job.failed) == (JobState.COMPLETED, 1, 1)
    assert errors[0]["record"]["sku"] == "B"
    assert errors[0]["location"]["row"] == 1
    assert name in errors[0]["message"]
    if good is not ...:
        assert stored["A"].get(name) == good


@pytest.mark.parametrize(
    ("values", "right"),
    [
        (pa.array([1_600_000_000_000_000_001, 0], pa.timestamp("ns")), "2020-09-13T12:26:40.000000001Z"),
        (pa.array([1_600_000_000_123_456_789, 0], pa.timestamp("ns", "Asia/Tokyo")), "2020-09-13T12:26:40.123456789Z"),
        (pa.array([-1, 0], pa.timestamp("us")), "1969-12-31T23:59:59.999999Z"),
        (pa.array([-62_135_596_800, 0], pa.timestamp("s")), "0001-01-01T00:00:00Z"),
        (pa.array(["2026-01-02", None]), "2026-01-02T00:00:00Z"),
    ],
)
def test_times_keep_every_digit(files: Files, values: Any, right: str) -> None:
    job, stored, _ = files.load(two_rows("at", values), "parquet")

    assert (job.loaded, stored["A"]["at"]) == (2, right)


@pytest.mark.parametrize(
    ("name", "values", "right"),
    [
        ("year", pa.array([Decimal(1604029199751626752), None], pa.decimal128(38, 0)), 1604029199751626752),
        ("year", pa.array([Decimal("9223372036854775807.00"), None], pa.decimal256(40, 2)), 2**63 - 1),
        ("rating", pa.array([Decimal("0.1"), None], pa.decimal128(5, 1)), 0.1),
        ("title", pa.array(["a", "a"]).dictionary_encode(), "a"),
        ("title", pa.DictionaryArray.from_arrays([0, None], pa.array(["a"], pa.large_string())), "a"),
        ("title", pa.array(["a", None], pa.large_string()), "a"),
        ("title", pa.array(["a", None], pa.string_view()), "a"),
        ("codes", pa.array([["a", None], None], pa.large_list(pa.large_string())), ["a"]),
        ("codes", pa.array([["a"], None], pa.list_(pa.dictionary(pa.int32(), pa.string()))), ["a"]),
        ("codes", pa.array([[], None], pa.list_(pa.null())), []),
        ("days", pa.array([[1], None], pa.list_(pa.timestamp("ns", "Asia/Tokyo"))), ["1970-01-01T00:00:00.000000001Z"]),
        ("ratings", pa.array([[Decimal("1.5"), None], None], pa.list_(DECIMAL)), [1.5]),
        ("maker", pa.array([{"staff": None}, None], pa.struct({"staff": pa.null()})), {}),
        (
            "maker",
            pa.array(
                [{"founded": 0, "staff": 3.0, "x": None}, None],
                pa.struct({"founded": pa.timestamp("s"), "staff": pa.float64(), "x": pa.string()}),
            ),
            {"founded": "1970-01-01T00:00:00Z", "staff": 3},
        ),
        (
            "place",
            pa.array(
                [{"lat": Decimal("52.5"), "lon": Decimal("13.4")}, None],
                pa.struct({"lat": pa.decimal128(4, 1), "lon": pa.decimal128(4, 1)}),
            ),
            {"lat": 52.5, "lon": 13.4},
        ),
        ("maker", pa.array([[("staff", "3")], None], pa.map_(pa.string(), pa.string())), {"staff": 3}),
    ],
)
def test_values_are_exact_and_converted_at_any_depth(files: Files, name: str, values: Any, right: Any) -> None:
    job, stored, _ = files.load(two_rows(name, values), "parquet")

    assert (job.failed, stored["A"][name]) == (0, right)


def test_nulls_in_lists_are_left_out_and_their_values_converted() -> None:
    shape = RecordShape("Film", ImportOptions(format="parquet"), {"days": "date[]", "staff": "int[]"})
    days = column_values(pa.array([[0, None, 1]], pa.list_(pa.date32())))[0]

    found = shape.object_of({"days": days, "staff": [Decimal(2), None, 3.0]}, "2b6a1b2e-9b6f-4a3c-8f61-5f0c8f2a7d11")

    assert found.properties == {"days": ["1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"], "staff": [2, 3]}


def test_a_column_of_nulls_is_absent(files: Files) -> None:
    job, stored, _ = files.load(two_rows("title", pa.nulls(2)), "parquet")

    assert (job.failed, stored) == (0, {"A": {"sku": "A"}, "B": {"sku": "B"}})


def test_a_vector_of_decimals_is_one_of_numbers(files: Files) -> None:
    job, _, _ = files.load(two_rows("vector", pa.array([[Decimal("1.5")], None], pa.list_(DECIMAL))), "parquet")

    assert job.failed == 0
    assert {tuple(each) for item in files.world.writer.stored.values() for each in item.vectors.values()} == {(1.5,)}


def test_bytes_in_a_list_are_shown_in_hexadecimal(files: Files) -> None:
    _, _, errors = files.load(two_rows("codes", pa.array([[b"a"], [b"\xff"]], pa.list_(pa.binary()))), "parquet")

    assert errors[0]["message"].startswith(
        "'properties.codes' cannot be read as text[]: [\"0xff\"] (write a list as JSON"
    )


IDENTITY = UUID("2b6a1b2e-9b6f-4a3c-8f61-5f0c8f2a7d11")


@pytest.mark.parametrize("ids", ["uuid", "any"])
@pytest.mark.parametrize(
    "values",
    [
        pa.array([IDENTITY.bytes], pa.uuid()),
        pa.array([IDENTITY.bytes], pa.binary(16)),
        pa.array([str(IDENTITY).encode()], pa.binary()),
        pa.array([str(IDENTITY).upper()]),
    ],
)
def test_a_uuid_in_any_column_type_is_the_id(files: Files, values: Any, ids: str) -> None:
    job, _, _ = files.load(as_parquet(pa.table([values], names=["id"])), "parquet", ids=ids)

    assert job.failed == 0
    assert list(files.world.writer.stored) == [str(IDENTITY)]


@pytest.mark.parametrize("values", [pa.array([42]), pa.array([42.0]), pa.array([Decimal(42)]), pa.array(["42"])])
def test_a_whole_number_in_any_column_type_is_one_id_of_the_users_own(files: Files, values: Any) -> None:
    files.load(as_parquet(pa.table([pa.array(["42"])], names=["id"])), "parquet", ids="any")
    expected = list(files.world.writer.stored)

    job, _, _ = files.load(as_parquet(pa.table([values], names=["id"])), "parquet", ids="any")

    assert (job.failed, list(files.world.writer.stored)) == (0, expected)


def test_columns_that_are_mapped_to_null_are_not_read(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def column_values(array: Any) -> list[Any]:
        read.append(str(array.type))
        values: list[Any] = array.to_pylist()
        return values

    monkeypatch.setattr(parquet_rows, "column_values", column_values)
    content = as_parquet(
        pa.table(
            [pa.array(["A"]), pa.array([5], pa.duration("ns")), pa.array([10**15], pa.timestamp("s"))],
            names=["sku", "wait", "later"],
        )
    )

    job, stored, _ = files.load(content, "parquet", mapping={"wait": None, "later": None})

    assert (job.failed, stored, read) == (0, {"A": {"sku": "A"}}, ["string"])


@pytest.mark.parametrize("names", [["sku", "sku"], ["sku", "x", "sku"]])
def test_two_columns_of_one_name_end_the_job(files: Files, names: list[str]) -> None:
    table = pa.table([pa.array(["A"])] * len(names), names=names)

    job = files.load(as_parquet(table), "parquet").job

    assert job.state is JobState.FAILED
    assert "Two columns are named 'sku'" in str(job.reason)


def test_a_struct_with_two_fields_of_one_name_fails_its_row() -> None:
    kind = pa.struct([pa.field("a", pa.int64()), pa.field("a", pa.int64())])
    array = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], fields=list(kind))

    assert column_values(array) == [Unreadable("has two fields of one name")]


def test_a_row_that_is_too_large_fails_alone(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "MAX_LINE_BYTES", 10_000)
    texts = ["x" * (20_000 if number == 7 else 100) for number in range(30)]
    table = pa.table({"sku": [str(number) for number in range(30)], "title": texts})

    job, stored, errors = files.load(as_parquet(table), "parquet", chunk_bytes=1_000_000)

    assert (job.loaded, job.failed, "7" in stored) == (29, 1, False)
    assert "at most 10000 are imported" in errors[0]["message"]


def test_a_few_bytes_that_stand_for_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_rows, "MAX_LIST_BYTES", 1_000_000)
    content = as_parquet(pa.table({"tags": pa.array([[7] * 500_000], pa.list_(pa.int64()))}))
    assert len(content) < 2_000

    with pytest.raises(NotParquetError, match="unpack from"):
        row_groups(lambda start, end: content[start:end], len(content))


def test_large_values_are_decoded_a_few_rows_at_once() -> None:
    content = as_parquet(pa.table({"title": [f"{n}" + "x" * 200_000 for n in range(200)]}))
    with parquet_rows._opened(lambda start, end: content[start:end], len(content)) as file:
        assert parquet_rows._rows_at_once(file, 0) < 60

    assert sum(1 for _ in read_rows(lambda start, end: content[start:end], len(content), 0, 200)) == 200


def test_a_text_that_stands_in_many_rows_is_unpacked_in_few_of_them_at_once() -> None:
    content = as_parquet(pa.table({"title": ["x" * 1_000_000] * 300}))
    assert len(content) < 100_000
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    peak = count = 0

    for _ in read_rows(lambda start, end: content[start:end], len(content), 0, 300):
        peak, count = max(peak, pool.bytes_allocated() - before), count + 1

    assert count == 300
    assert peak < 200_000_000


def test_bytes_that_are_not_text_are_shown_in_hexadecimal(files: Files) -> None:
    _, _, errors = files.load(two_rows("title", pa.array([b"a", b"\xff\x01"])), "parquet")

    assert "0xff01" in errors[0]["message"]
    assert "b'" not in str(errors[0])


def test_times_with_zones_need_no_database_of_time_zones(tmp_path: Path) -> None:
    path = tmp_path / "zones.parquet"
    path.write_bytes(two_rows("at", pa.array([0, 1], pa.timestamp("us", "Europe/Berlin"))))
    script = (
        "import sys; from lambdas.records.parquet_rows import read_rows\n"
        "data = open(sys.argv[1], 'rb').read()\n"
        "print([row['at'] for _, row in read_rows(lambda a, b: data[a:b], len(data), 0, 2)])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.strip() == "['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000001Z']", done.stderr
