"""Who may do what. A wildcard that is not listed here fails."""

import json
from collections.abc import Callable

import pytest

from infra.settings.settings import BATCH_MODELS
from lambdas.embedding.families import FAMILIES
from tests.infra.synthesis import FUNCTIONS, Synthesis, as_text, statements_of

# What being in a VPC takes, and only there.
NETWORK = {"ec2"}
# What encrypted data take, and only with a customer key.
KEY = {"kms"}
BATCH_JOBS = "arn:aws:bedrock:eu-west-1:<AWS::AccountId>:model-invocation-job/*"


def services_of(stage: Synthesis, function: str) -> set[str]:
    return {action.partition(":")[0] for action in stage.allowed_actions(function)}


def test_only_query_reranks_and_by_the_models_that_the_stage_names(synthesize: Callable[..., Synthesis]) -> None:
    stage = synthesize("dev", rerank_models='["amazon.rerank-v1:0"]')
    without = synthesize("dev", rerank_models="[]")

    rerankers = {
        name: {
            resource
            for each in stage.rights_of(name)
            for resource in each.resources
            if "bedrock:InvokeModel" in each.actions and "rerank" in resource
        }
        for name in FUNCTIONS
    }
    assert rerankers == {
        "query": {
            f"arn:aws:bedrock:{region}::foundation-model/amazon.rerank-v1:0" for region in ("eu-west-1", "us-east-1")
        },
        "write": set(),
        "split": set(),
        "extract": set(),
        "load": set(),
    }
    assert "bedrock:Rerank" not in without.allowed_actions("query")
    assert not stage.findings


def test_only_query_generates_by_the_stages_models_and_guardrails(synthesize: Callable[..., Synthesis]) -> None:
    named = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc"
    stage = synthesize(
        "vpc", generative_models='["eu.amazon.nova-pro-v1:0"]', guardrails=f'["gr1", "{named}"]', rerank_models="[]"
    )
    without = synthesize("vpc", generative_models="[]")

    for action, resources in {
        "bedrock:InvokeModel": {
            "arn:aws:bedrock:*::foundation-model/amazon.nova-pro-v1:0",
            "arn:aws:bedrock:eu-west-1:<AWS::AccountId>:inference-profile/eu.amazon.nova-pro-v1:0",
        },
        "bedrock:ApplyGuardrail": {"arn:aws:bedrock:eu-west-1:<AWS::AccountId>:guardrail/gr1", named},
    }.items():
        allowed = {
            name: {
                resource
                for each in stage.rights_of(name)
                for resource in each.resources
                if action in each.actions and "embed" not in resource
            }
            for name in FUNCTIONS
        }
        assert allowed == {"query": resources, "write": set(), "split": set(), "extract": set(), "load": set()}
    assert "bedrock:ApplyGuardrail" not in without.allowed_actions("query")
    assert not stage.findings


def test_query_reads_opensearch_and_invokes_models_and_nothing_else(stage: Synthesis) -> None:
    assert services_of(stage, "query") - NETWORK == {"es", "bedrock", "logs", "xray"}


def test_query_cannot_write(stage: Synthesis) -> None:
    rights = stage.rights_of("query")
    [posts] = [each for each in rights if "es:ESHttpPost" in each.actions and each.effect == "Allow"]
    [refused] = [
        each for each in rights if each.effect == "Deny" and any(one.endswith("_search") for one in each.resources)
    ]

    assert not stage.allowed_actions("query") & {"es:ESHttpPut", "es:ESHttpDelete", "es:ESHttpPatch"}
    assert {resource.rpartition("/")[2] for resource in posts.resources} == {"_search", "_msearch"}
    # POST alto-x/_doc/_search writes a document.
    assert refused.actions == {"es:ESHttpPost"}
    assert {resource.partition("/alto-*")[2] for resource in refused.resources} == {"/_*/_search", "/_*/_msearch"}


def test_split_cannot_reach_opensearch_or_any_model(stage: Synthesis) -> None:
    assert services_of(stage, "split") - NETWORK - KEY == {"s3", "dynamodb", "events", "sqs", "logs", "xray"}


def test_extract_reads_files_and_hands_on_chunks_and_nothing_else(stage: Synthesis) -> None:
    """It parses foreign bytes: no OpenSearch, no model, no job, and no file of a user to change."""
    assert services_of(stage, "extract") - NETWORK - KEY == {"s3", "sqs", "logs", "xray"}
    assert not {action for action in stage.allowed_actions("extract") if action.startswith("s3:Delete")}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_vpc_roles_may_have_network_interfaces(stage: Synthesis, name: str) -> None:
    """Lambda makes them with the function's role, which the function's code could use too."""
    about = [each for each in stage.rights_of(name) if any(action.startswith("ec2:") for action in each.actions)]

    assert [each.effect for each in about] == (["Allow", "Deny"] if stage.in_vpc else [])
    if about:
        allowed, denied = about
        assert {action for action in allowed.actions if action.startswith("ec2:")} == denied.actions
        assert "lambda:SourceFunctionArn" in denied.conditions
        assert f"function:alto-{stage.stage}-*" in denied.conditions


@pytest.mark.parametrize("name", ["write", "split", "extract", "load"])
def test_a_role_uses_the_customer_key_only_through_data_services(prod: Synthesis, name: str) -> None:
    [key] = prod.all("AWS::KMS::Key")
    # CDK adds kms:Decrypt for the queues that a function consumes; this is the statement for everything else.
    [use] = [each for each in prod.rights_of(name) if "kms:GenerateDataKey" in each.actions]

    assert use.resources == {f"<{key}.Arn>"}
    for service in ("s3", "sqs", "dynamodb"):
        assert f"{service}.eu-west-1.amazonaws.com" in use.conditions
    assert "kms" not in services_of(prod, "query")


def test_each_function_sends_only_the_messages_that_are_its_own(stage: Synthesis) -> None:
    sends = {
        name: {queue for each in stage.rights_of(name) if "sqs:SendMessage" in each.actions for queue in each.resources}
        for name in FUNCTIONS
    }

    # Split continues itself, load hands back the rest of a chunk, extract hands it on, write has a job split.
    counts = {"query": 0, "write": 1, "split": 3, "extract": 1, "load": 1}
    assert {name: len(queues) for name, queues in sends.items()} == counts
    assert sends["extract"] == sends["load"]
    assert sends["split"] > sends["write"] | sends["load"]


def test_functions_write_below_altos_prefix_and_uploads_folder(stage: Synthesis) -> None:
    writers = {
        name: each.resources
        for name in FUNCTIONS
        for each in stage.rights_of(name)
        if any(action.startswith(("s3:Put", "s3:Delete")) for action in each.actions)
    }

    assert {name: {each.partition("/")[2] for each in resources} for name, resources in writers.items()} == {
        "write": {"*/uploads/*"},
        "split": {".alto/*"},
        "extract": {".alto/imports/*/documents/*"},
        "load": {".alto/*"},
    }


def test_query_sees_no_import_jobs(stage: Synthesis) -> None:
    assert not {action for action in stage.allowed_actions("query") if action.startswith("dynamodb:")}


@pytest.mark.parametrize("name", ["query", "write", "load"])
def test_the_domain_says_of_a_role_exactly_what_the_role_says_of_the_domain(dev: Synthesis, name: str) -> None:
    """In one account either side's permission suffices, so a wider policy of the domain would undo the role's."""
    role = f"<{dev.role_of(name)}.Arn>"
    policy = dev.only("AWS::OpenSearchService::Domain")["AccessPolicies"]

    on_the_domain = {(s.effect, s.actions, s.resources) for s in statements_of(policy) if role in s.principals}
    on_the_role = {
        (s.effect, s.actions, s.resources)
        for s in dev.rights_of(name)
        if any(action.startswith("es:") for action in s.actions)
    }

    assert on_the_domain == on_the_role


def test_models_are_invoked_in_the_regions_of_the_stage(dev: Synthesis, vpc: Synthesis) -> None:
    for stage, regions in ((dev, {"eu-west-1", "us-east-1"}), (vpc, {"eu-west-1"})):
        [invoke] = [each for each in stage.rights_of("query") if "bedrock:InvokeModel" in each.actions]
        assert {resource.split(":")[3] for resource in invoke.resources} == regions


@pytest.mark.parametrize("kind", ["AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"])
def test_no_resource_admits_everyone(stage: Synthesis, kind: str) -> None:
    for each in stage.all(kind).values():
        for statement in statements_of(each["Properties"]["PolicyDocument"]):
            assert statement.effect == "Deny" or "*" not in statement.principals


def test_an_inference_profile_brings_the_model_it_stands_for(synthesize: Callable[..., Synthesis]) -> None:
    stage = synthesize("dev", models='["eu.cohere.embed-v4:0"]')

    [invoke] = [each for each in stage.rights_of("load") if "bedrock:InvokeModel" in each.actions]
    assert invoke.resources == {
        "arn:aws:bedrock:*::foundation-model/cohere.embed-v4:0",
        "arn:aws:bedrock:eu-west-1:<AWS::AccountId>:inference-profile/eu.cohere.embed-v4:0",
        "arn:aws:bedrock:us-east-1:<AWS::AccountId>:inference-profile/eu.cohere.embed-v4:0",
    }
    assert not stage.findings


def test_endpoints_are_named_one_by_one(synthesize: Callable[..., Synthesis]) -> None:
    stage = synthesize("dev", sagemaker_endpoints='["MiniLM"]')

    for name in ("query", "write", "load"):
        [invoke] = [each for each in stage.rights_of(name) if "sagemaker:InvokeEndpoint" in each.actions]
        assert invoke.resources == {"arn:aws:sagemaker:eu-west-1:<AWS::AccountId>:endpoint/minilm"}


def test_roles_are_assumed_only_with_the_external_id_of_their_pair(synthesize: Callable[..., Synthesis]) -> None:
    role = "arn:aws:iam::210987654321:role/"
    pairs = [{"name": "films", "role_arn": f"{role}films", "external_id": "alto-films"}]
    pairs += [{"name": "books", "role_arn": f"{role}books"}]
    stage = synthesize("dev", model_roles=json.dumps(pairs), rerank_role="books")

    for name in ("query", "write", "load"):
        assumed = [each for each in stage.rights_of(name) if "sts:AssumeRole" in each.actions]
        assert {(*each.resources, each.conditions) for each in assumed} == {
            (f"{role}films", "{'StringEquals': {'sts:ExternalId': 'alto-films'}}"),
            (f"{role}books", ""),
        }
        assert json.loads(stage.function(name)["Environment"]["Variables"]["ALTO_MODEL_ROLES"]) == pairs
    assert "sts:AssumeRole" not in stage.allowed_actions("split")
    rerankers = {name: stage.function(name)["Environment"]["Variables"].get("ALTO_RERANK_ROLE") for name in FUNCTIONS}
    assert rerankers == {"query": f"{role}books", "write": None, "split": None, "extract": None, "load": None}
    assert not stage.findings


def test_no_role_may_be_assumed_unless_the_stage_names_it(stage: Synthesis) -> None:
    assert not [name for name in FUNCTIONS if "sts:AssumeRole" in stage.allowed_actions(name)]


def test_only_load_runs_batch_jobs_and_only_of_models_that_take_them(stage: Synthesis) -> None:
    batch = {"bedrock:CreateModelInvocationJob", "bedrock:GetModelInvocationJob", "bedrock:StopModelInvocationJob"}
    [create] = [each for each in stage.rights_of("load") if "bedrock:CreateModelInvocationJob" in each.actions]

    assert {name for name in FUNCTIONS if stage.allowed_actions(name) & (batch | {"iam:PassRole"})} == {"load"}
    assert create.resources == {
        "arn:aws:bedrock:eu-west-1::foundation-model/amazon.titan-embed-text-v2:0",
        BATCH_JOBS,
    }


def test_load_passes_one_role_to_bedrock_and_to_nobody_else(stage: Synthesis) -> None:
    [role] = [name for name in stage.all("AWS::IAM::Role") if name.startswith("BatchInference")]
    [passing] = [
        each
        for policy in stage.all("AWS::IAM::Policy").values()
        for each in policy["Properties"]["PolicyDocument"]["Statement"]
        if each["Action"] == "iam:PassRole"
    ]

    assert as_text(passing["Resource"]) == f"<{role}.Arn>"
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "bedrock.amazonaws.com"}}
    assert as_text(stage.function("load")["Environment"]["Variables"]["ALTO_BATCH_ROLE_ARN"]) == f"<{role}.Arn>"


def test_batch_jobs_reach_only_their_files_with_their_role(stage: Synthesis) -> None:
    [bucket] = stage.all("AWS::S3::Bucket")
    [(name, role)] = [
        (name, each["Properties"]) for name, each in stage.all("AWS::IAM::Role").items() if name.startswith("Batch")
    ]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    [policy] = [
        each["Properties"]["PolicyDocument"]
        for each in stage.all("AWS::IAM::Policy").values()
        if each["Properties"]["Roles"] == [{"Ref": name}]
    ]

    assert trust["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert as_text(trust["Condition"]["ArnLike"]["aws:SourceArn"]) == BATCH_JOBS
    assert {
        (action, resource)
        for each in statements_of(policy)
        for action in each.actions
        for resource in each.resources
        if not action.startswith("kms:")
    } == {
        ("s3:GetObject", f"<{bucket}.Arn>/.alto/imports/*/batch/*"),
        ("s3:PutObject", f"<{bucket}.Arn>/.alto/imports/*/batch/*"),
        ("s3:ListBucket", f"<{bucket}.Arn>"),
    }


def test_infra_and_functions_agree_which_models_take_batch_jobs() -> None:
    assert set(BATCH_MODELS) == {model for family in FAMILIES if family.batch_inference for model in family.models}


def test_only_load_changes_several_aliases_at_once(synthesize: Callable[..., Synthesis]) -> None:
    stage = synthesize("dev")

    allowed = {
        name: {
            (action, resource.rpartition("/")[2])
            for each in stage.rights_of(name)
            for resource in each.resources
            for action in each.actions
            if resource.endswith("/_aliases")
        }
        for name in FUNCTIONS
    }

    rights = {("es:ESHttpPost", "_aliases")}
    assert allowed == {"query": set(), "write": set(), "split": set(), "extract": set(), "load": rights}
