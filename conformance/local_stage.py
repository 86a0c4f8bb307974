"""The stage `local` in an emulated account on this machine, and what that account cannot show."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

import alto
from conformance.scenario import Figures, Options, SkippedError, Stage
from infra import cdk
from local.account import aws_client
from local.running import RunningStack
from local.stack import Stack

STACK = "alto-local"
LACKS = MappingProxyType(
    {
        "throttling": "the local gateway does not throttle",
        "start times": "the local account reports no initialization, and has no SnapStart",
        "bill": "the local account is free",
    }
)
SECONDS = 40


def connect(running: RunningStack, options: Options, opened: ExitStack) -> Stage:
    """The stage of a running local stack. Its clients are closed with `opened`."""
    emulator = f"{running.emulator_url}/_emulator/faults"

    def script_models(plan: Mapping[str, Any]) -> None:
        httpx.put(emulator, json=plan, trust_env=False).raise_for_status()

    def log(function: str, text: str, _: float) -> Iterator[str]:
        file = Path(running.logs) / f"{function}.log"
        yield from (line for line in file.read_text().splitlines() if text in line)

    api = opened.enter_context(httpx.Client(base_url=running.url, timeout=SECONDS, trust_env=False))
    client = opened.enter_context(alto.connect_to_custom(running.url))
    return Stage(
        name=STACK,
        settings=cdk.stage_settings("local"),
        outputs={"ApiUrl": running.url, "ImportBucketName": running.bucket},
        api=api,
        client=client,
        aws=lambda service, region: aws_client(service, running.endpoint, region),
        options=options,
        lacks=LACKS,
        log=log,
        script_models=script_models,
    )


class LocalStage:
    """The lifecycle of a local stack on a state folder of its own. Messages are delivered without their delays."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._opened = ExitStack()

    def preflight(self) -> Figures:
        """Nothing: an emulated account has neither quotas nor models to subscribe to."""
        raise SkippedError("the local account has no quotas, regions or subscriptions to check")

    def deploy(self) -> tuple[Stage, Figures]:
        """Start the local stack, which deploys Alto with CDK."""
        folder = Path(self._opened.enter_context(tempfile.TemporaryDirectory(prefix="alto-conformance-")))
        stack = self._opened.enter_context(Stack(folder, longest_delay=0))
        assert stack.running
        stage = connect(stack.running, self._options, self._opened)
        return stage, {step: round(seconds, 1) for step, seconds in stack.seconds.items()}

    def tear_down(self) -> Figures:
        """Stop the stack and delete its data."""
        self._opened.close()
        return {}
