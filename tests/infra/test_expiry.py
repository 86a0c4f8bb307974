"""The schedule by which objects that have expired are removed."""

from tests.infra.synthesis import Synthesis, as_text


def test_the_load_function_removes_expired_objects_every_15_minutes(stage: Synthesis) -> None:
    [rule] = [each["Properties"] for each in stage.all("AWS::Events::Rule").values()]

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(15 minutes)", "ENABLED")
    [target] = rule["Targets"]
    assert "LoadFunction" in as_text(target["Arn"])
    assert target["Input"] == '{"task":"remove_expired"}'


def test_only_the_rule_may_invoke_it(stage: Synthesis) -> None:
    [rule] = stage.all("AWS::Events::Rule")
    [permission] = [
        each["Properties"]
        for each in stage.all("AWS::Lambda::Permission").values()
        if each["Properties"]["Principal"] == "events.amazonaws.com"
    ]

    assert permission["SourceArn"] == {"Fn::GetAtt": [rule, "Arn"]}
