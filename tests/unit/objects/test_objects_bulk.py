from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import orjson
import pytest

from lambdas.deadline import Deadline
from lambdas.errors import InvalidObjectError, ObjectExistsError, SearchEngineUnavailableError, VersionConflictError
from lambdas.objects.bulk import (
    LEAST_PART_BYTES,
    MAX_REQUEST_BYTES,
    PARTS_AT_ONCE,
    BulkOperation,
    BulkOutcome,
    BulkWriter,
    encode,
    read_outcome,
    split_by_bytes,
)
from lambdas.opensearch import EffectUnknownError, RequestTooLargeError

WRITTEN = {"result": "created", "_primary_term": 1, "_seq_no": 7}


class FakeEngine:
    """Responds to each bulk request by a script of statuses by id; 201 when the script is silent."""

    def __init__(self, statuses: dict[str, list[int]] | None = None, most_bytes: int = 1_000_000_000) -> None:
        self.most_bytes = most_bytes
        self.statuses = statuses or {}
        self.requests: list[list[str]] = []

    def bulk(self, index: str, lines: list[bytes], *, refresh: bool, timeout: float) -> list[dict[str, Any]]:
        ids = [orjson.loads(line.partition(b"\n")[0])["index"]["_id"] for line in lines]
        self.requests.append(ids)
        if len(b"\n".join(lines)) > self.most_bytes:
            raise RequestTooLargeError("OpenSearch returned 413.")
        return [self._item(name) for name in ids]

    def _item(self, name: str) -> dict[str, Any]:
        script = self.statuses.get(name)
        status = script.pop(0) if script else 201
        error = {"error": {"type": "x", "reason": "no"}} if status >= 400 else WRITTEN
        return {"_id": name, "status": status} | error


def write(engine: FakeEngine, *ids: str, seconds: float = 60.0) -> tuple[list[Any], list[float]]:
    pauses: list[float] = []
    clock = iter(range(1000)).__next__
    writer = BulkWriter(engine, sleep=pauses.append)  # type: ignore[arg-type]
    operations = [BulkOperation(name, {}) for name in ids]
    outcomes = writer.write("alto-film", operations, deadline=Deadline.after(seconds, clock), refresh=False)
    return outcomes, pauses


def test_an_operation_is_two_lines_of_ndjson() -> None:
    assert encode(BulkOperation("a", {"created": "now"}, "create")) == b'{"create":{"_id":"a"}}\n{"created":"now"}'


def test_a_condition_is_part_of_the_operation_and_a_deletion_has_no_document() -> None:
    deletion = BulkOperation("a", None, "delete", if_version="1.7")

    assert encode(deletion) == b'{"delete":{"_id":"a","if_primary_term":1,"if_seq_no":7}}'


def test_operations_are_grouped_by_bytes() -> None:
    half = b"x" * (MAX_REQUEST_BYTES // 2)

    assert split_by_bytes([0, 1, 2], [half, half[:-10], half]) == [[0, 1], [2]]


def test_an_operation_larger_than_a_request_goes_alone() -> None:
    assert split_by_bytes([0, 1, 2], [b"a", b"x" * MAX_REQUEST_BYTES, b"b"]) == [[0], [1], [2]]


class Meeting(FakeEngine):
    """Responds when all parts of a write have been sent, so that parts one after the other never get a response."""

    def __init__(self, parts: int) -> None:
        super().__init__()
        self.barrier = Barrier(parts, timeout=20)

    def bulk(self, index: str, lines: list[bytes], *, refresh: bool, timeout: float) -> list[dict[str, Any]]:
        self.barrier.wait()
        return super().bulk(index, lines, refresh=refresh, timeout=timeout)


def write_large(engine: FakeEngine, ids: Sequence[str], size: int) -> list[BulkOutcome]:
    operations = [BulkOperation(name, {"text": "x" * size}) for name in ids]
    with ThreadPoolExecutor(PARTS_AT_ONCE) as threads:
        writer = BulkWriter(engine, executor=threads)  # type: ignore[arg-type]
        return writer.write("alto-film", operations, deadline=Deadline.after(60), refresh=False)


def test_a_large_write_is_sent_in_parts_at_the_same_time() -> None:
    engine = Meeting(PARTS_AT_ONCE)
    ids = [str(place) for place in range(4 * PARTS_AT_ONCE)]

    outcomes = write_large(engine, ids, LEAST_PART_BYTES // 4)

    assert all(outcome.created for outcome in outcomes)
    assert sorted(name for part in engine.requests for name in part) == sorted(ids)
    assert len(engine.requests) == PARTS_AT_ONCE


@pytest.mark.parametrize(
    ("ids", "size"),
    [
        (["a", "b", "c", "d"], LEAST_PART_BYTES // 2),
        # The last one with an id wins.
        (["a", "b", "c", "d", "a"], LEAST_PART_BYTES - 100),
    ],
    ids=["small", "one object twice"],
)
def test_a_small_write_and_an_object_that_is_there_twice_stay_together(ids: list[str], size: int) -> None:
    engine = FakeEngine()

    write_large(engine, ids, size)

    assert engine.requests == [ids]


def test_only_items_rejected_by_a_busy_engine_are_sent_again() -> None:
    engine = FakeEngine({"b": [429, 503]})

    outcomes, pauses = write(engine, "a", "b", "c")

    assert engine.requests == [["a", "b", "c"], ["b"], ["b"]]
    assert [result.error for result in outcomes] == [None, None, None]
    assert len(pauses) == 2
    assert 0.05 <= pauses[0] <= 0.1 <= pauses[1] <= 0.2


def test_an_item_still_refused_at_the_deadline_says_that_the_engine_was_busy() -> None:
    outcomes, _ = write(FakeEngine({"a": [429] * 100}), "a", seconds=5)

    assert isinstance(outcomes[0].error, SearchEngineUnavailableError)


def test_a_document_that_does_not_fit_fails_by_itself() -> None:
    outcomes, _ = write(FakeEngine({"b": [400]}), "a", "b")

    assert outcomes[0].error is None
    assert isinstance(outcomes[1].error, InvalidObjectError)


def test_an_id_that_exists_is_a_conflict() -> None:
    conflict = {"_id": "a", "status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "x"}}

    assert isinstance(read_outcome(conflict).error, ObjectExistsError)
    assert isinstance(read_outcome(conflict, conditional=True).error, VersionConflictError)


def test_a_written_document_has_a_version() -> None:
    assert read_outcome({"_id": "a", "status": 201} | WRITTEN) == BulkOutcome(created=True, version="1.7")


def test_nothing_to_write_sends_nothing() -> None:
    engine = FakeEngine()

    assert write(engine) == ([], [])
    assert engine.requests == []


def test_a_request_larger_than_opensearch_takes_is_halved_until_it_fits() -> None:
    engine = FakeEngine(most_bytes=3 * len(encode(BulkOperation("a", {}))))

    outcomes, _ = write(engine, "a", "b", "c", "d", "e")

    assert [one.error for one in outcomes] == [None] * 5
    assert [request for request in engine.requests if len(request) <= 2] == [["a", "b"], ["c"], ["d", "e"]]


def test_an_object_larger_than_opensearch_takes_fails_alone() -> None:
    small = encode(BulkOperation("a", {}))
    engine = FakeEngine(most_bytes=2 * len(small))

    outcomes, _ = write(engine, "a", "a-name-far-longer-than-all-of-the-request-may-be", "b")

    assert [type(one.error).__name__ for one in outcomes] == ["NoneType", "InvalidObjectError", "NoneType"]
    assert "bytes with its vectors" in str(outcomes[1].error)


class LosingEngine(FakeEngine):
    """Loses the response of the first bulk request; `stored` is what is read back."""

    def __init__(self, stored: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self._stored = stored

    def bulk(self, index: str, lines: list[bytes], *, refresh: bool, timeout: float) -> list[dict[str, Any]]:
        self.requests.append([orjson.loads(line.partition(b"\n")[0]) for line in lines])
        if len(self.requests) == 1:
            raise EffectUnknownError("no response")
        return [self._item("a") for _ in lines]

    def get_many(self, index: str, ids: Sequence[str], params: Any) -> list[dict[str, Any]]:
        return [
            {"_id": name, "found": True, "_source": self._stored[name], "_primary_term": 1, "_seq_no": 9}
            if name in self._stored
            else {"_id": name, "found": False}
            for name in ids
        ]


OURS = {"created": "2026", "updated": "2026", "properties": {"title": "Up"}}


@pytest.mark.parametrize(
    ("action", "version", "stored", "done"),
    [
        ("create", None, {"a": OURS}, True),
        ("create", None, {"a": OURS | {"updated": "2025"}}, False),
        ("create", None, {}, False),
        ("index", "1.7", {"a": OURS}, True),
        ("index", "1.7", {"a": OURS | {"properties": {}}}, False),
    ],
)
def test_write_without_a_response_is_read_back_and_never_a_conflict(
    action: Any, version: str | None, stored: dict[str, Any], *, done: bool
) -> None:
    engine = LosingEngine(stored)
    operation = BulkOperation("a", OURS | {"vectors": {"default": [1.0]}}, action, version)

    [result] = BulkWriter(engine, sleep=lambda _: None).write(  # type: ignore[arg-type]
        "alto-film", [operation], deadline=Deadline.after(60), refresh=False
    )

    assert len(engine.requests) == 1
    assert isinstance(result.error, EffectUnknownError) is not done
    assert result.version == ("1.9" if done else None)


def test_unconditional_write_without_a_response_is_sent_again() -> None:
    engine = LosingEngine({})

    [result] = BulkWriter(engine, sleep=lambda _: None).write(  # type: ignore[arg-type]
        "alto-film", [BulkOperation("a", OURS)], deadline=Deadline.after(60), refresh=False
    )

    assert len(engine.requests) == 2
    assert result.error is None
