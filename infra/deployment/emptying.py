"""Empties a stage's import bucket before the stack is deleted: CloudFormation deletes only empty buckets."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment.deployment import Clients

# S3 deletes so many versions in one request.
PAGE = 1000


class EmptyingError(Exception):
    """Versions could not be deleted."""


def stack_outputs(clients: Clients, region: str, stack: str) -> dict[str, str] | None:
    """The outputs of a stack by name; None if it does not exist."""
    try:
        stacks = clients("cloudformation", region).describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return {each["OutputKey"]: each["OutputValue"] for each in stacks[0].get("Outputs", [])}


def count_versions(s3: Any, bucket: str) -> tuple[int, int]:
    """The versions in a bucket, delete markers included, and their bytes. (0, 0) if the bucket does not exist."""
    versions = list(_versions(s3, bucket))
    return len(versions), sum(each.get("Size", 0) for each in versions)


def empty_bucket(s3: Any, bucket: str) -> int:
    """Delete every version, delete marker and unfinished upload; returns the versions. Raises `EmptyingError`."""
    deleted = 0
    page: list[dict[str, str]] = []
    for version in _versions(s3, bucket):
        page.append({"Key": version["Key"], "VersionId": version["VersionId"]})
        if len(page) == PAGE:
            deleted += _delete(s3, bucket, page)
            page = []
    if page:
        deleted += _delete(s3, bucket, page)
    for upload in _uploads(s3, bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
    return deleted


def _versions(s3: Any, bucket: str) -> Iterator[dict[str, Any]]:
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            yield from page.get("Versions", [])
            yield from page.get("DeleteMarkers", [])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _uploads(s3: Any, bucket: str) -> Iterator[dict[str, Any]]:
    try:
        for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
            yield from page.get("Uploads", [])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _delete(s3: Any, bucket: str, page: list[dict[str, str]]) -> int:
    response = s3.delete_objects(Bucket=bucket, Delete={"Objects": page, "Quiet": True})
    if problems := response.get("Errors"):
        first = problems[0]
        raise EmptyingError(
            f"{len(problems)} versions in {bucket} could not be deleted: {first['Key']}: {first['Code']}. Your "
            "identity needs s3:DeleteObjectVersion there."
        )
    return len(page)
