"""The botocore session of the functions that talk to S3, SQS, DynamoDB and EventBridge."""

import logging
from typing import Any

from botocore.session import Session


def aws_session() -> Any:
    """A session with the function's own credentials."""
    # At DEBUG, botocore logs what it signs, session tokens included.
    logging.getLogger("botocore").setLevel(logging.INFO)
    return Session()
