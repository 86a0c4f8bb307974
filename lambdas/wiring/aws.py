"""How a function signs: with whose credentials, over which connections."""

from collections.abc import Mapping
from typing import NamedTuple

from lambdas.aws.credentials import OwnCredentials
from lambdas.aws.http import SignedHttp, connections
from lambdas.embedding.embedder import CONCURRENCY


class Aws(NamedTuple):
    """What all signed requests of a function share."""

    environment: Mapping[str, str]
    http: SignedHttp
    own: OwnCredentials


def aws_access(environment: Mapping[str, str]) -> Aws:
    """Made once for a function, with as many connections to a host as there are calls in flight to a model.

    `AWS_CA_BUNDLE` is the file of other certificate authorities than the system's.
    """
    pool = connections(CONCURRENCY, environment.get("AWS_CA_BUNDLE"))
    return Aws(environment, SignedHttp(pool), OwnCredentials(environment, pool))
