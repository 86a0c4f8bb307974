"""The optional VPC: no internet route, and an interface endpoint for each AWS service in use. Or one that exists."""

from collections.abc import Callable
from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.log_group import log_group
from infra.settings.fields import ExistingVpc
from infra.settings.settings import Settings

# Room for 250 addresses a subnet: a function needs one for each combination of subnet and security group.
CIDR = "10.0.0.0/20"
SUBNET_BITS = 24
HTTPS = ec2.Port.tcp(443)


class ServiceEndpoint(NamedTuple):
    """An endpoint for a service, and the stages that need it."""

    name: str
    service: ec2.InterfaceVpcEndpointAwsService
    needed: Callable[[Settings], object]


# Each costs by the hour and zone, so a stage has only those that its settings can use.
ENDPOINTS = (
    ServiceEndpoint("Sqs", ec2.InterfaceVpcEndpointAwsService.SQS, lambda _: True),
    ServiceEndpoint("Events", ec2.InterfaceVpcEndpointAwsService.EVENTBRIDGE, lambda _: True),
    # Lambda delivers its functions' logs without it; this is for the logs of an extension.
    ServiceEndpoint("Logs", ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS, lambda _: True),
    ServiceEndpoint("Bedrock", ec2.InterfaceVpcEndpointAwsService.BEDROCK, lambda settings: settings.batch_models),
    ServiceEndpoint(
        "BedrockRuntime",
        ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME,
        lambda settings: settings.models or settings.generative_models,
    ),
    ServiceEndpoint(
        "BedrockAgentRuntime",
        ec2.InterfaceVpcEndpointAwsService.BEDROCK_AGENT_RUNTIME,
        lambda settings: settings.rerank_models,
    ),
    ServiceEndpoint(
        "SageMakerRuntime",
        ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_RUNTIME,
        lambda settings: settings.sagemaker_endpoints,
    ),
    ServiceEndpoint("Sts", ec2.InterfaceVpcEndpointAwsService.STS, lambda settings: settings.model_roles),
)


class Network(Construct):
    """Isolated subnets for the functions and the domain, and who may talk to whom in them: HTTPS and nothing else."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, key: kms.IKey | None) -> None:
        super().__init__(scope, construct_id)
        # At least two, so that the functions survive the loss of a zone also when the domain has one.
        self._zones = max(2, settings.domain.zones if settings.domain else 0)
        self.is_own = settings.existing_vpc is None
        self.vpc = self._vpc(settings, key) if settings.existing_vpc is None else self._look_up(settings.existing_vpc)
        self.functions = self._group("Functions", "Functions of Alto")
        # To any address, because the gateways below are known by prefix lists whose ids differ from region to region.
        # Only these endpoints and the domain can be reached: no subnet of an own VPC has a route to anywhere else.
        self.functions.add_egress_rule(ec2.Peer.any_ipv4(), HTTPS, "endpoints and the domain")
        self.domain = self._group("Domain", "OpenSearch domain of Alto", admits=self.functions)
        if self.is_own:
            self._add_endpoints(settings)

    def _add_endpoints(self, settings: Settings) -> None:
        """Add the ways to AWS services. A VPC that exists has its own: a second one of a service fails there."""
        endpoints = self._group(
            "Endpoints", "Endpoints of AWS services for the functions of Alto", admits=self.functions
        )
        self.s3 = self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.dynamodb = self.vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        for endpoint in ENDPOINTS:
            if endpoint.needed(settings):
                self.vpc.add_interface_endpoint(
                    endpoint.name,
                    service=endpoint.service,
                    security_groups=[endpoints],
                    open=False,
                    private_dns_enabled=True,
                )

    def subnets(self, count: int | None = None) -> ec2.SubnetSelection:
        """The first `count` subnets, one a zone; all of them by default."""
        return ec2.SubnetSelection(subnets=self.vpc.isolated_subnets[:count])

    def grant_reach(self, bucket_arn: str, table_arn: str) -> None:
        """Restrict the two gateways to the stage's own data, for any credentials; not those of a VPC that exists."""
        if not self.is_own:
            return
        stack = cdk.Stack.of(self)
        anyone = [iam.AnyPrincipal()]
        self.s3.add_to_policy(
            iam.PolicyStatement(
                principals=anyone,
                actions=[
                    "s3:GetObject",
                    "s3:GetObjectVersion",
                    "s3:PutObject",
                    "s3:ListBucket",
                    "s3:AbortMultipartUpload",
                ],
                resources=[bucket_arn, f"{bucket_arn}/*"],
            )
        )
        # Where CloudFormation waits for the responses of custom resources; it signs the addresses itself.
        responses = f"arn:{stack.partition}:s3:::cloudformation-custom-resource-response-*/*"
        self.s3.add_to_policy(iam.PolicyStatement(principals=anyone, actions=["s3:PutObject"], resources=[responses]))
        self.dynamodb.add_to_policy(
            iam.PolicyStatement(
                principals=anyone,
                actions=[
                    "dynamodb:GetItem",
                    "dynamodb:Query",
                    "dynamodb:PutItem",
                    "dynamodb:UpdateItem",
                    "dynamodb:DeleteItem",
                    "dynamodb:ConditionCheckItem",
                ],
                resources=[table_arn],
            )
        )

    def _look_up(self, existing: ExistingVpc) -> ec2.IVpc:
        vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=existing.id,
            availability_zones=[subnet.zone for subnet in existing.subnets],
            isolated_subnet_ids=[subnet.id for subnet in existing.subnets],
        )
        reason = "No endpoint or route of the stage needs the tables of this VPC."
        cdk.Annotations.of(vpc).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId", reason)
        return vpc

    def _vpc(self, settings: Settings, key: kms.IKey | None) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(CIDR),
            # By number: CDK knows the zones' names only where it knows the account.
            availability_zones=[cdk.Fn.select(number, cdk.Fn.get_azs()) for number in range(self._zones)],
            nat_gateways=0,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=SUBNET_BITS
                )
            ],
            # CDK would do so by a custom resource with a function of its own; nothing uses the default group.
            restrict_default_security_group=False,
        )
        role = iam.Role(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
            description="Alto: logs the connections that the VPC rejected",
        )
        vpc.add_flow_log(
            "FlowLog",
            traffic_type=ec2.FlowLogTrafficType.REJECT,
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                log_group(self, "FlowLogs", settings=settings, key=key), role
            ),
        )
        return vpc

    def _group(
        self, construct_id: str, description: str, *, admits: ec2.SecurityGroup | None = None
    ) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(self, construct_id, vpc=self.vpc, description=description, allow_all_outbound=False)
        if admits:
            group.add_ingress_rule(admits, HTTPS, "functions of Alto")
        return group
