"""Requests made from the API's description, to the functions in this process.

ALTO_FUZZ_EXAMPLES is how many are made for each operation (`make fuzz` makes 150), ALTO_FUZZ_SEED another beginning.
"""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from lambdas.openapi import document
from tests.api import Api
from tests.fuzz import Findings, fuzz
from tests.fuzz_documents import COLLECTION, known_collection, several_searches, shallow, single_searches
from tests.wsgi import WsgiApp

EXAMPLES = os.environ.get("ALTO_FUZZ_EXAMPLES")
FEW = 6
GENERATION = {"max-examples": int(EXAMPLES or FEW), "database": "none", "no-shrink": EXAMPLES is None}
CONFIGURATION = {
    "seed": int(os.environ.get("ALTO_FUZZ_SEED", "1")),
    "warnings": False,
    "continue-on-failure": True,
    # How long a request takes to be made says something about the machine, not about Alto.
    "suppress-health-check": ["too_slow"],
    "generation": GENERATION,
    # All checks are on. A 400 is right for valid data too: no schema knows what properties a collection has.
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "401", "403", "404", "409", "429"]}},
    # An import that waits for its upload has no job yet: what is below it is a 404 until the file is there.
    "operations": [
        {
            "include-path-regex": r"^/v1/collections/\{name\}/imports/\{import_id\}",
            "checks": {"ensure_resource_availability": {"enabled": False}},
        }
    ],
}


@pytest.fixture
def app(api: Api) -> Iterator[WsgiApp]:
    """The API. Collections that requests made are gone afterwards."""
    before, aliases = names(api), alias_names(api)
    yield WsgiApp(api)
    for alias in alias_names(api) - aliases:
        api("DELETE", f"/v1/aliases/{alias}")
    for name in names(api) - before:
        api("DELETE", f"/v1/collections/{name}")


@pytest.fixture
def run(app: WsgiApp, capsys: pytest.CaptureFixture[str]) -> Callable[..., Findings]:
    """Runs phases over a description."""

    def run(description: dict[str, Any], *phases: str, only_valid: bool = False) -> Findings:
        chosen: dict[str, Any] = {"enabled": False} | {phase: {"enabled": True} for phase in phases}
        configuration = CONFIGURATION | {"phases": chosen}
        if only_valid:
            # Some are above a limit of what a request may cost: twice as many are made as have to be carried out.
            configuration["generation"] = GENERATION | {"mode": "positive", "max-examples": int(EXAMPLES or 2 * FEW)}
        findings = fuzz(app, description, configuration)
        if EXAMPLES is not None:
            with capsys.disabled():
                sys.stdout.write(f"\n{dict(findings.cases)} answered {dict(sorted(findings.statuses.items()))}\n")
        return findings

    return run


def names(api: Api) -> set[str]:
    return {collection["name"] for collection in api("GET", "/v1/collections").body["collections"]}


def alias_names(api: Api) -> set[str]:
    return {each["alias"] for each in api("GET", "/v1/aliases").body["aliases"]}


def told(findings: Findings) -> None:
    """Fail with everything that was wrong, each as a command that does it again."""
    __tracebackhide__ = True
    if findings.problems:
        pytest.fail("\n\n".join(f"{name}\n{what}" for name, what in findings.problems.items()), pytrace=False)


def test_what_the_description_allows_and_forbids_is_allowed_and_forbidden(run: Callable[..., Findings]) -> None:
    findings = run(shallow(document()), "examples", "coverage")

    told(findings)
    assert findings.cases["coverage"] > 3000


def test_no_request_that_the_description_allows_breaks_anything(run: Callable[..., Findings]) -> None:
    findings = run(single_searches(document()), "fuzzing", "stateful")

    told(findings)
    assert findings.cases["fuzzing"] > 20 * FEW
    assert findings.cases["stateful"] > FEW


def test_values_of_each_type_are_taken_and_others_refused(run: Callable[..., Findings], api: Api) -> None:
    name = f"Everything{uuid4().hex[:8]}"
    assert api("POST", "/v1/collections", COLLECTION | {"name": name}).status == 201

    findings = run(known_collection(document(), name), "fuzzing")
    several = run(several_searches(document(), name), "fuzzing", only_valid=True)

    api("DELETE", f"/v1/collections/{name}")
    told(findings)
    told(several)
    assert findings.statuses[200] > findings.statuses[404]
    assert several.statuses[200] >= FEW
    assert 2 * several.statuses[200] > several.cases["fuzzing"]
