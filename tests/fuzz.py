"""Schemathesis over the whole API: requests made from its description, responses checked against it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import schemathesis.openapi
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import EngineEvent, FatalError, NonFatalError, ScenarioFinished

from tests.wsgi import WsgiApp


@dataclass(slots=True)
class Findings:
    """How many requests each phase sent, how they were answered, and what was wrong, each thing once."""

    cases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)


def fuzz(app: WsgiApp, description: dict[str, Any], configuration: dict[str, Any]) -> Findings:
    """Send what the configuration (as in schemathesis.toml) says, and collect what it finds."""
    config = SchemathesisConfig.from_dict(configuration)
    schema = schemathesis.openapi.from_dict(description, config=config)
    schema.app = app
    return collected(from_schema(schema).execute())


def collected(events: Iterable[EngineEvent]) -> Findings:
    """The findings among the events of a run."""
    findings = Findings()
    for each in events:
        match each:
            case ScenarioFinished():
                _add(findings, each)
            case NonFatalError():
                findings.problems[f"{each.label}: {each.info.title}"] = str(each.value)
            case FatalError():
                raise each.exception
    return findings


def _add(findings: Findings, scenario: ScenarioFinished) -> None:
    recorder = scenario.recorder
    findings.cases[scenario.phase.value] += len(recorder.interactions)
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            findings.statuses[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure, case = check.failure_info.failure, recorder.cases[case_id].value
            response = recorder.interactions[case_id].response
            reply = "" if response is None else f"{response.status_code} {response.text[:1500]}"
            key = f"{case.operation.label}: {failure.title}: {failure.message[:80]}"
            findings.problems.setdefault(key, f"{failure.message}\n{check.failure_info.code_sample[:3000]}\n-> {reply}")
