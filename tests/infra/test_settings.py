"""Settings of a stage: typed, complete, and refused with a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.settings.own_stages import own_stages_file, with_own_stages
from infra.settings.stage_settings import SettingsError, read_settings

ACCOUNT = "123456789012"
ROLE = "arn:aws:iam::123456789012:role/embed"
DOMAIN_ID = "abcdefghijklmnopqrstuvwxyz"
THREE_ZONES = {"instance_type": "r7g.large.search", "zones": 3, "dedicated_managers": 3, "volume_gib": 20}


def vpc_with(*zones: str) -> dict[str, Any]:
    return {
        "id": "vpc-0a1b2c3d",
        "subnets": [{"id": f"subnet-0a1b2c3{number}", "zone": zone} for number, zone in enumerate(zones)],
    }


MY_VPC = vpc_with("eu-west-1a", "eu-west-1b")
TWICE_IN_A_ZONE = vpc_with("eu-west-1a", "eu-west-1a")
ELSEWHERE = vpc_with("eu-west-1a", "us-east-1b")


@pytest.mark.parametrize("stage", ["dev", "prod", "vpc", "jwt", "local"])
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
        ({"stage": "test"}, "Context 'stage' is 'test': write -c stage=<name>, one of dev, prod, vpc, jwt, local."),
        ({"architecure": "arm64"}, "Setting 'architecure' ('arm64') is unknown: write architecture."),
        ({"architecture": "arm"}, "Setting 'architecture' is 'arm': write one of arm64, x86_64."),
        ({"region": "Ireland"}, "Setting 'region' is 'Ireland': write an AWS region such as eu-west-1."),
        ({"load_concurrency": "1"}, "Setting 'load_concurrency' is '1': write a whole number from 2 to 1000."),
        ({"models": '["*"]'}, "Setting 'models' is '[\"*\"]': write Bedrock model ids, without wildcards."),
        (
            {"model_roles": '[{"name": "films", "role_arn": "arn:aws:iam::123456789012:role/*"}]'},
            (
                "Setting 'model_roles[0].role_arn' is 'arn:aws:iam::123456789012:role/*': write a role's ARN such as "
                "arn:aws:iam::123456789012:role/embed, without wildcards."
            ),
        ),
        (
            {"model_roles": f'[{{"name": "films", "role_arn": "{ROLE}", "external_id": "*"}}]'},
            (
                "Setting 'model_roles[0].external_id' is '*': write what the role's trust policy asks for: "
                "2 to 256 letters, digits and _+=,.@:/-."
            ),
        ),
        (
            {"model_roles": [{"name": name, "role_arn": ROLE} for name in ("films", "books")]},
            (
                f"Setting 'model_roles' is {[{'name': name, 'role_arn': ROLE} for name in ('films', 'books')]}: "
                f"list the role_arn '{ROLE}' once: a role has one external id."
            ),
        ),
        (
            {"model_roles": [{"name": "films", "role_arn": ROLE}], "rerank_role": "books"},
            "Setting 'rerank_role' is 'books': write the name of one of 'model_roles' (films), or leave it out.",
        ),
        ({"models": "titan"}, "Setting 'models' is 'titan': write a list, on the command line as JSON."),
        (
            {"log_retention_days": 2},
            "Setting 'log_retention_days' is 2: write one of 1, 3, 7, 14, 30, 90, 180, 365, 731.",
        ),
        (
            {"domain": {"zones": 1}},
            "Setting 'domain.instance_type' is missing: add it to the stage's block in cdk.json or stages.json.",
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
            "Setting 'function_environment' is wrong: remove ALTO_STAGE, Alto sets it itself.",
        ),
        (
            {"function_environment": '{"AWS_SECRET_KEY": "hunter2"}'},
            (
                "Setting 'function_environment' is wrong: remove AWS_SECRET_KEY: do not keep secrets in "
                "an environment; "
                "name a role in 'model_roles'."
            ),
        ),
        (
            {"auth": "jwt", "jwt_issuer": "https://a.b", "jwt_audience": '["x"]', "jwt_write_scopes": '["w"]'},
            (
                "Setting 'jwt_read_scopes' is missing: give all of 'jwt_read_scopes', 'jwt_write_scopes' and "
                "'jwt_admin_scopes', or none of them."
            ),
        ),
        (
            {"jwt_read_scopes": '["r"]'},
            "Setting 'jwt_read_scopes' is ['r']: leave 'jwt_*_scopes' out, or set 'auth' to jwt.",
        ),
        (
            {"permissions_boundary": "boundary"},
            (
                "Setting 'permissions_boundary' is 'boundary': write a policy's ARN such as "
                "arn:aws:iam::123456789012:policy/boundary."
            ),
        ),
        (
            {"tags": '{"aws:team": "search"}'},
            (
                "Setting 'tags' is {'aws:team': 'search'}: give aws:team another name: names that begin with aws: are "
                "AWS's own."
            ),
        ),
        (
            {"tags": "search"},
            "Setting 'tags' is 'search': write a map of names to values, on the command line as JSON.",
        ),
        ({"replicas": "6"}, "Setting 'replicas' is '6': write a whole number from 0 to 5."),
        ({"upload_expiry_days": 0}, "Setting 'upload_expiry_days' is 0: write a whole number from 1 to 3650."),
        ({"snap_start": "yes"}, "Setting 'snap_start' is 'yes': write true or false."),
        ({"auth": "jwt"}, "Setting 'jwt_issuer' is missing: write the issuer's URL, because 'auth' is jwt."),
        (
            {"auth": "jwt", "jwt_issuer": "https://login.example.com"},
            "Setting 'jwt_audience' is missing: list whom tokens must be made for (their aud), because 'auth' is jwt.",
        ),
        (
            {"auth": "jwt", "jwt_issuer": "http://login.example.com", "jwt_audience": '["alto"]'},
            "Setting 'jwt_issuer' is 'http://login.example.com': write an https URL: API Gateway asks for keys.",
        ),
        (
            {"jwt_issuer": "https://login.example.com"},
            "Setting 'jwt_issuer' is 'https://login.example.com': leave it out, or set 'auth' to jwt.",
        ),
        ({"jwt_collections_claim": "c"}, "Setting 'jwt_collections_claim' is 'c': leave it out, or set 'auth' to jwt."),
        ({"jwt_audience": '["alto"]'}, "Setting 'jwt_audience' is ['alto']: leave it out, or set 'auth' to jwt."),
        (
            {"custom_domain": "search.example.com"},
            (
                "Setting 'certificate_arn' is missing: write the ARN of an ACM certificate in eu-west-1 for "
                "'custom_domain' "
                "search.example.com."
            ),
        ),
        (
            {"certificate_arn": f"arn:aws:acm:eu-west-1:{ACCOUNT}:certificate/1"},
            "Setting 'custom_domain' is missing: write the host name that 'certificate_arn' is for, or leave that out.",
        ),
        (
            {
                "custom_domain": "search.example.com",
                "certificate_arn": f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1",
            },
            (
                f"Setting 'certificate_arn' is 'arn:aws:acm:us-east-1:{ACCOUNT}:certificate/1': write a "
                f"certificate of the "
                "stage's region, eu-west-1: API Gateway takes no other."
            ),
        ),
        (
            {"network": "vpc"},
            (
                "Setting 'model_regions' is ['us-east-1']: leave out us-east-1: from inside a VPC without "
                "internet only "
                "eu-west-1 is reached."
            ),
        ),
        (
            {"existing_vpc": MY_VPC},
            f"Setting 'existing_vpc' is {MY_VPC!r}: leave it out, or set 'network' to vpc.",
        ),
        (
            {"network": "vpc", "existing_vpc": TWICE_IN_A_ZONE},
            (
                f"Setting 'existing_vpc' is {TWICE_IN_A_ZONE!r}: list one subnet in eu-west-1a: each is in a zone "
                "of its own."
            ),
        ),
        (
            {"network": "vpc", "existing_vpc": ELSEWHERE},
            (
                f"Setting 'existing_vpc' is {ELSEWHERE!r}: list subnets in eu-west-1, the stage's region: us-east-1b "
                "is in another."
            ),
        ),
        (
            {"network": "vpc", "existing_vpc": MY_VPC, "domain": {**THREE_ZONES, "instance_count": 3}},
            f"Setting 'existing_vpc' is {MY_VPC!r}: list a subnet for each of the 3 zones of 'domain.zones'.",
        ),
        (
            {"network": "vpc", "existing_domain_url": "http://127.0.0.1:9200"},
            "Setting 'network' is 'vpc': write public, because 'existing_domain_url' is on this machine.",
        ),
        (
            {"network": "vpc", "existing_domain_url": f"https://search-mine-{DOMAIN_ID}.eu-west-1.es.amazonaws.com"},
            (
                f"Setting 'existing_domain_url' is "
                f"'https://search-mine-{DOMAIN_ID}.eu-west-1.es.amazonaws.com': leave it out "
                "with 'network' vpc, because Alto makes its domain inside its own VPC."
            ),
        ),
        (
            {"existing_domain_url": f"https://vpc-mine-{DOMAIN_ID}.eu-west-1.es.amazonaws.com"},
            (
                f"Setting 'existing_domain_url' is 'https://vpc-mine-{DOMAIN_ID}.eu-west-1.es.amazonaws.com': "
                f"write the "
                "endpoint of a public domain (search-...), because functions outside its VPC cannot reach it."
            ),
        ),
        (
            {"reserved_concurrency": '{"load": 3}'},
            (
                "Setting 'reserved_concurrency' is {'load': 3}: write at least 4 for load, which its queues may "
                "start at "
                "once; what is throttled becomes a dead letter."
            ),
        ),
        (
            {"reserved_concurrency": '{"loader": 3}'},
            "Setting 'reserved_concurrency' is '{\"loader\": 3}': write one of query, write, split, extract, load.",
        ),
        (
            {"domain": {**THREE_ZONES, "instance_type": "t3.small.search", "instance_count": 3, "volume_gib": 101}},
            (
                "Setting 'domain.volume_gib' is 101: write at most 100, or a larger 'domain.instance_type' than "
                "t3.small.search."
            ),
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


def test_a_production_stage_that_may_lose_its_data_is_refused(context: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({**context, "stage": "prod", "removal": "destroy"})

    assert str(refusal.value) == (
        "Setting 'removal' is 'destroy': write retain, or give a stage that may lose its data another name than prod."
    )


def test_a_stage_that_extends_another_says_only_what_differs(context: dict[str, Any]) -> None:
    stages = context["stages"] | {"mine": {"extends": "dev", "load_concurrency": 9, "domain": None}}
    url = "http://127.0.0.1:9200"

    mine = read_settings({"stages": stages, "stage": "mine", "existing_domain_url": url})

    assert (mine.load_concurrency, mine.domain) == (9, None)
    assert mine.models == read_settings({**context, "stage": "dev"}).models


@pytest.mark.parametrize("base", ["jwt", "nothing"])
def test_a_stage_extends_one_that_stands_alone(context: dict[str, Any], base: str) -> None:
    stages = context["stages"] | {"mine": {"extends": base}}

    with pytest.raises(SettingsError) as refusal:
        read_settings({"stages": stages, "stage": "mine"})

    assert str(refusal.value) == (
        f"Setting 'extends' of stage 'mine' is '{base}': write another stage, which extends none itself."
    )


def test_no_secret_of_the_environment_is_shown(context: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as refusal:
        read_settings({**context, "stage": "dev", "function_environment": '{"API_TOKEN": "hunter2"}'})

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "replicas"),
    [
        ({"stage": "dev"}, 0),
        ({"stage": "prod"}, 1),
        ({"stage": "local"}, 0),
        ({"stage": "prod", "replicas": "2"}, 2),
        (
            {
                "stage": "dev",
                "existing_domain_url": f"https://search-mine-{DOMAIN_ID}.eu-west-1.es.amazonaws.com",
            },
            1,
        ),
    ],
)
def test_collections_have_replicas_unless_one_node_holds_them(
    context: dict[str, Any], given: dict[str, Any], replicas: int
) -> None:
    assert read_settings({**context, **given}).default_replicas == replicas


def test_a_stage_may_change_the_limits_of_requests(context: dict[str, Any]) -> None:
    given = {"function_environment": '{"ALTO_LIMIT_CLAUSES": "500"}'}

    assert read_settings({**context, "stage": "dev", **given}).function_environment == {"ALTO_LIMIT_CLAUSES": "500"}


OWN = {"mine": {"extends": "dev", "region": "us-east-1", "tags": {"team": "search"}}}


def test_a_stage_of_the_users_own_file_extends_one_of_cdk_json(context: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "stages.json"
    file.write_text(json.dumps(OWN))

    settings = read_settings({**with_own_stages(context, file), "stage": "mine"})

    assert (settings.stage, settings.region, settings.load_concurrency) == ("mine", "us-east-1", 4)
    assert settings.tags == {"team": "search"}


def test_without_a_file_of_their_own_users_have_the_stages_of_cdk_json(context: dict[str, Any], tmp_path: Path) -> None:
    assert with_own_stages(context, tmp_path / "stages.json") == context


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", 'is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1)): write {"'),
        ("[]", 'write an object of blocks by stage, as {"mystage": {"extends": "dev"}}.'),
        ('{"mine": 3}', 'write an object of blocks by stage, as {"mystage": {"extends": "dev"}}.'),
        (
            '{"dev": {}}',
            """Stage 'dev' of FILE is in cdk.json too: rename it, and write "extends": "dev".""",
        ),
    ],
)
def test_a_file_of_stages_that_cannot_be_used_is_refused(
    context: dict[str, Any], tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "stages.json"
    file.write_text(text)

    with pytest.raises(SettingsError) as refusal:
        with_own_stages(context, file)

    assert sentence in str(refusal.value).replace(str(file), "FILE")


def test_the_file_of_stages_is_named_by_a_variable(tmp_path: Path) -> None:
    assert own_stages_file({}, tmp_path) == tmp_path / "stages.json"
    assert own_stages_file({"ALTO_STAGES": "/etc/alto.json"}, tmp_path) == Path("/etc/alto.json")
