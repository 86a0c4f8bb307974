"""The schedule by which objects that have expired are removed."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra.constructs.functions import AltoFunction

# Searches do not see objects that have expired, so this decides only how long they take space.
MINUTES = 15


class ExpirySchedule(Construct):
    """Invokes the load function, which may delete objects and has five minutes for it."""

    def __init__(self, scope: Construct, construct_id: str, *, load: AltoFunction) -> None:
        super().__init__(scope, construct_id)
        self.rule = events.Rule(
            self,
            "Rule",
            description="Alto: removes objects that have expired",
            schedule=events.Schedule.rate(cdk.Duration.minutes(MINUTES)),
        )
        self.rule.add_target(
            targets.LambdaFunction(
                load.function,
                event=events.RuleTargetInput.from_object({"task": "remove_expired"}),
                # What a run does not do, the next one does.
                retry_attempts=0,
                max_event_age=cdk.Duration.minutes(MINUTES),
            )
        )
