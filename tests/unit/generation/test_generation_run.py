"""The calls of one request: side by side, made again while that helps, done in time."""

import time
from collections import Counter
from typing import Any

import pytest

import lambdas.wiring.generation as wiring
from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.http import HttpResponse
from lambdas.deadline import Deadline
from lambdas.errors import (
    AltoError,
    GenerationTimeoutError,
    ModelAccessDeniedError,
    ModelInputError,
    ModelThrottledError,
    ModelUnavailableError,
)
from lambdas.generation.generator import MAX_ATTEMPTS, GenerationCounts, Generator, Outcome, Written
from lambdas.generation.prompts import Prompt
from lambdas.observability import logger
from tests.generation_builders import Caller, converse, endpoint, model, refused

THROTTLED = refused(429, "ThrottlingException")
BROKEN = refused(500, "InternalServerException")


def write(
    caller: Caller, *tasks: str, seconds: float = 20.0, concurrency: int = 4, **more: Any
) -> tuple[list[Outcome], GenerationCounts]:
    generator = Generator(caller, concurrency=concurrency, sleep=lambda _: None, jitter=lambda: 0.0)
    return generator.write(model(), [Prompt(task) for task in tasks], deadline=Deadline.after(seconds), **more)


def text_of(outcome: Outcome) -> str:
    assert isinstance(outcome, Written), outcome
    return outcome.text


def task_of(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"][-1]["text"])


def test_each_prompt_has_its_text_in_its_place() -> None:
    caller = Caller(respond=lambda body: converse(f"to {task_of(body)}", tokens=(5, 2)))
    keys = AwsCredentials("AKIACALLER", "secret")

    outcomes, counts = write(caller, "a", "b", "c", credentials=keys)

    assert [text_of(each) for each in outcomes] == ["to a", "to b", "to c"]
    assert (counts.calls, counts.texts, counts.texts_failed, counts.retries) == (3, 3, 0, 0)
    assert (counts.input_tokens, counts.output_tokens) == (15, 6)
    assert set(caller.credentials) == {keys}


@pytest.mark.parametrize("failure", [THROTTLED, BROKEN, HttpResponse(200, {}, b'{"output"')])
def test_a_failure_that_may_pass_is_tried_again(failure: HttpResponse) -> None:
    outcomes, counts = write(Caller(failure, failure, converse("done")), "a")

    assert text_of(outcomes[0]) == "done"
    assert (counts.calls, counts.retries, counts.throttled) == (3, 2, 2 * (failure is THROTTLED))


def test_another_failure_than_the_quota_is_not_tried_for_ever() -> None:
    caller = Caller(BROKEN)

    [outcome], _ = write(caller, "a")

    assert isinstance(outcome, ModelUnavailableError)
    assert len(caller.calls) == MAX_ATTEMPTS


def test_a_throttled_call_is_made_again_until_the_deadline() -> None:
    caller = Caller(*[THROTTLED] * (2 * MAX_ATTEMPTS), converse("done"))

    assert text_of(write(caller, "a")[0][0]) == "done"


def test_an_error_is_that_of_its_own_text() -> None:
    def respond(body: dict[str, Any]) -> HttpResponse:
        return refused(400, "ValidationException", "bad") if task_of(body) == "b" else converse("done")

    outcomes, counts = write(Caller(respond=respond), "a", "b", "c")

    assert [type(each) for each in outcomes] == [Written, ModelInputError, Written]
    assert counts.texts_failed == 1


def test_after_missing_rights_calls_that_are_left_are_not_made() -> None:
    caller = Caller(refused(403, "AccessDeniedException"))

    outcomes, _ = write(caller, *"abcdefgh", concurrency=1)

    assert {type(each) for each in outcomes} == {ModelAccessDeniedError}
    assert len(caller.calls) == 1


def test_what_is_not_done_at_the_deadline_says_so_and_the_rest_is_returned() -> None:
    def respond(body: dict[str, Any]) -> HttpResponse:
        time.sleep(0.4 if task_of(body) == "slow" else 0.0)
        return converse("done")

    outcomes, counts = write(Caller(respond=respond), "a", "slow", "b", seconds=0.2)

    assert [type(each) for each in outcomes] == [Written, GenerationTimeoutError, Written]
    assert isinstance(outcomes[1], AltoError)
    assert "was not done before the time of the request was over" in outcomes[1].message
    assert counts.texts_failed == 1


def test_no_call_is_begun_without_time_for_it() -> None:
    caller = Caller(converse("done"))

    [outcome], _ = write(caller, "a", seconds=0.0)

    assert isinstance(outcome, GenerationTimeoutError)
    assert caller.calls == []


def test_a_model_that_is_throttled_to_the_end_says_that() -> None:
    generator = Generator(Caller(THROTTLED), sleep=lambda _: time.sleep(0.01), jitter=lambda: 0.0)

    [outcome], _ = generator.write(model(), [Prompt("a")], deadline=Deadline.after(0.3))

    assert isinstance(outcome, ModelThrottledError)
    assert "a lower 'limit' with 'single_prompt'" in outcome.message


def test_throttles_and_failures_lose_no_text_and_each_is_counted() -> None:
    seen: Counter[str] = Counter()

    def respond(body: dict[str, Any]) -> HttpResponse:
        task = task_of(body)
        seen[task] += 1
        if seen[task] == 1 and int(task) % 5 == 0:
            return THROTTLED
        return BROKEN if seen[task] == 1 and int(task) % 20 == 1 else converse(task)

    tasks = [str(number) for number in range(40)]
    outcomes, counts = write(Caller(respond=respond), *tasks, concurrency=40)

    assert [text_of(each) for each in outcomes] == tasks
    assert (counts.calls, counts.retries, counts.throttled, counts.failed) == (50, 10, 8, 10)


def test_forty_texts_are_written_side_by_side() -> None:
    flying = most = 0

    def respond(_: dict[str, Any]) -> HttpResponse:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        time.sleep(0.08)
        flying -= 1
        return converse("done")

    generator = Generator(Caller(respond=respond))
    outcomes, _ = generator.write(model(), [Prompt("a")] * 40, deadline=Deadline.after(20))

    assert len(outcomes) == 40
    # Three rounds of calls would need no more than 14 at a time.
    assert most >= 20


def test_a_request_is_reported_once_without_its_texts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(logger, "info", lambda message, extra: lines.append({"message": message} | extra))
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "query")
    called = model()
    generator = Generator(Caller(converse("secret text", tokens=(7, 3))), report=wiring.report, clock=lambda: 1.0)

    generator.write(called, [Prompt("secret prompt")], deadline=Deadline.after(20))

    assert lines == [
        {
            "message": "generated",
            "model": called.target,
            "model_region": "us-east-1",
            "calls": 1,
            "failed": 0,
            "throttled": 0,
            "retries": 0,
            "texts": 1,
            "texts_failed": 0,
            "input_tokens": 7,
            "output_tokens": 3,
            "milliseconds": 0,
            "call_milliseconds": 0,
        }
    ]
    metric = capsys.readouterr().out
    assert f'"model":"{called.target}"' in metric.replace(" ", "")
    assert '"GenerationInputTokens":[7' in metric.replace(" ", "")
    assert "secret" not in metric


def test_an_endpoint_is_called_by_the_same_code() -> None:
    caller = Caller(THROTTLED, HttpResponse(200, {}, b'[{"generated_text": "done"}]'))
    generator = Generator(caller, sleep=lambda _: None)

    [outcome], _ = generator.write(endpoint(payload="inputs"), [Prompt("a")], deadline=Deadline.after(20))

    assert text_of(outcome) == "done"
    assert caller.calls[0].path == "/endpoints/chat/invocations"
