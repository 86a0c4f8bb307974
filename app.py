"""The CDK application: makes the stack of a stage from its settings."""

import os
from pathlib import Path

# isort: off
import infra  # noqa: F401 - first, because it sets the Node that CDK uses
import aws_cdk as cdk

# isort: on

from infra.alto_stack import AltoStack
from infra.bundle.lambda_bundle import BundleError, LambdaBundles
from infra.nag_findings import check_with_nag
from infra.settings.own_stages import own_stages_file, with_own_stages
from infra.settings.stage_settings import SettingsError, read_settings


def main() -> None:
    """Synthesize the stage named by `-c stage=<name>`; a finding of cdk-nag that is not acknowledged fails it."""
    app = cdk.App()
    own = own_stages_file(os.environ, Path(__file__).parent)
    settings = read_settings(with_own_stages(app.node.get_all_context(), own))
    AltoStack(app, f"alto-{settings.stage}", settings=settings, bundles=LambdaBundles(settings.architecture).code)
    check_with_nag(app)
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except (SettingsError, BundleError) as error:
        raise SystemExit(f"Alto cannot be synthesized. {error}") from None
