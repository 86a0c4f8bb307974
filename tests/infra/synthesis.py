"""A synthesized stage, and questions to ask it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FUNCTIONS = ("query", "write", "split", "extract", "load")


def as_text(value: Any) -> str:
    """A template's value on one line: references as <LogicalId>, attributes as <LogicalId.Attribute>."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(as_text(part) for part in parts)
        case {"Fn::GetAtt": [target, attribute]}:
            return f"<{target}.{attribute}>"
        case {"Ref": target}:
            return f"<{target}>"
        case _:
            return str(value)


def as_list(value: Any) -> list[Any]:
    """IAM writes a list of one as the one."""
    return value if isinstance(value, list) else [value]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document."""

    effect: str
    actions: frozenset[str]
    resources: frozenset[str]
    principals: frozenset[str]
    conditions: str = ""


def statements_of(document: dict[str, Any]) -> Iterator[Statement]:
    """The statements of a policy document."""
    for each in document["Statement"]:
        principal = each.get("Principal", {})
        named = principal.values() if isinstance(principal, dict) else [principal]
        yield Statement(
            effect=each["Effect"],
            actions=frozenset(as_list(each["Action"])),
            resources=frozenset(as_text(resource) for resource in as_list(each["Resource"])),
            principals=frozenset(as_text(one) for some in named for one in as_list(some)),
            conditions=str(each.get("Condition", "")),
        )


@dataclass(frozen=True)
class Synthesis:
    """The output of `cdk synth` for one stage."""

    stage: str
    path: Path
    template: dict[str, Any]
    findings: list[str]

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Resources of a type, by logical id."""
        return {name: each for name, each in self.template["Resources"].items() if each["Type"] == kind}

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the only resource of a type."""
        [resource] = self.all(kind).values()
        properties: dict[str, Any] = resource["Properties"]
        return properties

    def function(self, name: str) -> dict[str, Any]:
        """The properties of one of the five functions."""
        [found] = [
            each["Properties"]
            for each in self.all("AWS::Lambda::Function").values()
            if each["Properties"]["Handler"] == f"lambdas.handlers.{name}.lambda_handler"
        ]
        properties: dict[str, Any] = found
        return properties

    @property
    def in_vpc(self) -> bool:
        """Whether the functions run in a VPC."""
        return bool(self.all("AWS::EC2::VPC"))

    def function_behind(self, target: dict[str, Any]) -> str:
        """The logical id of the function that a reference means: itself, or what its alias stands for."""
        name = str(target["Ref"] if "Ref" in target else target["Fn::GetAtt"][0])
        resource = self.template["Resources"][name]
        if resource["Type"] == "AWS::Lambda::Alias":
            return str(resource["Properties"]["FunctionName"]["Ref"])
        return name

    def role_of(self, function: str) -> str:
        """The logical id of a function's role."""
        return str(self.function(function)["Role"]["Fn::GetAtt"][0])

    def rights_of(self, function: str) -> list[Statement]:
        """The statements attached to a function's role."""
        return [
            statement
            for policy in self.all("AWS::IAM::Policy").values()
            if {"Ref": self.role_of(function)} in policy["Properties"]["Roles"]
            for statement in statements_of(policy["Properties"]["PolicyDocument"])
        ]

    def allowed_actions(self, function: str) -> set[str]:
        """All actions that a function's role allows."""
        return {action for each in self.rights_of(function) if each.effect == "Allow" for action in each.actions}
