"""Assuming roles, through a client of STS."""

from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.aws.credentials import AccessRefusedError, AwsCredentials, CredentialsUnavailableError, Session

# The longest that a role may be assumed for by another role.
SESSION_SECONDS = 3600
# What makes an error of STS its own failure, and not a refusal.
_SERVER_ERROR = 500


class Role(NamedTuple):
    """A role to assume. The region only says which STS is asked."""

    arn: str
    external_id: str | None
    region: str


def assume_role(sts: Any, role: Role) -> Session:
    """Assume the role, as the owner of the client's credentials.

    Raises `AccessRefusedError`, and `CredentialsUnavailableError` when STS cannot respond now.
    """
    external_id = {"ExternalId": role.external_id} if role.external_id else {}
    try:
        response = sts.assume_role(
            RoleArn=role.arn, RoleSessionName="alto-embedding", DurationSeconds=SESSION_SECONDS, **external_id
        )
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] >= _SERVER_ERROR:
            raise CredentialsUnavailableError from None
        raise AccessRefusedError(error.response["Error"]["Code"]) from None
    except BotoCoreError:
        raise CredentialsUnavailableError from None
    try:
        keys = response["Credentials"]
        credentials = AwsCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return Session(credentials, keys["Expiration"].timestamp())
    except KeyError:
        raise CredentialsUnavailableError from None
