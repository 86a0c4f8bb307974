"""Adds vectors to a collection that is in use, and starts the jobs that fill them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from pydantic import Field

from lambdas.aws.credentials import AwsCredentials
from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.checks import validate
from lambdas.collections.model import Collection, VectorName, has_no_room_for_vectors
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws, VectorConfig
from lambdas.errors import ConflictError, ImportNotFoundError, InvalidRequestError, NotFoundError
from lambdas.imports.files.s3_notifications import list_key
from lambdas.jobs.chunk import Source
from lambdas.jobs.import_options import Embedding, ImportOptions
from lambdas.jobs.job import Job
from lambdas.jobs.job_response import ImportResponse, response_of
from lambdas.jobs.job_store import JobStore
from lambdas.models import StrictModel

MAX_VECTORS = 20


class FillBody(StrictModel):
    """How the vectors of objects that are stored are made."""

    embedding: Embedding = Field(
        default="on_demand", description="`batch`: by Bedrock's batch inference, at half the price and within hours."
    )


class AddVectorsBody(FillBody):
    """Vectors to add to a collection."""

    vectors: Annotated[dict[VectorName, VectorConfig], Field(min_length=1, max_length=MAX_VECTORS)] = Field(
        description="As in `POST /v1/collections`, by name. A name that the collection has is a conflict."
    )


class AddedVectors(StrictModel):
    """The collection with its new vectors, and the jobs that fill them."""

    collection: Collection
    jobs: dict[VectorName, ImportResponse] = Field(
        description="A job for each added vector that Alto makes: `/v1/collections/{name}/imports/{id}` follows it."
    )


class VectorMigration:
    """Adds vectors, and starts fills. `batch_problem` says why a collection cannot be embedded in batches."""

    def __init__(
        self,
        *,
        collections: CollectionAdmin,
        jobs: JobStore,
        request_split: Callable[[str], None],
        schedule_watchdog: Callable[[str], None],
        bucket: str,
        batch_problem: Callable[[Collection], str | None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._collections = collections
        self._jobs = jobs
        self._request_split = request_split
        self._schedule_watchdog = schedule_watchdog
        self._bucket = bucket
        self._batch_problem = batch_problem
        self._now = now

    def add(
        self, name: str, body: AddVectorsBody, *, deadline: Deadline, credentials: AwsCredentials | None = None
    ) -> AddedVectors:
        """Add vectors: from now on every write makes them, and a job for each fills the objects that are there.

        Raises `CollectionNotFoundError`, `ConflictError` for a name that is taken, `InvalidRequestError`.
        """
        vectors = self._collections.models.complete_vectors(body.vectors, deadline, credentials)
        ids = {each: str(uuid4()) for each, config in vectors.items() if isinstance(config, Text2VecAws)}

        def extend(before: Collection) -> Collection:
            taken = [each for each in vectors if each in before.vectors]
            if taken:
                raise ConflictError(
                    f"The collection '{before.name}' has a vector '{taken[0]}' already: add the new one under another "
                    f"name. To go on filling it, send POST /v1/collections/{before.name}/vectors/{taken[0]}/fill."
                )
            if has_no_room_for_vectors(before):
                raise InvalidRequestError(
                    f"The index of '{before.name}' was made without vectors and cannot take any: rebuild it with "
                    f"POST /v1/collections/{before.name}/rebuild, then add them."
                )
            change = {
                "vectors": before.vectors | vectors,
                # Another vector must not change or end what searches do that name none: it has no object's vector yet.
                "default_vector": before.vector_of_searches,
                "filling": before.filling | ids,
                "generation": before.generation + 1,
            }
            after = validate(before.model_copy(update=change))
            self._check_batch(after, body, list(ids))
            return after

        collection = self._collections.change(name, extend, deadline)
        return AddedVectors(
            collection=collection, jobs={each: self._start(collection, each, body, ids[each]) for each in ids}
        )

    def fill(self, name: str, vector: str, body: FillBody, *, deadline: Deadline) -> ImportResponse:
        """Start a job that gives a vector to all objects that lack it, unless one is at work: that is returned then.

        Raises `CollectionNotFoundError`, `NotFoundError` for a vector that the collection does not have.
        """
        job_id = str(uuid4())
        running: list[Job] = []

        def mark(before: Collection) -> Collection:
            if vector not in before.vectors:
                raise NotFoundError(f"The collection '{before.name}' has no vector '{vector}'.")
            if vector not in before.made_by_alto:
                raise InvalidRequestError(
                    f"The vector '{vector}' of '{before.name}' is not made by Alto: send it with each object."
                )
            self._check_batch(before, body, [vector])
            running.extend(self._unfinished(before.filling.get(vector)))
            return before if running else before.model_copy(update={"filling": before.filling | {vector: job_id}})

        collection = self._collections.change(name, mark, deadline)
        return response_of(running[0]) if running else self._start(collection, vector, body, job_id)

    def _check_batch(self, collection: Collection, body: FillBody, vectors: list[str]) -> None:
        if body.embedding == "batch":
            made = {each: collection.vectors[each] for each in vectors}
            problem = self._batch_problem(collection.model_copy(update={"vectors": made}))
            if problem is not None:
                raise InvalidRequestError.at("embedding", f"is 'batch', but {problem[0].lower()}{problem[1:]}")

    def _unfinished(self, job_id: str | None) -> list[Job]:
        if job_id is None:
            return []
        try:
            job = self._jobs.get(job_id)
        except ImportNotFoundError:
            return []
        return [job] if job.unfinished else []

    def _start(self, collection: Collection, vector: str, body: FillBody, job_id: str) -> ImportResponse:
        self._schedule_watchdog(job_id)
        source = Source(bucket=self._bucket, key=list_key(job_id), etag="")
        options = ImportOptions(format="jsonl", gzip=False, embedding=body.embedding)
        job = Job.fill(
            source,
            collection.name,
            vector,
            alias=collection.identity,
            options=options,
            now=self._now(),
            job_id=job_id,
        )
        self._jobs.create(job)
        self._request_split(job_id)
        return response_of(job)
