"""The import API: start, upload, list, cancel, resume, retry failed records."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid4, uuid5

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from lambdas.collections.model import CollectionName
from lambdas.errors import ConflictError, ErrorDetail, InvalidRequestError, abbreviate
from lambdas.imports.files.newest_version import original_source
from lambdas.imports.files.s3_notifications import OWN_PREFIX, SUFFIXES
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.files.upload_metadata import UploadMetadata
from lambdas.imports.files.uploads import MAX_FILE_BYTES, MIB, PART_BYTES, URL_SECONDS, FileName, Upload, Uploads
from lambdas.imports.splitting.chunk_planner import Planner
from lambdas.imports.splitting.job_planner import plan_job
from lambdas.jobs.chunk import Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import STALLED_AFTER, Job, JobFailedError, JobState
from lambdas.jobs.job_response import MAX_DEAD_CHUNKS, ImportResponse, dead_chunk, response_of
from lambdas.jobs.job_store import JobStore
from lambdas.models import StrictModel

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# How an error file is read.
RETRIED_IN_BATCH = ImportOptions(format="jsonl", gzip=False, embedding="batch")

# S3's rules for the names of buckets, and for keys: at most 1,024 bytes.
BUCKET_NAME = re.compile(r"(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
MAX_KEY_BYTES = 1024


def _s3_uri(text: str) -> str:
    bucket, slash, key = text.removeprefix("s3://").partition("/")
    if not (text.startswith("s3://") and slash and key):
        raise ValueError(f"must be s3://<bucket>/<key>, not {abbreviate(text)}")
    if not BUCKET_NAME.fullmatch(bucket):
        raise ValueError(
            f"{abbreviate(bucket)} is not the name of a bucket: S3's have 3 to 63 lower-case letters, digits, hyphens "
            "and single dots"
        )
    if len(key.encode()) > MAX_KEY_BYTES:
        raise ValueError(f"the key has more than {MAX_KEY_BYTES:,} bytes, which is S3's limit")
    return text


S3Uri = Annotated[str, StringConstraints(max_length=1100), AfterValidator(_s3_uri)]


class ImportBody(StrictModel):
    """An object in S3 to import, or the name of a file that is going to be uploaded."""

    source: S3Uri | None = Field(default=None, description="s3://bucket/key, in a bucket that Alto may read.")
    file_name: FileName | None = Field(
        default=None, description="Instead of `source`: the response has a URL to upload the file to."
    )
    file_size: Annotated[int, Field(ge=0, le=MAX_FILE_BYTES)] | None = Field(
        default=None, description=f"Bytes of that file. One above {PART_BYTES // MIB} MiB is then sent in parts."
    )
    options: ImportOptions = ImportOptions()
    repeat: bool = Field(
        default=False, description="Import the same content again. Otherwise the response is the job that imported it."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.source is None) == (self.file_name is None):
            raise ValueError("give either 'source' (an object in S3) or 'file_name' (a file that you will upload)")
        if self.file_size is not None and self.file_name is None:
            raise ValueError("file_size is the size of a file that you will upload: S3 knows that of a 'source'")
        return self

    @property
    def source_key(self) -> str:
        """The key of the object in S3; empty for an upload."""
        return (self.source or "").removeprefix("s3://").partition("/")[2]


class ImportRequest(ImportBody):
    """An import into a collection, which the path of the request names."""

    collection: CollectionName

    @classmethod
    def into(cls, collection: str, body: ImportBody) -> Self:
        """Return the import that a body asks for, into the collection of this name."""
        return cls(collection=collection, **{name: getattr(body, name) for name in ImportBody.model_fields})


class KeptImport(StrictModel):
    """Stored for the Idempotency-Key of a start: no signed URL, which is a secret and valid for an hour only."""

    id: str
    upload_id: str | None = None


class StartedImport(StrictModel):
    """The id under which the import can be followed; its job, or where to upload the file first."""

    id: str
    job: ImportResponse | None = None
    upload: Upload | None = None

    @property
    def kept(self) -> KeptImport:
        """The values from which this response can be made again."""
        parts = self.upload.parts if self.upload else None
        return KeptImport(id=self.id, upload_id=parts.upload_id if parts else None)


class ImportList(StrictModel):
    """Jobs, the newest first."""

    imports: list[ImportResponse]
    next: str | None = Field(description="Send it as `after` to get the following jobs; null on the last page.")


class ImportControl:
    """Starts and controls jobs.

    `request_split` has the split function split a job. `schedule_watchdog` has it do so some minutes later unless it
    has begun: it is called before a job is stored, because a caller may stop between storing it and `request_split`.
    """

    def __init__(
        self,
        *,
        s3: "S3Client",
        jobs: JobStore,
        request_split: Callable[[str], None],
        schedule_watchdog: Callable[[str], None],
        bucket: str,
        chunk_bytes: int,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._s3 = s3
        self._source = S3Source(s3)
        self._jobs = jobs
        self._request_split = request_split
        self._schedule_watchdog = schedule_watchdog
        self._bucket = bucket
        self._planner = Planner(self._source, bucket)
        self._chunk_bytes = chunk_bytes
        self._now = now
        self.uploads = Uploads(s3, bucket, now)

    def start(
        self, request: ImportRequest, batch_problem: str | None = None, alias: str | None = None
    ) -> StartedImport:
        """Start the import of an object, or return the URL for a file. The collection must exist.

        `alias` is the unique alias of the collection: the job loads into no later one of this name. `batch_problem`
        says why the collection cannot be embedded by batch inference, if it cannot. Raises `InvalidRequestError` when
        that is asked for, when the object cannot be read or its format is not known.
        """
        if batch_problem and request.options.embedding == "batch":
            raise InvalidRequestError(batch_problem, [ErrorDetail("options.embedding", batch_problem)])
        if request.file_name is not None:
            return self.started(request, KeptImport(id=str(uuid4())), alias)
        bucket, _, key = str(request.source).removeprefix("s3://").partition("/")
        options = self._resolved(request.options, key)
        try:
            found = self._source.find(bucket, key)
            job_id = str(uuid4()) if request.repeat else _id_of(found.source, alias or request.collection, options)
            job = plan_job(
                self._planner,
                found,
                request.collection,
                options=options,
                chunk_bytes=self._chunk_bytes,
                now=self._now(),
                job_id=job_id,
                alias=alias,
            )
        except JobFailedError as error:
            raise InvalidRequestError(error.reason) from None
        return self._started(job)

    def started(self, request: ImportRequest, kept: KeptImport, alias: str | None = None) -> StartedImport:
        """Return the import that this request started: its job, or new URLs for its file.

        Raises `ImportNotFoundError`, and `InvalidRequestError` when the format of the file is not known.
        """
        if request.file_name is not None:
            return self._upload(request, request.file_name, kept, alias)
        return StartedImport(id=kept.id, job=self.get(kept.id))

    def get(self, import_id: str, collection: str | None = None) -> ImportResponse:
        """Return the job, with a URL to its error file. Raises `ImportNotFoundError`.

        With `collection`, only a job into a collection of this name: a caller's rights may end there.
        """
        job = self._jobs.get(import_id, collection)
        if job.state is JobState.LOADING:
            job = job.with_live(self._jobs.live_chunks(import_id))
        dead = list(islice(self._jobs.dead_letters(import_id), MAX_DEAD_CHUNKS)) if job.chunks_dead else []
        return self._shown(job).model_copy(update={"dead_chunks": [dead_chunk(*letter) for letter in dead]})

    def find(self, import_id: str) -> ImportResponse:
        """Return the job, whichever its collection. Without a URL to its error file, which has records of that."""
        return self.get(import_id).model_copy(update={"error_file_url": None})

    def list(self, limit: int, after: str | None, collection: str | None = None) -> ImportList:
        """Return a page of jobs, the newest first: those into a collection of this name, or all."""
        if after == "":
            raise InvalidRequestError.at(
                "after", "must be the 'next' of the page before, not \"\": leave it out to begin"
            )
        jobs, following = self._jobs.list(limit, after, collection)
        shown = [response_of(job, self._now()) if collection is None else self._shown(job) for job in jobs]
        return ImportList(imports=shown, next=following)

    def cancel(self, import_id: str, collection: str | None = None) -> ImportResponse:
        """Stop a job. Stored objects stay. Raises `ImportNotFoundError`, `ConflictError`."""
        job = self._jobs.get(import_id, collection)
        if not self._jobs.cancel(import_id):
            raise ConflictError(f"The import is {job.state} already: there is nothing to cancel.")
        if job.options.embedding == "batch":
            self._request_split(import_id)
        return self.get(import_id)

    def resume(self, import_id: str, collection: str | None = None) -> ImportResponse:
        """Continue a job that failed, was cancelled, has dead chunks or is stalled. Counted chunks stay counted.

        Repeating it repeats the steps that may have been missed. Raises `ImportNotFoundError`, `ConflictError`.
        """
        job = self._jobs.get(import_id, collection)
        if job.can_be_resumed(self._now()):
            self._reject_old_version(job)
            self._schedule_watchdog(import_id)
            for chunk in list(self._jobs.dead_chunks(import_id)):
                self._jobs.revive(job, chunk)
            if not self._jobs.resume(job):
                # It was changed concurrently.
                return self.resume(import_id)
        elif job.state is not JobState.SPLITTING and not job.is_settled:
            raise ConflictError(
                f"The import is {job.state}. Only a failed, cancelled or incomplete import, or one without progress "
                f"for {STALLED_AFTER.total_seconds() / 60:.0f} minutes, can be resumed."
            )
        self._request_split(import_id)
        return self.get(import_id)

    def retry_failed(self, import_id: str, collection: str | None = None) -> StartedImport:
        """Start a job with the failed records of this one, under the ids that they would have had.

        Raises `ImportNotFoundError`, `ConflictError`.
        """
        job = self._jobs.get(import_id, collection)
        if job.state is not JobState.COMPLETED or job.error_file is None:
            raise ConflictError(
                f"The import is {job.state} with {job.failed} failed records. Only failed records of a completed "
                "import can be retried."
            )
        if job.options.is_documents:
            raise ConflictError(
                "Documents are not retried: their files have not changed. Import the file again with 'repeat' true: "
                "documents that are stored already are unchanged, and cost nothing."
            )
        self._reject_old_version(job)
        try:
            found = self._source.find(self._bucket, job.error_file.removeprefix(f"s3://{self._bucket}/"))
        except JobFailedError as error:
            raise ConflictError(error.reason) from None
        again_as = RETRIED_IN_BATCH if job.options.embedding == "batch" else job.options
        again = Job.planned(
            found.source,
            job.collection,
            size=found.size,
            chunk_bytes=self._planner.least_chunk_bytes(found.source, again_as, found.size, self._chunk_bytes),
            now=self._now(),
            options=job.options,
            columns=job.columns,
            job_id=str(uuid4()),
            retry_of=job.id,
            alias=job.alias,
            content_id=job.content_id,
            vector=job.vector,
        )
        return self._started(again)

    def _reject_old_version(self, job: Job) -> None:
        """Raise `ConflictError` if the job would overwrite objects of a newer version of its file."""
        if job.kind != "import":
            return  # no other job writes its file, if it has one
        file = original_source(self._jobs, job)
        if not self._source.is_newest(file):
            raise ConflictError(
                f"{file.uri} has a newer version, which another job imports: this import would overwrite its objects. "
                "To import the older version, copy it to another key."
            )

    def _started(self, job: Job) -> StartedImport:
        self._schedule_watchdog(job.id)
        if self._jobs.create(job) or self._jobs.get(job.id).state is JobState.SPLITTING:
            # Sent again for a job that is being split: the request that created it may have stopped before.
            self._request_split(job.id)
        return StartedImport(id=job.id, job=self.get(job.id))

    def _upload(self, request: ImportRequest, file_name: str, kept: KeptImport, alias: str | None) -> StartedImport:
        self._resolved(request.options, file_name)
        about = UploadMetadata(kept.id, request.options, alias)
        upload = self.uploads.begin(request.collection, file_name, about, request.file_size, kept.upload_id)
        self._jobs.expect_upload(kept.id, file_name, request.collection)
        return StartedImport(id=kept.id, upload=upload)

    def _resolved(self, options: ImportOptions, key: str) -> ImportOptions:
        resolved = options.resolved(key)
        if resolved is None:
            raise InvalidRequestError(
                f"'{key}' has no ending that names its format: set options.format, or use one of {', '.join(SUFFIXES)}."
            )
        if key.startswith(OWN_PREFIX):
            raise InvalidRequestError(
                f"'{key}' is one of Alto's own files. To retry failed records, use POST .../imports/{{id}}/retry."
            )
        return resolved

    def _shown(self, job: Job) -> ImportResponse:
        shown = response_of(job, self._now())
        if job.error_file is None:
            return shown
        key = job.error_file.removeprefix(f"s3://{self._bucket}/")
        url: Any = self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=URL_SECONDS
        )
        return shown.model_copy(update={"error_file_url": url})


def _id_of(source: Source, alias: str, options: ImportOptions) -> str:
    """The same content, read in the same way into the same collection, is the same job."""
    how = f"{alias}#{options.model_dump_json()}"
    return str(uuid5(NAMESPACE_URL, f"{source.uri}#{source.version_id or source.etag}#{quote(how)}"))
