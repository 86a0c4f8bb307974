"""The dashboard, the alarms, and the topic that tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import dashboard
from infra.alarms import Watch, watches

if TYPE_CHECKING:
    from infra.alto_stack import AltoStack


class Monitoring(Construct):
    """Watches a stack. Alarms go to `topic`, and from there to the stage's addresses."""

    def __init__(self, scope: AltoStack, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.topic = self._topic(scope)
        self.subscriptions = [
            sns.Subscription(
                self, f"Email{number}", topic=self.topic, protocol=sns.SubscriptionProtocol.EMAIL, endpoint=address
            )
            for number, address in enumerate(scope.settings.alarm_emails)
        ]
        for watch in watches(scope):
            self._alarm(watch)
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=scope.stack_name)
        for row in dashboard.rows(scope):
            board.add_widgets(*row)

    def _topic(self, stack: AltoStack) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", display_name=f"Alarms of {stack.stack_name}", enforce_ssl=True)
        # A topic with a policy admits only whom the policy names.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        return topic

    def _alarm(self, watch: Watch) -> None:
        comparison = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            watch.name,
            alarm_name=f"{cdk.Stack.of(self).stack_name}-{watch.name}",
            alarm_description=f"{watch.tells} See docs/runbook.md, {watch.name}.",
            metric=_unlabelled(watch.metric),
            threshold=watch.at,
            evaluation_periods=watch.periods,
            comparison_operator=comparison.LESS_THAN_OR_EQUAL_TO_THRESHOLD
            if watch.below
            else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # Nothing happened, or nobody asked: no reason to wake somebody.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        resource = alarm.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)
        resource.alarm_actions = resource.ok_actions = [self.topic.topic_arn]


def _unlabelled(metric: cloudwatch.Metric) -> cloudwatch.Metric:
    """The same without the label that graphs need: CDK makes metric math of a labelled one, and ministack has none."""
    return cloudwatch.Metric(
        namespace=metric.namespace,
        metric_name=metric.metric_name,
        statistic=metric.statistic,
        dimensions_map=metric.dimensions,
        period=metric.period,
    )
