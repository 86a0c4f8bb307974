"""`make destroy` with a scripted account: it says what goes, asks, and empties the bucket."""

from typing import Any

import pytest

from infra.cdk import stage_settings
from infra.deployment.emptying import PAGE, EmptyingError, empty_bucket
from infra.deployment.removal import Removal
from tests.infra.scripted_account import ScriptedAccount, error

OUTPUTS = [{"OutputKey": "ImportBucketName", "OutputValue": "alto-dev-imports"}]
VERSIONS = [{"Key": f"Film/{number}.jsonl", "VersionId": "1", "Size": 500_000} for number in range(3)]
MARKERS = [{"Key": "Film/0.jsonl", "VersionId": "2"}]


def account(**changed: Any) -> ScriptedAccount:
    responses = {
        "cloudformation.describe_stacks": {"Stacks": [{"Outputs": OUTPUTS}]},
        "s3.list_object_versions": [{"Versions": VERSIONS, "DeleteMarkers": MARKERS}],
        "s3.delete_objects": {},
        "s3.list_multipart_uploads": {},
    }
    return ScriptedAccount(responses | {name.replace("__", "."): response for name, response in changed.items()})


class Operator:
    """Writes a line when asked, and records everything."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.asked: list[str] = []
        self.said: list[str] = []
        self.ran: list[tuple[str, list[str]]] = []

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.line

    def run(self, verb: str, arguments: list[str]) -> int:
        self.ran.append((verb, arguments))
        return 0

    def destroy(self, account: ScriptedAccount, *arguments: str, stage: str = "dev") -> int:
        settings = stage_settings(stage)
        return Removal(settings, account.client, self.run, self.said.append, self.ask).destroy(list(arguments))


def deletions(account: ScriptedAccount) -> list[dict[str, str]]:
    pages = [given["Delete"]["Objects"] for name, given in account.calls if name == "s3.delete_objects"]
    return [each for page in pages for each in page]


def test_a_stage_is_deleted_with_its_files_after_its_name_was_written() -> None:
    operator, aws = Operator("alto-dev"), account()

    assert operator.destroy(aws, "-c", "x=1") == 0
    assert "4 versions of files (1.5 MB) in alto-dev-imports" in operator.said[0]
    assert "all collections of domain alto-dev" in operator.said[0]
    assert {(each["Key"], each["VersionId"]) for each in deletions(aws)} == {
        ("Film/0.jsonl", "1"),
        ("Film/1.jsonl", "1"),
        ("Film/2.jsonl", "1"),
        ("Film/0.jsonl", "2"),
    }
    assert operator.ran == [("destroy", ["-c", "x=1", "--force"])]


@pytest.mark.parametrize("line", ["", "y", "alto-prod"])
def test_any_other_line_deletes_nothing(line: str) -> None:
    operator, aws = Operator(line), account()

    assert operator.destroy(aws) == 1
    assert deletions(aws) == []
    assert operator.ran == []


def test_force_does_not_ask() -> None:
    operator, aws = Operator(""), account()

    assert operator.destroy(aws, "--force") == 0
    assert operator.asked == []
    assert operator.ran == [("destroy", ["--force"])]


def test_data_that_are_retained_are_not_touched() -> None:
    operator, aws = Operator("alto-prod"), account()

    assert operator.destroy(aws, stage="prod") == 0
    assert deletions(aws) == []
    assert "aws cloudformation update-termination-protection --stack-name alto-prod" in operator.said[0]


def test_a_stage_that_does_not_exist_is_said_so() -> None:
    operator = Operator("alto-dev")
    missing = error("ValidationError", "Stack with id alto-dev does not exist")

    assert operator.destroy(account(cloudformation__describe_stacks=missing)) == 0
    assert operator.said == ["The stack alto-dev does not exist in eu-west-1"]
    assert operator.ran == []


def test_a_bucket_that_is_gone_does_not_stop_the_deletion() -> None:
    gone = error("NoSuchBucket")
    operator, aws = Operator("alto-dev"), account(s3__list_object_versions=gone, s3__list_multipart_uploads=gone)

    assert operator.destroy(aws) == 0
    assert operator.ran == [("destroy", ["--force"])]


def test_versions_are_deleted_by_pages_of_s3() -> None:
    many = [{"Key": str(number), "VersionId": "1", "Size": 1} for number in range(2 * PAGE + 1)]
    aws = account(s3__list_object_versions=[{"Versions": many[:1500]}, {"Versions": many[1500:]}])

    assert empty_bucket(aws.client("s3", ""), "b") == len(many)
    sizes = [len(given["Delete"]["Objects"]) for name, given in aws.calls if name == "s3.delete_objects"]
    assert sizes == [PAGE, PAGE, 1]


def test_a_version_that_cannot_be_deleted_names_the_right() -> None:
    aws = account(s3__delete_objects={"Errors": [{"Key": "a", "Code": "AccessDenied"}]})

    with pytest.raises(EmptyingError, match=r"a: AccessDenied\. Your identity needs s3:DeleteObjectVersion"):
        empty_bucket(aws.client("s3", ""), "b")
