"""How a function signs: with which credentials, over which connections."""

from collections.abc import MutableMapping
from typing import NamedTuple

from lambdas.aws.credentials import AwsCredentials, OwnCredentials
from lambdas.aws.credentials import Session as TemporaryCredentials
from lambdas.aws.http import SignedHttp, connections
from lambdas.aws.roles import Role, assume_role
from lambdas.embedding.embedder import CONCURRENCY

STS_TIMEOUT_SECONDS = 5.0
STS_ATTEMPTS = 2


class Aws(NamedTuple):
    """The environment, connections and credentials that all signed requests of a function share."""

    environment: MutableMapping[str, str]
    http: SignedHttp
    own: OwnCredentials


def aws_access(environment: MutableMapping[str, str]) -> Aws:
    """Made once for a function, with as many connections to a host as there are calls in flight to a model.

    `AWS_CA_BUNDLE` names a file of certificate authorities to trust instead of the system's.
    """
    pool = connections(CONCURRENCY, environment.get("AWS_CA_BUNDLE"))
    return Aws(environment, SignedHttp(pool), OwnCredentials(environment))


def assume(role: Role, credentials: AwsCredentials) -> TemporaryCredentials:
    """Assume the role, as the owner of the credentials. Raises `AwsAccessError`."""
    # Few functions ever assume a role: the others do not load botocore's clients for it.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import Session  # noqa: PLC0415

    config = Config(
        connect_timeout=STS_TIMEOUT_SECONDS,
        read_timeout=STS_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": STS_ATTEMPTS},
    )
    sts = Session().create_client(
        "sts",
        region_name=role.region,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        aws_session_token=credentials.session_token,
        config=config,
    )
    return assume_role(sts, role)
