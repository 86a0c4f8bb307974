"""An import from end to end with AWS played by moto and OpenSearch by a dictionary."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import boto3

from lambdas.deadline import Deadline
from lambdas.errors import AltoError, CollectionNotFoundError
from lambdas.imports.files.newest_version import NewestVersion
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.import_service import ImportControl, ImportRequest
from lambdas.imports.loading.batch_plan import BatchPlan
from lambdas.imports.loading.job_collections import Target
from lambdas.imports.loading.load_outcome import Delivery, LoadOutcome
from lambdas.imports.loading.loader import Loader
from lambdas.imports.splitting.split_outcome import SplitOutcome
from lambdas.imports.splitting.splitter import Splitter
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.file_versions import FileVersions
from lambdas.jobs.job import Job
from lambdas.jobs.job_store import JobStore
from lambdas.jobs.queues import ChunkQueue
from lambdas.objects.model import ObjectInput

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
BUCKET = "alto-imports"
TABLE = "alto-jobs"
AWS = {"region_name": "eu-west-1", "aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


SERIAL = frozenset(
    {"get_item", "put_item", "update_item", "delete_item", "transact_write_items", "put_object", "get_object"}
)


class Serial:
    """An AWS client with one request at a time.

    moto's transactions are not isolated from concurrent requests, and it closes an S3 object that is replaced
    before it has answered who wrote it.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._client, name)
        if name not in SERIAL:
            return found

        def call(**request: Any) -> Any:
            with self._lock:
                return found(**request)

        return call


class EagerQueue(ChunkQueue):
    """A queue that delivers again at once what was put back."""

    def put_back(self, receipt_handle: str, seconds: int) -> None:
        """Wait for nothing."""
        super().put_back(receipt_handle, 0)


@dataclass
class Result:
    """The result that the fake writer returns for one object."""

    error: AltoError | None
    unchanged_since: datetime | None = None


@dataclass
class FakeWriter:
    """Keeps objects by id. `judge` may refuse an object; `after` runs when a batch is stored."""

    stored: dict[str, ObjectInput] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    judge: Callable[[ObjectInput], AltoError | None] = lambda _: None
    unchanged_since: Callable[[ObjectInput], datetime | None] = lambda _: None
    after: Callable[[], None] = lambda: None

    def write(
        self, collection: str, objects: Sequence[ObjectInput], *, deadline: Deadline, skip_unchanged: bool
    ) -> list[Result]:
        """Store what is not refused."""
        self.batches.append(len(objects))
        results = [Result(self.judge(item), self.unchanged_since(item)) for item in objects]
        self.stored |= {item.id: item for item, result in zip(objects, results, strict=True) if result.error is None}
        self.after()
        return results


class FakeCollections:
    """Knows the collections Film and Play."""

    def get(self, name: str) -> str:
        """The name itself, or the error that the registry raises."""
        if name.lower() not in {"film", "play"}:
            raise CollectionNotFoundError(f"There is no collection '{name}'. Create it with POST /v1/collections.")
        return name.capitalize()


@dataclass
class ImportWorld:
    """Bucket, table, chunk queue, and what was written and refreshed."""

    s3: Any
    sqs: Any
    dynamodb: Any
    queue_url: str = ""
    extract_url: str | None = None
    writer: FakeWriter = field(default_factory=FakeWriter)
    refreshed: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    continued: list[str] = field(default_factory=list)
    watchdogs: list[str] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    alias: str = "alto-film-1"
    aliases: dict[str, str] = field(default_factory=dict)
    announce: Callable[[Job], None] = lambda _: None

    @classmethod
    def create(cls, endpoint: str | None = None) -> "ImportWorld":
        """Empty resources in moto."""
        clients = {
            name: boto3.client(name, endpoint_url=endpoint, **AWS)  # type: ignore[call-overload]
            for name in ("s3", "sqs", "dynamodb")
        }
        world = cls(Serial(clients["s3"]), clients["sqs"], Serial(clients["dynamodb"]))
        world.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        world.queue_url = world.sqs.create_queue(QueueName="alto-load")["QueueUrl"]
        world._create_table()
        return world

    def forget_jobs(self) -> None:
        """Empty the table. moto copies it for every transaction."""
        self.dynamodb.delete_table(TableName=TABLE)
        self._create_table()

    def _create_table(self) -> None:
        self.dynamodb.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def version_the_bucket(self) -> None:
        """As in the account."""
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})

    @property
    def jobs(self) -> JobStore:
        """The jobs of this world. Pauses are noted, not taken."""
        return JobStore(self.dynamodb, TABLE, sleep=self.pauses.append, announce=self.announce)

    @property
    def queue(self) -> ChunkQueue:
        """The chunk queue."""
        return ChunkQueue(self.sqs, self.queue_url, sleep=self.pauses.append, extract_url=self.extract_url)

    def splitter(self, chunk_bytes: int = 64) -> Splitter:
        """A splitter with chunks small enough to look at."""
        versions = FileVersions(self.dynamodb, TABLE)
        return Splitter(
            S3Source(self.s3),
            self.jobs,
            self.queue,
            request_split=self.continued.append,
            newest=NewestVersion(S3Source(self.s3), self.jobs, versions, self.continued.append),
            own_bucket=BUCKET,
            chunk_bytes=chunk_bytes,
        )

    def loader(self, batch_objects: int = 480, queue: ChunkQueue | None = None) -> Loader[str]:
        """A loader that writes into the fake."""
        return Loader(
            s3=self.s3,
            source=S3Source(self.s3),
            jobs=self.jobs,
            queue=queue or self.queue,
            collections=FakeCollections(),
            writer=self.writer,
            refresh=self.refreshed.append,
            error_bucket=BUCKET,
            identify=lambda name: Target(name, self.alias.replace("film", name.lower()), self.types),
            find_target=self.aliases.get,
            plan=lambda _: BatchPlan(batch_objects, open_batches=1),
        )

    def upload(self, content: bytes, key: str = "Film/films.jsonl") -> Source:
        """Put an object, and name it as the S3 event would."""
        response = self.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return self.upload_source(key, response["ETag"].strip('"'), response.get("VersionId"))

    def upload_source(self, key: str, etag: str, version_id: str | None = None) -> Source:
        """An object that was put already."""
        return Source(bucket=BUCKET, key=key, version_id=version_id, etag=etag)

    def split(self, source: Source, chunk_bytes: int = 64) -> SplitOutcome:
        """Split with all the time in the world."""
        return self.splitter(chunk_bytes).split(source, Deadline.after(60))

    def load(self, chunk: Chunk, attempt: int = 1, batch_objects: int = 480) -> LoadOutcome:
        """Load a chunk whose message is gone from the queue."""
        return self.loader(batch_objects).load(chunk, Delivery("receipt", attempt), Deadline.after(60))

    def receive(self) -> list[tuple[Chunk, str]]:
        """Up to ten chunks that wait in the queue, with their receipt handles."""
        messages = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", [])
        return [(Chunk.model_validate_json(message["Body"]), message["ReceiptHandle"]) for message in messages]

    def chunks(self) -> list[Chunk]:
        """Everything that waits in the queue, taken out of it."""
        taken: list[Chunk] = []
        while received := self.receive():
            for chunk, receipt in received:
                taken.append(chunk)
                self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=receipt)
        return sorted(taken, key=lambda chunk: chunk.chunk)

    def job(self, source: Source) -> Job:
        """The job of an object."""
        return self.jobs.get(source.job_id)

    def error_lines(self, source: Source) -> list[dict[str, Any]]:
        """Every failed record that the job's error files name."""
        return [line for uri in self.job(source).error_files for line in self.lines_of(uri)]

    def lines_of(self, uri: str) -> list[dict[str, Any]]:
        """The JSON lines of an object."""
        body = self.s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
        return [json.loads(line) for line in body.splitlines()]


def films(count: int, start: int = 0) -> bytes:
    """JSON lines of different length, some with letters of several bytes."""
    return b"".join(
        json.dumps({"title": f"Film {number} {'é' * (number % 7)}"}, ensure_ascii=False).encode() + b"\n"
        for number in range(start, start + count)
    )


def control(world: ImportWorld, **more: Any) -> ImportControl:
    """The imports of the API, in this world."""
    return ImportControl(
        s3=world.s3,
        jobs=world.jobs,
        request_split=world.continued.append,
        schedule_watchdog=world.watchdogs.append,
        bucket=BUCKET,
        chunk_bytes=1024,
        **more,
    )


def import_request(key: str = "anywhere/films.jsonl", **more: Any) -> ImportRequest:
    """The request to import a file of the bucket."""
    return ImportRequest.model_validate({"collection": "Film", "source": f"s3://{BUCKET}/{key}"} | more)


def load_all(world: ImportWorld) -> None:
    """Split and load all that waits."""
    while world.continued:
        world.splitter().continue_job(world.continued.pop(), Deadline.after(60))
    for chunk in world.chunks():
        world.load(chunk)
