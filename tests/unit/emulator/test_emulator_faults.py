from typing import Any

import pytest

from local.emulator.faults import BY_STATUS, ERRORS, FaultInjector, FaultPlan, fault


def injector(**plan: Any) -> FaultInjector:
    return FaultInjector(FaultPlan.parse(plan))


def test_without_a_plan_nothing_fails() -> None:
    calm = injector()
    assert [calm.next_call(now) for now in (0.0, 0.0, 0.0)] == [None] * 3
    assert calm.for_texts(["poison"]) is None


def test_calls_fail_by_their_number_since_the_plan_was_set() -> None:
    scripted = injector(calls={"2": "500", "4-5": "ThrottlingException"})
    kinds = [scripted.next_call(0) for _ in range(6)]
    assert kinds == [None, "InternalServerException", None, "ThrottlingException", "ThrottlingException", None]


def test_a_fault_rate_fails_its_share_and_repeats_with_its_seed() -> None:
    def draws(seed: int) -> list[str | None]:
        drawn = injector(rates={"429": 0.1, "500": 0.02}, seed=seed)
        return [drawn.next_call(0) for _ in range(5_000)]

    assert draws(1) == draws(1) != draws(2)
    assert draws(1).count("ThrottlingException") == pytest.approx(500, rel=0.15)
    assert draws(1).count("InternalServerException") == pytest.approx(100, rel=0.3)


def test_a_text_fails_by_what_it_contains_whatever_its_neighbours_are() -> None:
    poisoned = injector(texts={"poison": "ValidationException"})
    assert poisoned.for_texts(["fine", "some poison here"]) == "ValidationException"
    assert poisoned.for_texts(["fine"]) is None


def test_calls_above_the_limit_are_throttled_and_the_limit_fills_again() -> None:
    limited = injector(requests_per_second=20, burst=2)
    assert [limited.next_call(10.0) for _ in range(3)] == [None, None, "ThrottlingException"]
    assert limited.next_call(10.04) == "ThrottlingException"
    assert limited.next_call(10.051) is None
    assert limited.next_call(10.052) == "ThrottlingException"
    assert [limited.next_call(100.0) for _ in range(3)] == [None, None, "ThrottlingException"]


@pytest.mark.parametrize("limit", [5, 20, 200])
def test_over_time_the_limit_lets_through_just_what_it_says(limit: int) -> None:
    limited = injector(requests_per_second=limit)
    admitted = sum(limited.next_call(step / 1_000) is None for step in range(10_000))
    assert admitted == pytest.approx(limit * 10, abs=6)


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ({"latency": 3}, "fault plan is an object of"),
        ([], "fault plan is an object of"),
        ({"latency_ms": -1}, "latency_ms has to be a number"),
        ({"latency_ms": "80"}, "latency_ms has to be a number"),
        ({"rates": {"429": 0.9, "500": 0.2}}, "add up to 1 at most"),
        ({"rates": {"418": 0.1}}, "'418' is not a kind of fault"),
        ({"calls": {"first": "429"}}, "'first' is not a call number"),
        ({"texts": {"poison": "death"}}, "'death' is not a kind of fault"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused_with_what_is_wrong(plan: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FaultPlan.parse(plan)


@pytest.mark.parametrize("status", BY_STATUS)
def test_every_status_has_its_error(status: str) -> None:
    assert fault(BY_STATUS[status], "bedrock").status == int(status)


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_keeps_its_status_under_the_names_of_sagemaker(kind: str) -> None:
    assert fault(kind, "sagemaker").status == fault(kind, "bedrock").status


def test_sagemaker_names_its_errors_otherwise_than_bedrock() -> None:
    assert fault("ModelErrorException", "sagemaker").code == "ModelError"
    assert fault("InternalServerException", "sagemaker").code == "InternalFailure"
    assert fault("ValidationException", "sagemaker").code == "ValidationError"
