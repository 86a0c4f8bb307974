"""The boto3 session of the functions that use S3, SQS, DynamoDB and EventBridge."""

from typing import Any

from boto3.session import Session


def aws_session() -> Any:
    """Return a session with the function's own credentials."""
    return Session()
