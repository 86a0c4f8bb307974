"""The preflight against a scripted account: one in order, and each fault in turn."""

from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from infra.cdk import look, stage_settings
from infra.deployment.findings import ERROR, OK, WARNING, Finding, NotReadyError
from infra.deployment.preflight import check_credentials, checks, preflight
from infra.deployment.stage_cost import describe_cost
from tests.infra.scripted_account import ScriptedAccount, denied, error

QUALIFIER = "hnb659fds"
MODELS = ("amazon.titan-embed-text-v2:0", "cohere.embed-english-v3", "cohere.embed-multilingual-v3")
AVAILABLE = {"authorizationStatus": "AUTHORIZED", "agreementAvailability": {"status": "AVAILABLE"}}
VOLUMES: dict[str, Any] = {
    "LimitsByRole": {
        "master": {},
        "data": {
            "AdditionalLimits": [{"LimitName": "MaximumNumberOfDataNodesSupported", "LimitValues": ["10"]}],
            "StorageTypes": [
                {
                    "StorageTypeName": "ebs",
                    "StorageSubTypeName": "gp3",
                    "StorageTypeLimits": [{"LimitName": "MaximumVolumeSize", "LimitValues": ["2048"]}],
                }
            ],
        },
    }
}
IN_ORDER: dict[str, Any] = {
    "sts.get_caller_identity": {"Account": "123456789012"},
    "ssm.get_parameter": {"Parameter": {"Value": "31"}},
    "iam.get_role": {},
    "cloudformation.describe_stacks": error("ValidationError", "Stack with id alto-prod does not exist"),
    "opensearch.describe_domain": error("ResourceNotFoundException"),
    "kms.list_aliases": {"Aliases": []},
    "opensearch.list_versions": {"Versions": ["OpenSearch_3.7", "OpenSearch_3.5"]},
    "opensearch.list_instance_type_details": {
        "InstanceTypeDetails": [
            {"InstanceType": each} for each in ("r7g.large.search", "m7g.large.search", "t3.small.search")
        ]
    },
    "opensearch.describe_instance_type_limits": VOLUMES,
    "ec2.describe_availability_zones": {"AvailabilityZones": [{}, {}, {}]},
    "lambda.get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
    "service-quotas.list_service_quotas": {
        "Quotas": [
            {"QuotaName": "Instances per domain", "Value": 80.0},
            {"QuotaName": "VPCs per Region", "Value": 5.0},
            {
                "QuotaName": "On-demand model inference requests per minute for Amazon Titan Text Embeddings V2",
                "Value": 6000.0,
            },
        ]
    },
    "bedrock.list_foundation_models": {"modelSummaries": [{"modelId": each} for each in MODELS]},
    "bedrock.get_foundation_model_availability": AVAILABLE,
}


def findings(stage: str = "prod", **changed: Any) -> list[Finding]:
    responses = IN_ORDER | {name.replace("__", "."): response for name, response in changed.items()}
    return list(preflight(ScriptedAccount(responses).client, stage_settings(stage), QUALIFIER))


def quotas(**values: float) -> dict[str, Any]:
    return {"Quotas": [{"QuotaName": name.replace("_", " "), "Value": value} for name, value in values.items()]}


def test_an_account_in_order_has_neither_warnings_nor_errors() -> None:
    found = findings()

    assert {each.level for each in found} == {OK}
    assert any("Titan Text Embeddings V2': 6000" in each.text for each in found)
    assert found[-1].text.startswith("plan: five functions")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"ssm__get_parameter": error("ParameterNotFound")}, "make bootstrap STAGE=prod"),
        ({"opensearch__describe_domain": {}}, "The domain alto-prod exists in eu-west-1, left by an earlier stack"),
        (
            {"kms__list_aliases": [{"Aliases": []}, {"Aliases": [{"AliasName": "alias/alto-prod"}]}]},
            "aws kms delete-alias --alias-name alias/alto-prod",
        ),
        (
            {"opensearch__list_versions": {"Versions": ["OpenSearch_3.5"]}},
            "eu-west-1 does not offer OpenSearch_3.7 (newest: OpenSearch_3.5). Choose another 'region'.",
        ),
        (
            {"opensearch__list_instance_type_details": {"InstanceTypeDetails": [{"InstanceType": "m7g.large.search"}]}},
            "eu-west-1 does not offer r7g.large.search for OpenSearch_3.7. Change 'domain.instance_type'.",
        ),
        (
            {"opensearch__list_instance_type_details": {"InstanceTypeDetails": [{"InstanceType": "r7g.large.search"}]}},
            "eu-west-1 does not offer m7g.large.search for OpenSearch_3.7. Change 'domain.manager_instance_type'.",
        ),
        ({"ec2__describe_availability_zones": {"AvailabilityZones": [{}, {}]}}, "has 2 zones, and the stage needs 3"),
        (
            {"lambda__get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 400}}},
            "Setting 'reserved_concurrency' is 340 in all, and the account has 400 concurrent executions",
        ),
        (
            {"service-quotas__list_service_quotas": quotas(Instances_per_domain=5)},
            "the domain's nodes need 6. Raise it",
        ),
        ({"service-quotas__list_service_quotas": quotas(VPCs_per_Region=0)}, "the stage's VPC need 1. Raise it"),
        (
            {"service-quotas__list_service_quotas": quotas(Interface_VPC_endpoints_per_VPC=5)},
            "the stage's endpoints need 8. Raise it",
        ),
    ],
)
def test_a_fault_that_prevents_the_deployment_is_an_error(changed: dict[str, Any], sentence: str) -> None:
    errors = [each.text for each in findings(**changed) if each.level == ERROR]

    assert len(errors) == 1
    assert sentence in errors[0]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"bedrock__list_foundation_models": {"modelSummaries": [{"modelId": each} for each in MODELS[1:]]}},
            "model amazon.titan-embed-text-v2:0 is not offered in eu-west-1",
        ),
        (
            {
                "bedrock__get_foundation_model_availability": AVAILABLE
                | {"agreementAvailability": {"status": "NOT_AVAILABLE"}}
            },
            "not subscribed yet. An administrator invokes it once",
        ),
        (
            {"bedrock__get_foundation_model_availability": AVAILABLE | {"authorizationStatus": "NOT_AUTHORIZED"}},
            "the account is not authorized",
        ),
        (
            {"cloudformation__describe_stacks": {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]}},
            "its first deployment failed (ROLLBACK_COMPLETE)",
        ),
        (
            {"cloudformation__describe_stacks": {"Stacks": [{"StackStatus": "UPDATE_IN_PROGRESS"}]}},
            "stack alto-prod: exists, status UPDATE_IN_PROGRESS",
        ),
    ],
)
def test_a_fault_that_shows_later_is_a_warning(changed: dict[str, Any], sentence: str) -> None:
    found = findings(**changed)

    assert not [each for each in found if each.level == ERROR]
    assert any(sentence in each.text for each in found if each.level == WARNING)


RIGHTS = {
    "ssm__get_parameter": "ssm:GetParameter",
    "iam__get_role": "iam:GetRole",
    "cloudformation__describe_stacks": "cloudformation:DescribeStacks",
    "opensearch__describe_domain": "es:DescribeDomain",
    "kms__list_aliases": "kms:ListAliases",
    "opensearch__list_versions": "es:ListVersions",
    "opensearch__list_instance_type_details": "es:ListInstanceTypeDetails",
    "opensearch__describe_instance_type_limits": "es:DescribeInstanceTypeLimits",
    "ec2__describe_availability_zones": "ec2:DescribeAvailabilityZones",
    "lambda__get_account_settings": "lambda:GetAccountSettings",
    "service-quotas__list_service_quotas": "servicequotas:ListServiceQuotas",
    "bedrock__list_foundation_models": "bedrock:ListFoundationModels",
    "bedrock__get_foundation_model_availability": "bedrock:GetFoundationModelAvailability",
}


@pytest.mark.parametrize(("operation", "right"), RIGHTS.items())
def test_a_check_that_is_denied_is_a_warning_that_names_the_right(operation: str, right: str) -> None:
    found = findings(**{operation: denied(right)})  # type: ignore[arg-type]

    assert not [each for each in found if each.level == ERROR]
    assert any(each.text.endswith(f"your identity may not ({right}).") for each in found if each.level == WARNING)


def test_every_operation_of_the_preflight_is_tried_without_its_right() -> None:
    account = ScriptedAccount(IN_ORDER)

    list(preflight(account.client, stage_settings("prod"), QUALIFIER))

    assert {name.replace(".", "__") for name, _ in account.calls} == RIGHTS.keys()
    assert {right for check in checks(QUALIFIER) for right in check.rights} == set(RIGHTS.values())


def test_without_the_right_to_see_the_stack_its_own_names_are_no_error() -> None:
    found = findings(cloudformation__describe_stacks=denied("DescribeStacks"), opensearch__describe_domain={})

    assert not [each for each in found if each.level == ERROR]


@pytest.mark.parametrize("problem", [error("ThrottlingException", "Rate exceeded"), NoCredentialsError()])
def test_a_check_that_fails_otherwise_is_a_warning_with_the_reason(problem: Exception) -> None:
    found = findings(ec2__describe_availability_zones=problem)

    [warning] = [each.text for each in found if each.level == WARNING]
    assert warning == f"zones: not checked ({problem})."


def test_a_new_accounts_concurrency_is_a_warning_without_reservations() -> None:
    found = findings("dev", lambda__get_account_settings={"AccountLimit": {"ConcurrentExecutions": 10}})

    assert any(
        each.level == WARNING and "the account has 10 concurrent executions, and an import may take 21" in each.text
        for each in found
    )


def test_a_volume_above_the_limit_of_the_instance_type_is_an_error() -> None:
    limits = {
        "LimitsByRole": {
            "master": {},
            "data": {
                "StorageTypes": [
                    VOLUMES["LimitsByRole"]["data"]["StorageTypes"][0]
                    | {"StorageTypeLimits": [{"LimitName": "MaximumVolumeSize", "LimitValues": ["50"]}]}
                ]
            },
        }
    }

    [problem] = [
        each.text for each in findings(opensearch__describe_instance_type_limits=limits) if each.level == ERROR
    ]

    assert problem.startswith("Setting 'domain.volume_gib' is 100: r7g.large.search takes at most 50.")


def test_an_existing_stack_is_updated_and_its_names_are_its_own() -> None:
    found = findings(
        cloudformation__describe_stacks={"Stacks": [{"StackStatus": "UPDATE_COMPLETE"}]}, opensearch__describe_domain={}
    )

    assert {each.level for each in found} == {OK}


def test_the_bootstrap_of_another_qualifier_is_found() -> None:
    account = ScriptedAccount(IN_ORDER)

    list(preflight(account.client, stage_settings("prod"), "mine"))

    assert ("ssm.get_parameter", {"Name": "/cdk-bootstrap/mine/version"}) in account.calls


def test_models_are_invoked_only_on_request() -> None:
    account = ScriptedAccount(IN_ORDER | {"bedrock-runtime.invoke_model": {}})

    list(preflight(account.client, stage_settings("prod"), QUALIFIER))
    assert "bedrock-runtime.invoke_model" not in [name for name, _ in account.calls]
    list(preflight(account.client, stage_settings("prod"), QUALIFIER, call_models=True))
    invoked = [given["modelId"] for name, given in account.calls if name == "bedrock-runtime.invoke_model"]
    assert invoked == list(MODELS)


def test_a_model_that_cannot_be_invoked_is_a_warning() -> None:
    account = ScriptedAccount(IN_ORDER | {"bedrock-runtime.invoke_model": denied("bedrock:InvokeModel")})

    found = list(preflight(account.client, stage_settings("prod"), QUALIFIER, call_models=True))

    warnings = [each.text for each in found if each.level == WARNING]
    assert len(warnings) == len(MODELS)
    assert all("cannot be invoked with your identity" in each for each in warnings)


def test_a_missing_service_linked_role_is_announced() -> None:
    found = findings(iam__get_role=error("NoSuchEntity"))

    assert any("is missing; `make deploy` makes it" in each.text for each in found)


def test_missing_credentials_are_explained() -> None:
    account = ScriptedAccount({"sts.get_caller_identity": NoCredentialsError()})

    with pytest.raises(NotReadyError, match="aws sso login"):
        check_credentials(account.client, stage_settings("dev"))


def test_errors_end_the_command_and_warnings_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    responses = IN_ORDER | {"ssm.get_parameter": error("ParameterNotFound"), "iam.get_role": denied("iam:GetRole")}

    with pytest.raises(NotReadyError, match="make bootstrap STAGE=prod"):
        look(stage_settings("prod"), ScriptedAccount(responses).client)

    assert "WARNING: service-linked role: not checked" in capsys.readouterr().out


def test_the_plan_has_the_monthly_cost_of_the_domain() -> None:
    cost = describe_cost(stage_settings("dev"))

    assert "1 x t3.small.search $26" in cost
    assert "3 x r7g.large.search $390" in describe_cost(stage_settings("prod"))
    assert "VPC endpoints in 3 zones" in describe_cost(stage_settings("prod"))


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (
            {"data": VOLUMES["LimitsByRole"]["data"]},
            "Setting 'domain.manager_instance_type' is 'm7g.large.search': it cannot be a dedicated manager.",
        ),
        (
            {
                "master": {},
                "data": {
                    "AdditionalLimits": [{"LimitName": "MaximumNumberOfDataNodesSupported", "LimitValues": ["2"]}]
                },
            },
            "Setting 'domain.instance_count' is 3: a domain takes at most 2 data nodes of r7g.large.search.",
        ),
    ],
)
def test_instances_beyond_the_limits_of_the_service_are_errors(limits: dict[str, Any], sentence: str) -> None:
    found = findings(opensearch__describe_instance_type_limits={"LimitsByRole": limits})

    assert [sentence in each.text for each in found if each.level == ERROR] == [True]
