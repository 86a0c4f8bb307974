"""Finds the collection that a job loads into: always the one that it was started for."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from lambdas.errors import CollectionNotFoundError
from lambdas.jobs.job import Job, JobFailedError
from lambdas.jobs.job_store import JobStore

OTHER_COLLECTION = (
    "The collection '{name}' was deleted and created again after this import was started. Start the import again: its "
    "objects were deleted with the former collection."
)


class Collections[C](Protocol):
    """Finds collections."""

    def get(self, name: str) -> C:
        """Return the collection. Raises `CollectionNotFoundError`."""
        ...


class Target(NamedTuple):
    """The collection that a chunk is loaded into: its name as stored, unique alias, and its properties' types."""

    name: str
    alias: str
    types: Mapping[str, str]


class JobCollections[C]:
    """Finds the collections of jobs. `find_target` returns the collection that an alias points at."""

    def __init__(
        self,
        collections: Collections[C],
        jobs: JobStore,
        identify: Callable[[C], Target],
        find_target: Callable[[str], str | None],
    ) -> None:
        self._collections = collections
        self._jobs = jobs
        self._identify = identify
        self._find_target = find_target

    def find(self, job: Job) -> C:
        """Return the collection of the job. Raises `CollectionNotFoundError`.

        The splitter, which does not reach OpenSearch, takes the name from the file's address: it may be an alias. The
        first loader then settles the collection, so that a job never loads into two.
        """
        try:
            return self._collections.get(job.collection)
        except CollectionNotFoundError:
            target = None if job.alias else self._find_target(job.collection)
            if target is None:
                raise
        collection = self._collections.get(target)
        found = self._identify(collection)
        if self._jobs.move_behind_alias(job, found.name, found.alias):
            return collection
        return self._collections.get(self._jobs.get(job.id).collection)

    def check_identity(self, job: Job, collection: C) -> None:
        """Raise `JobFailedError` if the collection is not the one that the job was started for."""
        alias = self._identify(collection).alias
        if job.alias != alias and not self._jobs.claim_alias(job.id, alias):
            raise JobFailedError(OTHER_COLLECTION.format(name=job.collection))
