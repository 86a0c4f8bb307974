"""Roles and their external ids are pairs of the stage's settings: no caller chooses an external id."""

import json
from typing import Any

import pytest

from lambdas.aws.credentials import AwsCredentials, Session
from lambdas.aws.http import HttpRequest, HttpResponse
from lambdas.aws.roles import Role
from lambdas.aws.stage_roles import StageRole, StageRoles
from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.embedding.aws_caller import AwsCaller
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.credential_chain import CredentialChain
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.vendor_errors import CallFailedError
from lambdas.errors import InvalidRequestError, RoleRefusedError
from lambdas.search.reranking.rerank import Rerank
from lambdas.settings import ModelSettings
from tests.builders import TITAN, collection_config

ARN = "arn:aws:iam::123456789012:role/"
ROLES = [
    {"name": "films", "role_arn": f"{ARN}films", "external_id": "of-films"},
    {"name": "books", "role_arn": f"{ARN}books"},
]
OWN = AwsCredentials("AKIAOWN", "secret")
CALLER = AwsCredentials("AKIACALLER", "secret")
CALL = HttpCall("bedrock-runtime", "us-east-1", "/model", {}, b"{}")


def stage_roles() -> StageRoles:
    return StageRoles(ModelSettings.from_environment({"ALTO_MODEL_ROLES": json.dumps(ROLES)}).roles)


class FakeAws:
    """STS and a model: notes which roles were assumed and which keys called."""

    def __init__(self) -> None:
        self.assumed: list[Role] = []
        self.keys: list[str] = []
        self.chain = CredentialChain(lambda: OWN, self.assume)

    def assume(self, role: Role, credentials: AwsCredentials) -> Session:
        assert credentials is OWN
        self.assumed.append(role)
        return Session(AwsCredentials("ASIAROLE", "secret", "token"), 1e12)

    def send(self, request: HttpRequest, credentials: AwsCredentials, timeout_seconds: float) -> HttpResponse:
        self.keys.append(credentials.access_key)
        return HttpResponse(200, {}, b"{}")


def target(role: str) -> Text2VecAws:
    return Text2VecAws.model_validate(TITAN | {"role_arn": role})


@pytest.mark.parametrize("reference", ["films", f"{ARN}films"])
def test_a_role_is_assumed_with_the_external_id_of_the_stage(reference: str) -> None:
    aws = FakeAws()

    AwsCaller(aws, aws.chain, {}, stage_roles()).send(target(reference), CALL, credentials=None, timeout_seconds=1)

    assert aws.assumed == [Role(f"{ARN}films", "of-films", target(reference).region)]
    assert aws.keys == ["ASIAROLE"]


def test_a_role_that_the_stage_does_not_list_any_more_is_refused() -> None:
    aws = FakeAws()

    with pytest.raises(CallFailedError) as failure:
        AwsCaller(aws, aws.chain, {}, stage_roles()).send(
            target(f"{ARN}gone"), CALL, credentials=None, timeout_seconds=1
        )

    error = failure.value.error
    assert isinstance(error, RoleRefusedError)
    assert error.status == 403
    assert f"'films' ({ARN}films), 'books' ({ARN}books)" in error.message
    assert "of-films" not in error.message
    assert aws.assumed == []


def test_the_callers_own_keys_need_no_role() -> None:
    aws = FakeAws()

    AwsCaller(aws, aws.chain, {}).send(target(f"{ARN}gone"), CALL, credentials=CALLER, timeout_seconds=1)

    assert aws.keys == ["AKIACALLER"]


class FakeEngine:
    """Notes the bodies of requests."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def request(self, method: str, path: str, body: Any = None, **_: Any) -> dict[str, Any]:
        self.bodies.append(body)
        return {}


def create(role: str) -> FakeEngine:
    engine: Any = FakeEngine()
    embedder: Any = None
    admin = CollectionAdmin(engine, CollectionRegistry(engine), embedder, "lucene", roles=stage_roles())
    config = collection_config(vectors={"default": TITAN | {"role_arn": role}})
    admin.create(config, deadline=Deadline.after(10))
    made: FakeEngine = engine
    return made


@pytest.mark.parametrize("reference", ["books", f"{ARN}books"])
def test_a_collection_names_a_role_and_stores_its_arn(reference: str) -> None:
    [body] = create(reference).bodies

    assert body["mappings"]["_meta"]["alto"]["collection"]["vectors"]["default"]["role_arn"] == f"{ARN}books"


@pytest.mark.parametrize("reference", ["book", "Books", f"{ARN}other", "of-films"])
def test_a_collection_cannot_name_another_role(reference: str) -> None:
    with pytest.raises(InvalidRequestError) as problem:
        create(reference)

    [detail] = problem.value.details
    assert detail.field == "vectors.default.role_arn"
    assert detail.message.startswith(
        f"\"{reference}\" is not a role of this stage; its roles are: 'films' ({ARN}films)"
    )
    assert "of-films" not in detail.message.removeprefix('"of-films"')


def test_rerank_is_called_with_the_role_of_the_stage() -> None:
    model = Rerank(model="cohere.rerank-v3-5:0").resolve_model("us-west-2", f"{ARN}books")

    assert (model.role_arn, model.region) == (f"{ARN}books", "us-west-2")


def test_without_the_setting_no_role_may_be_named() -> None:
    assert ModelSettings.from_environment({}).roles == ()
    assert StageRoles().listed == "none"
    assert StageRole.model_validate(ROLES[1]).external_id is None
