"""The findings of linters in the templates."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.bundle.lambda_bundle import PROJECT
from tests.infra.synthesis import Synthesis


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(stage: Synthesis) -> None:
    assert stage.findings == []


def test_a_finding_that_nobody_acknowledged_is_reported(
    context: dict[str, Any], synthesize: Callable[..., Synthesis]
) -> None:
    unmanaged = {**context["stages"]["prod"]["domain"], "dedicated_managers": 0}

    assert synthesize("dev", domain=json.dumps(unmanaged)).findings == ["AwsSolutions-OS4"]


def test_cfn_lint_finds_nothing(dev: Synthesis, prod: Synthesis, vpc: Synthesis, jwt: Synthesis) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), *(stage.path for stage in (dev, prod, vpc, jwt))],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == ""
    assert done.returncode == 0, done.stderr
