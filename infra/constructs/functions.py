"""The five functions: each with its own role, memory, log group and code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.log_group import log_group
from infra.constructs.network import Network
from infra.settings.settings import FunctionName, Settings

# Gives the code of a function, by its name.
Bundles = Callable[[str], lambda_.Code]

ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


@dataclass(frozen=True)
class Shape:
    """Memory, time limit and description of a function."""

    memory_mib: int
    timeout_seconds: int
    description: str


# HTTP functions end a second before the API gives up at 30 s. 1769 MiB is where Lambda gives a whole CPU.
SHAPES = {
    "query": Shape(1024, 29, "Alto: runs searches"),
    "write": Shape(1024, 29, "Alto: manages collections and objects"),
    "split": Shape(1769, 300, "Alto: cuts an uploaded file into chunks"),
    "extract": Shape(1769, 300, "Alto: reads documents"),
    "load": Shape(1769, 300, "Alto: embeds and stores the records of a chunk"),
}


# Functions that send messages to their own queue: Lambda would stop such a chain after 16 invocations. Each chain is
# bounded by Alto itself (decision 0065). All other functions keep Lambda's protection.
SELF_SENDING = ("split", "load")

# Functions whose callers wait for a cold start.
SNAP_STARTED = ("query", "write")


def metrics_namespace(settings: Settings) -> str:
    """Where CloudWatch keeps a stage's own metrics."""
    return f"Alto/{settings.stage}"


class AltoFunction(Construct):
    """A Lambda function that may write its own log and traces; other rights are granted separately."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        settings: Settings,
        bundles: Bundles,
        environment: Mapping[str, str],
        key: kms.IKey | None,
        network: Network | None,
    ) -> None:
        super().__init__(scope, construct_id)
        shape = SHAPES[name]
        logs = log_group(self, "Logs", settings=settings, key=key)
        # An own role: the one CDK makes may write to every log group of the account.
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=shape.description
        )
        logs.grant_write(self.role)
        snap_start = settings.snap_start and name in SNAP_STARTED
        self.function = lambda_.Function(
            self,
            "Function",
            description=shape.description,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=ARCHITECTURES[settings.architecture],
            handler=f"lambdas.handlers.{name}.lambda_handler",
            code=bundles(name),
            memory_size=shape.memory_mib,
            timeout=cdk.Duration.seconds(shape.timeout_seconds),
            tracing=lambda_.Tracing.ACTIVE,
            role=self.role,
            log_group=logs,
            recursive_loop=lambda_.RecursiveLoop.ALLOW if name in SELF_SENDING else None,
            reserved_concurrent_executions=settings.reserved_concurrency.get(cast(FunctionName, name)),
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets() if network else None,
            security_groups=[network.functions] if network else None,
            environment={
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_LOG_LEVEL": settings.log_level,
                "POWERTOOLS_METRICS_NAMESPACE": metrics_namespace(settings),
                **environment,
                **settings.function_environment,
            },
        )
        # Snapshots are made of published versions only, so callers invoke the alias of one.
        self.target = (
            lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
            if snap_start
            else self.function
        )
