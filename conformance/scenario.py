"""A scenario, the stage that it runs against, and how it says what it found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx

from alto import AltoClient
from infra.deployment.deployment import Clients
from infra.settings.settings import Settings

# What a scenario measured: JSON values by name.
Figures = dict[str, Any]


class SkippedError(Exception):
    """The scenario does not apply to this stage. The message says why."""


class NotMetError(Exception):
    """The stage does not do what the scenario expects."""


@dataclass(frozen=True)
class Options:
    """The choices of the person who runs the kit.

    batch: whether a batch-inference job is started on AWS, which takes from minutes to hours. bill: whether Cost
    Explorer is asked, at a cent a request. handovers: how often a chunk is handed over. checks: how often a local
    batch-inference job is checked.
    """

    batch: bool = False
    bill: bool = False
    handovers: int = 21
    checks: int = 40


@dataclass(frozen=True)
class Stage:
    """A deployed stage. `aws` makes boto3 clients; `lacks` says what the account cannot show, and why."""

    name: str
    settings: Settings
    outputs: Mapping[str, str]
    api: httpx.Client
    client: AltoClient
    aws: Clients
    options: Options = Options()
    lacks: Mapping[str, str] = field(default_factory=dict)
    # The lines of a function's log that have a text, from a time on (seconds since 1970). By default from CloudWatch.
    log: Callable[[str, str, float], Iterable[str]] | None = None
    # Sets up the local models, as `{"latency_ms": 5}`; None on AWS.
    script_models: Callable[[Mapping[str, Any]], None] | None = None

    @property
    def is_local(self) -> bool:
        """Whether the account is an emulated one."""
        return self.script_models is not None

    def service(self, name: str) -> Any:
        """A client of an AWS service in the stage's region."""
        return self.aws(name, self.settings.region)

    def functions(self) -> dict[str, str]:
        """The physical names of the functions, by their own name."""
        pages = self.service("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        names = [
            each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == "AWS::Lambda::Function"
        ]
        found = {}
        for name in names:
            configuration = self.service("lambda").get_function_configuration(FunctionName=name)
            variables = configuration.get("Environment", {}).get("Variables", {})
            if own := variables.get("POWERTOOLS_SERVICE_NAME"):
                found[own] = name
        return found

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The response's body. Raises `NotMetError` for any other status than 2xx."""
        response = self.api.post(path, json=body)
        if not response.is_success:
            raise NotMetError(f"POST {path} returned {response.status_code}: {response.text[:300]}")
        parsed: dict[str, Any] = response.json()
        return parsed


class Scenario(NamedTuple):
    """`run` returns figures, and raises `SkippedError` or any error. `needs` is a key of `Stage.lacks`."""

    name: str
    title: str
    run: Callable[[Stage], Figures]
    needs: str = ""


class Checks:
    """Runs several checks of a scenario; one that fails does not end the others."""

    def __init__(self) -> None:
        self.results: dict[str, str] = {}

    @contextmanager
    def check(self, name: str) -> Iterator[None]:
        """Note that the block succeeds, or why it fails."""
        try:
            yield
        except SkippedError as reason:
            self.results[name] = f"skipped: {reason}"
        except Exception as error:  # noqa: BLE001 - any error is a result
            self.results[name] = f"failed: {describe(error)}"
        else:
            self.results[name] = "ok"

    def figures(self) -> Figures:
        """The results. Raises `NotMetError` that names each check that failed."""
        failed = {name: result for name, result in self.results.items() if result.startswith("failed")}
        if failed:
            raise NotMetError("; ".join(f"{name} {result}" for name, result in failed.items()))
        return {"checks": dict(self.results)}


def expect(met: object, otherwise: str) -> None:
    """Raise `NotMetError` with the text unless the condition is met."""
    if not met:
        raise NotMetError(otherwise)


def describe(error: BaseException) -> str:
    """An error in one line, with its class unless the kit raised it."""
    text = " ".join(str(error).split())[:600]
    return text if isinstance(error, NotMetError) else f"{type(error).__name__}: {text}"
