"""The types of settings: the forms of their texts, numbers and blocks."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

# A domain's name may have 28 characters, and `alto-` is in front of the stage.
STAGE_NAME = r"^[a-z][a-z0-9-]{0,22}$"
INSTANCE_TYPE = r"^[a-z0-9]+\.[a-z0-9]+\.search$"
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
MODEL = r"^[A-Za-z0-9][A-Za-z0-9.:/_-]*$"
GUARDRAIL = r"^([a-z0-9]+|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+)$"
ENDPOINT = r"^[A-Za-z0-9][A-Za-z0-9-]{0,62}$"
ROLE_NAME = r"^[a-z][a-z0-9-]{0,31}$"
EXTERNAL_ID = r"^[A-Za-z0-9_+=,.@:/-]{2,256}$"
ROLE_ARN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$"
POLICY_ARN = r"^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]+$"
CERTIFICATE_ARN = r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$"
HOST_NAME = r"^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
ORIGIN = r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$"
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


def decode(value: Any) -> Any:
    """A value from the command line, which arrives as text: JSON where it is JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _whole(value: Any) -> Any:
    """Rejects true, which pydantic would take for 1."""
    decoded = decode(value)
    return str(decoded) if isinstance(decoded, bool) else decoded


Decoded = BeforeValidator(decode)
WholeNumber = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, StringConstraints(min_length=1)]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=128)]
TagValue = Annotated[str, StringConstraints(max_length=256)]
Flag = Annotated[StrictBool, Decoded]


def whole_number(low: int, high: int, **options: Any) -> Any:
    """A field for a whole number, ends included."""
    return Field(ge=low, le=high, description=f"a whole number from {low} to {high}", **options)


def matching(pattern: str) -> Any:
    """The type of texts of a given form."""
    return StringConstraints(pattern=pattern, strict=True)


class Block(BaseModel):
    """A block of settings. The description of a field says what to write there."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DomainSize(Block):
    """The size of Alto's own OpenSearch domain."""

    # Of the data nodes.
    instance_type: Annotated[str, matching(INSTANCE_TYPE)] = Field(description="a type such as r7g.large.search")
    # Data nodes.
    instance_count: WholeNumber = whole_number(1, 80)
    # Availability zones that the data nodes are in.
    zones: WholeNumber = whole_number(1, 3)
    # Nodes that only manage the cluster.
    dedicated_managers: Literal[0, 3, 5]
    manager_instance_type: Annotated[str, matching(INSTANCE_TYPE)] = Field(
        "m7g.large.search", description="a type such as m7g.large.search"
    )
    # Disk of each data node.
    volume_gib: WholeNumber = whole_number(10, 16_384)


class SubnetOfVpc(Block):
    """A subnet of a VPC that exists."""

    id: Annotated[str, matching(r"^subnet-[0-9a-f]{8,17}$")] = Field(description="a subnet's id")
    zone: Annotated[str, matching(r"^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$")] = Field(
        description="the subnet's zone such as eu-west-1a"
    )


class ExistingVpc(Block):
    """A VPC of the account's own that a stage moves into: a subnet in each of two or three zones."""

    id: Annotated[str, matching(r"^vpc-[0-9a-f]{8,17}$")] = Field(description="a VPC's id")
    subnets: Annotated[tuple[SubnetOfVpc, ...], Field(min_length=2, max_length=3)] = Field(
        description='two or three, as in {"id": "subnet-0a1b2c3d", "zone": "eu-west-1a"}'
    )


class ModelRole(Block):
    """A role that Alto may assume to call models, and the external id with which it does: always this pair."""

    name: Annotated[str, matching(ROLE_NAME)] = Field(description="lower case letters, digits and '-', at most 32")
    role_arn: Annotated[str, matching(ROLE_ARN)] = Field(
        description="a role's ARN such as arn:aws:iam::123456789012:role/embed, without wildcards"
    )
    external_id: Annotated[str, matching(EXTERNAL_ID)] | None = Field(
        None, description="what the role's trust policy asks for: 2 to 256 letters, digits and _+=,.@:/-"
    )
