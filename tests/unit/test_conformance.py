"""The conformance kit with a scripted stage: what it runs, skips, reports, and that it always tears down."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

import httpx
import pytest

from conformance.__main__ import about
from conformance.deployed import DeployedStage
from conformance.figures import percentiles
from conformance.logs import awaited_records
from conformance.report import Report, mask, with_bill
from conformance.runner import Run
from conformance.scenario import Checks, Figures, NotMetError, Options, Scenario, SkippedError, Stage, expect
from conformance.scenarios.batch_inference import batch_inference
from conformance.scenarios.bill import bill, costs
from conformance.scenarios.recursion import recursion
from conformance.scenarios.start_times import cold_starts, restores
from conformance.scenarios.throttling import throttling
from infra.cdk import stage_settings
from infra.settings.settings import ENGINE_VERSION
from tests.infra.scripted_account import ScriptedAccount, error

ABSENT = error("ValidationError", "Stack with id alto-dev does not exist")
PRESENT = {
    "Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": [{"OutputKey": "ImportBucketName", "OutputValue": "b"}]}]
}


def scripted_stage(
    respond: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200), **more: Any
) -> Stage:
    api = httpx.Client(transport=httpx.MockTransport(respond), base_url="https://api")
    name = more.pop("stage", "dev")
    given = {"aws": ScriptedAccount({}).client} | more
    return Stage(f"alto-{name}", stage_settings(name), {}, api, SimpleNamespace(), **given)  # type: ignore[arg-type]


class Lifecycle:
    """Notes its steps; a step fails with the error that it is given."""

    def __init__(self, **errors: BaseException) -> None:
        self.errors = errors
        self.steps: list[str] = []

    def _step(self, name: str) -> None:
        self.steps.append(name)
        if name in self.errors:
            raise self.errors[name]

    def preflight(self) -> Figures:
        self._step("preflight")
        return {}

    def deploy(self) -> tuple[Stage, Figures]:
        self._step("deploy")
        return scripted_stage(lacks={"sky": "there is a roof"}), {}

    def tear_down(self) -> Figures:
        self._step("tear_down")
        return {}


def fails(_: Stage) -> Figures:
    raise NotMetError("3 were expected, not 2")


def breaks(_: Stage) -> Figures:
    raise KeyError("hits")


def skips(_: Stage) -> Figures:
    raise SkippedError("not today")


def works(_: Stage) -> Figures:
    return {"count": 3}


SCENARIOS = (
    Scenario("fails", "Fails", fails),
    Scenario("breaks", "Breaks", breaks),
    Scenario("skips", "Skips", skips),
    Scenario("needs", "Needs", works, needs="sky"),
    Scenario("works", "Works", works),
)


def run(lifecycle: Lifecycle, *scenarios: Scenario) -> Report:
    return Run(Report({"stage": "dev"}), lambda _: None).all(lifecycle, scenarios)


def states(report: Report) -> dict[str, str]:
    return {each.name: each.state for each in report.outcomes}


def test_a_scenario_that_fails_is_reported_and_does_not_end_the_kit() -> None:
    lifecycle = Lifecycle()

    report = run(lifecycle, *SCENARIOS)

    assert states(report) == {
        "preflight": "passed",
        "deploy": "passed",
        "fails": "failed",
        "breaks": "failed",
        "skips": "skipped",
        "needs": "skipped",
        "works": "passed",
        "teardown": "passed",
    }
    reasons = {each.name: each.reason for each in report.outcomes if each.reason}
    assert reasons == {
        "fails": "3 were expected, not 2",
        "breaks": "KeyError: 'hits'",
        "skips": "not today",
        "needs": "there is a roof",
    }
    assert report.ended


@pytest.mark.parametrize("problem", [NotMetError("cdk deploy ended with exit code 1"), OSError("disk")])
def test_after_a_failed_deployment_scenarios_are_skipped_and_it_tears_down(problem: Exception) -> None:
    lifecycle = Lifecycle(deploy=problem)

    report = run(lifecycle, *SCENARIOS)

    assert lifecycle.steps == ["preflight", "deploy", "tear_down"]
    assert states(report)["deploy"] == "failed"
    assert {states(report)[each.name] for each in SCENARIOS} == {"skipped"}


def test_after_a_failed_preflight_nothing_is_deployed_or_torn_down() -> None:
    lifecycle = Lifecycle(preflight=NotMetError("the stack exists"))

    assert states(run(lifecycle, *SCENARIOS)) == {"preflight": "failed"}
    assert lifecycle.steps == ["preflight"]


def test_a_failed_teardown_is_reported() -> None:
    report = run(Lifecycle(tear_down=NotMetError("still there")), *SCENARIOS)

    assert states(report)["teardown"] == "failed"


def test_an_interrupt_tears_down_and_keeps_the_results_so_far() -> None:
    lifecycle = Lifecycle()
    report = Report({"stage": "dev"})

    def interrupt(_: Stage) -> Figures:
        raise KeyboardInterrupt

    scenarios = [SCENARIOS[-1], Scenario("slow", "Slow", interrupt), SCENARIOS[-1]]
    with pytest.raises(KeyboardInterrupt):
        Run(report, lambda _: None).all(lifecycle, scenarios)

    assert [each.name for each in report.outcomes] == ["preflight", "deploy", "works", "slow", "teardown"]
    assert lifecycle.steps[-1] == "tear_down"
    assert report.ended


def test_one_failed_check_does_not_hide_the_others() -> None:
    checks = Checks()
    with checks.check("first"):
        expect(met=False, otherwise="1 was expected")
    with checks.check("second"):
        expect(met=True, otherwise="2 was expected")
    with checks.check("third"):
        raise SkippedError("no models")

    assert checks.results == {"first": "failed: 1 was expected", "second": "ok", "third": "skipped: no models"}
    with pytest.raises(NotMetError, match=r"^first failed: 1 was expected$"):
        checks.figures()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::<account>:role/x"),
        ("key AKIAIOSFODNN7EXAMPLE is refused", "key <key> is refused"),
        ("https://abc123.execute-api.eu-west-1.amazonaws.com/v1", "<address>/v1"),
        ("token eyJhbGciOi.eyJzdWIi.c2lnbmF0", "token <token>"),
        ("sent to team@example.com", "sent to <e-mail>"),
        ("alto-dev took 12345678901 ms", "alto-dev took 12345678901 ms"),
    ],
)
def test_the_report_names_no_account_key_or_address(text: str, masked: str) -> None:
    assert mask({text: [text]}) == {masked: [masked]}


def test_the_report_is_one_json_file_and_the_same_as_markdown(tmp_path: Path) -> None:
    report = run(Lifecycle(), *SCENARIOS)

    path = report.write(tmp_path)

    written = json.loads(path.with_suffix(".json").read_text())
    assert [each["name"] for each in written["outcomes"]] == [each.name for each in report.outcomes]
    text = path.read_text()
    assert "4 passed, 2 failed, 2 skipped" in text
    assert "| Needs | **skipped** | 0.0 | there is a roof |" in text
    assert "## Works\n\n- count: 3\n" in text


def test_the_bill_of_a_later_day_replaces_the_one_of_the_run(tmp_path: Path) -> None:
    path = run(Lifecycle(), Scenario("bill", "The bill", skips)).write(tmp_path).with_suffix(".json")

    with_bill(path, json.loads(path.read_text()), {"in all": 1.25})

    [bill] = [each for each in json.loads(path.read_text())["outcomes"] if each["name"] == "bill"]
    assert (bill["state"], bill["figures"]) == ("passed", {"in all": 1.25})
    assert "- in all: 1.25" in path.with_suffix(".md").read_text()


def test_costs_of_all_days_are_added_up_by_service() -> None:
    def group(service: str, dollars: str) -> dict[str, Any]:
        return {"Keys": [service], "Metrics": {"UnblendedCost": {"Amount": dollars}}}

    days = [{"Groups": [group("Lambda", "0.5"), group("OpenSearch", "1")]}, {"Groups": [group("Lambda", "0.25")]}]
    account = ScriptedAccount({"ce.get_cost_and_usage": {"ResultsByTime": days}})
    day = datetime(2026, 11, 28, tzinfo=UTC)

    assert costs(account.client, "eu-west-1", day, day) == {
        "dollars": {"Lambda": 0.75, "OpenSearch": 1.0},
        "in all": 1.75,
        "estimated": False,
    }
    assert account.calls[0][1]["TimePeriod"] == {"Start": "2026-11-28", "End": "2026-11-29"}


def test_percentiles_are_nearest_ranks() -> None:
    assert percentiles([*range(1, 101)]) == {"count": 100, "p50": 50, "p90": 90, "p99": 99}
    assert percentiles([7]) == {"count": 1, "p50": 7, "p90": 7, "p99": 7}
    assert percentiles([]) == {"count": 0}


def test_throttling_counts_statuses_and_expects_a_success_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    seen: list[int] = []

    def respond(_: httpx.Request) -> httpx.Response:
        seen.append(1)
        return httpx.Response(429 if 100 < len(seen) <= 300 else 200)

    figures = throttling(scripted_stage(respond))

    assert figures["requests"] == 300
    assert sum(figures["statuses"].values()) == 300
    assert figures["statuses"]["429"] == 200


@pytest.mark.parametrize(
    ("status", "problem"), [(500, "200, 429 and 503 were expected"), (200, "of which none was throttled")]
)
def test_throttling_that_does_not_work_is_reported(status: int, problem: str) -> None:
    with pytest.raises(NotMetError, match=problem):
        throttling(scripted_stage(lambda _: httpx.Response(status)))


def report_line(**figures: float) -> str:
    shown = "\t".join(f"{name.replace('_', ' ')}: {value} ms" for name, value in figures.items())
    return f"REPORT RequestId: 1\t{shown}\t"


def test_start_times_are_read_from_lambdas_reports() -> None:
    lines = {
        "query": [report_line(Duration=3.5, Init_Duration=410.5), report_line(Duration=2), "START RequestId: 1"],
        "write": [report_line(Duration=9, Init_Duration=500), report_line(Duration=9, Init_Duration=600)],
    }
    stage = scripted_stage(log=lambda function, _text, _since: lines.get(function, []))

    assert cold_starts(stage) == {
        "query": {"count": 1, "p50": 410.5, "p90": 410.5, "p99": 410.5},
        "write": {"count": 2, "p50": 500.0, "p90": 600.0, "p99": 600.0},
    }


def test_restores_are_measured_only_with_snapshots() -> None:
    lines = [report_line(Duration=3, Restore_Duration=250.25)]

    def log(function: str, _text: str, _since: float) -> list[str]:
        return lines if function == "query" else []

    with pytest.raises(SkippedError, match="'snap_start' of the stage is off"):
        restores(scripted_stage(log=log))
    assert restores(scripted_stage(log=log, stage="prod")) == {
        "query": {"count": 1, "p50": 250.2, "p90": 250.2, "p99": 250.2}
    }


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    ran: list[tuple[str, list[str]]] = []

    def run_cdk(_stage: str, verb: str, arguments: list[str]) -> int:
        ran.append((verb, arguments))
        return 0

    monkeypatch.setattr("infra.cdk.run", run_cdk)
    return ran


def stage_on_aws(account: ScriptedAccount, *, stage: str = "dev", keep: bool = False) -> DeployedStage:
    return DeployedStage(stage_settings(stage), ["-c", "x=1"], Options(), keep=keep, clients=account.client)


@pytest.mark.parametrize(
    ("stage", "stacks", "problem"),
    [
        ("dev", PRESENT, "alto-dev exists already, and the kit would delete it"),
        ("prod", ABSENT, "Stage prod has 'removal' retain"),
    ],
)
def test_the_kit_does_not_begin_what_would_delete_or_leave_data(stage: str, stacks: Any, problem: str) -> None:
    account = ScriptedAccount(
        {"sts.get_caller_identity": {"Account": "123456789012"}, "cloudformation.describe_stacks": stacks}
    )

    with pytest.raises(NotMetError, match=problem):
        stage_on_aws(account, stage=stage).preflight()


def test_teardown_empties_the_bucket_and_deletes_the_stack(commands: list[tuple[str, list[str]]]) -> None:
    version = {"Key": "Film/a.jsonl", "VersionId": "1", "Size": 3}
    account = ScriptedAccount(
        {
            "cloudformation.describe_stacks": PRESENT,
            "s3.list_object_versions": [{"Versions": [version]}, {"DeleteMarkers": [version | {"VersionId": "2"}]}],
            "s3.delete_objects": {},
            "s3.list_multipart_uploads": {"Uploads": [{"Key": "Film/b.jsonl", "UploadId": "u"}]},
            "s3.abort_multipart_upload": {},
        }
    )

    assert stage_on_aws(account).tear_down() == {"versions deleted from the bucket": 2}
    assert commands == [("destroy", ["--force", "-c", "x=1"])]
    assert "s3.abort_multipart_upload" in [name for name, _ in account.calls]


def test_a_stage_that_is_kept_is_not_torn_down(commands: list[tuple[str, list[str]]]) -> None:
    with pytest.raises(SkippedError, match="kept"):
        stage_on_aws(ScriptedAccount({}), keep=True).tear_down()

    assert commands == []


class Client:
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def outputs_of_deployment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int = 0) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({"alto-dev": {"ApiUrl": "https://api", "ImportBucketName": "b"}}))
    monkeypatch.setattr("infra.cdk.outputs_file", lambda _: file)
    monkeypatch.setattr("infra.cdk.deploy", lambda _settings, _arguments: code)
    monkeypatch.setattr("conformance.deployed.connect", lambda _: Client())
    monkeypatch.setenv("ALTO_TOKEN", "token")


def test_a_deployed_stage_is_called_with_the_operators_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outputs_of_deployment(monkeypatch, tmp_path)

    stage, figures = stage_on_aws(ScriptedAccount({})).deploy()

    assert figures == {"outputs": ["ApiUrl", "ImportBucketName"]}
    assert (stage.name, str(stage.api.base_url), stage.is_local) == ("alto-dev", "https://api", False)
    assert stage.api.headers["Authorization"] == "Bearer token"


def test_a_deployment_that_cdk_fails_is_no_stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outputs_of_deployment(monkeypatch, tmp_path, code=1)

    with pytest.raises(NotMetError, match="cdk deploy ended with exit code 1"):
        stage_on_aws(ScriptedAccount({})).deploy()


def test_logs_of_a_function_of_this_stack_are_read_from_cloudwatch() -> None:
    def resource(kind: str, name: str) -> dict[str, str]:
        return {"ResourceType": f"AWS::{kind}", "PhysicalResourceId": name}

    environment = {"Variables": {"POWERTOOLS_SERVICE_NAME": "load"}}
    account = ScriptedAccount(
        {
            "cloudformation.list_stack_resources": [
                {"StackResourceSummaries": [resource("S3::Bucket", "b")]},
                {"StackResourceSummaries": [resource("Lambda::Function", "alto-dev-Load1")]},
            ],
            "lambda.get_function_configuration": {
                "Environment": environment,
                "LoggingConfig": {"LogGroup": "alto-dev-LoadLogs1"},
            },
            "logs.filter_log_events": [
                {"events": [{"message": '{"result": "handed_back", "job_id": "j1"}\n'}]},
                {"events": [{"message": "START j1\n"}, {"message": '{"result": "loaded", "job_id": "j1"}\nother'}]},
            ],
        }
    )

    found = awaited_records(scripted_stage(aws=account.client), "load", "j1", since=1.5, least=2)

    assert [each["result"] for each in found] == ["handed_back", "loaded"]
    assert account.calls[-1] == (
        "logs.filter_log_events",
        {"logGroupName": "alto-dev-LoadLogs1", "filterPattern": '"j1"', "startTime": 1500},
    )


def test_batch_inference_on_aws_runs_only_on_request() -> None:
    with pytest.raises(SkippedError, match="ARGS=--batch runs it"):
        batch_inference(scripted_stage())


def test_the_bill_is_asked_for_only_on_request() -> None:
    with pytest.raises(SkippedError, match="the bill lags by up to a day"):
        bill(scripted_stage())


def test_a_function_gets_its_time_back_after_a_failed_scenario() -> None:
    account = ScriptedAccount(
        {
            "cloudformation.list_stack_resources": {
                "StackResourceSummaries": [
                    {"ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "alto-dev-Load1"}
                ]
            },
            "lambda.get_function_configuration": {
                "Timeout": 300,
                "Environment": {"Variables": {"POWERTOOLS_SERVICE_NAME": "load"}},
            },
            "lambda.update_function_configuration": {},
            "lambda.get_waiter": SimpleNamespace(wait=lambda **_: None),
        }
    )

    with pytest.raises(NotMetError, match="POST /v1/collections returned 500"):
        recursion(scripted_stage(lambda _: httpx.Response(500), aws=account.client))

    timeouts = [given["Timeout"] for name, given in account.calls if name == "lambda.update_function_configuration"]
    assert timeouts == [11, 300]


@pytest.mark.parametrize(
    ("stage", "account", "engine"), [("local", "emulated on this machine", "3.6"), ("dev", "AWS", ENGINE_VERSION)]
)
def test_the_report_says_where_and_on_which_engine_it_was_made(stage: str, account: str, engine: str) -> None:
    shown = about(stage_settings(stage))

    assert (shown["account"], shown["OpenSearch"], shown["region"]) == (account, engine, "eu-west-1")
