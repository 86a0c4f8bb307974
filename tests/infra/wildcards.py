"""Every wildcard that a policy of Alto may have, with its reason. One row is one statement; a new one is a review.

A row says who (a function, or the resource whose policy it is), which actions, on what, and why it cannot be narrower.
`{stage}` stands for the stage's name, `<X.Arn>` for a resource of the template without its hash.
"""

from typing import NamedTuple

from tests.infra.synthesis import FUNCTIONS


class Wildcard(NamedTuple):
    """A statement with a wildcard in its actions, resources or principals."""

    who: str
    actions: str
    resource: str
    reason: str


INDICES = "arn:aws:es:eu-west-1:<AWS::AccountId>:domain/alto-{stage}/alto-*"
INTERFACES = (
    "ec2:AssignPrivateIpAddresses ec2:CreateNetworkInterface ec2:DeleteNetworkInterface "
    "ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:UnassignPrivateIpAddresses"
)
TRACES = "xray:PutTelemetryRecords xray:PutTraceSegments"
READ_INDEX = "es:ESHttpGet es:ESHttpHead"
WRITE_INDEX = "es:ESHttpDelete es:ESHttpGet es:ESHttpHead es:ESHttpPost es:ESHttpPut"
USE_KEY = "kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey"
S3_DOOR = "s3:AbortMultipartUpload s3:GetObject s3:GetObjectVersion s3:ListBucket s3:PutObject"
TABLE_DOOR = (
    "dynamodb:ConditionCheckItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query "
    "dynamodb:UpdateItem"
)

X_RAY = "X-Ray knows no resources; active tracing needs it."
VPC = "Lambda knows no narrower resource; a Deny keeps the function's own code from it."
COLLECTIONS = "Collections come and go; nothing outside the prefix is reached."
SEARCHES = "The search of any collection, and no other kind of POST."
UPLOADS = "Users choose the keys of what they upload. Reading only."
SIGNED = "What a signed URL may upload: files of any name, in the folder for uploads of any collection."
REPORTS = "Alto's own files, below its own prefix."
DOCUMENTS = "Imports have no id before they begin, and the text of their documents lies in a folder of each."
ENCRYPTED = "In a key's own policy, * is this key."
DOOR = "An endpoint's policy bounds what passes, for callers that have the right by a role; it grants none."

BATCH_JOBS = "arn:aws:bedrock:eu-west-1:<AWS::AccountId>:model-invocation-job/*"
BATCHES = "Batch jobs have no id before they are made, and their files lie in folders named by the import."

WILDCARDS = (
    *(Wildcard(name, TRACES, "*", X_RAY) for name in ("write", "split", "extract", "load")),
    # Where searches may be reranked; where not, query is traced inside a VPC, as the next rows say.
    Wildcard("query", f"bedrock:Rerank {TRACES}", "*", f"The Rerank API knows no resources; models do. {X_RAY}"),
    *(Wildcard(name, f"{INTERFACES} {TRACES}", "*", f"{VPC} {X_RAY}") for name in FUNCTIONS),
    Wildcard("query", READ_INDEX, INDICES, COLLECTIONS),
    Wildcard("query", "es:ESHttpPost", f"{INDICES}/_msearch", SEARCHES),
    Wildcard("query", "es:ESHttpPost", f"{INDICES}/_search", SEARCHES),
    Wildcard("write", WRITE_INDEX, INDICES, COLLECTIONS),
    Wildcard("load", WRITE_INDEX, INDICES, COLLECTIONS),
    Wildcard("SearchDomain", READ_INDEX, INDICES, f"As the role of query says. {COLLECTIONS}"),
    Wildcard("SearchDomain", "es:ESHttpPost", f"{INDICES}/_msearch", f"As the role of query says. {SEARCHES}"),
    Wildcard("SearchDomain", "es:ESHttpPost", f"{INDICES}/_search", f"As the role of query says. {SEARCHES}"),
    Wildcard("SearchDomain", WRITE_INDEX, INDICES, f"As the roles of write and load say. {COLLECTIONS}"),
    Wildcard("write", "s3:GetObject s3:GetObjectVersion", "<ImportsBucket.Arn>/*", UPLOADS),
    Wildcard("split", "s3:GetObject s3:GetObjectVersion", "<ImportsBucket.Arn>/*", UPLOADS),
    Wildcard("extract", "s3:GetObject s3:GetObjectVersion", "<ImportsBucket.Arn>/*", UPLOADS),
    Wildcard("extract", "s3:PutObject", "<ImportsBucket.Arn>/.alto/imports/*/documents/*", DOCUMENTS),
    Wildcard("load", "s3:GetObject s3:GetObjectVersion", "<ImportsBucket.Arn>/*", UPLOADS),
    Wildcard("write", "s3:AbortMultipartUpload s3:PutObject", "<ImportsBucket.Arn>/*/uploads/*", SIGNED),
    Wildcard("split", "s3:PutObject", "<ImportsBucket.Arn>/.alto/*", REPORTS),
    Wildcard("load", "s3:PutObject", "<ImportsBucket.Arn>/.alto/*", REPORTS),
    Wildcard("BatchInferenceRole", "s3:GetObject s3:PutObject", "<ImportsBucket.Arn>/.alto/imports/*/batch/*", BATCHES),
    Wildcard("load", "bedrock:CreateModelInvocationJob", BATCH_JOBS, BATCHES),
    Wildcard("load", "bedrock:GetModelInvocationJob bedrock:StopModelInvocationJob", BATCH_JOBS, BATCHES),
    Wildcard("DataKey", "kms:*", "*", f"The account's own policies say who uses the key. {ENCRYPTED}"),
    Wildcard(
        "DataKey", f"{USE_KEY} kms:ReEncryptFrom kms:ReEncryptTo", "*", f"CloudWatch Logs, this stage's. {ENCRYPTED}"
    ),
    Wildcard("DataKey", "kms:Decrypt kms:GenerateDataKey", "*", f"S3, when it tells a queue. {ENCRYPTED}"),
    Wildcard("NetworkVpcS3", S3_DOOR, "<ImportsBucket.Arn>", DOOR),
    Wildcard("NetworkVpcS3", S3_DOOR, "<ImportsBucket.Arn>/*", DOOR),
    Wildcard("NetworkVpcS3", "s3:PutObject", "arn:aws:s3:::cloudformation-custom-resource-response-*/*", DOOR),
    Wildcard("NetworkVpcDynamoDb", TABLE_DOOR, "<JobsTable.Arn>", DOOR),
)
