"""The accounts of the load test."""

import json
from typing import Any

import pytest

from benchmarks.load import Outcomes, latencies, read_outcomes

FAILED = {"error": {"code": "invalid_object"}}
UNKNOWN = {"error": {"code": "search_engine_unavailable"}}
STORED = {"error": None}


def response(status: int, *results: Any) -> dict[str, Any]:
    return {"statusCode": status, "body": json.dumps({"results": results})}


@pytest.mark.parametrize(
    ("given", "ids", "stored", "unknown"),
    [
        (response(200, STORED, FAILED, UNKNOWN), ["a", "b", "c"], ["a"], ["c"]),
        (response(201), ["a"], ["a"], []),
        (response(400), ["a"], [], []),
        (response(503), ["a"], [], ["a"]),
        (response(503), ["a", "b"], [], ["a", "b"]),
        (response(200), [], [], []),
    ],
    ids=["batch", "write", "rejected write", "lost write", "lost batch", "search"],
)
def test_objects_are_stored_or_not_or_it_is_not_known(
    given: dict[str, Any], ids: list[str], stored: list[str], unknown: list[str]
) -> None:
    assert read_outcomes(given, ids) == Outcomes(stored, unknown)


def test_latencies_are_in_milliseconds_by_kind() -> None:
    rows = [("search", 200, place / 1000, "") for place in range(1, 101)] + [("write", 201, 0.5, "")]

    found = latencies(rows)

    assert found["search"] == {"p50": 51.0, "p95": 96.0, "p99": 100.0, "max": 100.0, "requests": 100}
    assert found["write"]["max"] == 500.0
