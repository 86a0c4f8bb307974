"""`python -m conformance --stage dev`: deploys a stage, runs all scenarios against it, and tears it down.

The report is written below `conformance-reports/`; it names no account and holds no secret, so that it can be sent.
"""

import json
import platform
import sys
from argparse import ArgumentParser, Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from alto.version import VERSION
from conformance.deployed import DeployedStage
from conformance.local_stage import LocalStage
from conformance.report import Report, with_bill
from conformance.runner import Lifecycle, Run
from conformance.scenario import Options
from conformance.scenarios import SCENARIOS
from conformance.scenarios.bill import costs
from infra import cdk
from infra.deployment.findings import NotReadyError
from infra.settings.settings import ENGINE_VERSION, Settings

LOCAL = "local"
# Of local/opensearch/artifacts-3.6.0.tsv.
LOCAL_ENGINE = "3.6"
REPORTS = cdk.PROJECT / "conformance-reports"
SHOWN = ("region", "architecture", "engine", "network", "auth", "snap_start", "encryption_key", "load_concurrency")


def main() -> None:
    """Run the kit; the exit code is 1 if a step failed."""
    parser = ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--stage", default="dev", help=f"'{LOCAL}' uses an emulated account on this machine")
    parser.add_argument("--batch", action="store_true", help="start a batch-inference job (minutes to hours on AWS)")
    parser.add_argument("--bill", action="store_true", help="ask Cost Explorer for today's costs (a cent)")
    parser.add_argument("--bill-of", type=Path, metavar="REPORT.json", help="only add the bill to an earlier report")
    parser.add_argument("--keep", action="store_true", help="use the stack if it exists, and leave it")
    parser.add_argument("--only", default="", help="names of scenarios, separated by commas")
    # Other options, such as -c snap_start=true, are passed to CDK.
    given, others = parser.parse_known_args()
    try:
        sys.exit(_add_bill(given.bill_of) if given.bill_of else _run(given, others))
    except NotReadyError as error:
        sys.exit(str(error))


def _run(given: Namespace, others: list[str]) -> int:
    wanted = set(filter(None, given.only.split(",")))
    if unknown := wanted - {each.name for each in SCENARIOS}:
        raise NotReadyError(f"--only {', '.join(sorted(unknown))}: one of {', '.join(each.name for each in SCENARIOS)}")
    settings = cdk.stage_settings(given.stage, others)
    options = Options(batch=given.batch, bill=given.bill)
    lifecycle: Lifecycle = (
        LocalStage(options) if given.stage == LOCAL else DeployedStage(settings, others, options, keep=given.keep)
    )
    report = Report(about(settings))
    try:
        scenarios = [each for each in SCENARIOS if not wanted or each.name in wanted]
        Run(report, cdk.say).all(lifecycle, scenarios)
    finally:
        cdk.say(f"the report is {report.write(REPORTS)}, and the same as .json")
    return 1 if report.failed else 0


def about(settings: Settings) -> dict[str, Any]:
    """The part of the report that describes the stage."""
    domain = settings.domain.model_dump() if settings.domain and not settings.existing_domain_url else "existing"
    return {
        "stage": settings.stage,
        "account": "emulated on this machine" if settings.stage == LOCAL else "AWS",
        "alto": VERSION,
        "python": platform.python_version(),
        "OpenSearch": LOCAL_ENGINE if settings.stage == LOCAL else ENGINE_VERSION,
        "domain": domain,
        **{name: getattr(settings, name) for name in SHOWN},
        "models": list(settings.models),
        "rerank_models": list(settings.rerank_models),
    }


def _add_bill(path: Path) -> int:
    report = json.loads(path.read_text())
    began, ended = (datetime.fromisoformat(report[name]) for name in ("began", "ended"))
    with_bill(path, report, costs(cdk.clients, report["about"]["region"], began, ended))
    cdk.say(f"{path} and its .md have the bill's figures now")
    return 0


if __name__ == "__main__":
    main()
