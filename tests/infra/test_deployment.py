"""What `make deploy` does besides calling CDK."""

from typing import Any

import pytest

from infra import cdk
from infra.cdk import NotReadyError, deploy, passing_trouble, stage_settings

TIMES_OUT = "Resource handler returned message: stabilization timed out"
NOT_YET = "Resource handler returned message: Error setting policy: [{...}] (Service: OpenSearch, Status Code: 409)"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr("time.sleep", lambda seconds: ran.append(("wait", str(seconds))))
    return ran


def answer_with(
    monkeypatch: pytest.MonkeyPatch, commands: list[tuple[str, ...]], codes: list[int], reasons: list[str]
) -> None:
    def run(verb: str, *_: Any) -> int:
        commands.append((verb,))
        return codes.pop(0)

    monkeypatch.setattr(cdk, "run", run)
    monkeypatch.setattr(cdk, "failures", lambda *_: reasons)


def test_what_changes_is_shown_before_it_is_deployed(
    monkeypatch: pytest.MonkeyPatch, commands: list[tuple[str, ...]]
) -> None:
    answer_with(monkeypatch, commands, [0, 0], [])

    assert deploy(stage_settings("dev"), []) == 0
    assert commands == [("diff",), ("deploy",)]


def test_a_policy_that_is_not_known_everywhere_yet_is_tried_once_more(
    monkeypatch: pytest.MonkeyPatch, commands: list[tuple[str, ...]]
) -> None:
    answer_with(monkeypatch, commands, [0, 1, 0], [TIMES_OUT, NOT_YET])

    assert deploy(stage_settings("dev"), []) == 0
    assert commands == [("diff",), ("deploy",), ("wait", "30"), ("deploy",)]


def test_any_other_failure_is_left_to_people(monkeypatch: pytest.MonkeyPatch, commands: list[tuple[str, ...]]) -> None:
    answer_with(monkeypatch, commands, [0, 1], [TIMES_OUT])

    assert deploy(stage_settings("dev"), []) == 1
    assert commands == [("diff",), ("deploy",)]


def test_only_known_signs_are_passing_trouble() -> None:
    assert passing_trouble([TIMES_OUT]) is None
    assert passing_trouble([TIMES_OUT, NOT_YET]) == NOT_YET


@pytest.mark.parametrize("stage", ["dev", "prod", "vpc", "jwt", "local"])
def test_every_stage_says_its_region(stage: str) -> None:
    assert stage_settings(stage).region == "eu-west-1"


def test_a_stage_that_does_not_exist_is_refused() -> None:
    with pytest.raises(NotReadyError, match="one of dev, prod, vpc, jwt, local"):
        stage_settings("nothing")
