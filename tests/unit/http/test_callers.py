"""Identities by which the Idempotency-Keys of callers are kept apart."""

from typing import Any

import pytest

from lambdas.handlers.callers import identity_of

ROLE = "arn:aws:sts::123456789012:assumed-role/Importer"
FEDERATED = "arn:aws:sts::123456789012:federated-user"


def iam(arn: str, unique_id: str, identity: str | None = None) -> dict[str, Any]:
    return {"iam": {"userArn": arn, "callerId": unique_id, "cognitoIdentity": identity and {"identityId": identity}}}


def token(**claims: str) -> dict[str, Any]:
    return {"jwt": {"claims": claims, "scopes": None}}


def identity(authorizer: dict[str, Any] | None) -> str:
    return identity_of({"requestContext": {"authorizer": authorizer}})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (iam(f"{ROLE}/i-1", "AROAROLE:i-1"), iam(f"{ROLE}/i-2", "AROAROLE:i-2")),
        (iam(f"{ROLE}/a", "AROAROLE:a", "us-east-1:ada"), iam(f"{ROLE}/b", "AROAROLE:b", "us-east-1:ada")),
        (token(iss="https://issuer", sub="ada", jti="1"), token(iss="https://issuer", sub="ada", jti="2", aud="alto")),
        (token(iss="https://issuer", client_id="job"), token(iss="https://issuer", client_id="job", exp="9")),
    ],
    ids=["sessions of a role", "sessions of an identity", "tokens of a subject", "tokens of a client"],
)
def test_a_caller_keeps_its_identity(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert identity(first) == identity(second) != ""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (iam(f"{ROLE}/a", "AROAROLE:a"), iam(f"{ROLE}2/a", "AROAOTHER:a")),
        (iam(f"{ROLE}/a", "AROAROLE:a"), iam(f"{ROLE}/a", "AROACREATEDAGAIN:a")),
        (iam(f"{ROLE}/a", "AROAROLE:a", "us-east-1:ada"), iam(f"{ROLE}/a", "AROAROLE:a", "us-east-1:bob")),
        (iam("arn:aws:iam::123456789012:user/ada", "AIDA1"), iam("arn:aws:iam::123456789012:user/bob", "AIDA2")),
        (iam(f"{FEDERATED}/ada", "123456789012:ada"), iam(f"{FEDERATED}/bob", "123456789012:bob")),
        (token(iss="https://issuer", sub="ada"), token(iss="https://other", sub="ada")),
        (token(iss="https://issuer", sub="ada"), token(iss="https://issuer", sub="bob")),
        (token(iss="https://issuer a", sub="b"), token(iss="https://issuer", sub="a b")),
    ],
    ids=["roles", "role created again", "identities", "users", "federated users", "issuers", "subjects", "blanks"],
)
def test_callers_have_identities_of_their_own(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert identity(first) != identity(second)


@pytest.mark.parametrize("authorizer", [None, {}, {"iam": None}])
def test_without_authorization_all_callers_are_one(authorizer: dict[str, Any] | None) -> None:
    assert identity(authorizer) == ""
