"""A stage in an AWS account: deployed by the code of `make deploy`, removed by that of `make destroy`."""

import json
import os
from contextlib import ExitStack
from typing import Any

import httpx

from alto import AltoClient
from alto.signing import sigv4
from conformance.scenario import Figures, NotMetError, Options, SkippedError, Stage
from infra import cdk
from infra.deployment.deployment import Clients
from infra.deployment.emptying import empty_bucket, stack_outputs
from infra.deployment.preflight import check_credentials
from infra.settings.settings import Settings
from infra.smoke import TOKEN, connect

SECONDS = 40
EXISTS = (
    "The stack {stack} exists already, and the kit would delete it with its data at the end. Run it against a stage of "
    "its own, or use and keep this one: ARGS=--keep"
)
RETAINS = (
    "Stage {stage} has 'removal' {removal}: its domain, bucket and table would stay. Run the kit against a stage with "
    "'removal' destroy, or keep this one: ARGS=--keep"
)


class DeployedStage:
    """The lifecycle of a stage on AWS. `keep` uses a stack that exists, and leaves it."""

    def __init__(
        self, settings: Settings, arguments: list[str], options: Options, *, keep: bool, clients: Clients = cdk.clients
    ) -> None:
        self._settings = settings
        self._arguments = arguments
        self._options = options
        self._keep = keep
        self._clients = clients
        self._stack = f"alto-{settings.stage}"
        self._opened = ExitStack()

    def preflight(self) -> Figures:
        """The findings of `make preflight`. Raises if the kit would remove something of value at the end."""
        check_credentials(self._clients, self._settings)
        exists = stack_outputs(self._clients, self._settings.region, self._stack) is not None
        if not self._keep and exists:
            raise NotMetError(EXISTS.format(stack=self._stack))
        if not self._keep and self._settings.removal != "destroy":
            raise NotMetError(RETAINS.format(stage=self._settings.stage, removal=self._settings.removal))
        findings = cdk.look(self._settings, self._clients, call_models=True)
        return {"findings": [f"{each.level}: {each.text}" for each in findings]}

    def deploy(self) -> tuple[Stage, Figures]:
        """Deploy, and connect to the API."""
        code = cdk.deploy(self._settings, ["--require-approval", "never", *self._arguments])
        if code:
            raise NotMetError(f"cdk deploy ended with exit code {code}; its messages are above")
        [outputs] = json.loads(cdk.outputs_file(self._settings.stage).read_text()).values()
        url = outputs["ApiUrl"]
        client: AltoClient = self._opened.enter_context(connect(url))
        api = self._opened.enter_context(httpx.Client(base_url=url, timeout=SECONDS, **_authorization(url)))
        stage = Stage(self._stack, self._settings, outputs, api, client, self._clients, self._options)
        return stage, {"outputs": sorted(outputs)}

    def tear_down(self) -> Figures:
        """Empty the import bucket and delete the stack."""
        self._opened.close()
        if self._keep:
            raise SkippedError("the stage is kept, as requested")
        outputs = stack_outputs(self._clients, self._settings.region, self._stack) or {}
        deleted = 0
        if bucket := outputs.get("ImportBucketName"):
            deleted = empty_bucket(self._clients("s3", self._settings.region), bucket)
        code = cdk.run(self._settings.stage, "destroy", ["--force", *self._arguments])
        if code:
            raise NotMetError(
                f"cdk destroy ended with exit code {code}: the stage is still there and is billed. Delete the stack "
                f"{self._stack} in the console (docs/deploy.md, Destroy)"
            )
        return {"versions deleted from the bucket": deleted}


def _authorization(url: str) -> dict[str, Any]:
    if token := os.environ.get(TOKEN):
        return {"headers": {"Authorization": f"Bearer {token}"}}
    return {"auth": sigv4(url, region=os.environ.get("AWS_REGION"))}
