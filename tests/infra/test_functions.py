"""The four functions as they are deployed."""

from collections.abc import Callable

import pytest

from tests.infra.synthesis import FUNCTIONS, Synthesis

COMMON = {"POWERTOOLS_SERVICE_NAME", "ALTO_STAGE", "ALTO_LOG_LEVEL"}
ENGINE = {"ALTO_OPENSEARCH_URL", "ALTO_KNN_ENGINE"}
JOBS = {"ALTO_JOBS_TABLE", "ALTO_IMPORT_BUCKET"}
CHUNKS = {"ALTO_CHUNK_QUEUE_URL"}
SPLITS = {"ALTO_SPLIT_QUEUE_URL"}


def test_each_function_has_its_own_role_and_log_group(stage: Synthesis) -> None:
    assert len({stage.role_of(name) for name in FUNCTIONS}) == 4
    assert len({str(stage.function(name)["LoggingConfig"]) for name in FUNCTIONS}) == 4


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("query", COMMON | ENGINE),
        ("write", COMMON | ENGINE | JOBS | SPLITS),
        ("split", COMMON | JOBS | CHUNKS | SPLITS),
        ("load", COMMON | ENGINE | JOBS | CHUNKS),
    ],
)
def test_each_function_is_told_exactly_what_it_needs(dev: Synthesis, name: str, variables: set[str]) -> None:
    environment = dev.function(name)["Environment"]["Variables"]

    assert set(environment) == variables
    assert environment["POWERTOOLS_SERVICE_NAME"] == name


def test_functions_run_on_the_architecture_of_their_stage(dev: Synthesis, local: Synthesis) -> None:
    assert [dev.function(name)["Architectures"] for name in FUNCTIONS] == [["arm64"]] * 4
    assert [local.function(name)["Architectures"] for name in FUNCTIONS] == [["x86_64"]] * 4


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


def test_no_function_exists_but_the_four(stage: Synthesis) -> None:
    """CDK likes to add helpers of its own, with wide permissions."""
    assert len(stage.all("AWS::Lambda::Function")) == 4
    assert len(stage.all("AWS::IAM::Role")) == 4
