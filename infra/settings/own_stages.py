"""Stages of the user's own, in a file that an update of Alto does not touch.

The file is a JSON object of blocks by name, as `stages` of `cdk.json`, whose blocks they may extend.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.settings.stage_settings import SettingsError

VARIABLE = "ALTO_STAGES"
EXAMPLE = '{"mystage": {"extends": "dev"}}'


def own_stages_file(environment: Mapping[str, str], project: Path) -> Path:
    """Where the stages are: the file that ALTO_STAGES names, or `stages.json` of the project."""
    return Path(environment.get(VARIABLE) or project / "stages.json")


def with_own_stages(context: Mapping[str, Any], file: Path) -> dict[str, Any]:
    """The context with the stages of the file, if it exists. Raises `SettingsError`."""
    if not file.exists():
        return dict(context)
    try:
        own = json.loads(file.read_text())
    except json.JSONDecodeError as error:
        raise SettingsError(f"{file} is not JSON ({error}): write {EXAMPLE}.") from None
    if not isinstance(own, dict) or not all(isinstance(block, dict) for block in own.values()):
        raise SettingsError(f"{file}: write an object of blocks by stage, as {EXAMPLE}.")
    stages = context.get("stages", {})
    for name in own:
        if name in stages:
            remedy = f'rename it, and write "extends": "{name}"'
            raise SettingsError(f"Stage '{name}' of {file} is in cdk.json too: {remedy}.")
    return {**context, "stages": {**stages, **own}}
