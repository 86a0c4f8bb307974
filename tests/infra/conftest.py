"""Every stage, synthesized once a session, without bundles and without staging assets."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

# isort: off
import infra  # noqa: F401 - first, because it says which Node CDK is to use
import aws_cdk as cdk

# isort: on
import pytest
from aws_cdk import aws_lambda as lambda_

from infra.alto_stack import AltoStack
from infra.bundle.lambda_bundle import PROJECT
from infra.nag_findings import check_with_nag
from infra.settings.stage_settings import read_settings
from tests.infra.synthesis import Synthesis


@pytest.fixture(scope="session")
def context() -> dict[str, Any]:
    """The context of cdk.json."""
    loaded: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text())["context"]
    return loaded


@pytest.fixture(scope="session")
def synthesize(context: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Synthesis]:
    """Synthesize a stage, with settings as from the command line."""
    code = tmp_path_factory.mktemp("code")
    (code / "nothing.py").touch()

    def run(stage: str, **overrides: str) -> Synthesis:
        output = tmp_path_factory.mktemp(stage)
        settings = read_settings({**context, "stage": stage, **overrides})
        app = cdk.App(context={**context, "aws:cdk:disable-asset-staging": True}, outdir=str(output))
        AltoStack(app, f"alto-{stage}", settings=settings, bundles=lambda _: lambda_.Code.from_asset(str(code)))
        check_with_nag(app)
        try:
            app.synth()
        except RuntimeError as error:
            # Findings are read from the report; anything else is a real failure.
            if "ValidationFailed" not in str(error):
                raise
        path = output / f"alto-{stage}.template.json"
        return Synthesis(stage, path, json.loads(path.read_text()), _findings(output / "validation-report.json"))

    return run


def _findings(report: Path) -> list[str]:
    plugins = json.loads(report.read_text())["pluginReports"] if report.exists() else []
    return [violation["ruleName"] for plugin in plugins for violation in plugin["violations"]]


@pytest.fixture(scope="session")
def dev(synthesize: Callable[..., Synthesis]) -> Synthesis:
    """The stage for development."""
    return synthesize("dev")


@pytest.fixture(scope="session")
def prod(synthesize: Callable[..., Synthesis]) -> Synthesis:
    """The stage for production."""
    return synthesize("prod")


@pytest.fixture(scope="session")
def vpc(synthesize: Callable[..., Synthesis]) -> Synthesis:
    """Dev in a VPC."""
    return synthesize("vpc")


@pytest.fixture(scope="session")
def jwt(synthesize: Callable[..., Synthesis]) -> Synthesis:
    """Dev for callers with tokens, under a name of its own, for web pages too, started from snapshots."""
    return synthesize("jwt")


@pytest.fixture(scope="session")
def local(synthesize: Callable[..., Synthesis]) -> Synthesis:
    """The stage for one machine."""
    return synthesize("local")


@pytest.fixture(scope="session", params=["dev", "prod", "vpc", "jwt", "local"])
def stage(request: pytest.FixtureRequest) -> Synthesis:
    """Each stage in turn."""
    synthesis: Synthesis = request.getfixturevalue(request.param)
    return synthesis
