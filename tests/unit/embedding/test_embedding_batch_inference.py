"""The pure parts of batch inference: what goes into the files, what comes out, and who may use it."""

from array import array
from typing import Any

import orjson
import pytest

from lambdas.batch_inference.bedrock_jobs import BatchJobs, BatchStatus, job_request, output_key
from lambdas.batch_inference.file_format import (
    MAX_NUMBERS,
    MAX_RECORDS,
    MIN_RECORDS,
    batch_problem,
    input_line,
    most_records,
    outcomes,
)
from lambdas.batch_inference.prepared_embedder import PreparedEmbedder
from lambdas.deadline import Deadline
from lambdas.embedding.config import SelfProvided, Text2VecAws
from lambdas.embedding.text import text_hash
from lambdas.errors import (
    BatchInferenceRefusedError,
    EmbeddingError,
    ModelAccessDeniedError,
    ModelAnswerError,
    ModelInputError,
    ModelQuotaError,
    ModelThrottledError,
    TextTooLongError,
)
from tests.builders import OWN, TITAN

REGION = "us-east-1"
ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghij12"
VECTOR = [0.5] * 256


def titan(**changes: Any) -> Text2VecAws:
    return Text2VecAws.model_validate(TITAN | changes)


def line(**parts: Any) -> bytes:
    return orjson.dumps({"recordId": "a1", "modelInput": {"inputText": "x"}} | parts)


def test_a_text_is_a_line_with_the_request_that_the_model_would_get() -> None:
    record_id, written = input_line(titan(), "A film")  # type: ignore[misc]

    assert record_id == text_hash(titan(), "A film")
    assert written.endswith(b"\n")
    assert orjson.loads(written) == {
        "recordId": record_id,
        "modelInput": {"inputText": "A film", "dimensions": 256, "normalize": True},
    }


def test_titan_image_has_its_own_request() -> None:
    config = titan(model="amazon.titan-embed-image-v1")

    assert orjson.loads(input_line(config, "A film")[1])["modelInput"] == {  # type: ignore[index]
        "inputText": "A film",
        "embeddingConfig": {"outputEmbeddingLength": 256},
    }


@pytest.mark.parametrize("text", ["", "  ", "x" * 50_001, "half of a pair: \ud800"])
def test_a_text_that_the_model_would_refuse_is_not_sent(text: str) -> None:
    assert input_line(titan(), text) is None


def test_an_output_line_is_a_vector_by_its_record() -> None:
    found = dict(outcomes([line(modelOutput={"embedding": VECTOR, "inputTextTokenCount": 3})], titan()))

    assert found == {"a1": array("d", VECTOR)}


@pytest.mark.parametrize(
    ("parts", "error"),
    [
        ({"error": {"errorCode": 400, "errorMessage": "Malformed input request"}}, ModelInputError),
        ({"error": {"errorCode": 400, "errorMessage": "Too many input tokens. Max: 8192"}}, TextTooLongError),
        ({"modelOutput": {"embedding": [0.5] * 3}}, ModelAnswerError),
        ({"modelOutput": {"embedding": [0.0] * 256}}, ModelAnswerError),
        ({"modelOutput": {"embedding": None, "message": "It could not."}}, ModelInputError),
    ],
)
def test_what_is_the_texts_own_fault_is_its_error(parts: dict[str, Any], error: type[EmbeddingError]) -> None:
    [(record_id, outcome)] = outcomes([line(**parts)], titan())

    assert (record_id, type(outcome)) == ("a1", error)


@pytest.mark.parametrize("code", [408, 424, 429, 500, 503])
def test_what_may_go_better_is_left_open(code: int) -> None:
    assert list(outcomes([line(error={"errorCode": code, "errorMessage": "busy"}), line()], titan())) == []


def test_a_text_that_is_to_be_cut_is_left_to_the_calls_that_can_cut_it() -> None:
    lines = [line(error={"errorCode": 400, "errorMessage": "Too many input tokens. Max input tokens: 8192"})]

    assert list(outcomes(lines, titan(truncate="end"))) == []


def test_a_job_takes_so_many_records_that_their_vectors_fit_into_memory() -> None:
    assert (MIN_RECORDS, MAX_RECORDS) == (100, 50_000)
    assert most_records(titan()) == MAX_RECORDS
    assert most_records(titan(dimensions=1024)) == MAX_NUMBERS // 1024 == 48_828


def test_one_batch_model_in_the_buckets_region_can_be_embedded() -> None:
    own = SelfProvided.model_validate(OWN)
    arn = titan(model="arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0")

    assert batch_problem({"default": titan(), "own": own, "arn": arn}, REGION) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": "amazon.titan-embed-text-v1", "dimensions": 1536}, "takes no batch jobs (these do: amazon.titan"),
        ({"model": "us.amazon.titan-embed-text-v2:0"}, "is an inference profile"),
        ({"role_arn": "arn:aws:iam::123456789012:role/embed"}, "is made with a role of its own"),
        ({"region": "eu-west-1"}, "its model is in eu-west-1, and batch jobs read and write the import bucket"),
        ({"service": "sagemaker", "endpoint": "minilm", "model": None}, "only Bedrock has batch inference"),
    ],
)
def test_what_cannot_be_embedded_in_batch_is_told_with_a_remedy(change: dict[str, Any], says: str) -> None:
    problem = batch_problem({"default": titan(), "other": titan(**change)}, REGION)

    assert problem is not None
    assert "'vectors.other'" in problem
    assert says in problem
    assert "'on_demand'" in problem


def test_a_collection_that_alto_makes_no_vector_of_has_nothing_to_embed() -> None:
    assert "no vector that Alto makes" in str(batch_problem({"own": SelfProvided.model_validate(OWN)}, REGION))


def test_the_request_of_a_job_is_the_same_whenever_it_is_made() -> None:
    request = job_request(
        "alto-1-0-0-0-0", "m", role_arn="arn:r", input_uri="s3://b/in.jsonl", output_uri="s3://b/out/"
    )

    assert request == {
        "jobName": "alto-1-0-0-0-0",
        "clientRequestToken": "alto-1-0-0-0-0",
        "roleArn": "arn:r",
        "modelId": "m",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://b/in.jsonl", "s3InputFormat": "JSONL"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://b/out/"}},
        "timeoutDurationInHours": 72,
    }


def test_the_responses_are_in_a_folder_named_by_the_jobs_id() -> None:
    assert output_key("a/out/", ARN, "a/default.jsonl") == "a/out/abcdefghij12/default.jsonl.out"


class VendorError(Exception):
    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code, "Message": message}}


class FakeBedrock:
    """A client of the control plane that returns one state, or fails with one code."""

    class exceptions:  # noqa: N801 - as botocore names it
        ClientError = VendorError
        ConflictException = VendorError
        ValidationException = VendorError

    def __init__(self, *, state: str = "InProgress", code: str | None = None) -> None:
        self.state, self.code = state, code

    def _refuse(self) -> None:
        if self.code:
            raise VendorError(self.code, "The bucket is in another account.")

    def create_model_invocation_job(self, **_: Any) -> dict[str, str]:
        self._refuse()
        return {"jobArn": ARN}

    def get_model_invocation_job(self, **_: Any) -> dict[str, str]:
        return {"status": self.state, "message": "told"}

    def stop_model_invocation_job(self, **_: Any) -> None:
        self._refuse()


def jobs(**options: Any) -> BatchJobs:
    return BatchJobs(FakeBedrock(**options), role_arn="arn:aws:iam::1:role/r", bucket="b")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ThrottlingException", ModelThrottledError),
        ("ServiceQuotaExceededException", ModelQuotaError),
        ("AccessDeniedException", ModelAccessDeniedError),
        ("ValidationException", BatchInferenceRefusedError),
    ],
)
def test_a_job_that_is_not_taken_says_whether_waiting_helps(code: str, error: type[EmbeddingError]) -> None:
    with pytest.raises(error, match="A batch job with the model 'amazon"):
        jobs(code=code).start("name", titan(), "in.jsonl", "out/")


@pytest.mark.parametrize(
    ("state", "progress"),
    [
        *((state, "running") for state in ("Submitted", "Validating", "Scheduled", "InProgress", "Stopping", "New")),
        *((state, "done") for state in ("Completed", "PartiallyCompleted")),
        *((state, "failed") for state in ("Failed", "Stopped", "Expired")),
    ],
)
def test_every_state_of_bedrock_is_one_of_three_here(state: str, progress: Any) -> None:
    assert jobs(state=state).status(ARN) == BatchStatus(progress, state, "told")


def test_a_job_that_ended_before_it_could_be_stopped_is_left_alone() -> None:
    jobs(code="ConflictException").stop(ARN)


class CountingEmbedder:
    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_documents(self, config: Any, texts: Any, **_: Any) -> list[list[float]]:
        self.texts += texts
        return [[float(len(text))] for text in texts]


def test_known_texts_are_reused_and_only_the_others_are_embedded() -> None:
    refused = ModelInputError("no")
    model = CountingEmbedder()
    known = {text_hash(titan(), "a"): array("d", [1.5]), text_hash(titan(), "b"): refused}

    made = PreparedEmbedder(model, known).embed_documents(  # type: ignore[arg-type]
        titan(), ["ccc", "a", "b", "dd"], deadline=Deadline.after(1)
    )

    assert made == [[3.0], [1.5], refused, [2.0]]
    assert model.texts == ["ccc", "dd"]
