"""Starts, undoes and finishes rebuilds: another index for a collection, which takes the place of the present one."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

from pydantic import Field, ValidationError, model_validator

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.analysis import ANALYSIS_VERSION
from lambdas.collections.checks import validate
from lambdas.collections.model import Collection, FormerIndex, Rebuild, VectorName
from lambdas.collections.names import index_name
from lambdas.collections.properties import Property
from lambdas.deadline import Deadline
from lambdas.embedding.config import HnswIndex
from lambdas.errors import ConflictError, ImportNotFoundError, InvalidRequestError
from lambdas.jobs.job import Job
from lambdas.jobs.job_response import ImportResponse, response_of
from lambdas.jobs.job_store import JobStore
from lambdas.migrating.former_index import copy_alias, discard, prepare_undo
from lambdas.models import StrictModel
from lambdas.opensearch import OpenSearch

# What a rebuild may change of a property. Its type and its text's share in vectors are part of the stored objects.
CHANGEABLE = ("tokenization", "stop_words", "folding", "searchable", "filterable", "description")


class VectorChange(StrictModel):
    """How a vector is indexed from then on; omitted settings are kept."""

    index: HnswIndex


class RebuildBody(StrictModel):
    """Changes that the new index has. Without any, it has the newest analysis of text."""

    properties: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        max_length=500,
        description="Changes by the property's name: `tokenization`, `stop_words`, `folding`, `searchable`, "
        "`filterable`, `description`. Omitted settings are kept.",
    )
    vectors: dict[VectorName, VectorChange | None] = Field(
        default_factory=dict,
        max_length=20,
        description="Changes of a vector's `index` (distance, graph, compression); `null` drops the vector, which "
        "frees its memory.",
    )
    default_vector: VectorName | None = Field(default=None, description="The default from then on; as now, if omitted.")
    shards: int | None = Field(default=None, ge=1, le=20, description="As now, if omitted.")

    @model_validator(mode="after")
    def _changes_are_known(self) -> Self:
        for name, change in self.properties.items():
            for setting in change:
                if setting not in CHANGEABLE:
                    raise ValueError(
                        f"properties.{name}.{setting} cannot be changed by a rebuild: it changes "
                        f"{', '.join(CHANGEABLE)}"
                    )
        return self


class UndoneRebuild(StrictModel):
    """The result of undoing a rebuild."""

    collection: Collection
    job: ImportResponse | None = Field(
        description="The job that brings the former index back. Null: the rebuild was under way and was given up."
    )


class Rebuilds:
    """Starts, undoes and finishes rebuilds."""

    def __init__(
        self,
        *,
        engine: OpenSearch,
        collections: CollectionAdmin,
        jobs: JobStore,
        request_split: Callable[[str], None],
        schedule_watchdog: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._collections = collections
        self._jobs = jobs
        self._request_split = request_split
        self._schedule_watchdog = schedule_watchdog
        self._now = now

    def start(self, name: str, body: RebuildBody, *, deadline: Deadline) -> ImportResponse:
        """Create the new index, and return the job that fills it and lets it take the place of the present one.

        Raises `CollectionNotFoundError`, `ConflictError` while another rebuild is under way or can be undone,
        `InvalidRequestError` for a change that does not fit, `ClusterFullError`.
        """
        job_id = str(uuid4())

        def begin(before: Collection) -> Collection:
            self._reject_unfinished(before)
            if before.former is not None:
                raise ConflictError(
                    f"The index before the last rebuild of '{before.name}' is still kept: finish that rebuild with "
                    f"POST /v1/collections/{before.name}/rebuild/finish, or undo it."
                )
            after = changed(before, body)
            # A collection that had more before the limit may keep them.
            if body.shards is not None:
                self._collections.check_shards(after)
            self._collections.indices.create(after, copy_alias(after))
            rebuild = Rebuild(job=job_id, index_number=after.index_number)
            return before.model_copy(update={"rebuild": rebuild})

        return self._begin(name, begin, job_id, deadline)

    def undo(self, name: str, *, deadline: Deadline) -> UndoneRebuild:
        """Give up the rebuild that is under way; or go back to the index before the last one, which takes a job.

        Raises `CollectionNotFoundError`, `ConflictError` when nothing is there to undo.
        """
        job_id = str(uuid4())
        abandoned: list[Rebuild] = []

        def begin(before: Collection) -> Collection:
            if before.rebuild is not None:
                self._jobs.cancel(before.rebuild.job, "The rebuild was undone.")
                discard(self._engine, self._collections, before, before.rebuild)
                abandoned.append(before.rebuild)
                # With a generation of its own the next copy has another alias, or later versions: a function that
                # does not know yet that this one was given up cannot write into it.
                return before.model_copy(update={"rebuild": None, "generation": before.generation + 1})
            if before.former is None:
                raise ConflictError(f"'{before.name}' has no rebuild to undo: none is under way, and no index is kept.")
            number = before.former.index_number
            prepare_undo(self._engine, self._collections, before, index_name(before.name, number))
            return before.model_copy(update={"rebuild": Rebuild(job=job_id, index_number=number, undo=True)})

        collection = self._collections.change(name, begin, deadline, here_only=True)
        return UndoneRebuild(collection=collection, job=None if abandoned else self._start_job(collection))

    def finish(self, name: str, *, deadline: Deadline) -> Collection:
        """Delete the index before the last rebuild: it cannot be undone any more.

        Raises `CollectionNotFoundError`, `ConflictError` when none is kept or a rebuild is under way.
        """

        def end(before: Collection) -> Collection:
            self._reject_unfinished(before)
            if before.former is None:
                raise ConflictError(f"'{before.name}' keeps no index of before a rebuild.")
            self._collections.indices.drop(index_name(before.name, before.former.index_number))
            # Also an undo whose starter died before it stored the job.
            return before.model_copy(update={"former": None, "rebuild": None})

        return self._collections.change(name, end, deadline, here_only=True)

    def _reject_unfinished(self, collection: Collection) -> None:
        if collection.rebuild is None:
            return
        try:
            job = self._jobs.get(collection.rebuild.job)
        except ImportNotFoundError:
            # Its starter died before it stored the job: the rebuild begins again.
            return
        raise ConflictError(
            f"A rebuild of '{collection.name}' is {job.state}: wait for the job {job.id}, resume it, or give it up "
            f"with POST /v1/collections/{collection.name}/rebuild/undo."
        )

    def _begin(
        self, name: str, begin: Callable[[Collection], Collection], job_id: str, deadline: Deadline
    ) -> ImportResponse:
        return self._start_job(self._collections.change(name, begin, deadline, here_only=True), job_id)

    def _start_job(self, collection: Collection, job_id: str | None = None) -> ImportResponse:
        rebuild = collection.rebuild
        assert rebuild is not None  # it was just begun
        job_id = job_id or rebuild.job
        self._schedule_watchdog(job_id)
        expected = self._engine.request("POST", f"/{collection.alias}/_count", {})["count"]
        job = Job.rebuilding(
            collection.name,
            rebuild.index_number,
            alias=collection.identity,
            expected=expected,
            now=self._now(),
            job_id=job_id,
        )
        self._jobs.create(job)
        self._request_split(job_id)
        return response_of(job)


def changed(before: Collection, body: RebuildBody) -> Collection:
    """Return the collection as it is after a rebuild. Raises `InvalidRequestError`. Pure."""
    known = {item.name for item in before.properties}
    for kind, names, has in (("properties", body.properties, known), ("vectors", body.vectors, before.vectors)):
        for name in names:
            if name not in has:
                raise InvalidRequestError.at(
                    f"{kind}.{name}", f"is not one of the {kind} of '{before.name}': {', '.join(has) or 'it has none'}"
                )
    properties = [_change_property(item, body.properties.get(item.name, {})) for item in before.properties]
    vectors = {}
    for name, config in before.vectors.items():
        change = body.vectors.get(name)
        if change is not None:
            index = config.index.model_copy(update=change.index.model_dump(exclude_unset=True))
            vectors[name] = config.model_copy(update={"index": index})
        elif name not in body.vectors:
            vectors[name] = config
    default = body.default_vector or before.default_vector
    if default is not None and default in before.vectors and default not in vectors:
        problem = f"is the default of searches: give 'default_vector' too, one of {', '.join(vectors) or 'none'}"
        raise InvalidRequestError.at(f"vectors.{default}", problem)
    generation = before.generation + 1
    return validate(
        before.model_copy(
            update={
                "properties": properties,
                "vectors": vectors,
                "default_vector": default,
                "filling": {name: job for name, job in before.filling.items() if name in vectors},
                "index": before.index.model_copy(update={"shards": body.shards} if body.shards else {}),
                "analysis": ANALYSIS_VERSION,
                "generation": generation,
                # Generations only grow, so no number comes twice.
                "index_number": generation + 1,
                "rebuild": None,
                "former": FormerIndex(index_number=before.index_number),
            }
        )
    )


def _change_property(item: Property, change: dict[str, Any]) -> Property:
    try:
        return Property.model_validate(item.model_dump() | change)
    except ValidationError as error:
        problem = error.errors()[0]
        field = ".".join(["properties", item.name, *map(str, problem["loc"])])
        raise InvalidRequestError.at(field, problem["msg"][:1].lower() + problem["msg"][1:]) from None
