"""The properties that decide whether an update of a stack keeps its data or replaces it with something empty.

A resource is replaced when its logical id changes, or one of the properties that CloudFormation cannot update. Which
those are is in AWS's own resource schemas, which cfn-lint brings along.
"""

import json
from pathlib import Path
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.infra.synthesis import Synthesis

SNAPSHOTS = Path(__file__).parent / "snapshots"
REGION = "eu-west-1"

# What holds data, or what callers hold: a new API has a new address, a new queue has lost its messages.
LASTING = (
    "AWS::ApiGatewayV2::Api",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::OpenSearchService::Domain",
    "AWS::S3::Bucket",
    "AWS::SQS::Queue",
)
# In no schema: a domain cannot be moved into a VPC, out of it, or into another.
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/vpc.html
BESIDES = {"AWS::OpenSearchService::Domain": ("VPCOptions",)}


def identity(stage: Synthesis) -> dict[str, Any]:
    """The lasting resources of a stage by logical id, each with the properties whose change would replace it."""
    return {
        name: {"Type": kind, "DeletionPolicy": resource.get("DeletionPolicy", "Delete")}
        | {path: value for path in replacing(kind) if (value := _at(resource["Properties"], path)) is not None}
        for kind in LASTING
        for name, resource in sorted(stage.all(kind).items())
    }


def replacing(kind: str) -> list[str]:
    """The properties of a type that CloudFormation cannot update, as `A.B`."""
    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    pointers = [*schema.get("createOnlyProperties", ()), *schema.get("conditionalCreateOnlyProperties", ())]
    return sorted(
        [pointer.removeprefix("/properties/").replace("/", ".") for pointer in pointers] + list(BESIDES.get(kind, ()))
    )


def snapshot_of(stage: Synthesis) -> Path:
    """The committed file for a stage."""
    return SNAPSHOTS / f"{stage.stage}.json"


def as_text(found: dict[str, Any]) -> str:
    """As it is committed."""
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def _at(properties: Any, path: str) -> Any:
    for name in path.split("."):
        properties = properties.get(name) if isinstance(properties, dict) else None
    return properties
