"""The role of Bedrock's batch jobs: it reads their input files and writes their output."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.functions import AltoFunction
from infra.constructs.permissions import OWN_PREFIX, USE_KEY
from infra.settings.settings import Settings

# Input and output files lie below .alto/imports/<job>/batch/.
FILES = f"{OWN_PREFIX}imports/*/batch/*"


class BatchInference(Construct):
    """The role of batch jobs. `grant_run` allows a function to start jobs with it."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, bucket: s3.IBucket, key: kms.IKey | None
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        self.jobs_arn = stack.format_arn(service="bedrock", resource="model-invocation-job", resource_name="*")
        self._models = [
            stack.format_arn(service="bedrock", account="", resource="foundation-model", resource_name=model)
            for model in settings.batch_models
        ]
        self.role = iam.Role(
            self,
            "Role",
            description="Alto: role of Bedrock's batch inference jobs",
            # Jobs of this account and region only, so that jobs of other accounts cannot use the role.
            assumed_by=iam.ServicePrincipal(
                "bedrock.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": self.jobs_arn},
                },
            ),
        )
        self.files_arn = bucket.arn_for_objects(FILES)
        self.role.add_to_policy(
            iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=[self.files_arn])
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                # As in AWS's example, without a condition on the prefix: which prefixes Bedrock lists is not
                # documented (decision 0072). Reading stays limited to the files of jobs.
                conditions={"StringEquals": {"aws:ResourceAccount": stack.account}},
            )
        )
        if key:
            through = {"StringEquals": {"kms:ViaService": f"s3.{stack.region}.amazonaws.com"}}
            self.role.add_to_policy(
                iam.PolicyStatement(actions=list(USE_KEY), resources=[key.key_arn], conditions=through)
            )

    def grant_run(self, function: AltoFunction) -> None:
        """Start batch jobs of the stage's models with this role; read and stop jobs of this account and region."""
        if self._models:
            function.role.add_to_policy(
                iam.PolicyStatement(
                    actions=["bedrock:CreateModelInvocationJob"], resources=[*self._models, self.jobs_arn]
                )
            )
        function.role.add_to_policy(
            iam.PolicyStatement(
                actions=["bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob"], resources=[self.jobs_arn]
            )
        )
        function.role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}},
            )
        )
