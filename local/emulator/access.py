"""Who calls, and whether that is allowed: SigV4 headers read, credentials and model access checked by option."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.emulator.errors import ServiceError, invalid
from local.emulator.http11 import Request

_SIGV4 = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)"
    r"/aws4_request, ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)
_DENIALS: dict[str, str] = {
    "UnrecognizedClientException": "The security token included in the request is invalid.",
    "ExpiredTokenException": "The security token included in the request is expired",
    "InvalidSignatureException": "The request signature we calculated does not match the signature you provided. Check "
    "your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    "AccessDeniedException": "The caller is not authorized to perform this action: no identity-based policy allows it",
    "MissingAuthenticationTokenException": "Missing Authentication Token",
    "IncompleteSignatureException": "Authorization header is not of the form 'AWS4-HMAC-SHA256 Credential=..., "
    "SignedHeaders=..., Signature=...', or X-Amz-Date is missing.",
}


@dataclass(frozen=True)
class Caller:
    """The content of a signature, without its secrets."""

    access_key: str
    region: str
    service: str
    session_token: bool


@dataclass(frozen=True)
class Key:
    """A known access key. With a secret the signature is verified; a token has to be the one that is sent."""

    secret: str | None = None
    session_token: str | None = None


@dataclass(frozen=True)
class Access:
    """Rules, all optional: without any, every well-formed signature is let in.

    keys: if any, only these are let in. denied: access key to the code of the 403 it gets. denied_models: ids that
    no caller may invoke. model_regions: model id to the regions that have it; a model not named is everywhere.
    """

    keys: Mapping[str, Key] = field(default_factory=dict)
    denied: Mapping[str, str] = field(default_factory=dict)
    denied_models: frozenset[str] = frozenset()
    model_regions: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> "Access":
        """Raises ValueError for an option or a code that does not exist."""
        unknown = sorted(options.keys() - {"keys", "denied", "denied_models", "model_regions"})
        if unknown:
            raise ValueError(f"Unknown access options: {', '.join(unknown)}.")
        denied = dict(options.get("denied", {}))
        for key, code in denied.items():
            if code not in _DENIALS:
                raise ValueError(f"Access key {key} is denied with {code!r}; choose one of {', '.join(_DENIALS)}.")
        return cls(
            keys={key: Key(**given) for key, given in options.get("keys", {}).items()},
            denied=denied,
            denied_models=frozenset(options.get("denied_models", ())),
            model_regions={model: frozenset(regions) for model, regions in options.get("model_regions", {}).items()},
        )

    def check(self, request: Request, service: str) -> Caller:
        """The caller of a request to `bedrock` or `sagemaker`. Raises ServiceError (403)."""
        authorization = request.headers.get("authorization")
        if authorization is None:
            raise _denial("MissingAuthenticationTokenException")
        scope = _SIGV4.fullmatch(authorization)
        if scope is None or "x-amz-date" not in request.headers:
            raise _denial("IncompleteSignatureException")
        if scope["service"] != service:
            message = f"Credential should be scoped to correct service: '{service}'. "
            raise ServiceError(403, "InvalidSignatureException", message)
        token = request.headers.get("x-amz-security-token")
        key = scope["key"]
        if key in self.denied:
            raise _denial(self.denied[key])
        if key.startswith("ASIA") and token is None:  # keys of this form are temporary and worthless without a token
            raise _denial("UnrecognizedClientException")
        if self.keys:
            self._check_key(request, scope, token)
        return Caller(key, scope["region"], scope["service"], token is not None)

    def _check_key(self, request: Request, scope: re.Match[str], token: str | None) -> None:
        known = self.keys.get(scope["key"])
        if known is None or (known.session_token is not None and known.session_token != token):
            raise _denial("UnrecognizedClientException")
        if known.secret is not None and not _is_signed_with(known.secret, request, scope):
            raise _denial("InvalidSignatureException")

    def check_model(self, caller: Caller, model_id: str) -> None:
        """Raises ServiceError for a model that the caller may not use, or that its region does not have."""
        if model_id in self.denied_models:
            message = "You don't have access to the model with the specified model ID."
            raise ServiceError(403, "AccessDeniedException", message)
        regions = self.model_regions.get(model_id)
        if regions is not None and caller.region not in regions:
            raise invalid("The provided model identifier is invalid.")


def _denial(code: str) -> ServiceError:
    return ServiceError(403, code, _DENIALS[code])


def _is_signed_with(secret: str, request: Request, scope: re.Match[str]) -> bool:
    signer = SigV4Auth(Credentials(scope["key"], secret), scope["service"], scope["region"])
    signed = {name: request.headers.get(name, "") for name in scope["headers"].split(";")}
    url = f"http://{request.headers.get('host', '')}{request.path}"
    copy = AWSRequest(request.method, url, headers=signed, data=request.body)
    copy.context["timestamp"] = request.headers["x-amz-date"]
    expected = signer.signature(signer.string_to_sign(copy, signer.canonical_request(copy)), copy)
    return hmac.compare_digest(expected, scope["signature"])
