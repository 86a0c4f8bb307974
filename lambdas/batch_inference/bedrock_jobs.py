"""Bedrock's batch jobs: started, looked at and stopped. The client of the control plane is handed in."""

from typing import Any, Literal, NamedTuple

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.vendor_errors import what
from lambdas.errors import (
    BatchInferenceRefusedError,
    EmbeddingError,
    ModelAccessDeniedError,
    ModelQuotaError,
    ModelThrottledError,
)

# A job that has not ended after so long is ended by Bedrock. A week is the most, a day the least.
TIMEOUT_HOURS = 72
_SHOWN_CHARACTERS = 300

type Progress = Literal["running", "done", "failed"]

_PROGRESS: dict[str, Progress] = {
    "Submitted": "running",
    "Validating": "running",
    "Scheduled": "running",
    "InProgress": "running",
    "Stopping": "running",
    "Completed": "done",
    # Records that Bedrock had no time for are in no output file.
    "PartiallyCompleted": "done",
    "Failed": "failed",
    "Stopped": "failed",
    "Expired": "failed",
}
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})


class BatchStatus(NamedTuple):
    """How far a job is, and Bedrock's own words for it."""

    progress: Progress
    state: str
    message: str = ""


class BatchJobs:
    """The batch jobs of one region. `bedrock` is a client of the service `bedrock`, `role_arn` what the jobs run as."""

    def __init__(self, bedrock: Any, *, role_arn: str, bucket: str) -> None:
        self._bedrock = bedrock
        self._role_arn = role_arn
        self._bucket = bucket

    def start(self, name: str, config: Text2VecAws, input_key: str, output_prefix: str) -> str:
        """Start a job and return its ARN. The same name again is the same job, however often it is started.

        Raises `ModelThrottledError` or `ModelQuotaError` when there are too many jobs at the moment,
        `ModelAccessDeniedError` and `BatchInferenceRefusedError` when waiting does not help.
        """
        try:
            answer = self._bedrock.create_model_invocation_job(
                **job_request(
                    name,
                    config.target,
                    role_arn=self._role_arn,
                    input_uri=f"s3://{self._bucket}/{input_key}",
                    output_uri=f"s3://{self._bucket}/{output_prefix}",
                )
            )
        except self._bedrock.exceptions.ClientError as error:
            raise _refusal(error.response.get("Error", {}), config) from error
        arn: str = answer["jobArn"]
        return arn

    def status(self, arn: str) -> BatchStatus:
        """How far a job is. Raises what the client raises."""
        answer = self._bedrock.get_model_invocation_job(jobIdentifier=arn)
        state = answer["status"]
        return BatchStatus(_PROGRESS.get(state, "running"), state, answer.get("message", "")[:_SHOWN_CHARACTERS])

    def stop(self, arn: str) -> None:
        """Stop a job. One that ends in this moment is left alone."""
        try:
            self._bedrock.stop_model_invocation_job(jobIdentifier=arn)
        except (self._bedrock.exceptions.ConflictException, self._bedrock.exceptions.ValidationException):
            return


def job_request(name: str, model: str, *, role_arn: str, input_uri: str, output_uri: str) -> dict[str, Any]:
    """The request of CreateModelInvocationJob."""
    return {
        "jobName": name,
        "clientRequestToken": name,
        "roleArn": role_arn,
        "modelId": model,
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": input_uri, "s3InputFormat": "JSONL"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": output_uri}},
        "timeoutDurationInHours": TIMEOUT_HOURS,
    }


def output_key(output_prefix: str, arn: str, input_key: str) -> str:
    """Where Bedrock writes the answers to an input file: in a folder named by the job's id."""
    return f"{output_prefix}{arn.rpartition('/')[2]}/{input_key.rpartition('/')[2]}.out"


def _refusal(error: dict[str, Any], config: Text2VecAws) -> EmbeddingError:
    code, text = str(error.get("Code", "")), str(error.get("Message", ""))[:_SHOWN_CHARACTERS]
    subject = f"A batch job with {what(config)[0].lower()}{what(config)[1:]} in {config.region}"
    if code in ("ThrottlingException", "InternalServerException"):
        return ModelThrottledError(f"{subject} could not be started just now. It is tried again by itself.")
    if code == "ServiceQuotaExceededException":
        return ModelQuotaError(f"{subject} has to wait: as many are under way as the account may have.")
    if code in _DENIED:
        return ModelAccessDeniedError(
            f"{subject} is not allowed: give the load function bedrock:CreateModelInvocationJob on it, and see that "
            "the account has access to the model in that region."
        )
    return BatchInferenceRefusedError(f"{subject} was refused: {text or code}")
