"""The CDK command line for one stage, with what an operator needs to know before it starts.

`python -m infra.cdk synth|diff|deploy|destroy --stage dev`
"""

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

from infra import NODE

PROJECT = Path(__file__).parents[1]
CDK = PROJECT / "node_modules" / "aws-cdk" / "bin" / "cdk"

VERBS = ("synth", "diff", "deploy", "destroy")
# These talk to the account; synth does not.
NEEDS_ACCOUNT = frozenset({"diff", "deploy", "destroy"})
# The stack that `cdk bootstrap` makes.
BOOTSTRAP_STACK = "CDKToolkit"

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


def stage_region(stage: str) -> str:
    """The region of a stage, as cdk.json has it."""
    stages = json.loads((PROJECT / "cdk.json").read_text())["context"]["stages"]
    if stage not in stages:
        raise NotReadyError(f"There is no stage '{stage}' in cdk.json. There are: {', '.join(stages)}.")
    return str(stages[stage]["region"])


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
        region = stage_region(options.stage)
        if options.verb in NEEDS_ACCOUNT:
            account = check_account(options.stage, region)
            print(f"==> {options.verb} stage {options.stage} in account {account}, region {region}", flush=True)  # noqa: T201
    except NotReadyError as error:
        sys.exit(str(error))
    scope = ["--quiet"] if options.verb == "synth" else ["--all"]
    arguments = [*scope, "-c", f"stage={options.stage}", "--app", f"{sys.executable} app.py", *others]
    result = subprocess.run(command(options.verb, *arguments), cwd=PROJECT, env=environment(), check=False)
    if result.returncode == 0 and options.verb == "synth":
        print(f"The template is cdk.out/alto-{options.stage}.template.json")  # noqa: T201
    sys.exit(result.returncode)


if __name__ == "__main__":
    main()
