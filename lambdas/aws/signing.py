"""Signature Version 4. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from lambdas.aws.credentials import AwsCredentials

_ALGORITHM = "AWS4-HMAC-SHA256"


class HttpRequest(NamedTuple):
    """A request before it is signed. The URL is percent-encoded; `service` is the name that AWS signs it by."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    service: str
    region: str


def signed_headers(request: HttpRequest, credentials: AwsCredentials, at: datetime) -> dict[str, str]:
    """All headers to send: the request's own, which are signed, and those of the signature. `at` is in UTC."""
    url = urlsplit(request.url)
    time = at.strftime("%Y%m%dT%H%M%SZ")
    headers = {**request.headers, "Host": url.netloc, "X-Amz-Date": time}
    if credentials.session_token:
        headers["X-Amz-Security-Token"] = credentials.session_token
    named = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in named)
    canonical = "\n".join(
        (
            request.method,
            # Encoded once more than it is sent; only S3 does without.
            quote(url.path or "/", safe="/~"),
            "&".join(sorted(url.query.split("&"))),
            *(f"{name}:{value}" for name, value in named),
            "",
            names,
            hashlib.sha256(request.body).hexdigest(),
        )
    )
    scope = f"{time[:8]}/{request.region}/{request.service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, time, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*scope.split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    headers["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    )
    return headers
