"""The CDK command line for one stage, with what an operator needs to know before it starts.

`python -m infra.cdk synth|diff|deploy|destroy --stage dev`
"""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

from infra import NODE
from infra.settings import Settings
from infra.stage_settings import SettingsError, read_settings

PROJECT = Path(__file__).parents[1]
CDK = PROJECT / "node_modules" / "aws-cdk" / "bin" / "cdk"

VERBS = ("synth", "diff", "deploy", "destroy")
# These talk to the account; synth does not.
NEEDS_ACCOUNT = frozenset({"diff", "deploy", "destroy"})
# The stack that `cdk bootstrap` makes.
BOOTSTRAP_STACK = "CDKToolkit"
OPENSEARCH = "opensearchservice.amazonaws.com"

# What AWS answers while a role or policy that exists is not known everywhere yet, which takes seconds.
PASSING = (
    "Error setting policy",
    "Invalid principal in policy",
    "does not grant sufficient permissions for Amazon OpenSearch Service to create a log stream",
    "The role defined for the function cannot be assumed by Lambda",
    "you must enable a service-linked role",
)
SECONDS_BETWEEN_TRIES = 30

NO_CREDENTIALS = """\
There are no AWS credentials that work here ({reason}).
Alto is deployed into your own account. Sign in first, for example with
    aws sso login --profile my-profile && export AWS_PROFILE=my-profile
and run the same command again. `make synth STAGE={stage}` renders the template without any."""

NOT_BOOTSTRAPPED = """\
The account {account} is not prepared for CDK in {region}: there is no stack {stack}.
Prepare it once (it makes a bucket and roles for deployments):
    node_modules/.bin/cdk bootstrap aws://{account}/{region}
and run the same command again."""


class NotReadyError(Exception):
    """The account cannot be deployed to yet. The message says what to do."""


def stage_settings(stage: str) -> Settings:
    """A stage's settings, as cdk.json has them. Raises `NotReadyError` when they cannot be used."""
    try:
        return read_settings({**json.loads((PROJECT / "cdk.json").read_text())["context"], "stage": stage})
    except SettingsError as error:
        raise NotReadyError(str(error)) from None


def outputs_file(stage: str) -> Path:
    """Where a deployment leaves what the stack tells: addresses and names."""
    return PROJECT / "cdk.out" / f"outputs-{stage}.json"


def check_account(stage: str, region: str) -> str:
    """The account's id. Raises `NotReadyError` without credentials or bootstrap."""
    # Only now: synth works where boto3 would find nothing to talk to.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        account = str(boto3.client("sts", region_name=region).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise NotReadyError(NO_CREDENTIALS.format(reason=error, stage=stage)) from None
    try:
        boto3.client("cloudformation", region_name=region).describe_stacks(StackName=BOOTSTRAP_STACK)
    except ClientError as error:
        if "does not exist" not in str(error):
            raise NotReadyError(f"CloudFormation of account {account} cannot be asked: {error}") from None
        message = NOT_BOOTSTRAPPED.format(account=account, region=region, stack=BOOTSTRAP_STACK)
        raise NotReadyError(message) from None
    return account


def ensure_service_linked_role(region: str) -> None:
    """Make the role by which OpenSearch enters a VPC, unless the account has it.

    AWS refuses a first domain in a VPC without it. It is the account's, not the stack's: a template that makes it fails
    in every account that has it already.
    https://docs.aws.amazon.com/opensearch-service/latest/developerguide/slr.html
    """
    import boto3  # noqa: PLC0415
    from botocore.exceptions import ClientError  # noqa: PLC0415

    try:
        boto3.client("iam", region_name=region).create_service_linked_role(AWSServiceName=OPENSEARCH)
    except ClientError as error:
        if "has been taken" not in str(error):
            raise NotReadyError(f"OpenSearch cannot be let into VPCs: {error}") from None


def passing_trouble(reasons: Iterable[str]) -> str | None:
    """The first of a failed deployment's reasons that goes by itself: a new role or policy not known everywhere yet."""
    return next((reason for reason in reasons if any(sign in reason for sign in PASSING)), None)


def failures(stack: str, region: str) -> list[str]:
    """Why the resources of a stack failed, newest first."""
    import boto3  # noqa: PLC0415

    events = boto3.client("cloudformation", region_name=region).describe_stack_events(StackName=stack)["StackEvents"]
    return [each.get("ResourceStatusReason", "") for each in events if each["ResourceStatus"].endswith("_FAILED")]


def command(verb: str, *arguments: str) -> list[str]:
    """The command line of one CDK command."""
    return [NODE, str(CDK), verb, *arguments]


def environment() -> dict[str, str]:
    """The environment of a CDK command: quiet."""
    return os.environ | {"CDK_DISABLE_CLI_TELEMETRY": "true"}


def main() -> None:
    """Run one command for one stage."""
    parser = ArgumentParser(prog="python -m infra.cdk", description=__doc__)
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--stage", default="dev")
    # Anything else, such as -c load_concurrency=2, is for CDK.
    options, others = parser.parse_known_args()
    try:
        settings = stage_settings(options.stage)
        if options.verb in NEEDS_ACCOUNT:
            account = check_account(options.stage, settings.region)
            _say(f"{options.verb} stage {options.stage} in account {account}, region {settings.region}")
            if options.verb == "deploy" and settings.network == "vpc":
                ensure_service_linked_role(settings.region)
    except NotReadyError as error:
        sys.exit(str(error))
    sys.exit(deploy(settings, others) if options.verb == "deploy" else run(options.verb, options.stage, others))


def deploy(settings: Settings, arguments: list[str]) -> int:
    """Show what changes, then deploy it; once more where AWS was only slow. The exit code."""
    stage = settings.stage
    if code := run("diff", stage, arguments):
        return code
    outputs_file(stage).parent.mkdir(exist_ok=True)
    told = [*arguments, "--outputs-file", str(outputs_file(stage))]
    code = run("deploy", stage, told)
    if code and (reason := passing_trouble(failures(f"alto-{stage}", settings.region))):
        _say(f"AWS did not know yet what it had just made ({reason}); once more in {SECONDS_BETWEEN_TRIES} s")
        time.sleep(SECONDS_BETWEEN_TRIES)
        code = run("deploy", stage, told)
    return code


def run(verb: str, stage: str, arguments: list[str]) -> int:
    """One command of CDK for one stage; its exit code."""
    scope = ["--quiet"] if verb == "synth" else ["--all"]
    given = [*scope, "-c", f"stage={stage}", "--app", f"{sys.executable} app.py", *arguments]
    code = subprocess.run(command(verb, *given), cwd=PROJECT, env=environment(), check=False).returncode
    if code == 0 and verb == "synth":
        _say(f"the template is cdk.out/alto-{stage}.template.json")
    return code


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
