from dataclasses import replace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.emulator.access import Access, Caller
from local.emulator.errors import ServiceError
from local.emulator.http11 import Request

PATH = "/model/amazon.titan-embed-text-v2%3A0/invoke"
BODY = b'{"inputText": "a film"}'


def signed(key: str = "AKIAONE", secret: str = "one", token: str | None = None, service: str = "bedrock") -> Request:
    request = AWSRequest("POST", f"http://127.0.0.1:1{PATH}", data=BODY, headers={"Host": "127.0.0.1:1"})
    SigV4Auth(Credentials(key, secret, token), service, "eu-west-1").add_auth(request)
    return Request("POST", PATH, {name.lower(): value for name, value in request.headers.items()}, BODY)


def denied(access: Access, request: Request) -> str:
    with pytest.raises(ServiceError) as refused:
        access.check(request, "bedrock")
    assert refused.value.status == 403
    return refused.value.code


def test_the_caller_is_read_from_the_signature_without_its_secrets() -> None:
    caller = Access().check(signed(token="a session"), "bedrock")
    assert caller == Caller("AKIAONE", "eu-west-1", "bedrock", session_token=True)


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("authorization", None, "MissingAuthenticationTokenException"),
        ("authorization", "Bearer abc", "IncompleteSignatureException"),
        ("authorization", "AWS4-HMAC-SHA256 Credential=AKIAONE/20260101/eu-west-1", "IncompleteSignatureException"),
        ("x-amz-date", None, "IncompleteSignatureException"),
    ],
)
def test_a_request_that_is_not_signed_is_refused(header: str, value: str | None, code: str) -> None:
    request = signed()
    headers = {name: given for name, given in request.headers.items() if name != header}
    assert denied(Access(), replace(request, headers=headers | ({header: value} if value else {}))) == code


def test_a_signature_for_another_service_is_refused() -> None:
    with pytest.raises(ServiceError, match="scoped to correct service: 'sagemaker'"):
        Access().check(signed(service="bedrock"), "sagemaker")


def test_a_temporary_key_needs_its_token() -> None:
    assert denied(Access(), signed(key="ASIATEMPORARY")) == "UnrecognizedClientException"
    assert Access().check(signed(key="ASIATEMPORARY", token="t"), "bedrock").session_token


def test_a_signature_is_verified_when_the_secret_is_known() -> None:
    access = Access.parse({"keys": {"AKIAONE": {"secret": "one"}}})
    assert access.check(signed(secret="one"), "bedrock")
    assert denied(access, signed(secret="two")) == "InvalidSignatureException"
    assert denied(access, replace(signed(secret="one"), body=b"{}")) == "InvalidSignatureException"


def test_unknown_keys_and_foreign_session_tokens_are_rejected() -> None:
    access = Access.parse({"keys": {"ASIAONE": {"secret": "one", "session_token": "right"}}})
    assert access.check(signed(key="ASIAONE", token="right"), "bedrock")
    assert denied(access, signed(key="ASIAONE", token="wrong")) == "UnrecognizedClientException"
    assert denied(access, signed(key="AKIATWO")) == "UnrecognizedClientException"


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "ExpiredTokenException", "AccessDeniedException"])
def test_a_key_can_be_denied_for_any_reason(code: str) -> None:
    assert denied(Access.parse({"denied": {"AKIAONE": code}}), signed()) == code


def test_a_model_can_be_denied_or_missing_in_a_region() -> None:
    access = Access.parse({"denied_models": ["m1"], "model_regions": {"m2": ["us-east-1"]}})
    caller = Caller("AKIAONE", "eu-west-1", "bedrock", session_token=False)
    access.check_model(caller, "m3")
    access.check_model(replace(caller, region="us-east-1"), "m2")
    with pytest.raises(ServiceError, match="You don't have access to the model"):
        access.check_model(caller, "m1")
    with pytest.raises(ServiceError, match="The provided model identifier is invalid"):
        access.check_model(caller, "m2")


@pytest.mark.parametrize("options", [{"keys_": {}}, {"denied": {"AKIAONE": "Nope"}}])
def test_options_that_do_not_exist_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"Unknown access options|is denied with"):
        Access.parse(options)
