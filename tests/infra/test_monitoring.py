"""The dashboard, the alarms, and the topic that reports them."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from infra.bundle.lambda_bundle import PROJECT
from infra.deployment import stage_cost
from lambdas.observability import UNITS
from tests.infra.synthesis import FUNCTIONS, Synthesis, as_text

RUNBOOK = PROJECT / "docs" / "runbook.md"


def alarms(stage: Synthesis) -> dict[str, dict[str, Any]]:
    found = [each["Properties"] for each in stage.all("AWS::CloudWatch::Alarm").values()]
    return {alarm["AlarmName"].removeprefix(f"alto-{stage.stage}-"): alarm for alarm in found}


def watched(alarm: dict[str, Any]) -> tuple[str, str, str]:
    """Namespace, name and first dimension of an alarm's metric, however CDK writes it."""
    metric = alarm["Metrics"][0]["MetricStat"]["Metric"] if "Metrics" in alarm else alarm
    return metric["Namespace"], metric["MetricName"], as_text(metric["Dimensions"][0]["Value"])


def graphs(stage: Synthesis) -> list[dict[str, Any]]:
    body = as_text(stage.only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    return [widget["properties"] for widget in json.loads(body)["widgets"]]


def own_metrics(stage: Synthesis) -> Iterator[tuple[str, str]]:
    """Name and function of each metric of Alto's own that is looked at."""
    namespace = f"Alto/{stage.stage}"
    for alarm in alarms(stage).values():
        where, name, function = watched(alarm)
        if where == namespace:
            yield name, function
    for graph in graphs(stage):
        for metric in graph["metrics"]:
            if metric[0] == namespace:
                yield metric[1], metric[3]


def test_what_is_watched_is_what_the_functions_publish(stage: Synthesis) -> None:
    looked_at = list(own_metrics(stage))

    assert {name for name, _ in looked_at} <= set(UNITS)
    assert {function for _, function in looked_at} <= set(FUNCTIONS)
    for function in FUNCTIONS:
        variables = stage.function(function)["Environment"]["Variables"]
        assert variables["POWERTOOLS_METRICS_NAMESPACE"] == f"Alto/{stage.stage}"
        assert variables["POWERTOOLS_SERVICE_NAME"] == function


def test_every_alarm_is_told_and_told_off(stage: Synthesis) -> None:
    [topic] = stage.all("AWS::SNS::Topic")

    for alarm in alarms(stage).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["TreatMissingData"] == "notBreaching"


def test_the_runbook_has_a_section_for_every_alarm_and_for_no_other(dev: Synthesis, prod: Synthesis) -> None:
    sections = set(re.findall(r"^### (\w+)$", RUNBOOK.read_text(), re.MULTILINE))

    assert sections == set(alarms(dev)) | set(alarms(prod))


def test_a_domain_of_one_node_is_always_yellow_and_nobody_is_told(dev: Synthesis, prod: Synthesis) -> None:
    assert set(alarms(prod)) - set(alarms(dev)) == {"DomainYellow"}


def test_a_domain_that_was_there_before_is_watched_by_whoever_made_it(local: Synthesis) -> None:
    assert not [name for name in alarms(local) if name.startswith("Domain")]


def test_alarms_of_imports_look_at_the_queues_of_this_stack(dev: Synthesis) -> None:
    queues = {name: watched(alarm)[2] for name, alarm in alarms(dev).items()}

    assert "ImportsSplitDeadLetters" in queues["SplitDeadLetters"]
    assert "ImportsLoadDeadLetters" in queues["LoadDeadLetters"]
    assert "ImportsLoadQueue" in queues["LoadQueueAge"]


def test_storage_is_told_of_before_opensearch_service_blocks_writes(dev: Synthesis, prod: Synthesis) -> None:
    for stage, volume_gib in ((dev, 10), (prod, 100)):
        alarm = alarms(stage)["DomainStorage"]
        assert alarm["ComparisonOperator"] == "LessThanOrEqualToThreshold"
        assert 0.2 * 1024 * volume_gib < alarm["Threshold"]


def test_the_time_of_a_request_is_shown_by_part(dev: Synthesis) -> None:
    [graph] = [graph for graph in graphs(dev) if graph["title"] == "Time of a query, ms"]

    labels = [metric[-1]["label"] for metric in graph["metrics"] if metric[-1].get("visible", True)]
    assert labels == ["embed", "search", "rest"]
    assert graph["stacked"]


def test_addresses_of_the_stage_are_subscribed(synthesize: Callable[..., Synthesis]) -> None:
    told = synthesize("dev", alarm_emails='["team@example.com"]')

    assert told.only("AWS::SNS::Subscription")["Endpoint"] == "team@example.com"
    assert told.findings == []


def test_only_alarms_of_this_account_are_published(dev: Synthesis) -> None:
    statements = dev.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    assert [each["Effect"] for each in statements] == ["Deny", "Allow"]
    assert statements[1]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statements[1]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_dropped_recursive_invocations_raise_an_alarm(stage: Synthesis) -> None:
    dropped = {
        watched(alarm)[2] for alarm in alarms(stage).values() if watched(alarm)[1] == "RecursiveInvocationsDropped"
    }

    assert len(dropped) == len(FUNCTIONS)


def test_the_plan_counts_every_alarm(prod: Synthesis) -> None:
    assert len(alarms(prod)) == stage_cost.ALARMS
