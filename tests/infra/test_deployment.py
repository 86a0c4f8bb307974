"""The commands that `make deploy`, `make bootstrap` and `make preflight` run, with a scripted account."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import NODE, cdk
from infra.cdk import stage_settings
from infra.deployment.account_checks import ensure_service_linked_role
from infra.deployment.deployment import Deployment, transient_failure
from infra.deployment.findings import NotReadyError
from tests.infra.scripted_account import ScriptedAccount, denied, error

TIMES_OUT = "Resource handler returned message: stabilization timed out"
NOT_YET = "Resource handler returned message: Error setting policy: [{...}] (Service: OpenSearch, Status Code: 409)"
STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/alto-prod/1"

Event = dict[str, str]


def event(status: str, reason: str = "", physical: str = "x") -> Event:
    return {
        "StackId": STACK_ID,
        "PhysicalResourceId": physical,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def begins(status: str = "CREATE_IN_PROGRESS") -> Event:
    return event(status, "User Initiated", physical=STACK_ID)


class Commands:
    """Records the commands of CDK and returns their exit codes in turn."""

    def __init__(self, *codes: int) -> None:
        self.codes = list(codes)
        self.ran: list[str] = []
        self.said: list[str] = []

    def run(self, verb: str, _: list[str]) -> int:
        self.ran.append(verb)
        return self.codes.pop(0)

    def deploy(self, account: ScriptedAccount) -> int:
        return Deployment("alto-prod", "eu-west-1", account.client, self.run, self.said.append).deploy([], [])


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def failed_with(pages: list[list[Event]], status: str = "ROLLBACK_COMPLETE", **more: Any) -> ScriptedAccount:
    return ScriptedAccount(
        {
            "cloudformation.describe_stack_events": [{"StackEvents": page} for page in pages],
            "cloudformation.describe_stacks": {"Stacks": [{"StackStatus": status}]},
            "cloudformation.update_termination_protection": {},
            "cloudformation.describe_stack_resources": {"StackResources": []},
        }
        | more
    )


def test_what_changes_is_shown_before_it_is_deployed() -> None:
    commands = Commands(0, 0)

    assert commands.deploy(ScriptedAccount({})) == 0
    assert commands.ran == ["diff", "deploy"]


def test_a_failed_diff_deploys_nothing() -> None:
    commands = Commands(1)

    assert commands.deploy(ScriptedAccount({})) == 1
    assert commands.ran == ["diff"]


def test_a_transient_failure_is_retried_once() -> None:
    commands = Commands(0, 1, 0)

    assert commands.deploy(failed_with([[event("CREATE_FAILED", NOT_YET), begins()]])) == 0
    assert commands.ran == ["diff", "deploy", "deploy"]


def test_any_other_failure_is_not_retried() -> None:
    commands = Commands(0, 1)

    assert commands.deploy(failed_with([[event("CREATE_FAILED", TIMES_OUT), begins()]])) == 1
    assert commands.ran == ["diff", "deploy"]


def test_a_reason_on_the_third_page_of_events_is_found() -> None:
    noise = [event("DELETE_COMPLETE")] * 100
    commands = Commands(0, 1, 0)

    account = failed_with([noise, noise, [event("CREATE_FAILED", NOT_YET), begins()]])

    assert commands.deploy(account) == 0
    assert commands.ran == ["diff", "deploy", "deploy"]


@pytest.mark.parametrize("beginning", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"])
def test_reasons_of_earlier_operations_do_not_count(beginning: str) -> None:
    commands = Commands(0, 1)
    earlier = [event("CREATE_FAILED", NOT_YET), begins()]

    account = failed_with([[event("UPDATE_FAILED", TIMES_OUT), begins(beginning), *earlier], earlier])

    assert commands.deploy(account) == 1
    assert commands.ran == ["diff", "deploy"]


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_a_failed_first_deployment_loses_its_protection_before_the_retry(status: str) -> None:
    table = {"ResourceType": "AWS::DynamoDB::Table", "PhysicalResourceId": "jobs", "ResourceStatus": "DELETE_FAILED"}
    account = failed_with(
        [[event("CREATE_FAILED", NOT_YET), begins()]],
        status,
        **{
            "cloudformation.describe_stack_resources": {"StackResources": [table]},
            "dynamodb.update_table": {},
        },
    )

    assert Commands(0, 1, 0).deploy(account) == 0
    assert (
        "cloudformation.update_termination_protection",
        {"StackName": "alto-prod", "EnableTerminationProtection": False},
    ) in account.calls
    assert ("dynamodb.update_table", {"TableName": "jobs", "DeletionProtectionEnabled": False}) in account.calls


def test_a_failed_update_keeps_its_protection() -> None:
    account = failed_with([[event("UPDATE_FAILED", NOT_YET), begins("UPDATE_IN_PROGRESS")]], "UPDATE_ROLLBACK_COMPLETE")

    assert Commands(0, 1, 0).deploy(account) == 0
    assert "cloudformation.update_termination_protection" not in [name for name, _ in account.calls]


@pytest.mark.parametrize("trouble", [denied("DescribeStackEvents"), error("ValidationError", "does not exist")])
def test_unreadable_events_do_not_hide_the_message_of_cdk(trouble: ClientError) -> None:
    commands = Commands(0, 1)

    assert commands.deploy(ScriptedAccount({"cloudformation.describe_stack_events": trouble})) == 1
    assert "is not retried" in commands.said[-1]


@pytest.mark.parametrize(
    "reason",
    [
        NOT_YET,
        "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
        "The provided execution role does not have permissions to call ReceiveMessage on SQS",
        "The role defined for the function cannot be assumed by Lambda.",
    ],
)
def test_known_delays_of_new_roles_and_policies_are_transient(reason: str) -> None:
    assert transient_failure([TIMES_OUT, reason]) == reason
    assert transient_failure([TIMES_OUT]) is None


def test_a_missing_service_linked_role_is_made() -> None:
    account = ScriptedAccount({"iam.get_role": error("NoSuchEntity"), "iam.create_service_linked_role": {}})

    assert ensure_service_linked_role(account.client, stage_settings("prod")) is None
    assert "iam.create_service_linked_role" in [name for name, _ in account.calls]


def test_an_existing_service_linked_role_is_not_made_again() -> None:
    account = ScriptedAccount({"iam.get_role": {}})

    assert ensure_service_linked_role(account.client, stage_settings("prod")) is None
    assert [name for name, _ in account.calls] == ["iam.get_role"]


def test_an_operator_without_iam_rights_gets_a_warning() -> None:
    account = ScriptedAccount({"iam.get_role": denied("GetRole"), "iam.create_service_linked_role": denied("Create")})

    problem = ensure_service_linked_role(account.client, stage_settings("prod"))

    assert problem
    assert "aws iam create-service-linked-role --aws-service-name opensearchservice.amazonaws.com" in problem


def test_bootstrap_runs_on_altos_own_node(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []

    class Done:
        returncode = 0

    def run(command: list[str], **_: Any) -> Done:
        ran.append(command)
        return Done()

    monkeypatch.setattr("subprocess.run", run)

    assert cdk.execute("bootstrap", stage_settings("dev"), "123456789012", []) == 0
    assert ran == [
        [NODE, str(cdk.CDK), "bootstrap", "aws://123456789012/eu-west-1", "--qualifier", "hnb659fds"],
    ]


@pytest.mark.parametrize("stage", ["dev", "prod", "vpc", "jwt", "local"])
def test_every_stage_says_its_region(stage: str) -> None:
    assert stage_settings(stage).region == "eu-west-1"


def test_a_stage_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(NotReadyError, match="one of dev, prod, vpc, jwt, local"):
        stage_settings("nothing")
