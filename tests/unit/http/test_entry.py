"""The log of every entry point: ids, one line of metrics, no secrets."""

import json
from typing import Any

import pytest

from lambdas.handlers.entry_point import entry_point
from lambdas.invocation import Invocation, current
from lambdas.observability import UNITS, logger
from tests.api import Context, event

SECRET = "wJalrXUtnFEMI-EXAMPLEKEY"


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def run(handler: Any, made: dict[str, Any]) -> Any:
    return entry_point(handler)(made, Context())  # type: ignore[arg-type]


def test_a_request_leaves_one_line_of_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    current.begin(1)

    def handler(_: Any, __: Any) -> dict[str, Any]:
        current.add("EngineTime", 2.25)
        current.add("EngineTime", 1.0)
        current.add("EmbeddedTexts", 1)
        return {"statusCode": 200}

    run(handler, event("POST", "/v1/collections/Film/search", {}))

    [line] = lines(capsys)
    [directive] = line.pop("_aws")["CloudWatchMetrics"]
    assert directive["Namespace"] == "Alto"
    assert directive["Metrics"] == [
        {"Name": name, "Unit": UNITS[name]} for name in ("ColdStart", "EngineTime", "EmbeddingTime", "EmbeddedTexts")
    ]
    assert line == {
        "function_request_id": Context.aws_request_id,
        "correlation_id": "Bz7jKgdoIAMEPRw=",
        "method": "POST",
        "path": "/v1/collections/Film/search",
        "status": 200,
        "ColdStart": [0.0],
        "EngineTime": [3.25],
        "EmbeddingTime": [0.0],
        "EmbeddedTexts": [1.0],
    }


def test_an_invocation_that_fails_leaves_its_metrics_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(_: Any, __: Any) -> dict[str, Any]:
        current.add("EngineTime", 1.0)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run(handler, {"Records": []})

    [line] = lines(capsys)
    assert line["EngineTime"] == [1.0]
    assert "path" not in line


def test_no_setting_of_the_environment_has_events_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")

    run(lambda _, __: {"statusCode": 200}, event("GET", "/v1/meta", headers={"X-AWS-Secret-Key": SECRET}))

    assert SECRET not in json.dumps(lines(capsys))


def test_only_the_first_invocation_of_a_process_is_a_cold_start() -> None:
    invocation = Invocation()

    invocation.begin(1)
    first = invocation.totals()
    invocation.begin(1)

    assert (first, invocation.totals()) == ({"ColdStart": 1.0}, {"ColdStart": 0.0})


def test_an_invocation_forgets_the_one_before_it() -> None:
    clock = iter([0.0, 4.0, 10.0, 11.0]).__next__
    invocation = Invocation(clock)

    invocation.begin(5)
    invocation.add("EngineTime", 1)
    left = invocation.remaining()
    invocation.begin(5)

    assert (left, invocation.remaining()) == (1.0, 4.0)
    assert "EngineTime" not in invocation.totals()


def test_outside_of_an_invocation_there_is_no_end() -> None:
    assert Invocation().remaining() == float("inf")


def test_log_lines_have_the_ids_of_their_invocation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logger.append_keys(job_id="of another")
    seen: dict[str, Any] = {}

    def handler(_: Any, __: Any) -> dict[str, Any]:
        seen.update(logger.get_current_keys())
        return {"statusCode": 200}

    run(handler, event("GET", "/v1/meta"))

    assert seen["function_request_id"] == Context.aws_request_id
    assert "job_id" not in seen


def test_metrics_that_are_switched_off_are_forgotten(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    for _ in range(150):
        run(lambda _, __: {"statusCode": 200}, event("GET", "/v1/meta"))
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")

    run(lambda _, __: {"statusCode": 200}, event("GET", "/v1/meta"))

    [line] = lines(capsys)
    assert line["EngineTime"] == [0.0]
