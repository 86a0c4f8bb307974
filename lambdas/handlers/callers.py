"""Who sends a request, as API Gateway authenticated them. Pure."""

import json
from collections.abc import Mapping
from typing import Any


def identity_of(event: Mapping[str, Any]) -> str:
    """Return the caller's identity, which stays the same for as long as the caller does; empty without authorization.

    It begins the scope of an Idempotency-Key. An assumed role is its role: the name of its session changes with each
    deployment, container or function instance that sends a request again. A token is its issuer and subject.
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    iam, claims = authorizer.get("iam"), (authorizer.get("jwt") or {}).get("claims")
    if iam:
        return json.dumps(_principal(iam))
    if claims:
        # Some issuers name the client alone in tokens that no user asked for.
        return json.dumps([claims.get("iss"), claims.get("sub") or claims.get("client_id")])
    return ""


def _principal(iam: Mapping[str, Any]) -> list[str]:
    """Return the ARN and the unique id of a user or role, and of an identity of Cognito its id."""
    arn, unique_id = str(iam.get("userArn") or ""), str(iam.get("callerId") or iam.get("userId") or "")
    if ":assumed-role/" in arn:
        # arn:aws:sts::<account>:assumed-role/<role>/<session>, and <id of the role>:<session>. A role that was deleted
        # and created again has another id.
        arn, unique_id = arn.rpartition("/")[0], unique_id.partition(":")[0]
    # Every identity of a Cognito pool assumes the same role.
    person = str((iam.get("cognitoIdentity") or {}).get("identityId") or "")
    return [part for part in (arn, unique_id, person) if part]
