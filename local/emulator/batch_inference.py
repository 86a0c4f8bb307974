"""Batch inference: the job API of Bedrock's control plane, and what its jobs do with the files in S3.

A job takes the time that the fault plan says, then reads its input, runs the model on each record, and writes
`<input>.out` and `manifest.json.out` below a folder named by its id. As at AWS, the output is not in the input's
order, and a record that fails has an `error` in place of `modelOutput`.
"""

import asyncio
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import batched
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import orjson
from botocore.config import Config

from local.emulator.access import Caller
from local.emulator.bedrock import Bedrock
from local.emulator.errors import ServiceError, invalid
from local.emulator.faults import ERRORS, STRANGE, BatchPlan, FaultInjector, kind_of
from local.emulator.http11 import Request
from local.emulator.model import Embedder

ACCOUNT_ID = "123456789012"
MIN_RECORDS = 100
MAX_RECORDS = 50_000
# "Sum of in-progress and submitted batch inference jobs", for one model.
MAX_JOBS_AT_ONCE = 20
# Models that AWS lists for batch inference.
MODELS = ("amazon.titan-embed-text-v2:0", "amazon.titan-embed-image-v1")
# The model's own batches are filled from these.
RECORDS_AT_ONCE = 64
ENDED = frozenset({"Completed", "PartiallyCompleted", "Failed", "Expired", "Stopped"})
RECORD_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
REQUIRED = ("jobName", "roleArn", "modelId", "inputDataConfig", "outputDataConfig")


@dataclass
class BatchJob:
    """One job, as GetModelInvocationJob shows it."""

    arn: str
    request: dict[str, Any]
    model: str
    plan: BatchPlan
    status: str = "Submitted"
    message: str = ""
    submitted: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    counts: dict[str, int] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None
    checks: int = 0
    checked: asyncio.Event = field(default_factory=asyncio.Event)

    def check(self) -> dict[str, Any]:
        """The response of GetModelInvocationJob, which is counted."""
        shown = self.shown()
        self.checks += 1
        if self.checks >= self.plan.checks:
            self.checked.set()
        return shown

    def shown(self) -> dict[str, Any]:
        """The job as GetModelInvocationJob shows it."""
        given = {name: self.request[name] for name in (*REQUIRED, "clientRequestToken") if name in self.request}
        times = {"submitTime": self.submitted, "lastModifiedTime": self.ended or self.submitted}
        times |= {} if self.ended is None else {"endTime": self.ended}
        said = {"message": self.message} if self.message else {}
        written = {name: moment.isoformat(timespec="milliseconds") for name, moment in times.items()}
        counted = {name: count for name, count in self.counts.items() if name.endswith("RecordCount")}
        return {"jobArn": self.arn, "status": self.status, **given, **written, **said, **counted}


class BatchInference:
    """The jobs of all regions. Coroutines and handlers run on one event loop; S3 is asked in threads."""

    def __init__(
        self, bedrock: Bedrock, embedder: Embedder, s3_endpoint: str | None, injector: Callable[[], FaultInjector]
    ) -> None:
        self._bedrock = bedrock
        self._embedder = embedder
        self._s3_endpoint = s3_endpoint
        self._injector = injector
        self._jobs: dict[str, BatchJob] = {}

    def respond(self, method: str, resource: str, rest: list[str], request: Request, caller: Caller) -> dict[str, Any]:
        """The body of the response to a call of the job API. Raises ServiceError."""
        match method, resource, rest:
            case "POST", "model-invocation-job", []:
                return {"jobArn": self._create(_json_object(request.body), caller).arn}
            case "GET", "model-invocation-job", [identifier]:
                return self._job(identifier).check()
            case "POST", "model-invocation-job", [identifier, "stop"]:
                self._stop(self._job(identifier))
                return {}
            case "GET", "model-invocation-jobs", []:
                return self._list(parse_qs(request.query))
        raise ServiceError(404, "UnknownOperationException", f"{method} {request.path} is not emulated.")

    def shown(self) -> list[dict[str, Any]]:
        """All jobs, for tests to assert on."""
        return [{**job.shown(), "counts": job.counts, "plan": asdict(job.plan)} for job in self._jobs.values()]

    def forget(self) -> None:
        """Forgets the jobs that have ended."""
        self._jobs = {arn: job for arn, job in self._jobs.items() if job.status not in ENDED}

    def close(self) -> None:
        """Ends those under way."""
        for job in self._jobs.values():
            if job.task is not None:
                job.task.cancel()

    def _create(self, body: dict[str, Any], caller: Caller) -> BatchJob:
        missing = [name for name in REQUIRED if not body.get(name)]
        if missing:
            raise invalid(f"{len(missing)} validation error detected: {', '.join(missing)} must not be null.")
        token = body.get("clientRequestToken")
        same = next(
            (job for job in self._jobs.values() if token and job.request.get("clientRequestToken") == token), None
        )
        if same is not None:
            if same.request != body:
                raise ServiceError(400, "ConflictException", "The client request token was used with other parameters.")
            return same
        plan = self._injector().plan.batch
        if plan.refused:
            status, message, _ = ERRORS[plan.refused]
            raise ServiceError(status, plan.refused, message)
        model = self._bedrock.model_id(body["modelId"])
        self._bedrock.family(body["modelId"])
        if model not in MODELS:
            raise invalid(f"Batch inference is not supported for the model {body['modelId']}.")
        if sum(job.model == model and job.status not in ENDED for job in self._jobs.values()) >= MAX_JOBS_AT_ONCE:
            raise ServiceError(400, "ServiceQuotaExceededException", "You have too many batch inference jobs.")
        identifier = secrets.token_hex(6)
        arn = f"arn:aws:bedrock:{caller.region}:{ACCOUNT_ID}:model-invocation-job/{identifier}"
        job = BatchJob(arn, body, model, plan)
        self._jobs[arn] = job
        job.task = asyncio.get_running_loop().create_task(self._run(job, caller.region))
        return job

    def _job(self, identifier: str) -> BatchJob:
        found = [job for arn, job in self._jobs.items() if identifier in (arn, arn.rpartition("/")[2])]
        if not found:
            raise ServiceError(404, "ResourceNotFoundException", "The provided job identifier does not exist.")
        return found[0]

    def _stop(self, job: BatchJob) -> None:
        if job.status in ENDED:
            raise ServiceError(400, "ConflictException", f"The job is {job.status} and cannot be stopped.")
        if job.task is not None:
            job.task.cancel()
        _end(job, "Stopped")

    def _list(self, query: dict[str, list[str]]) -> dict[str, Any]:
        named, status = query.get("nameContains", [""])[0], query.get("statusEquals", [""])[0]
        shown = [job.shown() for job in self._jobs.values() if named in job.request["jobName"]]
        return {"invocationJobSummaries": [each for each in shown if not status or each["status"] == status]}

    async def _run(self, job: BatchJob, region: str) -> None:
        try:
            await asyncio.sleep(job.plan.seconds / 2)
            job.status = "InProgress"
            await asyncio.sleep(job.plan.seconds / 2)
            if job.plan.checks:
                await job.checked.wait()
            if job.plan.end in ("Failed", "Expired"):
                _end(job, job.plan.end, job.plan.message)
                return
            await self._infer(job, region)
            _end(job, job.plan.end, job.plan.message)
        except _UnusableError as error:
            _end(job, "Failed", str(error))
        except Exception as error:  # noqa: BLE001 - any error ends the job, which reports it
            _end(job, "Failed", f"{type(error).__name__}: {error}")

    async def _infer(self, job: BatchJob, region: str) -> None:
        s3 = await asyncio.to_thread(self._s3, region)
        source = job.request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"]
        records = _records(await asyncio.to_thread(_read, s3, source))
        todo = records[: job.plan.done] if job.plan.end == "PartiallyCompleted" else records
        lines, tokens, errors = [], 0, 0
        for group in batched(reversed(todo), RECORDS_AT_ONCE, strict=False):
            model = job.request["modelId"]
            for line, cost in await asyncio.gather(*(self._record(model, record, job.plan) for record in group)):
                lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY))
                tokens += cost
                errors += "error" in line
        job.counts = {
            "totalRecordCount": len(records),
            "processedRecordCount": len(todo),
            "successRecordCount": len(todo) - errors,
            "errorRecordCount": errors,
            "inputTokenCount": tokens,
        }
        folder = (
            f"{job.request['outputDataConfig']['s3OutputDataConfig']['s3Uri'].rstrip('/')}/{job.arn.rpartition('/')[2]}"
        )
        name = source.rpartition("/")[2]
        await asyncio.to_thread(_write, s3, f"{folder}/{name}.out", b"".join(lines))
        await asyncio.to_thread(_write, s3, f"{folder}/manifest.json.out", orjson.dumps(job.counts))

    async def _record(self, model: str, record: dict[str, Any], plan: BatchPlan) -> tuple[dict[str, Any], int]:
        """The output line of a record, and its input tokens."""
        line = {"modelInput": record["modelInput"], "recordId": record["recordId"]}
        family = self._bedrock.family(model)
        try:
            work = family.read(record["modelInput"])
            kind = kind_of(work.texts, plan.texts) or self._injector().for_texts(work.texts)
            if kind is not None and kind not in STRANGE:
                status, message, _ = ERRORS[kind]
                raise ServiceError(status, kind, message)
        except ServiceError as error:
            return {**line, "error": {"errorCode": error.status, "errorMessage": error.message}}, 0
        vectors = await self._embedder.embed(work.texts, work.dimensions)
        return {**line, "modelOutput": family.render(record["modelInput"], work, vectors)}, work.tokens

    def _s3(self, region: str) -> Any:
        make_client: Callable[..., Any] = boto3.client
        return make_client(
            "s3",
            endpoint_url=self._s3_endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - no secret: the local account checks none
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )


class _UnusableError(Exception):
    """The input cannot be used; the job fails with this message."""


def _end(job: BatchJob, status: str, message: str = "") -> None:
    job.status, job.message, job.ended = status, message, datetime.now(UTC)


def _records(content: bytes) -> list[dict[str, Any]]:
    """The records of an input file. Raises _UnusableError as AWS fails a job in its validation."""
    records = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise _UnusableError(f"Line {number} of the input file is not JSON.") from None
        if not isinstance(record, dict) or "modelInput" not in record or not _is_id(record.get("recordId")):
            raise _UnusableError(f"Line {number} of the input file is not a record: send recordId and modelInput.")
        records.append(record)
    if not MIN_RECORDS <= len(records) <= MAX_RECORDS:
        raise _UnusableError(
            f"The input has {len(records)} records; a batch inference job takes {MIN_RECORDS} to {MAX_RECORDS}."
        )
    return records


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and RECORD_ID.fullmatch(value) is not None


def _read(s3: Any, uri: str) -> bytes:
    if not uri.endswith(".jsonl"):
        raise _UnusableError(f"{uri} is not a JSONL file.")
    place = urlsplit(uri)
    content: bytes = s3.get_object(Bucket=place.netloc, Key=place.path[1:])["Body"].read()
    return content


def _write(s3: Any, uri: str, content: bytes) -> None:
    place = urlsplit(uri)
    s3.put_object(Bucket=place.netloc, Key=place.path[1:], Body=content)


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise invalid("The request's body is not a JSON object.")
    return document
