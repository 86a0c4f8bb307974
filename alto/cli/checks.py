"""The checks of `alto doctor`. Each has its finding and, for a problem, a fix."""

import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

import alto
from alto.cli.collections.listing import read_collections
from alto.cli.connection import Auth, Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.terminal.messages import sentence_of
from alto.compatibility import UTC, StrEnum
from alto.requests import segment
from alto.settings import check_url
from alto.version import VERSION

RESPONSE_SECONDS = 30.0
# AWS refuses signatures that are five minutes off.
SECONDS_REFUSED = 300
SECONDS_SUSPICIOUS = 30
MAX_MODELS = 10


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `fix` is what to do; `exit_code` is that of a problem."""

    name: str
    state: State
    text: str
    fix: str = ""
    exit_code: ExitCode = ExitCode.FAILED


def examine(connection: Connection) -> Iterator[Check]:
    """Every check, in the order in which things can break. Ends after one without which the rest is pointless."""
    yield Check("versions", State.OK, f"alto {VERSION}, Python {platform.python_version()}")
    try:
        auth, headers = connection.credentials()
        check_url(connection.address, headers, signed=auth is not None)
    except alto.AltoConfigurationError as error:
        yield Check("address", State.PROBLEM, sentence_of(error), "Give the address of Alto with --url or ALTO_URL.")
        return
    except (alto.AltoError, CommandError) as error:
        text = sentence_of(error) if isinstance(error, alto.AltoError) else str(error)
        yield Check("credentials", State.PROBLEM, text, "`aws sts get-caller-identity` shows whether AWS knows you.")
        return
    said = "" if connection.url else " (the default: neither --url nor ALTO_URL is given)"
    yield Check("address", State.OK, f"{connection.address}{said}")
    yield from _credentials(connection, auth)
    response = None
    for check, found in _reached(connection, auth, headers):
        yield check
        response = found
    if response is None:
        return
    yield from _clock(response)
    access = access_of(response, connection.method)
    yield access
    if access.state is State.OK:
        yield version_of(response.json())
        with connection.open() as client:
            yield from _service(client)


def _credentials(connection: Connection, auth: Any) -> Iterator[Check]:
    if connection.method is not Auth.IAM:
        text = {Auth.NONE: "none: requests are sent unsigned", Auth.BEARER: "a bearer token"}[connection.method]
        yield Check("credentials", State.OK, text)
        return
    try:
        yield Check("credentials", State.OK, f"{auth.identity}; signed for {auth.region}")
    except alto.AltoError as error:
        yield Check("credentials", State.PROBLEM, sentence_of(error), "Run `aws sso login`, or renew the keys.")


def _reached(
    connection: Connection, auth: Any, headers: dict[str, str]
) -> Iterator[tuple[Check, httpx.Response | None]]:
    """The response to one request, without the retries that would hide how it went."""
    started = time.monotonic()
    try:
        with httpx.Client(
            auth=auth,
            headers=headers,
            transport=connection.transport,
            trust_env=not connection.is_local,
            timeout=RESPONSE_SECONDS,
        ) as client:
            response = client.get(f"{connection.address.rstrip('/')}/v1/meta")
    except alto.AltoError as error:
        yield Check("endpoint", State.PROBLEM, sentence_of(error), "Fix the credentials first."), None
    except httpx.TransportError as error:
        yield unreachable(error, connection), None
    else:
        milliseconds = 1000 * (time.monotonic() - started)
        yield Check("endpoint", State.OK, f"responds in {milliseconds:.0f} ms"), response


def unreachable(error: httpx.TransportError, connection: Connection) -> Check:
    """Why no response came, and what may be done."""
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    if isinstance(error, httpx.TimeoutException):
        fix = "A firewall or a private network may be between: is the API reachable from here? Try again later, too."
    elif "CERTIFICATE" in str(error):
        fix = "The certificate is not trusted: is this machine's clock right? Behind a proxy, set SSL_CERT_FILE."
    elif connection.is_local:
        fix = "`alto up` in a checkout of Alto starts one here; if it runs elsewhere, give --url or ALTO_URL."
    else:
        fix = "Check the address (the output ApiUrl of the stack), the network, and HTTPS_PROXY."
    return Check(
        "endpoint", State.PROBLEM, f"no response from {connection.address} ({said})", fix, ExitCode.UNREACHABLE
    )


def _clock(response: httpx.Response) -> Iterator[Check]:
    try:
        theirs = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return
    yield clock_of((datetime.now(UTC) - theirs).total_seconds())


def clock_of(ahead: float) -> Check:
    """How far this machine's clock is ahead of the server's, in seconds."""
    if abs(ahead) <= SECONDS_SUSPICIOUS:
        return Check("clock", State.OK, "agrees with the server's")
    text = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the server's"
    state = State.PROBLEM if abs(ahead) >= SECONDS_REFUSED else State.WARNING
    return Check("clock", state, text, "Set it by NTP: AWS refuses signatures that are 5 minutes off.")


def access_of(response: httpx.Response, method: Auth) -> Check:
    """Whether the request was let in, by an Alto."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.status_code == 200 and isinstance(body, dict) and "version" in body:
        how = {
            Auth.IAM: "the signature is accepted",
            Auth.BEARER: "the token is accepted",
            Auth.NONE: "requests need no authentication",
        }
        return Check("access", State.OK, how[method])
    error = alto.errors.error_from_response(response.status_code, response.headers, body)
    if response.status_code in {401, 403}:
        return Check("access", State.PROBLEM, sentence_of(error), _access_remedy(error.message, method))
    if response.status_code in {429, 500, 502, 503, 504}:
        return Check(
            "access", State.PROBLEM, sentence_of(error), "Try again in a minute; then look into the log of the API."
        )
    return Check(
        "access",
        State.PROBLEM,
        f"HTTP {response.status_code}, and not a response of Alto",
        "Is this the address of an Alto? It is the output ApiUrl of the stack, without a path.",
    )


def _access_remedy(message: str, method: Auth) -> str:
    said = message.lower()
    if method is Auth.NONE:
        return "This API requires authentication: use --auth iam (signed with your AWS credentials) or --auth bearer."
    if method is Auth.BEARER:
        return "The token is unknown or expired: put a new one into ALTO_TOKEN."
    if "expired" in said and "token" in said:
        return "The session has ended: `aws sso login`, or new keys."
    if "signature expired" in said or "not yet current" in said:
        return "This machine's clock is wrong: set it by NTP."
    if "credential should be scoped" in said:
        return "Signed for the wrong region: give --region."
    return "Allow execute-api:Invoke on this API to the role or user behind the credentials, and check their account."


def version_of(meta: dict[str, Any]) -> Check:
    """Whether client and server are of one version."""
    theirs = str(meta.get("version"))
    if theirs.split(".")[:2] == VERSION.split(".")[:2]:
        return Check("server", State.OK, f"Alto {theirs} in {meta.get('region')}")
    fix = f"Install the client of version {theirs}, or deploy {VERSION}."
    return Check("server", State.WARNING, f"Alto {theirs}, and this is {VERSION}", fix)


def _service(client: "alto.AltoClient") -> Iterator[Check]:
    try:
        client.call("GET", "/v1/.well-known/ready")
        yield Check("search", State.OK, "OpenSearch responds")
        collections, _ = read_collections(client)
        yield Check("collections", State.OK, f"{len(collections)} there")
        client.call("GET", "/v1/imports", query={"limit": "1"})
        yield Check("imports", State.OK, "the jobs can be read")
    except alto.AltoError as error:
        yield Check(
            "search", State.PROBLEM, sentence_of(error), "Look into the logs of the functions and of OpenSearch."
        )
        return
    models = models_of(collections)
    if not models:
        yield Check("models", State.OK, "no collection has one yet; creating one tries its model")
    for model, (collection, vector) in list(models.items())[:MAX_MODELS]:
        yield _model(client, model, collection, vector)


def models_of(collections: list[dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Each model that collections use, with a collection and a vector by which it can be tried."""
    found: dict[str, tuple[str, str]] = {}
    for each in collections:
        for vector, config in each["vectors"].items():
            if name := config.get("model") or config.get("endpoint"):
                found.setdefault(f"{name} in {config['region']}", (each["name"], vector))
    return found


def _model(client: "alto.AltoClient", model: str, collection: str, vector: str) -> Check:
    """A search has Alto itself call the model, with the role that it will have."""
    body = {"near_text": {"query": "alto doctor", "target_vector": vector}, "limit": 1, "return_properties": []}
    try:
        client.call("POST", f"/v1/collections/{segment(collection)}/search", body, repeatable=True)
    except alto.AltoError as error:
        fix = "Allow the model in the console of Bedrock, or fix the endpoint, in that region and for Alto's role."
        return Check("model", State.PROBLEM, f"{model}: {sentence_of(error)}", fix)
    return Check("model", State.OK, f"{model} responds")
