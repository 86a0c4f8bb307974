"""One deployment by CDK: shows the changes, deploys them, and retries where AWS only needed time.

AWS refuses a role or policy for some seconds after it was made. A first deployment is the most likely to meet that.
CDK protects a stack before it executes its change set, so a failed first deployment of a protected stage leaves a stack
that CDK itself cannot delete: its protection, and that of its table, are removed before the second attempt.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

# Messages of AWS while a new role or policy is not known everywhere yet, which takes seconds.
TRANSIENT = (
    "Error setting policy",
    "Invalid principal in policy",
    "does not grant sufficient permissions for Amazon OpenSearch Service to create a log stream",
    "The role defined for the function cannot be assumed by Lambda",
    "The provided execution role does not have permissions to call",
    "you must enable a service-linked role",
)
SECONDS_BETWEEN_TRIES = 30

# A stack whose creation failed holds nothing of value: CDK deletes it and creates it again.
FAILED_CREATIONS = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")
# The events of the stack itself with which an operation begins.
BEGINNINGS = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS")

# Makes a boto3 client of a service in a region.
Clients = Callable[[str, str], Any]
# Runs a command of CDK; returns its exit code.
Run = Callable[[str, list[str]], int]


@dataclass(frozen=True)
class Deployment:
    """Deploys one stack. `say` shows a line to the operator."""

    stack: str
    region: str
    clients: Clients
    run: Run
    say: Callable[[str], None]

    def deploy(self, arguments: list[str], outputs: list[str]) -> int:
        """Show the changes, then deploy them; retry once after a transient failure. Returns the exit code."""
        if code := self.run("diff", arguments):
            return code
        code = self.run("deploy", [*arguments, *outputs])
        if code and (reason := self._transient_failure()):
            self.say(f"AWS did not know yet what it had just made ({reason}); retrying in {SECONDS_BETWEEN_TRIES} s")
            time.sleep(SECONDS_BETWEEN_TRIES)
            self._unprotect_failed_creation()
            code = self.run("deploy", [*arguments, *outputs])
        return code

    def _transient_failure(self) -> str | None:
        try:
            return transient_failure(self.failures())
        except (ClientError, BotoCoreError) as error:
            # CDK has printed the reason already; this must not hide it.
            self.say(f"The events of stack {self.stack} could not be read, so it is not retried: {error}")
            return None

    def failures(self) -> list[str]:
        """Why resources failed in the stack's last operation, newest first."""
        pages = self.clients("cloudformation", self.region).get_paginator("describe_stack_events")
        reasons = []
        for page in pages.paginate(StackName=self.stack):
            for event in page["StackEvents"]:
                if event["ResourceStatus"].endswith("_FAILED"):
                    reasons.append(event.get("ResourceStatusReason", ""))
                if _begins_operation(event):
                    return reasons
        return reasons

    def _unprotect_failed_creation(self) -> None:
        """Remove the protection of a stack whose first deployment failed, and of its table."""
        cloudformation = self.clients("cloudformation", self.region)
        try:
            status = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
            if status not in FAILED_CREATIONS:
                return
            cloudformation.update_termination_protection(StackName=self.stack, EnableTerminationProtection=False)
            resources = cloudformation.describe_stack_resources(StackName=self.stack)["StackResources"]
            for resource in resources:
                if resource["ResourceType"] == "AWS::DynamoDB::Table" and _exists(resource):
                    table = resource["PhysicalResourceId"]
                    dynamodb = self.clients("dynamodb", self.region)
                    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
                    self.say(f"Removed the deletion protection of table {table}, which holds nothing yet")
        except ClientError as error:
            self.say(
                f"The protection of stack {self.stack} could not be removed: {error}. docs/deploy.md has the commands"
            )


def transient_failure(reasons: Iterable[str]) -> str | None:
    """The first of a failed deployment's reasons that disappears on its own."""
    return next((reason for reason in reasons if any(sign in reason for sign in TRANSIENT)), None)


def _begins_operation(event: Mapping[str, Any]) -> bool:
    of_stack = event.get("PhysicalResourceId") == event.get("StackId")
    # An update that is undone has further events of the stack; only the first of an operation has an initiator.
    return of_stack and event["ResourceStatus"] in BEGINNINGS and "Initiated" in event.get("ResourceStatusReason", "")


def _exists(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("PhysicalResourceId")) and resource["ResourceStatus"] != "DELETE_COMPLETE"
