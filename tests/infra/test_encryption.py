"""Encryption at rest: by keys that AWS owns, or by the customer's own."""

from typing import Any

import pytest

from tests.infra.synthesis import Synthesis, statements_of

# Where data are, and the property that names the key.
KEYS = {
    "AWS::S3::Bucket": lambda each: each["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"
    ]["KMSMasterKeyID"],
    "AWS::SQS::Queue": lambda each: each["KmsMasterKeyId"],
    "AWS::DynamoDB::Table": lambda each: each["SSESpecification"]["KMSMasterKeyId"],
    "AWS::OpenSearchService::Domain": lambda each: each["EncryptionAtRestOptions"]["KmsKeyId"],
    "AWS::Logs::LogGroup": lambda each: each["KmsKeyId"],
}


def key_of(stage: Synthesis) -> tuple[str, dict[str, Any]]:
    [(name, key)] = stage.all("AWS::KMS::Key").items()
    return name, key["Properties"]


@pytest.mark.parametrize("kind", KEYS)
def test_everything_that_is_kept_is_encrypted_with_the_customer_key(prod: Synthesis, kind: str) -> None:
    name, _ = key_of(prod)
    kept = prod.all(kind).values()

    assert kept
    for each in kept:
        assert name in str(KEYS[kind](each["Properties"]))


def test_without_a_customer_key_aws_encrypts_with_its_own(dev: Synthesis) -> None:
    assert not dev.all("AWS::KMS::Key")
    assert all(each["Properties"]["SqsManagedSseEnabled"] for each in dev.all("AWS::SQS::Queue").values())
    assert "AES256" in str(dev.only("AWS::S3::Bucket")["BucketEncryption"])
    assert dev.only("AWS::OpenSearchService::Domain")["EncryptionAtRestOptions"] == {"Enabled": True}


def test_the_key_is_renewed_and_outlives_the_stack(prod: Synthesis) -> None:
    name, key = key_of(prod)

    assert key["EnableKeyRotation"] is True
    assert prod.template["Resources"][name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_services_use_the_key_for_this_stage_only(prod: Synthesis) -> None:
    """S3 notifies a queue of an upload; CloudWatch Logs writes events; CloudWatch publishes alarms."""
    _, key = key_of(prod)
    services = {
        principal: each.conditions
        for each in statements_of(key["KeyPolicy"])
        for principal in each.principals
        if "amazonaws.com" in principal
    }

    assert set(services) == {
        "logs.eu-west-1.amazonaws.com",
        "s3.amazonaws.com",
        "cloudwatch.amazonaws.com",
    }
    assert "log-group:alto-prod-*" in services["logs.eu-west-1.amazonaws.com"]
    assert "aws:SourceAccount" in services["s3.amazonaws.com"]


def test_the_alarm_topic_is_encrypted_and_cloudwatch_may_use_the_key(prod: Synthesis, dev: Synthesis) -> None:
    [key] = prod.all("AWS::KMS::Key")
    statements = prod.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    [alarms] = [each for each in statements if each["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]

    assert prod.only("AWS::SNS::Topic")["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}
    assert set(alarms["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert "KmsMasterKeyId" not in dev.only("AWS::SNS::Topic")
