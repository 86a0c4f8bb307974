"""The findings of `alto doctor`, and its advice."""

import json
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from alto.cli.checks import State, access_of, clock_of, models_of, unreachable, version_of
from alto.cli.connection import Auth, Connection
from alto.compatibility import UTC
from alto.version import VERSION
from tests.command_line import Outcome, Reply, alto, error, reply

META = {"version": VERSION, "region": "us-east-1", "modules": {}}
AWS = "https://abc123.execute-api.eu-west-1.amazonaws.com"
TITAN = {"vectorizer": "text2vec-aws", "model": "titan", "region": "us-east-1"}
OWN = {"vectorizer": "none", "dimensions": 3}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def collection(name: str, **vectors: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "properties": [], "vectors": vectors}


def healthy(*collections: dict[str, Any]) -> tuple[Reply, ...]:
    now = format_datetime(datetime.now(UTC), usegmt=True)
    return (
        reply(META, date=now),
        reply({"ready": True}),
        reply({"collections": list(collections)}),
        reply({"imports": []}),
    )


def states(done: Outcome) -> dict[str, str]:
    lines = [line.split(None, 2) for line in done.out.splitlines() if not line.startswith(" ")]
    return {line[1]: line[0] for line in lines}


def test_where_all_is_well_each_line_is_ok() -> None:
    films, other = collection("Film", default=TITAN, own=OWN), collection("Other", default=TITAN)

    done = alto("doctor", replies=(*healthy(films, other), reply({"objects": []})))

    assert done.code == 0
    assert set(states(done).values()) == {"ok"}
    checked = "versions address credentials endpoint clock access server search collections imports model"
    assert list(states(done)) == checked.split()
    assert done.server.paths[-1] == "POST /v1/collections/Film/search"
    assert done.server.body() == {
        "near_text": {"query": "alto doctor", "target_vector": "default"},
        "limit": 1,
        "return_properties": [],
    }
    assert "fix:" not in done.out


def test_a_model_that_is_refused_is_a_problem_with_the_servers_reason() -> None:
    refused = error(502, "model_access_denied")

    done = alto("doctor", "--json", replies=(*healthy(collection("Film", default=TITAN)), *[refused] * 4))

    assert done.code == 1
    last = json.loads(done.out)[-1]
    assert (last["check"], last["state"]) == ("model", "problem")
    assert last["text"] == "titan in us-east-1: It is so. [model_access_denied] (request req-1)"
    assert "Bedrock" in last["fix"]


def test_where_nothing_answers_the_rest_is_not_tried() -> None:
    done = alto("doctor", replies=(httpx.ConnectError("Connection refused"),))

    assert done.code == 4
    assert states(done)["endpoint"] == "problem"
    assert "no response from http://localhost:8700 (ConnectError: Connection refused)" in done.out
    assert "`alto up`" in done.out
    assert len(done.server.paths) == 1


def test_a_search_engine_that_does_not_answer_is_a_problem() -> None:
    done = alto("doctor", replies=(healthy()[0], *[error(503, "search_engine_unavailable")] * 4))

    assert done.code == 1
    assert states(done)["search"] == "problem"


def test_an_address_that_is_none_ends_the_examination() -> None:
    done = alto("doctor", "--url", "localhost:8700")

    assert (done.code, done.server.paths) == (1, [])
    assert "--url or ALTO_URL" in done.out


def test_without_credentials_of_aws_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

    done = alto("doctor", "--url", AWS)
    profile = alto("doctor", "--url", AWS, "--profile", "gone")

    assert (done.code, states(done)["credentials"]) == (1, "problem")
    assert "aws sso login" in done.out
    assert "aws configure list-profiles" in profile.out


def test_the_key_is_named_by_its_end_and_the_secret_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")

    done = alto("doctor", "--url", AWS, replies=healthy())

    assert "key …MPLE from env; signed for eu-west-1" in done.out
    assert "the signature is accepted" in done.out
    assert "AKIDEXAMPLE" not in done.out
    assert "s3cret" not in done.out


@pytest.mark.parametrize(
    ("message", "method", "advice"),
    [
        ("Forbidden", Auth.NONE, "use --auth iam"),
        ("Unauthorized", Auth.BEARER, "put a new one into ALTO_TOKEN"),
        ("The security token included in the request is expired", Auth.IAM, "`aws sso login`"),
        ("Signature expired: 20260101 is now earlier than", Auth.IAM, "clock is wrong"),
        ("Credential should be scoped to a valid region", Auth.IAM, "give --region"),
        ("User is not authorized to perform: execute-api:Invoke", Auth.IAM, "Allow execute-api:Invoke"),
    ],
)
def test_who_is_not_let_in_learns_why(message: str, method: Auth, advice: str) -> None:
    check = access_of(reply({"message": message}, 403), method)

    assert check.state is State.PROBLEM
    assert message in check.text
    assert advice in check.fix


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (httpx.Response(200, text="<html>"), "not a response of Alto"),
        (reply({"message": "Not Found"}, 404), "not a response of Alto"),
        (error(503, "unavailable"), "It is so."),
    ],
)
def test_what_is_no_alto_or_a_broken_one_is_a_problem(given: httpx.Response, says: str) -> None:
    check = access_of(given, Auth.NONE)

    assert check.state is State.PROBLEM
    assert says in check.text


@pytest.mark.parametrize(
    ("ahead", "state", "text"),
    [
        (2.0, State.OK, "agrees with the server's"),
        (-90.0, State.WARNING, "90 s behind the server's"),
        (400.0, State.PROBLEM, "400 s ahead of the server's"),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off(ahead: float, state: State, text: str) -> None:
    check = clock_of(ahead)

    assert (check.state, check.text) == (state, text)


def test_a_wrong_clock_is_seen_by_the_date_of_the_response() -> None:
    late = format_datetime(datetime.now(UTC) - timedelta(minutes=10), usegmt=True)

    done = alto("doctor", replies=(reply(META, date=late), *healthy()[1:]))

    assert (done.code, states(done)["clock"]) == (1, "problem")


def test_a_server_of_another_version_is_a_warning() -> None:
    assert version_of(META).state is State.OK
    assert version_of(META | {"version": "9.1.0"}).state is State.WARNING


def test_each_model_is_tried_once() -> None:
    collections = [
        collection("A", own=OWN, x=TITAN),
        collection("B", y=TITAN),
        collection("C", z=TITAN | {"region": "eu-west-1"}),
    ]

    assert models_of(collections) == {"titan in us-east-1": ("A", "x"), "titan in eu-west-1": ("C", "z")}


@pytest.mark.parametrize(
    ("trouble", "url", "advice"),
    [
        (httpx.ConnectTimeout("slow"), AWS, "private network"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), AWS, "certificate is not trusted"),
        (httpx.ConnectError("Name or service not known"), AWS, "ApiUrl"),
        (httpx.ConnectError("refused"), "http://127.0.0.1:1", "`alto up`"),
    ],
)
def test_no_response_has_its_reasons(trouble: httpx.TransportError, url: str, advice: str) -> None:
    assert advice in unreachable(trouble, Connection(url=url)).fix
