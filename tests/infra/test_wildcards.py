"""A wildcard in any policy of any stage is listed, with its reason, or fails here."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infra.synthesis import FUNCTIONS, Synthesis, statements_of
from tests.infra.wildcards import WILDCARDS

# Where a resource keeps a policy of its own.
RESOURCE_POLICIES = {
    "AWS::SQS::QueuePolicy": "PolicyDocument",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::EC2::VPCEndpoint": "PolicyDocument",
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::OpenSearchService::Domain": "AccessPolicies",
}
STAGES = ("dev", "prod", "vpc", "jwt", "local")


def policies(stage: Synthesis) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document of a template, with whose it is."""
    functions = {stage.role_of(name): name for name in FUNCTIONS}
    for policy in stage.all("AWS::IAM::Policy").values():
        for role in policy["Properties"]["Roles"]:
            yield functions.get(role["Ref"], without_hashes(role["Ref"])), policy["Properties"]["PolicyDocument"]
    for name, role in stage.all("AWS::IAM::Role").items():
        for inline in role["Properties"].get("Policies", ()):
            yield functions.get(name, without_hashes(name)), inline["PolicyDocument"]
    for kind, place in RESOURCE_POLICIES.items():
        for name, resource in stage.all(kind).items():
            if place in resource["Properties"]:
                yield without_hashes(name), resource["Properties"][place]


def without_hashes(text: str) -> str:
    """Logical ids without the hash that CDK puts at their end."""
    return re.sub(r"\b([A-Z][A-Za-z0-9]+?)[0-9A-F]{8}\b", r"\1", text)


def wildcards(stage: Synthesis) -> set[tuple[str, str, str]]:
    """Who may do what on what, wherever one of them is a pattern."""
    return {
        (who, " ".join(sorted(statement.actions)), without_hashes(resource).replace(stage.stage, "{stage}"))
        for who, document in policies(stage)
        for statement in statements_of(document)
        if statement.effect == "Allow"
        for resource in statement.resources
        if "*" in resource or "*" in statement.principals or any("*" in action for action in statement.actions)
    }


def listed() -> set[tuple[str, str, str]]:
    return {(each.who, each.actions, each.resource) for each in WILDCARDS}


def test_no_policy_has_a_wildcard_that_is_not_listed(stage: Synthesis) -> None:
    assert sorted(wildcards(stage) - listed()) == []


def test_every_listed_wildcard_is_in_some_stage(request: pytest.FixtureRequest) -> None:
    """A wildcard that is no longer needed leaves the list."""
    found = set().union(*(wildcards(request.getfixturevalue(name)) for name in STAGES))

    assert sorted(listed() - found) == []


def test_every_listed_wildcard_has_a_reason() -> None:
    assert not [each for each in WILDCARDS if len(each.reason.split()) < 4]


def test_no_role_borrows_a_policy_that_aws_writes(stage: Synthesis) -> None:
    """Managed policies grow without being asked."""
    assert not [name for name, role in stage.all("AWS::IAM::Role").items() if "ManagedPolicyArns" in role["Properties"]]
    assert not stage.all("AWS::IAM::ManagedPolicy")
