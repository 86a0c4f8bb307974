"""A chunk that is handed over more often than Lambda lets functions call themselves (decision 0065).

The load function gets so little time that it hands its chunk over about every second, and a model that is called once a
second. Its settings are put back at the end.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance.films import collection, vectorizer
from conformance.logs import awaited_records
from conformance.scenario import Figures, Stage, expect
from conformance.scenarios.imports import drop, json_lines, wait_for

# The load function keeps 10 s back for counting, so that a second is left for records.
SHORT_TIMEOUT = 11
SECONDS = 900


def recursion(stage: Stage) -> Figures:
    """All records are loaded, in more hand-overs than Lambda allows by default."""
    wanted = stage.options.handovers
    rows = [{"title": f"A film about the number {number}"} for number in range(wanted + 5)]
    vector = vectorizer(stage, requests_per_minute=60, source_properties=["title"])
    load = stage.functions()["load"]
    began, since = time.monotonic(), time.time()
    with _short_timeout(stage, load), collection(stage, "Recursion", vectors={"default": vector}) as name:
        job = drop(stage, name, "slow.jsonl", json_lines(rows))
        done = wait_for(stage, job, SECONDS)
    found = (done.state, done.loaded, done.failed)
    expect(found == ("completed", len(rows), 0), f"{len(rows)} loaded were expected, not {found}")
    results = [each.get("result") for each in awaited_records(stage, "load", str(done.id), since, wanted + 1)]
    handovers = results.count("handed_back")
    expect(handovers >= wanted, f"{wanted} hand-overs were expected, {handovers} are in the log")
    return {"records": len(rows), "hand-overs": handovers, "seconds": round(time.monotonic() - began, 1)}


@contextmanager
def _short_timeout(stage: Stage, function: str) -> Iterator[None]:
    functions = stage.service("lambda")
    before = functions.get_function_configuration(FunctionName=function)["Timeout"]
    _set_timeout(functions, function, SHORT_TIMEOUT)
    try:
        yield
    finally:
        _set_timeout(functions, function, before)


def _set_timeout(functions: Any, function: str, seconds: int) -> None:
    functions.update_function_configuration(FunctionName=function, Timeout=seconds)
    functions.get_waiter("function_updated_v2").wait(FunctionName=function)
