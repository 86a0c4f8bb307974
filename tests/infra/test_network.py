"""The VPC: no way to the internet, a door to each service, and HTTPS between those who have to talk."""

import json
import re
from collections.abc import Callable
from typing import Any

from tests.infra.synthesis import FUNCTIONS, Synthesis, as_text


def endpoints(stage: Synthesis) -> set[str]:
    def service(properties: dict[str, Any]) -> str:
        return re.sub(r"com\.amazonaws\.(eu-west-1|<AWS::Region>)\.", "", as_text(properties["ServiceName"]))

    return {service(each["Properties"]) for each in stage.all("AWS::EC2::VPCEndpoint").values()}


def test_there_is_no_way_to_the_internet(vpc: Synthesis, prod: Synthesis) -> None:
    for stage in (vpc, prod):
        for kind in ("InternetGateway", "NatGateway", "EgressOnlyInternetGateway", "Route"):
            assert not stage.all(f"AWS::EC2::{kind}")
        for subnet in stage.all("AWS::EC2::Subnet").values():
            assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_functions_and_domain_are_inside(vpc: Synthesis, prod: Synthesis) -> None:
    for stage, zones in ((vpc, 1), (prod, 3)):
        for name in FUNCTIONS:
            assert len(stage.function(name)["VpcConfig"]["SubnetIds"]) == max(2, zones)
        assert len(stage.only("AWS::OpenSearchService::Domain")["VPCOptions"]["SubnetIds"]) == zones


def test_a_stage_has_the_endpoints_that_its_settings_use(vpc: Synthesis, synthesize: Callable[..., Synthesis]) -> None:
    always = {"s3", "dynamodb", "sqs", "events", "logs", "bedrock", "bedrock-runtime"}
    everything = synthesize(
        "vpc",
        sagemaker_endpoints='["minilm"]',
        model_roles='[{"name": "films", "role_arn": "arn:aws:iam::210987654321:role/embed"}]',
        rerank_models='["cohere.rerank-v3-5:0"]',
    )

    assert endpoints(vpc) == always
    assert endpoints(everything) == always | {"sagemaker.runtime", "sts", "bedrock-agent-runtime"}
    assert not everything.findings


def test_only_https_of_the_functions_is_admitted(vpc: Synthesis) -> None:
    [functions] = [name for name in vpc.all("AWS::EC2::SecurityGroup") if name.startswith("NetworkFunctions")]
    admitted = [each["Properties"] for each in vpc.all("AWS::EC2::SecurityGroupIngress").values()]

    assert len(admitted) == 2
    for rule in admitted:
        assert rule["SourceSecurityGroupId"] == {"Fn::GetAtt": [functions, "GroupId"]}
        assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (443, 443, "tcp")
    for group in vpc.all("AWS::EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group["Properties"]
        assert {rule["FromPort"] for rule in group["Properties"]["SecurityGroupEgress"]} <= {443, 252}


def test_the_gateways_lead_to_the_stages_own_data(vpc: Synthesis) -> None:
    [bucket] = vpc.all("AWS::S3::Bucket")
    [table] = vpc.all("AWS::DynamoDB::Table")
    policies = [
        str(each["Properties"]["PolicyDocument"])
        for each in vpc.all("AWS::EC2::VPCEndpoint").values()
        if "PolicyDocument" in each["Properties"]
    ]

    assert len(policies) == 2
    assert all("cloudformation-custom-resource-response" in each or table in each for each in policies)
    assert any(bucket in each for each in policies)


def test_what_the_vpc_refuses_is_logged(vpc: Synthesis) -> None:
    assert vpc.only("AWS::EC2::FlowLog")["TrafficType"] == "REJECT"


def test_a_public_stage_has_no_vpc(dev: Synthesis) -> None:
    assert not [each for each in dev.template["Resources"].values() if each["Type"].startswith("AWS::EC2::")]


EXISTING = json.dumps(
    {
        "id": "vpc-0a1b2c3d4e5f60718",
        "subnets": [
            {"id": "subnet-0a1b2c3d4e5f60711", "zone": "eu-west-1a"},
            {"id": "subnet-0a1b2c3d4e5f60712", "zone": "eu-west-1b"},
        ],
    }
)


def test_a_stage_moves_into_a_vpc_that_exists(synthesize: Callable[..., Synthesis]) -> None:
    stage = synthesize("vpc", existing_vpc=EXISTING)

    kinds = {each["Type"] for each in stage.template["Resources"].values() if each["Type"].startswith("AWS::EC2::")}
    # Its own are who may talk to whom; network, routes and endpoints stay those of the VPC.
    assert kinds == {"AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}
    for group in stage.all("AWS::EC2::SecurityGroup").values():
        assert group["Properties"]["VpcId"] == "vpc-0a1b2c3d4e5f60718"
    for name in FUNCTIONS:
        assert stage.function(name)["VpcConfig"]["SubnetIds"] == [
            "subnet-0a1b2c3d4e5f60711",
            "subnet-0a1b2c3d4e5f60712",
        ]
    assert stage.only("AWS::OpenSearchService::Domain")["VPCOptions"]["SubnetIds"] == ["subnet-0a1b2c3d4e5f60711"]
    assert not stage.findings


def test_in_a_vpc_that_exists_models_of_other_regions_may_be_reached(synthesize: Callable[..., Synthesis]) -> None:
    stage = synthesize("vpc", existing_vpc=EXISTING, model_regions='["us-east-1"]')

    assert "us-east-1" in json.dumps(stage.template)
