"""Bucket, queues, event sources and the job table."""

from collections.abc import Callable
from typing import Any

from infra.constructs import permissions
from lambdas.handlers.split import MAX_DELIVERIES
from lambdas.imports.files.s3_notifications import OWN_PREFIX, UPLOAD_FOLDER
from tests.infra.synthesis import Synthesis, as_list, as_text, statements_of


def queue(stage: Synthesis, arn: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = stage.template["Resources"][arn["Fn::GetAtt"][0]]["Properties"]
    return properties


def test_event_sources_report_partial_failures_and_are_capped(dev: Synthesis) -> None:
    sources = {
        as_text(each["Properties"]["FunctionName"]): each["Properties"]
        for each in dev.all("AWS::Lambda::EventSourceMapping").values()
    }

    assert len(sources) == 3
    assert len(dev.all("AWS::Lambda::EventSourceMapping")) == 4
    for source in (each["Properties"] for each in dev.all("AWS::Lambda::EventSourceMapping").values()):
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_load_takes_one_chunk_at_a_time_and_its_concurrency_is_a_setting(prod: Synthesis) -> None:
    [load] = [
        each["Properties"]
        for each in prod.all("AWS::Lambda::EventSourceMapping").values()
        if "LoadFunction" in as_text(each["Properties"]["FunctionName"])
    ]

    assert load["BatchSize"] == 1
    assert load["ScalingConfig"] == {"MaximumConcurrency": 20}


def test_a_message_stays_hidden_for_six_times_its_functions_time(stage: Synthesis) -> None:
    for source in stage.all("AWS::Lambda::EventSourceMapping").values():
        function = stage.template["Resources"][source["Properties"]["FunctionName"]["Ref"]]["Properties"]
        assert queue(stage, source["Properties"]["EventSourceArn"])["VisibilityTimeout"] == 6 * function["Timeout"]


def test_each_consumed_queue_has_a_longer_lived_dead_letter_queue(stage: Synthesis) -> None:
    consumed = [
        each["Properties"] for each in stage.all("AWS::SQS::Queue").values() if "RedrivePolicy" in each["Properties"]
    ]
    targets = [each["RedrivePolicy"]["deadLetterTargetArn"] for each in consumed]

    assert len({as_text(target) for target in targets}) == 2
    for source, target in zip(consumed, targets, strict=True):
        assert queue(stage, target)["MessageRetentionPeriod"] > source["MessageRetentionPeriod"]


def test_dead_chunks_are_noted_by_the_function_that_needs_no_opensearch(stage: Synthesis) -> None:
    dead_letters = {
        as_text(each["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        for each in stage.all("AWS::SQS::Queue").values()
        if "RedrivePolicy" in each["Properties"]
    }

    [consumer] = [
        each["Properties"]
        for each in stage.all("AWS::Lambda::EventSourceMapping").values()
        if as_text(each["Properties"]["EventSourceArn"]) in dead_letters
    ]

    assert "SplitFunction" in as_text(consumer["FunctionName"])
    assert "LoadDeadLetters" in as_text(consumer["EventSourceArn"])


def test_altos_own_files_expire_and_no_others(stage: Synthesis) -> None:
    rules = stage.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]

    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in rules if "ExpirationInDays" in rule] == [
        (OWN_PREFIX, 90)
    ]


def test_the_bucket_is_private_versioned_and_speaks_tls_only(stage: Synthesis) -> None:
    bucket = stage.only("AWS::S3::Bucket")
    refusals = [
        each for each in stage.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"] if each["Effect"] == "Deny"
    ]

    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert {"Bool": {"aws:SecureTransport": "false"}} in [each["Condition"] for each in refusals]


def test_queues_speak_tls_only(stage: Synthesis) -> None:
    assert len(stage.all("AWS::SQS::QueuePolicy")) == len(stage.all("AWS::SQS::Queue")) == 5
    for policy in stage.all("AWS::SQS::QueuePolicy").values():
        statements = as_list(policy["Properties"]["PolicyDocument"]["Statement"])
        assert {"Bool": {"aws:SecureTransport": "false"}} in [each["Condition"] for each in statements]


def test_every_object_is_announced_once_with_any_ending(stage: Synthesis) -> None:
    announced = stage.only("AWS::S3::Bucket")["NotificationConfiguration"]["QueueConfigurations"]

    assert [each["Event"] for each in announced] == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    assert not [each for each in announced if "Filter" in each]


def test_a_file_that_cannot_be_split_holds_up_no_other(stage: Synthesis) -> None:
    batches = [
        each["Properties"]["BatchSize"]
        for each in stage.all("AWS::Lambda::EventSourceMapping").values()
        if "SplitFunction" in as_text(each["Properties"]["FunctionName"])
    ]

    assert batches == [1, 1]


def test_the_splitter_knows_its_messages_last_delivery(stage: Synthesis) -> None:
    counts = {
        each["Properties"]["RedrivePolicy"]["maxReceiveCount"]
        for each in stage.all("AWS::SQS::Queue").values()
        if "RedrivePolicy" in each["Properties"]
    }

    assert counts == {MAX_DELIVERIES}


def test_infra_and_functions_agree_where_altos_own_files_lie() -> None:
    assert permissions.OWN_PREFIX == OWN_PREFIX
    assert permissions.UPLOAD_FOLDER == UPLOAD_FOLDER


def test_only_this_accounts_import_bucket_may_send_to_the_split_queue(stage: Synthesis) -> None:
    [policy] = [
        each["Properties"]["PolicyDocument"]
        for each in stage.all("AWS::SQS::QueuePolicy").values()
        if any(one.effect == "Allow" for one in statements_of(each["Properties"]["PolicyDocument"]))
    ]
    [allowed] = [each for each in policy["Statement"] if each["Effect"] == "Allow"]

    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allowed["Condition"] == {
        "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::alto-{stage.stage}-importsbucket*"},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }


def test_jobs_expire_and_can_be_restored(stage: Synthesis) -> None:
    table = stage.only("AWS::DynamoDB::Table")

    assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_buckets_logical_id_is_that_of_the_conditions(stage: Synthesis) -> None:
    """CloudFormation names the bucket <stack>-<logical id>-<random>, in lower case."""
    [logical_id] = stage.all("AWS::S3::Bucket")

    assert logical_id.lower().startswith("importsbucket")


def test_web_pages_of_the_stage_may_upload_with_signed_urls(jwt: Synthesis, dev: Synthesis) -> None:
    [rule] = jwt.only("AWS::S3::Bucket")["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedMethods"] == ["PUT"]
    assert rule["AllowedOrigins"] == ["https://app.example.com"]
    assert rule["ExposedHeaders"] == ["ETag"]
    assert "CorsConfiguration" not in dev.only("AWS::S3::Bucket")


def test_uploads_expire_if_the_stage_says_so(synthesize: Callable[..., Synthesis]) -> None:
    rules = synthesize("dev", upload_expiry_days="30").only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]

    assert [rule["ExpirationInDays"] for rule in rules if "Prefix" not in rule and "ExpirationInDays" in rule] == [30]
