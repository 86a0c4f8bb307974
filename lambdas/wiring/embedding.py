"""The embedder: Bedrock and SageMaker, with the credentials that apply."""

from collections.abc import Mapping
from typing import Any

from lambdas.embedding.credentials import CredentialChain, credentials_from_environment
from lambdas.embedding.embedder import CONCURRENCY, Embedder
from lambdas.embedding.model_client import AwsModel
from lambdas.embedding.signed_http import SignedHttp, sts_clients


def embedder(session: Any, environment: Mapping[str, str]) -> Embedder:
    """An embedder that signs with the botocore session's credentials where nothing more specific is given."""
    http = SignedHttp(session, connections=CONCURRENCY)
    chain = CredentialChain(
        own=http.own_credentials, sts=sts_clients(session), environment=credentials_from_environment(environment)
    )
    return Embedder(AwsModel(http, chain))
