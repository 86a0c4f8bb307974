"""Removes a stage: says what goes and what stays, asks, empties the import bucket, and deletes the stack."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.deployment.deployment import Clients, Run
from infra.deployment.emptying import count_versions, empty_bucket, stack_outputs
from infra.settings.settings import Settings

FORCE = "--force"
STAYS = (
    "Stage {stage} has 'removal' retain: its domain, bucket, table, key and logs stay when the stack is deleted, and "
    "are billed. The stack is protected: remove that first by\n"
    "    aws cloudformation update-termination-protection --stack-name {stack} --no-enable-termination-protection\n"
    "docs/deploy.md, A second life, says how to use or delete what stays."
)
GOES = (
    "Stage {stage} in {region} is deleted: all collections of domain {domain}, all import jobs, and {files} versions "
    "of files ({megabytes:,.1f} MB) in {bucket}. Nothing of it can be restored."
)


@dataclass(frozen=True)
class Removal:
    """Removes one stage. `ask` shows a question and returns the operator's line."""

    settings: Settings
    clients: Clients
    run: Run
    say: Callable[[str], None]
    ask: Callable[[str], str]

    def destroy(self, arguments: list[str]) -> int:
        """Delete the stack, and with 'removal' destroy its data; returns the exit code.

        `--force` among the arguments does not ask.
        """
        stack = f"alto-{self.settings.stage}"
        outputs = stack_outputs(self.clients, self.settings.region, stack)
        if outputs is None:
            self.say(f"The stack {stack} does not exist in {self.settings.region}")
            return 0
        if self.settings.removal == "retain":
            self.say(STAYS.format(stage=self.settings.stage, stack=stack))
            return self.run("destroy", arguments)
        bucket = outputs.get("ImportBucketName")
        s3 = self.clients("s3", self.settings.region)
        files, size = count_versions(s3, bucket) if bucket else (0, 0)
        self.say(
            GOES.format(
                stage=self.settings.stage,
                region=self.settings.region,
                domain=self.settings.domain_name,
                files=files,
                megabytes=size / 1e6,
                bucket=bucket,
            )
        )
        if FORCE not in arguments and self.ask(f"Write {stack} to delete it: ").strip() != stack:
            self.say("Nothing was deleted")
            return 1
        if bucket:
            self.say(f"Deleted {empty_bucket(s3, bucket)} versions from {bucket}")
        # CDK would ask once more.
        return self.run("destroy", [*(each for each in arguments if each != FORCE), FORCE])
