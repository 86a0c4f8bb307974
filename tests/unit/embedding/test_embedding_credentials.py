import logging
from collections.abc import Callable

import pytest

from lambdas.aws.credentials import RENEW_SECONDS, AwsCredentials, Session
from lambdas.aws.roles import Role
from lambdas.embedding.credential_chain import CredentialChain, credentials_from_environment, credentials_from_headers
from lambdas.errors import IncompleteCredentialsError

CALLER = AwsCredentials("AKIACALLER", "caller-secret", "caller-token")
OWN = AwsCredentials("ASIAOWN", "own-secret", "own-token")
ALIAS = AwsCredentials("AKIAALIAS", "alias-secret")
ROLE = Role("arn:aws:iam::123456789012:role/embed", "external", "eu-west-1")


class FakeSts:
    """Hands out numbered sessions that last an hour, and keeps what it was asked."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.asked: list[tuple[Role, AwsCredentials]] = []

    def assume(self, role: Role, credentials: AwsCredentials) -> Session:
        self.asked.append((role, credentials))
        number = len(self.asked)
        return Session(AwsCredentials(f"ASIA{number}", f"secret-{number}", f"token-{number}"), self.clock() + 3600)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sts(clock: Clock) -> FakeSts:
    return FakeSts(clock)


def chain(sts: FakeSts, environment: AwsCredentials | None = None) -> CredentialChain:
    return CredentialChain(lambda: OWN, sts.assume, environment, sts.clock)


def test_the_headers_are_read_whatever_the_case_of_their_names() -> None:
    headers = {"x-aws-access-key": "AKIA", "X-AWS-SECRET-KEY": "s", "X-Aws-Session-Token": "t", "Accept": "*/*"}

    assert credentials_from_headers(headers) == AwsCredentials("AKIA", "s", "t")


def test_the_session_token_is_optional() -> None:
    assert credentials_from_headers({"X-AWS-Access-Key": "AKIA", "X-AWS-Secret-Key": "s"}) == AwsCredentials(
        "AKIA", "s"
    )


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"X-AWS-Access-Key": ""}])
def test_a_request_without_the_headers_brings_no_credentials(headers: dict[str, str]) -> None:
    assert credentials_from_headers(headers) is None


@pytest.mark.parametrize(
    ("headers", "missing"),
    [
        ({"X-AWS-Access-Key": "AKIAKEY"}, ["X-AWS-Secret-Key"]),
        ({"X-AWS-Secret-Key": "s3cr3t"}, ["X-AWS-Access-Key"]),
        ({"X-AWS-Access-Key": "AKIAKEY", "X-AWS-Session-Token": "t0ken"}, ["X-AWS-Secret-Key"]),
        ({"X-AWS-Session-Token": "t0ken"}, ["X-AWS-Access-Key", "X-AWS-Secret-Key"]),
    ],
)
def test_a_partial_set_of_headers_is_refused_and_says_which_is_missing(
    headers: dict[str, str], missing: list[str]
) -> None:
    with pytest.raises(IncompleteCredentialsError) as caught:
        credentials_from_headers(headers)

    assert caught.value.status == 400
    assert [detail.field for detail in caught.value.details] == missing
    assert not any(value in caught.value.message for value in headers.values())


def test_the_environment_aliases_count_when_both_are_set() -> None:
    environment = {"AWS_ACCESS_KEY": "AKIA", "AWS_SECRET_KEY": "s", "AWS_SESSION_TOKEN": "of the function"}

    assert credentials_from_environment(environment) == AwsCredentials("AKIA", "s", None)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"AWS_ACCESS_KEY": "AKIA"},
        {"AWS_SECRET_KEY": "s"},
        {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"},
        {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_ACCESS_KEY": "ASIA", "AWS_SECRET_KEY": "s"},
    ],
)
def test_lambdas_own_variables_are_no_aliases(environment: dict[str, str]) -> None:
    assert credentials_from_environment(environment) is None


def test_the_most_specific_credentials_win(sts: FakeSts) -> None:
    assert chain(sts, ALIAS).resolve(CALLER, ROLE) == CALLER
    assert chain(sts, ALIAS).resolve(None, ROLE) == AwsCredentials("ASIA1", "secret-1", "token-1")
    assert chain(sts, ALIAS).resolve(None, None) == ALIAS
    assert chain(sts).resolve(None, None) == OWN


def test_a_role_is_assumed_by_the_next_credentials_in_order(sts: FakeSts) -> None:
    chain(sts, ALIAS).resolve(None, ROLE)
    chain(sts).resolve(None, ROLE)

    assert sts.asked == [(ROLE, ALIAS), (ROLE, OWN)]


def test_a_role_is_assumed_once_until_shortly_before_its_session_ends(sts: FakeSts, clock: Clock) -> None:
    credentials = chain(sts)
    first = credentials.resolve(None, ROLE)

    clock.now += 3600 - RENEW_SECONDS - 1
    assert credentials.resolve(None, ROLE) == first
    clock.now += 2
    assert credentials.resolve(None, ROLE) == AwsCredentials("ASIA2", "secret-2", "token-2")


def test_another_external_id_is_another_session(sts: FakeSts) -> None:
    credentials = chain(sts)

    assert credentials.resolve(None, ROLE) != credentials.resolve(None, Role(ROLE.arn, None, ROLE.region))


def test_credentials_show_nothing_of_themselves(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("%s %r %s", CALLER, [CALLER], {"credentials": CALLER})
        try:
            raise ValueError(CALLER)
        except ValueError:
            logging.getLogger("test").exception("failed")

    assert not any(part in caplog.text for part in ("AKIACALLER", "caller-secret", "caller-token"))
    assert not any(part in CALLER.fingerprint for part in ("AKIACALLER", "caller-secret", "caller-token"))


def test_fingerprints_tell_sets_apart() -> None:
    sets = [
        CALLER,
        OWN,
        AwsCredentials("AKIACALLER", "caller-secret"),
        AwsCredentials("AKIACALLER", "", "caller-token"),
    ]

    assert len({item.fingerprint for item in sets}) == len(sets)
    assert CALLER.fingerprint == AwsCredentials("AKIACALLER", "caller-secret", "caller-token").fingerprint
