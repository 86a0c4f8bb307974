"""The five functions as they are deployed."""

from collections.abc import Callable

import pytest

from tests.infra.synthesis import FUNCTIONS, Synthesis

COMMON = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE"}
ENGINE = {"ALTO_OPENSEARCH_URL", "ALTO_KNN_ENGINE"}
COLLECTIONS = ENGINE | {"ALTO_DEFAULT_REPLICAS"}
JOBS = {"ALTO_JOBS_TABLE", "ALTO_IMPORT_BUCKET"}
CHUNKS = {"ALTO_CHUNK_QUEUE_URL"}
SPLITS = {"ALTO_SPLIT_QUEUE_URL"}


def test_each_function_has_its_own_role_and_log_group(stage: Synthesis) -> None:
    assert len({stage.role_of(name) for name in FUNCTIONS}) == 5
    assert len({str(stage.function(name)["LoggingConfig"]) for name in FUNCTIONS}) == 5


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("query", COMMON | ENGINE),
        ("write", COMMON | COLLECTIONS | JOBS | SPLITS),
        ("split", COMMON | JOBS | CHUNKS | SPLITS | {"ALTO_EXTRACT_QUEUE_URL"}),
        ("extract", COMMON | CHUNKS | {"ALTO_IMPORT_BUCKET"}),
        ("load", COMMON | COLLECTIONS | JOBS | CHUNKS | {"ALTO_BATCH_ROLE_ARN"}),
    ],
)
def test_each_function_is_told_exactly_what_it_needs(dev: Synthesis, name: str, variables: set[str]) -> None:
    environment = dev.function(name)["Environment"]["Variables"]

    assert set(environment) == variables
    assert environment["POWERTOOLS_SERVICE_NAME"] == name


def test_functions_run_on_the_architecture_of_their_stage(dev: Synthesis, local: Synthesis) -> None:
    assert [dev.function(name)["Architectures"] for name in FUNCTIONS] == [["arm64"]] * 5
    assert [local.function(name)["Architectures"] for name in FUNCTIONS] == [["x86_64"]] * 5


def test_functions_are_traced_and_their_runtime_is_that_of_their_byte_code(stage: Synthesis) -> None:
    for name in FUNCTIONS:
        assert stage.function(name)["TracingConfig"] == {"Mode": "Active"}
        assert stage.function(name)["Runtime"] == "python3.13"


def test_functions_behind_the_api_give_up_before_the_api_does(stage: Synthesis) -> None:
    assert max(stage.function(name)["Timeout"] for name in ("query", "write")) < 30


def test_the_local_functions_get_further_variables_from_the_settings(synthesize: Callable[..., Synthesis]) -> None:
    stage = synthesize("local", function_environment='{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:9300"}')

    for name in FUNCTIONS:
        variables = stage.function(name)["Environment"]["Variables"]
        assert variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == "http://127.0.0.1:9300"


def test_every_log_group_forgets(dev: Synthesis, prod: Synthesis) -> None:
    for stage, days in ((dev, 14), (prod, 90)):
        kept = {each["Properties"].get("RetentionInDays") for each in stage.all("AWS::Logs::LogGroup").values()}
        assert kept == {days}


def test_no_function_exists_but_the_five(stage: Synthesis) -> None:
    """CDK likes to add helpers of its own, with wide permissions."""
    flow_logs = 1 if stage.in_vpc else 0

    assert len(stage.all("AWS::Lambda::Function")) == 5
    # Theirs, and the one that Bedrock's batch jobs run as.
    assert len(stage.all("AWS::IAM::Role")) == 6 + flow_logs


def test_a_function_waits_for_its_rights(stage: Synthesis) -> None:
    """So that the first deployment does not race with its own policies."""
    for each in stage.all("AWS::Lambda::Function").values():
        role = each["Properties"]["Role"]["Fn::GetAtt"][0]
        policies = [
            name
            for name, policy in stage.all("AWS::IAM::Policy").items()
            if {"Ref": role} in policy["Properties"]["Roles"]
        ]
        assert policies
        assert set(policies) | {role} <= set(each["DependsOn"])


def test_concurrency_is_reserved_where_the_stage_says_so(dev: Synthesis, synthesize: Callable[..., Synthesis]) -> None:
    capped = synthesize("dev", reserved_concurrency='{"query": 50, "load": 10}')

    assert [dev.function(name).get("ReservedConcurrentExecutions") for name in FUNCTIONS] == [None] * 5
    assert [capped.function(name).get("ReservedConcurrentExecutions") for name in FUNCTIONS] == [
        50,
        None,
        None,
        None,
        10,
    ]


def test_synchronous_functions_use_snapshots_where_set(jwt: Synthesis, dev: Synthesis) -> None:
    started = {name: jwt.function(name).get("SnapStart", {}).get("ApplyOn") for name in FUNCTIONS}

    assert started == {
        "query": "PublishedVersions",
        "write": "PublishedVersions",
        "split": None,
        "extract": None,
        "load": None,
    }
    assert len(jwt.all("AWS::Lambda::Alias")) == 2
    assert not dev.all("AWS::Lambda::Alias")


def test_only_functions_that_send_to_their_own_queue_may_recurse(stage: Synthesis) -> None:
    allowed = {name: stage.function(name).get("RecursiveLoop") for name in FUNCTIONS}

    assert allowed == {"query": None, "write": None, "split": "Allow", "extract": None, "load": "Allow"}


def test_functions_learn_how_many_replicas_a_collection_gets(dev: Synthesis, prod: Synthesis) -> None:
    for name in ("write", "load"):
        assert dev.function(name)["Environment"]["Variables"]["ALTO_DEFAULT_REPLICAS"] == "0"
        assert prod.function(name)["Environment"]["Variables"]["ALTO_DEFAULT_REPLICAS"] == "1"


def test_production_reserves_concurrency_for_each_function(prod: Synthesis) -> None:
    reserved = {name: prod.function(name)["ReservedConcurrentExecutions"] for name in FUNCTIONS}

    assert reserved == {"query": 200, "write": 100, "split": 10, "extract": 10, "load": 20}
    # A new account keeps at least 100 of its 1,000 unreserved.
    assert sum(reserved.values()) <= 900


def test_functions_of_the_api_limit_tokens_by_the_claim_of_the_stage(
    synthesize: Callable[..., Synthesis], jwt: Synthesis
) -> None:
    limited = synthesize("jwt", jwt_collections_claim="collections")

    def claims(stage: Synthesis) -> dict[str, str | None]:
        return {
            name: stage.function(name)["Environment"]["Variables"].get("ALTO_COLLECTIONS_CLAIM") for name in FUNCTIONS
        }

    assert claims(limited) == {
        "query": "collections",
        "write": "collections",
        "split": None,
        "extract": None,
        "load": None,
    }
    assert set(claims(jwt).values()) == {None}
