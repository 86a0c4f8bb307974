"""Properties of the templates that only a real account would show; reviewed before the first deployment."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.synthesis import FUNCTIONS, Synthesis, as_text

# AWS, Model support by Region. Other models of the stages are offered in all of their regions.
OFFERED_IN = {
    "amazon.titan-embed-text-v1": {"us-east-1", "us-west-2", "ap-northeast-1", "eu-central-1"},
    "cohere.rerank-v3-5:0": {"us-east-1", "us-west-2", "ca-central-1", "eu-central-1", "eu-west-1", "ap-northeast-1"},
}
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"


def models_of(stage: Synthesis) -> dict[str, set[str]]:
    """The regions of each model that a function of the stage may invoke."""
    found: dict[str, set[str]] = {}
    for function in FUNCTIONS:
        for right in stage.rights_of(function):
            for resource in right.resources:
                if ":foundation-model/" in resource:
                    _, _, _, service_and_region, _, model = resource.split(":", 5)
                    found.setdefault(model.removeprefix("foundation-model/"), set()).add(service_and_region)
    return found


def test_a_stage_may_invoke_each_model_where_it_is_offered(stage: Synthesis) -> None:
    models = models_of(stage)

    assert models
    for model, regions in models.items():
        assert regions & OFFERED_IN.get(model, regions), f"{model} is not offered in {sorted(regions)}"


def test_the_access_log_does_not_use_up_the_policy_of_the_account(stage: Synthesis) -> None:
    log = stage.only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["DestinationArn"]
    group = stage.template["Resources"][log["Fn::GetAtt"][0]]["Properties"]
    name = json.dumps(group["LogGroupName"])

    assert f"/aws/vendedlogs/alto-{stage.stage}-" in name
    # A retained group of an earlier stack of the stage has another name.
    assert '{"Ref": "AWS::StackId"}' in name


def test_the_customer_key_serves_every_log_group(prod: Synthesis) -> None:
    policy = json.dumps(prod.only("AWS::KMS::Key")["KeyPolicy"])

    assert ":log-group:alto-prod-*" in policy
    assert ":log-group:/aws/vendedlogs/alto-prod-*" in policy


def test_batch_jobs_may_list_the_bucket_and_read_only_their_files(stage: Synthesis) -> None:
    [role] = [
        name
        for name, each in stage.all("AWS::IAM::Role").items()
        if "bedrock.amazonaws.com" in json.dumps(each["Properties"]["AssumeRolePolicyDocument"])
    ]
    statements = [
        statement
        for policy in stage.all("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    by_action = {json.dumps(each["Action"]): each for each in statements}

    listing = by_action['"s3:ListBucket"']
    assert listing["Condition"] == {"StringEquals": {"aws:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    files = by_action['["s3:GetObject", "s3:PutObject"]']
    assert as_text(files["Resource"]).endswith("/.alto/imports/*/batch/*")


@pytest.fixture(scope="module")
def organised(synthesize: Callable[..., Synthesis]) -> Synthesis:
    return synthesize("dev", tags='{"team": "search", "cost-centre": "42"}', permissions_boundary=BOUNDARY)


@pytest.mark.parametrize(
    "kind",
    ["AWS::Lambda::Function", "AWS::S3::Bucket", "AWS::OpenSearchService::Domain", "AWS::SQS::Queue", "AWS::IAM::Role"],
)
def test_tags_of_the_stage_are_on_its_resources(organised: Synthesis, dev: Synthesis, kind: str) -> None:
    for each in organised.all(kind).values():
        tags = {tag["Key"]: tag["Value"] for tag in each["Properties"]["Tags"]}
        assert {"team": "search", "cost-centre": "42"}.items() <= tags.items()
    assert not any("team" in json.dumps(each) for each in dev.all(kind).values())


def test_every_role_has_the_boundary_of_the_stage(organised: Synthesis, dev: Synthesis) -> None:
    boundaries: list[Any] = [
        each["Properties"].get("PermissionsBoundary") for each in organised.all("AWS::IAM::Role").values()
    ]

    assert boundaries == [BOUNDARY] * len(boundaries)
    assert len(boundaries) >= len(FUNCTIONS)
    assert not any("PermissionsBoundary" in each["Properties"] for each in dev.all("AWS::IAM::Role").values())
