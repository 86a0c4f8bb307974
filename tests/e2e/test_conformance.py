"""The scenarios of the conformance kit against what is deployed locally, where chains are counted as Lambda does."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from conformance.local_stage import LACKS, connect
from conformance.report import Outcome, Report
from conformance.runner import Run
from conformance.scenario import Options, Scenario, Stage
from conformance.scenarios import SCENARIOS
from tests.e2e.conftest import Alto

# Lambda ends a chain after 16 invocations.
CHAIN = 40


@pytest.fixture(scope="module")
def stage(alto: Alto) -> Iterator[Stage]:
    with ExitStack() as opened:
        yield connect(alto.stack, Options(handovers=CHAIN, checks=CHAIN), opened)


def outcome_of(stage: Stage, name: str) -> Outcome:
    report = Report({"stage": "local"})
    Run(report, lambda _: None).scenarios([each for each in SCENARIOS if each.name == name], stage)
    [outcome] = report.outcomes
    return outcome


@pytest.mark.parametrize("name", ["smoke", "search", "imports", "latency"])
def test_a_scenario_passes_against_the_local_account(stage: Stage, name: str) -> None:
    outcome = outcome_of(stage, name)

    assert (outcome.state, outcome.reason) == ("passed", "")


def test_a_chunk_that_is_handed_over_40_times_is_loaded(stage: Stage) -> None:
    outcome = outcome_of(stage, "recursion")

    assert (outcome.state, outcome.reason) == ("passed", "")
    assert outcome.figures["hand-overs"] >= CHAIN


def test_a_batch_job_that_is_checked_40_times_embeds_what_is_found(stage: Stage) -> None:
    outcome = outcome_of(stage, "batch")

    assert (outcome.state, outcome.reason) == ("passed", "")
    assert outcome.figures["checks"] >= CHAIN


@pytest.mark.parametrize("scenario", [each for each in SCENARIOS if each.needs], ids=lambda each: each.name)
def test_what_the_local_account_cannot_show_is_skipped_with_its_reason(stage: Stage, scenario: Scenario) -> None:
    outcome = outcome_of(stage, scenario.name)

    assert (outcome.state, outcome.reason) == ("skipped", LACKS[scenario.needs])
