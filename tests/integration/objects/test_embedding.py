"""The embedder against the emulator: every model, every credential, every kind of trouble, over real HTTP."""

import logging
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.aws.credentials import AwsCredentials
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import CONCURRENCY, Embedder
from lambdas.embedding.embedding_run import EmbeddingCounts
from lambdas.embedding.families import FAMILIES
from lambdas.embedding.model_client import AwsModel
from lambdas.errors import (
    CredentialsExpiredError,
    CredentialsRefusedError,
    EmbeddingError,
    EmbeddingTimeoutError,
    EndpointNotFoundError,
    ModelAccessDeniedError,
    ModelAnswerError,
    ModelInputError,
    ModelNotFoundError,
    ModelQuotaError,
    ModelThrottledError,
    ModelUnavailableError,
    TextTooLongError,
)
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import model_caller
from local.emulator import Emulator

OPAQUE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"
OWN = AwsCredentials("AKIAOWN", "own-SECRET")
CALLER = AwsCredentials("ASIACALLER", "caller-SECRET", "caller-TOKEN")
WRONG = AwsCredentials("ASIACALLER", "wrong-SECRET", "caller-TOKEN")
EXPIRED = AwsCredentials("ASIAEXPIRED", "expired-SECRET", "expired-TOKEN")
STRANGER = AwsCredentials("AKIASTRANGER", "stranger-SECRET")
SECRETS = [
    part
    for given in (OWN, CALLER, WRONG, EXPIRED, STRANGER)
    for part in (given.secret_key, given.session_token, given.access_key)
    if part
]


@pytest.fixture(scope="module")
def shared_stub() -> Iterator[Emulator]:
    access = {
        "keys": {
            OWN.access_key: {"secret": OWN.secret_key},
            CALLER.access_key: {"secret": CALLER.secret_key, "session_token": CALLER.session_token},
        },
        "denied": {EXPIRED.access_key: "ExpiredTokenException"},
        "denied_models": ["amazon.titan-embed-image-v1"],
        "model_regions": {"amazon.nova-2-multimodal-embeddings-v1:0": ["us-east-1"]},
    }
    endpoints = {
        "tei-many": {"style": "tei", "target_models": ["m.tar.gz"], "target_variants": ["blue"]},
        "djl-parts": {"style": "djl", "inference_components": ["part-1"]},
        "tei-small": {"style": "tei", "max_texts": 8},
    }
    profiles = {OPAQUE: "cohere.embed-v4:0"}
    with Emulator(model="stub", access=access, endpoints=endpoints, profiles=profiles) as running:
        yield running


@pytest.fixture
def stub(shared_stub: Emulator) -> Emulator:
    shared_stub.reset()
    return shared_stub


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, shared_stub: Emulator) -> pytest.MonkeyPatch:
    """A function's environment: endpoints, its own keys, and nothing of the user who runs the tests."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    settings = {
        "AWS_ACCESS_KEY_ID": OWN.access_key,
        "AWS_SECRET_ACCESS_KEY": OWN.secret_key,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": shared_stub.url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": shared_stub.url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def embedder(environment: pytest.MonkeyPatch) -> Embedder:
    return make_embedder()


ROLES = '[{"name": "films", "role_arn": "arn:aws:iam::123456789012:role/embed", "external_id": "ext"}]'


def make_embedder() -> Embedder:
    return Embedder(AwsModel(model_caller(aws_access(os.environ))))


def bedrock(model: str = "amazon.titan-embed-text-v2:0", **settings: Any) -> Text2VecAws:
    given = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": model}
    return Text2VecAws.model_validate(given | settings)


def sagemaker(endpoint: str, **settings: Any) -> Text2VecAws:
    given = {"vectorizer": "text2vec-aws", "service": "sagemaker", "region": "us-east-1", "endpoint": endpoint}
    return Text2VecAws.model_validate(given | settings)


def soon(seconds: float = 20.0) -> Deadline:
    return Deadline.after(seconds)


def vectors(embedder: Embedder, config: Text2VecAws, texts: list[str], **given: Any) -> list[list[float]]:
    results = embedder.embed_documents(config, texts, deadline=given.pop("deadline", None) or soon(), **given)
    assert not [result for result in results if isinstance(result, EmbeddingError)]
    return [result for result in results if isinstance(result, list)]


def error(embedder: Embedder, config: Text2VecAws, text: str = "a", **given: Any) -> EmbeddingError:
    [result] = embedder.embed_documents(config, [text], deadline=given.pop("deadline", None) or soon(), **given)
    assert isinstance(result, EmbeddingError)
    return result


def sent(stub: Emulator) -> dict[str, Any]:
    last: dict[str, Any] = stub.counters()["requests"][-1]
    return last


MODELS = [
    (model, dimensions)
    for family in FAMILIES
    for model in family.models
    if model != "amazon.titan-embed-image-v1"
    for dimensions in (None, *family.dimensions)
]


@pytest.mark.parametrize(("model", "dimensions"), MODELS)
def test_every_model_embeds_documents_and_queries_at_every_dimension(
    stub: Emulator, embedder: Embedder, model: str, dimensions: int | None
) -> None:
    config = bedrock(model, dimensions=dimensions)

    [document] = vectors(embedder, config, ["a text"])
    query = embedder.embed_query(config, "a text", deadline=soon())

    assert len(document) == len(query) == config.resolved_dimensions
    document_body, query_body = (request["body"] for request in stub.counters()["requests"])
    assert (document_body == query_body) == model.startswith("amazon.titan")


@pytest.mark.parametrize("dimensions", [None, 256, 384, 1024])
def test_the_image_model_embeds_text(environment: pytest.MonkeyPatch, dimensions: int | None) -> None:
    config = bedrock("amazon.titan-embed-image-v1", dimensions=dimensions)
    with Emulator(model="stub") as emulator:
        environment.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", emulator.url)

        embedder = make_embedder()
        [document] = vectors(embedder, config, ["a text"])
        query = embedder.embed_query(config, "a text", deadline=soon())

    assert len(document) == len(query) == (dimensions or 1024)


@pytest.mark.parametrize("model", [model for model, dimensions in MODELS if dimensions is None])
def test_an_unsupported_dimension_is_an_error_without_a_prior_check(
    stub: Emulator, embedder: Embedder, model: str
) -> None:
    # What is stored may be older than the check of the configuration.
    config = bedrock(model).model_copy(update={"dimensions": 333})

    for kind in ("document", "query"):
        if kind == "document":
            problem: EmbeddingError = error(embedder, config)
        else:
            with pytest.raises(EmbeddingError) as refused:
                embedder.embed_query(config, "a", deadline=soon())
            problem = refused.value
        assert isinstance(problem, ModelInputError | ModelAnswerError)
        assert "333" in problem.message
    assert stub.counters()["calls"] == 2


@pytest.mark.parametrize(
    ("model", "family", "dimensions"),
    [
        ("us.cohere.embed-v4:0", None, 1536),
        ("global.cohere.embed-v4:0", None, 1536),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0", None, 1024),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.cohere.embed-v4:0", None, 1536),
        (OPAQUE, "cohere-v4", 1536),
    ],
)
def test_profiles_and_arns_are_called_by_their_own_name(
    stub: Emulator, embedder: Embedder, model: str, family: str | None, dimensions: int
) -> None:
    [vector] = vectors(embedder, bedrock(model, family=family), ["a"])

    assert len(vector) == dimensions
    assert sent(stub)["target"] == model


def test_cohere_v4_is_understood_in_its_other_form(environment: pytest.MonkeyPatch) -> None:
    with Emulator(model="stub", cohere_v4_list=True) as emulator:
        environment.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", emulator.url)

        assert len(vectors(make_embedder(), bedrock("cohere.embed-v4:0"), ["a", "b"])) == 2


def test_normalize_decides_about_titans_length(stub: Emulator, embedder: Embedder) -> None:
    [unit] = vectors(embedder, bedrock(), ["a"])
    [other] = vectors(embedder, bedrock(normalize=False), ["a"])

    assert sum(number * number for number in unit) == pytest.approx(1.0, abs=1e-3)
    assert sum(number * number for number in other) != pytest.approx(1.0, abs=1e-1)


@pytest.mark.parametrize(
    ("endpoint", "settings", "dimensions"),
    [
        ("tei-a", {}, 384),
        ("djl-a", {}, 384),
        ("jumpstart-a", {"payload": "text_inputs"}, 384),
        ("openai-a", {"payload": "openai"}, 384),
        ("cohere-a", {"payload": "cohere"}, 1024),
        ("hf-a", {"pooling": "mean"}, 384),
    ],
)
def test_every_style_of_endpoint_embeds(
    stub: Emulator, embedder: Embedder, endpoint: str, settings: dict[str, Any], dimensions: int
) -> None:
    config = sagemaker(endpoint, **settings)

    assert embedder.probe_dimensions(config, deadline=soon()) == dimensions
    assert [len(vector) for vector in vectors(embedder, config, ["a", "b c", "d"])] == [dimensions] * 3
    assert len(embedder.embed_query(config, "a", deadline=soon())) == dimensions


def test_model_variant_and_component_are_really_sent(stub: Emulator, embedder: Embedder) -> None:
    vectors(embedder, sagemaker("tei-many", target_model="m.tar.gz", target_variant="blue"), ["a"])
    headers = sent(stub)["headers"]
    vectors(embedder, sagemaker("djl-parts", inference_component="part-1"), ["a"])

    assert headers["x-amzn-sagemaker-target-model"] == "m.tar.gz"
    assert headers["x-amzn-sagemaker-target-variant"] == "blue"
    assert sent(stub)["headers"]["x-amzn-sagemaker-inference-component"] == "part-1"


def test_token_vectors_that_nobody_asked_to_average_are_an_error(stub: Emulator, embedder: Embedder) -> None:
    problem = error(embedder, sagemaker("hf-a"), "two words")

    assert isinstance(problem, ModelAnswerError)
    assert "'pooling' to 'mean'" in problem.message


def test_another_length_than_the_collections_is_an_error_that_names_both(stub: Emulator, embedder: Embedder) -> None:
    problem = error(embedder, sagemaker("tei-a", dimensions=1024))

    assert isinstance(problem, ModelAnswerError)
    assert "384" in problem.message
    assert "1024" in problem.message


def test_a_container_that_takes_fewer_texts_gets_fewer(stub: Emulator, embedder: Embedder) -> None:
    assert len(vectors(embedder, sagemaker("tei-small"), [f"text {number}" for number in range(40)])) == 40
    assert stub.counters()["texts_embedded_again"] == 0


def test_cohere_gets_96_texts_a_call(stub: Emulator, embedder: Embedder) -> None:
    vectors(embedder, bedrock("cohere.embed-english-v3"), [f"text {number}" for number in range(500)])

    assert stub.counters()["calls"] == 6


def test_many_titan_calls_are_in_flight(stub: Emulator, embedder: Embedder) -> None:
    stub.faults(latency_ms=80)

    vectors(embedder, bedrock(), [f"text {number}" for number in range(256)])

    assert 32 < stub.counters()["peak_concurrency"] <= CONCURRENCY


def test_throttles_and_failures_lose_and_repeat_no_text(stub: Emulator, embedder: Embedder) -> None:
    texts = [f"text {number}" for number in range(5000)]
    expected = vectors(embedder, bedrock("cohere.embed-english-v3"), texts)
    stub.reset()
    stub.faults(rates={"429": 0.1, "500": 0.02})
    counts = EmbeddingCounts()

    titan = vectors(embedder, bedrock(), texts, counts=counts, deadline=soon(60))
    cohere = vectors(embedder, bedrock("cohere.embed-english-v3"), texts, deadline=soon(60))

    assert len(titan) == 5000
    assert cohere == expected
    counters = stub.counters()
    # The two models share the texts: each is embedded once by each.
    assert (counters["texts_embedded"], counters["texts_embedded_again"]) == (10_000, 5000)
    assert counts.throttled > 100


def test_a_rate_limit_loses_nothing_and_embeds_nothing_twice(environment: pytest.MonkeyPatch) -> None:
    # How much of the limit is used is measured by `make bench-embed`, and tested on a virtual clock.
    with Emulator(model="stub", process=True, faults={"latency_ms": 20, "requests_per_second": 50}) as emulator:
        environment.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", emulator.url)
        vectors(make_embedder(), bedrock(), [f"text {number}" for number in range(250)])

        assert emulator.counters()["texts_embedded_again"] == 0


@pytest.mark.parametrize("kind", ["429", "500", "503", "408", "424", "ModelNotReadyException", "dropped", "malformed"])
@pytest.mark.parametrize("config", [bedrock(), sagemaker("tei-a")], ids=["bedrock", "sagemaker"])
def test_trouble_that_passes_is_waited_out(stub: Emulator, embedder: Embedder, config: Text2VecAws, kind: str) -> None:
    stub.faults(calls={"1-2": kind})

    assert len(vectors(embedder, config, ["a"])) == 1
    assert stub.counters()["calls"] == 3


@pytest.mark.parametrize("kind", ["400", "403", "404"])
@pytest.mark.parametrize("config", [bedrock(), sagemaker("tei-a")], ids=["bedrock", "sagemaker"])
def test_trouble_that_stays_is_not_tried_again(
    stub: Emulator, embedder: Embedder, config: Text2VecAws, kind: str
) -> None:
    stub.faults(calls={"1": kind})

    error(embedder, config)

    assert stub.counters()["calls"] == 1


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("429", ModelThrottledError),
        ("503", ModelUnavailableError),
        ("500", ModelUnavailableError),
        ("dropped", ModelUnavailableError),
        ("malformed", ModelUnavailableError),
        ("slow", EmbeddingTimeoutError),
        ("400", ModelInputError),
        ("403", ModelAccessDeniedError),
        ("404", ModelNotFoundError),
    ],
)
def test_at_the_deadline_unfinished_texts_get_an_error(
    stub: Emulator, embedder: Embedder, kind: str, expected: type[EmbeddingError]
) -> None:
    stub.faults(texts={"poison": kind}, slow_ms=60_000)
    started = time.monotonic()

    good, bad = embedder.embed_documents(bedrock(), ["good", "poison"], deadline=soon(1.5))

    assert time.monotonic() - started < 2.5
    assert isinstance(good, list)
    assert type(bad) is expected


def test_a_bad_text_among_96_costs_its_neighbours_nothing(stub: Emulator, embedder: Embedder) -> None:
    stub.faults(texts={"poison": "400"})
    texts = [f"text {number}" for number in range(95)] + ["poison"]

    results = embedder.embed_documents(bedrock("cohere.embed-english-v3"), texts, deadline=soon())

    assert [isinstance(result, ModelInputError) for result in results] == [False] * 95 + [True]
    counters = stub.counters()
    assert (counters["texts_embedded"], counters["texts_embedded_again"]) == (95, 0)


def test_a_quota_that_waiting_does_not_cure_is_told_with_where_to_look(stub: Emulator, embedder: Embedder) -> None:
    stub.faults(rates={"ServiceQuotaExceededException": 1.0})

    problem = error(embedder, bedrock())

    assert isinstance(problem, ModelQuotaError)
    assert "'amazon.titan-embed-text-v2:0' in us-east-1" in problem.message
    assert "Service Quotas" in problem.message
    assert stub.counters()["calls"] == 1


LONG = "word " * 9000  # fits Titan's 50,000 characters, but not its 8,192 tokens


def test_a_text_with_too_many_tokens_is_an_error_that_names_the_limit(stub: Emulator, embedder: Embedder) -> None:
    problem = error(embedder, bedrock(), LONG)

    assert isinstance(problem, TextTooLongError)
    assert "8,192 tokens" in problem.message


@pytest.mark.parametrize(
    "model", ["amazon.titan-embed-text-v2:0", "amazon.nova-2-multimodal-embeddings-v1:0", "cohere.embed-english-v3"]
)
@pytest.mark.parametrize("truncate", ["start", "end"])
def test_a_too_long_text_is_truncated_and_counted_if_set(
    stub: Emulator, embedder: Embedder, model: str, truncate: str
) -> None:
    counts = EmbeddingCounts()

    assert len(vectors(embedder, bedrock(model, truncate=truncate), [LONG, "short"], counts=counts)) == 2
    assert counts.truncated == 1


def test_denied_models_are_told_with_what_to_allow(stub: Emulator, embedder: Embedder) -> None:
    problem = error(embedder, bedrock("amazon.titan-embed-image-v1"))

    assert isinstance(problem, ModelAccessDeniedError)
    assert "'amazon.titan-embed-image-v1' in us-east-1" in problem.message
    assert "bedrock:InvokeModel" in problem.message


def test_a_model_that_the_region_does_not_have_is_told_with_the_region(stub: Emulator, embedder: Embedder) -> None:
    problem = error(embedder, bedrock("amazon.nova-2-multimodal-embeddings-v1:0", region="eu-west-1"))

    assert isinstance(problem, ModelNotFoundError)
    assert "in eu-west-1" in problem.message


@pytest.mark.parametrize(
    "config",
    [sagemaker("nowhere"), sagemaker("tei-many", target_model="other", target_variant="blue")],
    ids=["endpoint", "target model"],
)
def test_an_unknown_endpoint_is_told_with_its_name(stub: Emulator, embedder: Embedder, config: Text2VecAws) -> None:
    problem = error(embedder, config)

    assert isinstance(problem, EndpointNotFoundError)
    assert f"'{config.endpoint}' does not exist in us-east-1" in problem.message


def test_a_container_that_refuses_the_payload_says_so(stub: Emulator, embedder: Embedder) -> None:
    problem = error(embedder, sagemaker("tei-a", payload="openai"))

    assert isinstance(problem, ModelInputError)
    assert "missing field `inputs`" in problem.message


def test_the_functions_own_keys_sign_when_there_is_nothing_more_specific(stub: Emulator, embedder: Embedder) -> None:
    vectors(embedder, bedrock(region="eu-central-1"), ["a"])

    request = sent(stub)
    assert (request["access_key"], request["region"], request["session_token"]) == (
        OWN.access_key,
        "eu-central-1",
        False,
    )


def test_the_callers_keys_sign_with_their_session_token(stub: Emulator, embedder: Embedder) -> None:
    vectors(embedder, bedrock(), ["a"], credentials=CALLER)

    assert (sent(stub)["access_key"], sent(stub)["session_token"]) == (CALLER.access_key, True)


def test_the_callers_keys_win_over_a_bearer_token_of_the_environment(
    stub: Emulator, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_BEARER_TOKEN_BEDROCK", "bearer-SECRET")

    vectors(make_embedder(), bedrock(), ["a"], credentials=CALLER)

    assert sent(stub)["access_key"] == CALLER.access_key


def test_the_environment_aliases_sign_before_the_functions_own_keys(
    stub: Emulator, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("AWS_ACCESS_KEY_ID", "ASIAFUNCTION")
    environment.setenv("AWS_SESSION_TOKEN", "of the function")
    environment.setenv("AWS_ACCESS_KEY", OWN.access_key)
    environment.setenv("AWS_SECRET_KEY", OWN.secret_key)

    vectors(make_embedder(), bedrock(), ["a"])

    assert (sent(stub)["access_key"], sent(stub)["session_token"]) == (OWN.access_key, False)


def test_the_role_of_a_collection_is_assumed_once_and_signs(environment: pytest.MonkeyPatch, aws_url: str) -> None:
    config = bedrock(role_arn="arn:aws:iam::123456789012:role/embed")
    environment.setenv("ALTO_MODEL_ROLES", ROLES)
    with Emulator(model="stub") as emulator:
        environment.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", emulator.url)
        environment.setenv("AWS_ENDPOINT_URL_STS", aws_url)

        vectors(make_embedder(), config, [f"text {number}" for number in range(20)])

        callers = {(request["access_key"], request["session_token"]) for request in emulator.counters()["requests"]}
    assert len(callers) == 1
    [(access_key, session_token)] = callers
    assert access_key != OWN.access_key
    assert session_token


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (WRONG, CredentialsRefusedError),
        (STRANGER, CredentialsRefusedError),
        (EXPIRED, CredentialsExpiredError),
    ],
)
def test_credentials_that_aws_refuses_are_told_apart(
    stub: Emulator, embedder: Embedder, credentials: AwsCredentials, expected: type[EmbeddingError]
) -> None:
    results = embedder.embed_documents(bedrock(), ["a"] * 500, deadline=soon(), credentials=credentials)

    assert {type(result) for result in results} == {expected}
    assert stub.counters()["calls"] <= 2 * CONCURRENCY


def test_no_credentials_at_all_are_told_with_how_to_give_some(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")

    problem = error(make_embedder(), bedrock())

    assert type(problem) is CredentialsRefusedError
    assert "X-AWS-Access-Key" in problem.message


def test_a_query_that_the_callers_keys_fetched_is_not_served_to_wrong_keys(stub: Emulator, embedder: Embedder) -> None:
    embedder.embed_query(bedrock(), "a", deadline=soon(), credentials=CALLER)
    embedder.embed_query(bedrock(), "a", deadline=soon(), credentials=CALLER)

    with pytest.raises(CredentialsRefusedError):
        embedder.embed_query(bedrock(), "a", deadline=soon(), credentials=WRONG)
    assert stub.counters()["calls"] == 2


def test_no_key_appears_in_logs_errors_or_what_is_sent_beside_the_signature(
    stub: Emulator, environment: pytest.MonkeyPatch, aws_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    environment.setenv("AWS_ENDPOINT_URL_STS", aws_url)
    environment.setenv("ALTO_MODEL_ROLES", ROLES)
    role = bedrock(role_arn="arn:aws:iam::123456789012:role/embed")
    messages: list[str] = []
    with caplog.at_level(logging.DEBUG):
        embedder = make_embedder()
        for given in (None, CALLER, WRONG, EXPIRED, STRANGER):
            for config in (bedrock(), sagemaker("tei-a"), role):
                for result in embedder.embed_documents(config, ["a"], deadline=soon(), credentials=given):
                    logging.getLogger("test").info("%r %s", result, given)
                    messages.append(repr(result))
        stub.faults(rates={"dropped": 1.0})
        messages.append(repr(error(embedder, bedrock(), credentials=CALLER, deadline=soon(0.5))))

    seen = "\n".join([caplog.text, *messages, *(repr(request["body"]) for request in stub.counters()["requests"])])
    assert not [secret for secret in SECRETS if secret in seen]
    assert not any(name in caplog.text.lower() for name in ("x-amz-security-token", "secretaccesskey", "signature="))
