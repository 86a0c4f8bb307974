"""Starts, checks and stops Bedrock's batch jobs. The client of the control plane is an argument."""

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
    # Records for which Bedrock had no time are missing from the output files.
    "PartiallyCompleted": "done",
    "Failed": "failed",
    "Stopped": "failed",
    "Expired": "failed",
}
_DENIED = frozenset({"AccessDeniedException", "AccessDenied"})


class BatchStatus(NamedTuple):
    """The progress of a job, with Bedrock's own state and message."""

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
            response = self._bedrock.create_model_invocation_job(
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
        arn: str = response["jobArn"]
        return arn

    def status(self, arn: str) -> BatchStatus:
        """Return the state of a job. Raises the client's errors."""
        response = self._bedrock.get_model_invocation_job(jobIdentifier=arn)
        state = response["status"]
        return BatchStatus(_PROGRESS.get(state, "running"), state, response.get("message", "")[:_SHOWN_CHARACTERS])

    def stop(self, arn: str) -> None:
        """Stop a job. A job that has just ended is not changed."""
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
    """Return the key to which Bedrock writes the output of an input file: in a folder named by the job's id."""
    return f"{output_prefix}{arn.rpartition('/')[2]}/{input_key.rpartition('/')[2]}.out"


def _refusal(error: dict[str, Any], config: Text2VecAws) -> EmbeddingError:
    code, text = str(error.get("Code", "")), str(error.get("Message", ""))[:_SHOWN_CHARACTERS]
    subject = f"A batch job with {what(config)[0].lower()}{what(config)[1:]} in {config.region}"
    if code in ("ThrottlingException", "InternalServerException"):
        return ModelThrottledError(f"{subject} could not be started just now. It is retried automatically.")
    if code == "ServiceQuotaExceededException":
        return ModelQuotaError(f"{subject} has to wait: as many are under way as the account may have.")
    if code in _DENIED:
        return ModelAccessDeniedError(
            f"{subject} is not allowed: give the load function bedrock:CreateModelInvocationJob on it, and see that "
            "the account has access to the model in that region."
        )
    return BatchInferenceRefusedError(f"{subject} was refused: {text or code}")
