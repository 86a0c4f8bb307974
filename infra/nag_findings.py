"""Every finding of cdk-nag that Alto accepts, each with its reason, at the construct where it arises.

A wildcard is accepted by its exact text and only for the functions named here: a new one fails the synthesis.
"""

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import IConstruct

from infra.constructs.permissions import DOCUMENTS, OWN_PREFIX, UPLOAD_FOLDER, model_arns
from infra.constructs.search_domain import INDICES
from infra.monitoring.monitoring import Monitoring
from infra.monitoring.watched_parts import WatchedParts

DOMAIN = {
    "AwsSolutions-OS1": "The endpoint is public behind IAM: every request is signed, and only the functions' roles are "
    "admitted. With 'network' vpc the domain has no public endpoint.",
    "AwsSolutions-OS3": "Lambda functions outside a VPC have no fixed addresses to list; admission is by role.",
}
SMALL_DOMAIN = {
    "AwsSolutions-OS4": "A domain of this stage's size needs no dedicated managers; a larger stage has them.",
    "AwsSolutions-OS7": "This stage is for development: one zone, no promise of availability.",
}
BUCKET = {
    "AwsSolutions-S1": "Who read or wrote an object is a question for CloudTrail data events, which an account keeps "
    "centrally; a second bucket for access logs is not worth its cost.",
}
VERSION = "Python 3.13: the byte code in the bundles is compiled by the version that development and tests use."
FUNCTION = {
    "AwsSolutions-L1": VERSION,
    "Serverless-LambdaLatestVersion": VERSION,
    "Serverless-LambdaDLQ": "Callers of the API get the error, queues have their own, and what a run of the schedule "
    "leaves, the next one does.",
}
SOURCE = {
    "Serverless-LambdaEventSourceMappingDestination": "Destinations are for streams; what a queue cannot "
    "deliver goes to its dead-letter queue, and what cannot be delivered from there stays there.",
}
SNAP_START = {
    "Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish": "The alias that callers invoke publishes a version.",
}
PREFLIGHT = {
    "AwsSolutions-APIG4": "Browsers send preflights without credentials; API Gateway responds to them itself, by the "
    "stage's list of origins.",
}
SCHEDULE = {"Serverless-EventBusDLQ": "An event that is lost says only that it is time; the next one comes in minutes."}
DEAD_LETTERS = {"Serverless-SQSRedrivePolicy": "It is a dead-letter queue."}
TRACING = "X-Ray has no resource-level permissions; this is the statement that active tracing needs."
RERANKING = "Nor does the Rerank API; the rights to invoke models limit which it may use."
OWN_INDICES = (
    "Collections come and go, so their indices are named by prefix: nothing outside the prefix can be reached."
)
SEARCHES = "As above: the search of any collection, and no other kind of POST."
ANY_REGION = "Exactly this model; in any region, because each collection names the region of its model."
UPLOADS = "Users choose the keys of what they upload. Reading only."
SIGNED = "What a signed URL may upload: files of any name, in the folder for uploads of any collection."
REPORTS = "Alto's own files, below its own prefix."
BATCH_FILES = "Input and output files of batch jobs, of any import, in a folder that holds nothing else."
BATCH_JOBS = "Jobs have no id before they are made: any batch job of this account in this region, and nothing else."


def check_with_nag(app: cdk.App) -> None:
    """Have both packs of cdk-nag look at everything; a finding that is not acknowledged fails the synthesis."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


ALARM_EMAIL = {
    "Serverless-SNSRedrivePolicy": "An alarm that could not be mailed is still seen in CloudWatch; a queue of "
    "undelivered mails has no reader.",
}


def acknowledge_findings(parts: WatchedParts, monitoring: Monitoring) -> None:
    """Accept the findings that this file lists, and no others."""
    settings, search, bucket = parts.settings, parts.search, parts.imports.bucket
    query, write, split, extract, load = (
        parts.functions[name] for name in ("query", "write", "split", "extract", "load")
    )
    _accept(bucket, BUCKET)
    for queue in (parts.imports.split_dead_letters, parts.imports.load_dead_letters):
        _accept(queue, DEAD_LETTERS)
    _accept(parts.expiry, SCHEDULE)
    for route in parts.api.preflights:
        _accept(route, PREFLIGHT)
    for subscription in monitoring.subscriptions:
        _accept(subscription, ALARM_EMAIL)
    if search.size:
        _accept(search, DOMAIN | (SMALL_DOMAIN if search.size.zones == 1 else {}))
    for function in (query, write, split, extract, load):
        _accept(function, FUNCTION | SOURCE | (SNAP_START if settings.snap_start else {}))
        _accept_wildcards(function, {"*": TRACING})
    stack = cdk.Stack.of(search)
    models = {arn: ANY_REGION for model in settings.models for arn in model_arns(model, settings, stack)}
    for function in (query, write, load):
        _accept_wildcards(function, {f"{search.domain_arn}/{INDICES}": OWN_INDICES})
        _accept_wildcards(function, models)
    writers = [arn for model in settings.generative_models for arn in model_arns(model, settings, stack)]
    _accept_wildcards(query, dict.fromkeys(writers, ANY_REGION))
    if settings.rerank_models:
        arns = [arn for model in settings.rerank_models for arn in model_arns(model, settings, stack)]
        _accept_wildcards(query, {"*": f"{TRACING} {RERANKING}"} | dict.fromkeys(arns, ANY_REGION))
    _accept_wildcards(query, {f"{search.domain_arn}/{INDICES}/{way}": SEARCHES for way in ("_search", "_msearch")})
    for function in (write, split, extract, load):
        _accept_wildcards(function, {bucket.arn_for_objects("*"): UPLOADS})
    for function in (split, load):
        _accept_wildcards(function, {bucket.arn_for_objects(f"{OWN_PREFIX}*"): REPORTS})
    _accept_wildcards(extract, {bucket.arn_for_objects(DOCUMENTS): REPORTS})
    _accept_wildcards(parts.batch, {parts.batch.files_arn: BATCH_FILES})
    _accept_wildcards(load, {parts.batch.jobs_arn: BATCH_JOBS})
    _accept_wildcards(write, {bucket.arn_for_objects(f"*/{UPLOAD_FOLDER}/*"): SIGNED})


def _accept(construct: IConstruct, findings: dict[str, str]) -> None:
    for rule, reason in findings.items():
        acknowledgment = cdk.Acknowledgment(id=rule, reason=reason)
        cdk.Validations.of(construct).acknowledge(acknowledgment)


def _accept_wildcards(construct: IConstruct, resources: dict[str, str]) -> None:
    _accept(
        construct,
        {f"AwsSolutions-IAM5[Resource::{_as_nag_writes_it(arn, construct)}]": why for arn, why in resources.items()},
    )


def _as_nag_writes_it(arn: str, scope: IConstruct) -> str:
    """An ARN with its references as `<LogicalId.Attribute>` or `<AWS::AccountId>`."""
    resolved = cdk.Stack.of(scope).resolve(arn)
    parts = resolved["Fn::Join"][1] if isinstance(resolved, dict) else [resolved]
    return "".join(part if isinstance(part, str) else f"<{_reference(part)}>" for part in parts)


def _reference(part: dict[str, str | list[str]]) -> str:
    [target] = part.values()
    return target if isinstance(target, str) else ".".join(target)
