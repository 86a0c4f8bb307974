"""The CDK command line for one stage, after a check of the account.

`python -m infra.cdk synth|diff|bootstrap|preflight|deploy|destroy --stage dev`
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from infra import NODE
from infra.deployment.account_checks import ensure_service_linked_role
from infra.deployment.deployment import Clients, Deployment
from infra.deployment.findings import ERROR, WARNING, Finding, NotReadyError
from infra.deployment.preflight import check_credentials, preflight
from infra.deployment.removal import Removal
from infra.settings.own_stages import own_stages_file, with_own_stages
from infra.settings.settings import Settings
from infra.settings.stage_settings import SettingsError, read_settings

PROJECT = Path(__file__).parents[1]
CDK = PROJECT / "node_modules" / "aws-cdk" / "bin" / "cdk"

VERBS = ("synth", "diff", "bootstrap", "preflight", "deploy", "destroy")
# The other verbs talk to the account.
OFFLINE = frozenset({"synth"})


def project_context() -> dict[str, Any]:
    """The context of `cdk.json`."""
    context: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text())["context"]
    return context


def stage_settings(stage: str, arguments: Sequence[str] = ()) -> Settings:
    """A stage's settings from `cdk.json`, with those of the command line: `-c key=value`, as CDK reads them.

    Raises `NotReadyError` if they cannot be used.
    """
    try:
        context = with_own_stages(project_context(), own_stages_file(os.environ, PROJECT))
        return read_settings({**context, **context_of(arguments), "stage": stage})
    except SettingsError as error:
        raise NotReadyError(str(error)) from None


def context_of(arguments: Sequence[str]) -> dict[str, str]:
    """The context that a command line of CDK sets."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-c", "--context", action="append", default=[])
    pairs = (each.partition("=") for each in parser.parse_known_args(list(arguments))[0].context)
    return {key: value for key, _, value in pairs}


def qualifier() -> str:
    """The qualifier of the bootstrap that deployments use: CDK's default, or that of `cdk.json`."""
    return str(project_context().get("@aws-cdk/core:bootstrapQualifier", "hnb659fds"))


def outputs_file(stage: str) -> Path:
    """Where a deployment writes the outputs of the stack: addresses and names."""
    return PROJECT / "cdk.out" / f"outputs-{stage}.json"


def clients(service: str, region: str) -> Any:
    """A boto3 client with the operator's credentials."""
    # Imported late: synth works without boto3.
    import boto3  # noqa: PLC0415

    make: Any = boto3.client
    return make(service, region_name=region)


def command(verb: str, *arguments: str) -> list[str]:
    """The command line of one CDK command, run by Alto's own Node."""
    return [NODE, str(CDK), verb, *arguments]


def environment() -> dict[str, str]:
    """The environment of a CDK command: without telemetry."""
    return os.environ | {"CDK_DISABLE_CLI_TELEMETRY": "true"}


def main() -> None:
    """Run one command for one stage."""
    parser = ArgumentParser(prog="python -m infra.cdk", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--stage", default="dev")
    parser.add_argument(
        "--call-models", action="store_true", help="preflight: invoke each model once (less than a cent in all)"
    )
    # Other options, such as -c load_concurrency=2, are passed to CDK.
    options, others = parser.parse_known_args()
    try:
        settings = stage_settings(options.stage, others)
        if options.verb in OFFLINE:
            sys.exit(run(options.stage, options.verb, others))
        account = check_credentials(clients, settings)
        say(f"{options.verb} stage {options.stage} in account {account}, region {settings.region}")
        sys.exit(execute(options.verb, settings, account, others, call_models=options.call_models))
    except NotReadyError as error:
        sys.exit(str(error))


def execute(verb: str, settings: Settings, account: str, arguments: list[str], *, call_models: bool = False) -> int:
    """Run a command that needs the account; returns its exit code."""
    if verb == "bootstrap":
        return bootstrap(account, settings.region, ["--qualifier", qualifier(), *arguments])
    if verb in ("preflight", "deploy"):
        look(settings, clients, call_models=call_models)
    if verb == "preflight":
        return 0
    if verb == "deploy":
        return deploy(settings, arguments)
    if verb == "destroy":
        return Removal(settings, clients, run=partial(run, settings.stage), say=say, ask=input).destroy(arguments)
    return run(settings.stage, verb, arguments)


def look(settings: Settings, clients: Clients, *, call_models: bool = False) -> list[Finding]:
    """Print the findings of the preflight, and return them. Raises `NotReadyError` if one is an error."""
    findings = list(preflight(clients, settings, qualifier(), call_models=call_models))
    for finding in findings:
        if finding.level != ERROR:
            say(f"{'WARNING: ' if finding.level == WARNING else ''}{finding.text}")
    if errors := [finding.text for finding in findings if finding.level == ERROR]:
        raise NotReadyError("\n\n".join(errors))
    return findings


def bootstrap(account: str, region: str, arguments: list[str]) -> int:
    """Prepare the account for CDK in a region; returns the exit code."""
    given = command("bootstrap", f"aws://{account}/{region}", *arguments)
    # Outside the project, where CDK finds no application to synthesize.
    return subprocess.run(given, cwd=PROJECT.parent, env=environment(), check=False).returncode


def deploy(settings: Settings, arguments: list[str]) -> int:
    """Deploy a stage whose preflight succeeded; returns the exit code."""
    if settings.network == "vpc" and (problem := ensure_service_linked_role(clients, settings)):
        say(f"WARNING: {problem}")
    outputs_file(settings.stage).parent.mkdir(exist_ok=True)
    deployment = Deployment(
        f"alto-{settings.stage}", settings.region, clients, run=partial(run, settings.stage), say=say
    )
    return deployment.deploy(arguments, ["--outputs-file", str(outputs_file(settings.stage))])


def run(stage: str, verb: str, arguments: list[str]) -> int:
    """One command of CDK for one stage; its exit code."""
    scope = ["--quiet"] if verb == "synth" else ["--all"]
    given = [*scope, "-c", f"stage={stage}", "--app", f"{sys.executable} app.py", *arguments]
    code = subprocess.run(command(verb, *given), cwd=PROJECT, env=environment(), check=False).returncode
    if code == 0 and verb == "synth":
        say(f"the template is cdk.out/alto-{stage}.template.json")
    return code


def say(text: str) -> None:
    """Show a line to the operator."""
    print(f"==> {text}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
