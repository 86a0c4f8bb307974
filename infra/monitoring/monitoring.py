"""The dashboard, the alarms, and the topic that publishes them."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.monitoring import dashboard
from infra.monitoring.alarms import AlarmSpec, alarm_specs
from infra.monitoring.watched_parts import WatchedParts


class Monitoring(Construct):
    """Monitors a stack. Alarms go to `topic`, and from there to the stage's addresses."""

    def __init__(self, scope: Construct, construct_id: str, *, parts: WatchedParts, key: kms.IKey | None) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        self.topic = self._topic(stack, key)
        self.subscriptions = [
            sns.Subscription(
                self, f"Email{number}", topic=self.topic, protocol=sns.SubscriptionProtocol.EMAIL, endpoint=address
            )
            for number, address in enumerate(parts.settings.alarm_emails)
        ]
        for spec in alarm_specs(parts):
            self._alarm(spec)
        board = cloudwatch.Dashboard(self, "Dashboard", dashboard_name=stack.stack_name)
        for row in dashboard.rows(parts):
            board.add_widgets(*row)

    def _topic(self, stack: cdk.Stack, key: kms.IKey | None) -> sns.Topic:
        topic = sns.Topic(
            self, "Alarms", display_name=f"Alarms of {stack.stack_name}", enforce_ssl=True, master_key=key
        )
        # A topic with a policy admits only the principals that the policy names.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        return topic

    def _alarm(self, spec: AlarmSpec) -> None:
        comparison = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            spec.name,
            alarm_name=f"{cdk.Stack.of(self).stack_name}-{spec.name}",
            alarm_description=f"{spec.meaning} See docs/runbook.md, {spec.name}.",
            metric=_unlabelled(spec.metric),
            threshold=spec.at,
            evaluation_periods=spec.periods,
            comparison_operator=comparison.LESS_THAN_OR_EQUAL_TO_THRESHOLD
            if spec.below
            else comparison.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # Missing data means no traffic, which is not a fault.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        resource = alarm.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)
        resource.alarm_actions = resource.ok_actions = [self.topic.topic_arn]


def _unlabelled(metric: cloudwatch.Metric) -> cloudwatch.Metric:
    """The metric without its label: CDK makes metric math of a labelled one, which ministack does not support."""
    return cloudwatch.Metric(
        namespace=metric.namespace,
        metric_name=metric.metric_name,
        statistic=metric.statistic,
        dimensions_map=metric.dimensions,
        period=metric.period,
    )
