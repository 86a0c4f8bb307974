"""Runs the steps of the kit in order. No failure ends it before the stage is torn down and the report is complete."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from conformance.report import Outcome, Report
from conformance.scenario import Figures, Scenario, SkippedError, Stage, describe


class Lifecycle(Protocol):
    """Makes a stage and removes it."""

    def preflight(self) -> Figures:
        """Check the account. Raises any error if the stage must not be deployed."""
        ...

    def deploy(self) -> tuple[Stage, Figures]:
        """Deploy the stage."""
        ...

    def tear_down(self) -> Figures:
        """Remove what `deploy` made, also after a failed deployment. Raises `SkippedError` if that is not wanted."""
        ...


class Run:
    """One run of the kit."""

    def __init__(self, report: Report, say: Callable[[str], None]) -> None:
        """`say` shows a line to the operator."""
        self._report = report
        self._say = say

    def all(self, lifecycle: Lifecycle, scenarios: Sequence[Scenario]) -> Report:
        """Run everything. An interrupt ends the scenarios; the stage is torn down all the same."""
        stage: list[Stage] = []

        def deploy() -> Figures:
            made, figures = lifecycle.deploy()
            stage.append(made)
            return figures

        try:
            if self.step("preflight", "Preflight", lifecycle.preflight):
                try:
                    self.step("deploy", "Deployment", deploy)
                    self.scenarios(scenarios, stage[0] if stage else None)
                finally:
                    self.step("teardown", "Teardown", lifecycle.tear_down)
        finally:
            self._report.ended = datetime.now(UTC)
        return self._report

    def scenarios(self, scenarios: Sequence[Scenario], stage: Stage | None) -> None:
        """Run the scenarios. Without a stage all are skipped."""
        for scenario in scenarios:
            self.step(scenario.name, scenario.title, lambda scenario=scenario: _run(scenario, stage))  # type: ignore[misc]

    def step(self, name: str, title: str, run: Callable[[], Figures]) -> bool:
        """Run one step and note its result; whether it did not fail."""
        began = time.monotonic()
        try:
            outcome = Outcome(name, title, "passed", 0, run())
        except SkippedError as reason:
            outcome = Outcome(name, title, "skipped", 0, reason=str(reason))
        except Exception as error:  # noqa: BLE001 - any error is a result
            outcome = Outcome(name, title, "failed", 0, reason=describe(error))
        except BaseException as error:
            self._note(Outcome(name, title, "failed", 0, reason=f"interrupted ({type(error).__name__})"), began)
            raise
        return self._note(outcome, began)

    def _note(self, outcome: Outcome, began: float) -> bool:
        timed = Outcome(
            outcome.name,
            outcome.title,
            outcome.state,
            round(time.monotonic() - began, 1),
            outcome.figures,
            outcome.reason,
        )
        self._report.outcomes.append(timed)
        self._say(f"{timed.state:8} {timed.seconds:8.1f} s  {timed.title}{f': {timed.reason}' if timed.reason else ''}")
        return timed.state != "failed"


def _run(scenario: Scenario, stage: Stage | None) -> Figures:
    if stage is None:
        raise SkippedError("the stage was not deployed")
    if scenario.needs and scenario.needs in stage.lacks:
        raise SkippedError(stage.lacks[scenario.needs])
    return scenario.run(stage)
