"""Settings of a stage: typed, complete, and refused with a sentence."""

from typing import Any

import pytest

from infra.settings import SettingsError, read_settings

THREE_ZONES = {"instance_type": "r7g.large.search", "zones": 3, "dedicated_managers": 3, "volume_gib": 20}


@pytest.mark.parametrize("stage", ["dev", "prod", "local"])
def test_every_stage_of_cdk_json_is_complete(context: dict[str, Any], stage: str) -> None:
    assert read_settings({**context, "stage": stage}).stage == stage


def test_the_command_line_overrides_a_stage(context: dict[str, Any]) -> None:
    given = {"stage": "dev", "load_concurrency": "7", "models": '["cohere.embed-english-v3"]'}

    settings = read_settings({**context, **given})

    assert settings.load_concurrency == 7
    assert settings.models == ("cohere.embed-english-v3",)


def test_an_existing_domain_is_known_by_the_name_in_its_endpoint(context: dict[str, Any]) -> None:
    url = "https://search-my-domain-abcdefghijklmnopqrstuvwxyz.eu-west-1.es.amazonaws.com"

    settings = read_settings({**context, "stage": "dev", "existing_domain_url": url})

    assert settings.domain_name == "my-domain"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"stage": "test"}, "Context 'stage' is 'test': write -c stage=<name>, one of dev, prod, local."),
        ({"architecure": "arm64"}, "Setting 'architecure' ('arm64') is unknown: write architecture."),
        ({"architecture": "arm"}, "Setting 'architecture' is 'arm': write one of arm64, x86_64."),
        ({"region": "Ireland"}, "Setting 'region' is 'Ireland': write an AWS region such as eu-west-1."),
        ({"load_concurrency": "1"}, "Setting 'load_concurrency' is '1': write a whole number from 2 to 1000."),
        ({"models": '["*"]'}, "Setting 'models' is '[\"*\"]': write Bedrock model ids, without wildcards."),
        (
            {"embedding_roles": '["arn:aws:iam::123456789012:role/*"]'},
            (
                "Setting 'embedding_roles' is '[\"arn:aws:iam::123456789012:role/*\"]': write role ARNs such as "
                "arn:aws:iam::123456789012:role/embed, without wildcards."
            ),
        ),
        ({"models": "titan"}, "Setting 'models' is 'titan': write a list, on the command line as JSON."),
        (
            {"log_retention_days": 2},
            "Setting 'log_retention_days' is 2: write one of 1, 3, 7, 14, 30, 90, 180, 365, 731.",
        ),
        (
            {"domain": {"zones": 1}},
            "Setting 'domain.instance_type' is missing: add it to the stage's block in cdk.json.",
        ),
        (
            {"domain": {**THREE_ZONES, "instance_count": 0}},
            "Setting 'domain.instance_count' is 0: write a whole number from 1 to 80.",
        ),
        (
            {"domain": {**THREE_ZONES, "instance_count": 4}},
            "Setting 'domain.instance_count' is 4: write a multiple of 'domain.zones' (3).",
        ),
        (
            {"existing_domain_url": "http://search.example"},
            (
                "Setting 'existing_domain_url' is 'http://search.example': write a domain's endpoint "
                "(https://search-<name>-<id>.<region>.es.amazonaws.com) or a loopback address, because policies are "
                "built from the domain's name."
            ),
        ),
        (
            {"function_environment": '{"ALTO_STAGE": "x"}'},
            "Setting 'function_environment' has 'ALTO_STAGE': remove it, Alto sets it itself.",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_its_key_its_value_and_the_remedy(
    context: dict[str, Any], given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({**context, "stage": "dev", **given})

    assert str(refusal.value) == sentence


def test_a_missing_setting_is_named(context: dict[str, Any]) -> None:
    block = {key: value for key, value in context["stages"]["dev"].items() if key != "region"}

    with pytest.raises(SettingsError, match=r"^Setting 'region' is missing"):
        read_settings({"stages": {"dev": block}, "stage": "dev"})


def test_a_stage_without_any_domain_is_refused(context: dict[str, Any]) -> None:
    block = {key: value for key, value in context["stages"]["dev"].items() if key != "domain"}

    with pytest.raises(SettingsError, match="describe a domain, or give 'existing_domain_url'"):
        read_settings({"stages": {"dev": block}, "stage": "dev"})
