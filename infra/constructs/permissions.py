"""The functions' rights outside OpenSearch: statements on named resources, one function of this file per right.

OpenSearch is in `search_domain.py`, because the domain's own policy has to say the same.
"""

import re

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.constructs.functions import AltoFunction
from infra.settings.settings import Settings

# Alto's own files in the import bucket lie below this prefix.
OWN_PREFIX = ".alto/"
# The text of documents that were read lies here.
DOCUMENTS = f"{OWN_PREFIX}imports/*/documents/*"
# Files that were uploaded with a signed URL lie in this folder of their collection.
UPLOAD_FOLDER = "uploads"

# The rights to read and write encrypted data.
USE_KEY = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:DescribeKey")
# The services through which the functions use the key: they never call KMS themselves.
KEY_SERVICES = ("s3", "sqs", "dynamodb")

# Rights that Lambda requires of a role before it connects a function with a VPC. They cannot be limited to resources.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)

# us.cohere.embed-v4:0 is a cross-region inference profile of cohere.embed-v4:0.
PROFILE = re.compile(r"(?:us|us-gov|eu|apac|jp|au|ca|global)\.(?P<model>.+)")


def bucket_name_pattern(stack: cdk.Stack) -> str:
    """Matches the ARN of the stack's import bucket, whose name CloudFormation begins with stack and logical id.

    The logical id keeps the bucket of a neighbour stage out: `alto-prod-*` would also match that of `alto-prod-2`.
    """
    return f"arn:{stack.partition}:s3:::{stack.stack_name}-importsbucket*"


def grant_embed(function: AltoFunction, settings: Settings) -> None:
    """Invoke exactly the stage's models and endpoints, and assume exactly the roles that collections may name."""
    stack = cdk.Stack.of(function)
    models = [arn for model in settings.models for arn in model_arns(model, settings, stack)]
    endpoints = [
        # SageMaker writes the names in its ARNs in lower case.
        stack.format_arn(service="sagemaker", resource="endpoint", resource_name=name.lower())
        for name in settings.sagemaker_endpoints
    ]
    rights = {"bedrock:InvokeModel": models, "sagemaker:InvokeEndpoint": endpoints}
    for action, resources in rights.items():
        if resources:
            function.role.add_to_policy(iam.PolicyStatement(actions=[action], resources=resources))
    for role in settings.model_roles:
        function.role.add_to_policy(
            iam.PolicyStatement(
                actions=["sts:AssumeRole"],
                resources=[role.role_arn],
                # The role is only ever assumed with the external id of its pair.
                conditions={"StringEquals": {"sts:ExternalId": role.external_id}} if role.external_id else None,
            )
        )


def grant_rerank(function: AltoFunction, settings: Settings) -> None:
    """Rerank by exactly the stage's models. The right to call the API itself cannot be limited to resources."""
    stack = cdk.Stack.of(function)
    models = [arn for model in settings.rerank_models for arn in model_arns(model, settings, stack)]
    if models:
        for actions, resources in ((["bedrock:InvokeModel"], models), (["bedrock:Rerank"], ["*"])):
            function.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))


def grant_generate(function: AltoFunction, settings: Settings) -> None:
    """Write texts with exactly the stage's models and apply exactly its guardrails."""
    stack = cdk.Stack.of(function)
    rights = {
        # The right to call Converse.
        "bedrock:InvokeModel": [
            arn for model in settings.generative_models for arn in model_arns(model, settings, stack)
        ],
        "bedrock:ApplyGuardrail": [
            arn for guardrail in settings.guardrails for arn in guardrail_arns(guardrail, settings, stack)
        ],
    }
    for action, resources in rights.items():
        if resources:
            function.role.add_to_policy(iam.PolicyStatement(actions=[action], resources=resources))


def guardrail_arns(guardrail: str, settings: Settings, stack: cdk.Stack) -> list[str]:
    """The ARNs of a guardrail, in the regions of the stage's models."""
    if guardrail.startswith("arn:"):
        return [guardrail]
    return [
        f"arn:{stack.partition}:bedrock:{region}:{stack.account}:guardrail/{guardrail}"
        for region in settings.regions_of_models
    ]


def model_arns(model: str, settings: Settings, stack: cdk.Stack) -> list[str]:
    """The ARNs of a model that may be invoked: its own, and for an inference profile also its model's.

    In the regions that the stage names; the model of a profile in any region, because a profile spreads its calls.
    """
    if model.startswith("arn:"):
        return [model]
    profile = PROFILE.fullmatch(model)
    bedrock = f"arn:{stack.partition}:bedrock"
    if profile:
        named = [
            f"{bedrock}:{region}:{stack.account}:inference-profile/{model}" for region in settings.regions_of_models
        ]
        return [f"{bedrock}:*::foundation-model/{profile['model']}", *named]
    return [f"{bedrock}:{region}::foundation-model/{model}" for region in settings.regions_of_models]


def grant_read_jobs(function: AltoFunction, table: dynamodb.ITable) -> None:
    """Read import jobs."""
    _allow(function, ["dynamodb:GetItem", "dynamodb:Query"], table.table_arn)


def grant_record_jobs(function: AltoFunction, table: dynamodb.ITable) -> None:
    """Create import jobs, record their progress, and publish events of it."""
    grant_read_jobs(function, table)
    changes = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"]
    _allow(function, changes, table.table_arn)
    stack = cdk.Stack.of(function)
    _allow(
        function,
        ["events:PutEvents"],
        stack.format_arn(service="events", resource="event-bus", resource_name="default"),
    )


def grant_read_uploads(function: AltoFunction, bucket: s3.IBucket) -> None:
    """Read uploaded files, in the version that was announced."""
    _allow(function, ["s3:GetObject", "s3:GetObjectVersion"], bucket.arn_for_objects("*"))
    # Without it S3 responds 403 instead of 404 for a missing object.
    _allow(function, ["s3:ListBucket"], bucket.bucket_arn)


def grant_write_reports(function: AltoFunction, bucket: s3.IBucket) -> None:
    """Write Alto's own files, never a user's."""
    _allow(function, ["s3:PutObject"], bucket.arn_for_objects(f"{OWN_PREFIX}*"))


def grant_write_documents(function: AltoFunction, bucket: s3.IBucket) -> None:
    """Write the text of documents, and no other file."""
    _allow(function, ["s3:PutObject"], bucket.arn_for_objects(DOCUMENTS))


def grant_sign_uploads(function: AltoFunction, bucket: s3.IBucket) -> None:
    """Sign URLs for uploads into a folder of each collection, and abort unfinished multipart uploads.

    A signed URL has the rights of its signer. Multipart uploads also need only `s3:PutObject`.
    """
    _allow(function, ["s3:PutObject", "s3:AbortMultipartUpload"], bucket.arn_for_objects(f"*/{UPLOAD_FOLDER}/*"))


def grant_send(function: AltoFunction, queue: sqs.IQueue) -> None:
    """Send messages."""
    _allow(function, ["sqs:SendMessage"], queue.queue_arn)


def grant_use_key(function: AltoFunction, key: kms.IKey) -> None:
    """Read and write data encrypted with the stage's key, through the services that store it."""
    region = cdk.Stack.of(function).region
    through = {"StringEquals": {"kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in KEY_SERVICES]}}
    function.role.add_to_policy(iam.PolicyStatement(actions=list(USE_KEY), resources=[key.key_arn], conditions=through))


def grant_join_network(function: AltoFunction) -> None:
    """Let Lambda create network interfaces with the function's role; the function's own code may not."""
    function.role.add_to_policy(iam.PolicyStatement(actions=list(INTERFACES), resources=["*"]))
    stack = cdk.Stack.of(function)
    # By name, since a reference would be a circle: the function waits for its role's policy.
    functions = stack.format_arn(
        service="lambda",
        resource="function",
        resource_name=f"{stack.stack_name}-*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    function.role.add_to_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=list(INTERFACES),
            resources=["*"],
            conditions={"ArnLike": {"lambda:SourceFunctionArn": functions}},
        )
    )


def _allow(function: AltoFunction, actions: list[str], resource: str) -> None:
    function.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))
