"""docs/deploy.md and its examples against the code that they describe."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text()
WORKFLOW = ROOT / "docs" / "examples" / "github-actions.yml"
TRUST = ROOT / "docs" / "examples" / "github-trust-policy.json"
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
HEADINGS = set(re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE))
# Said on other pages.
ELSEWHERE = {"stage", "region", "architecture", "engine", "rerank_models", "rerank_role", "jwt_collections_claim"}
ELSEWHERE |= {"function_environment"}


@pytest.mark.parametrize("text", [PAGE, WORKFLOW.read_text()], ids=["page", "workflow"])
def test_every_command_of_make_exists(text: str) -> None:
    named = set(re.findall(r"(?:`|^|run: )make ([a-z][a-z-]*)", text, re.MULTILINE))

    assert named
    assert named <= TARGETS


def test_the_page_names_every_setting() -> None:
    named = set(re.findall(r"`([a-z_]+)`", PAGE))

    assert set(Settings.model_fields) - named - ELSEWHERE == set()


def test_messages_name_sections_that_exist() -> None:
    sources = [*(ROOT / "infra").rglob("*.py"), *(ROOT / "conformance").rglob("*.py")]
    named = {
        section
        for path in sources
        for section in re.findall(r"docs/deploy\.md, ((?:A )?[A-Z]?[a-z]+(?: [a-z]+)*)(?=[,.)\"])", path.read_text())
    }

    assert len(named) >= 4
    assert named <= HEADINGS


@pytest.mark.parametrize("link", re.findall(r"\]\((?!http)([^)#]+)", PAGE))
def test_files_that_the_page_links_exist(link: str) -> None:
    assert (ROOT / "docs" / link).exists()


@pytest.mark.parametrize("anchor", re.findall(r"\]\(#([^)]+)\)", PAGE))
def test_sections_that_the_page_links_exist(anchor: str) -> None:
    assert anchor in {heading.lower().replace(" ", "-") for heading in HEADINGS}


def test_the_workflow_deploys_without_stored_keys_and_prod_only_by_a_tag() -> None:
    workflow: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())  # type: ignore[no-untyped-call]
    deploy = workflow["jobs"]["deploy"]

    assert deploy["permissions"]["id-token"] == "write"
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in WORKFLOW.read_text()
    assert deploy["environment"] == "${{ github.ref_type == 'tag' && 'prod' || 'dev' }}" == deploy["env"]["STAGE"]
    assert deploy["if"] == "github.event_name == 'push'"
    assert deploy["needs"] == "check"


def test_the_role_of_the_workflow_trusts_one_repositorys_environments() -> None:
    [statement] = json.loads(TRUST.read_text())["Statement"]
    conditions = statement["Condition"]

    assert conditions["StringEquals"] == {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}
    for subject in conditions["StringLike"]["token.actions.githubusercontent.com:sub"]:
        assert re.fullmatch(r"repo:[\w-]+/[\w-]+:environment:(dev|prod)", subject)
