"""The steps of a fill that need the collection: list its objects, find what was missed, note that it is done."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lambdas.batch_inference.coordinator import BatchInference
from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import EmbeddingTimeoutError
from lambdas.imports.files.s3_multipart import GrowingObject
from lambdas.imports.loading.record_batches import is_transient
from lambdas.jobs.job import Job, JobFailedError
from lambdas.migrating.filler import VectorFiller
from lambdas.objects.model import ObjectInput
from lambdas.opensearch import OpenSearch
from lambdas.records.object_list import list_lines

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

JSONL = "application/jsonl"
IDS_OF_PAGE = 10_000
MISSED_OF_PAGE = 500
FINISH_SECONDS = 120.0


class FillSteps:
    """Lists, fills and finishes. `batch` embeds by batch inference, if the deployment has it."""

    def __init__(
        self,
        *,
        engine: OpenSearch,
        s3: "S3Client",
        admin: CollectionAdmin,
        writer: VectorFiller,
        batch: BatchInference | None,
    ) -> None:
        self._engine = engine
        self._s3 = s3
        self._admin = admin
        self.writer = writer
        self.batch = batch

    def narrow(self, collection: Collection, vector: str) -> Collection:
        """Return the collection with only this vector. Raises `JobFailedError` if it has no such vector."""
        return narrow(collection, vector)

    def list_objects(self, job: Job, collection: Collection, deadline: Deadline) -> None:
        """Write the ids of all objects to the job's file, unless it is written already.

        S3 announces the file, and the splitter goes on from there. An object that is inserted after this got its vector
        from its writer.
        """
        self._admin.indices.retire_others(collection)
        if self._is_listed(job):
            return
        self._engine.request("POST", f"/{collection.alias}/_refresh", timeout=max(1.0, deadline.remaining()))
        # Its message may be delivered twice: a list that is being read must not be replaced by another.
        target = GrowingObject(self._s3, job.source.bucket, job.source.key, JSONL, replaces=False)
        for page in self._ids(collection):
            target.write(list_lines(page))
        if not target.size:
            # S3 objects that fills read are never empty: an empty one is not listed yet.
            target.write(b"\n")
        target.close()

    def finish(self, job: Job, collection: Collection) -> None:
        """Fill the objects that still lack the vector, and note that it is filled, unless the model refuses some.

        A request that was already being carried out when the vector was added may have stored an object without it.
        """
        refused = 0
        vector = str(job.vector)
        deadline = Deadline.after(FINISH_SECONDS)
        narrowed = narrow(collection, vector)
        if vector in narrowed.made_by_alto:
            for page in self._ids(collection, {"bool": {"must_not": {"exists": {"field": f"vectors.{vector}"}}}}):
                for start in range(0, len(page), MISSED_OF_PAGE):
                    ids = page[start : start + MISSED_OF_PAGE]
                    results = self.writer.write(
                        narrowed, [ObjectInput(each, {}, {}) for each in ids], deadline=deadline
                    )
                    waiting = next((each.error for each in results if is_transient(each.error)), None)
                    if waiting is not None:
                        raise waiting
                    refused += sum(each.error is not None for each in results)
                    if deadline.passed:
                        raise EmbeddingTimeoutError("There was no time to fill all objects that lack the vector.")

        if refused:
            # Another fill finds them again, and until then a search by the vector says its share.
            return

        def change(before: Collection) -> Collection:
            filling = {name: job_id for name, job_id in before.filling.items() if (name, job_id) != (vector, job.id)}
            return before.model_copy(update={"filling": filling})

        self._admin.change(collection.name, change, deadline)

    def _is_listed(self, job: Job) -> bool:
        try:
            self._s3.head_object(Bucket=job.source.bucket, Key=job.source.key)
        except self._s3.exceptions.ClientError:
            return False
        return True

    def _ids(self, collection: Collection, query: dict[str, Any] | None = None) -> Iterator[list[str]]:
        """Yield the ids of all objects that match, in pages."""
        after: list[Any] | None = None
        while True:
            body = {
                "size": IDS_OF_PAGE,
                "sort": [{"id": "asc"}],
                "query": query or {"match_all": {}},
                "_source": False,
                "track_total_hits": False,
            } | ({"search_after": after} if after else {})
            hits = self._engine.request("POST", f"/{collection.alias}/_search", body)["hits"]["hits"]
            if not hits:
                return
            yield [hit["_id"] for hit in hits]
            after = hits[-1]["sort"]


def narrow(collection: Collection, vector: str) -> Collection:
    """Return the collection with only this vector. Raises `JobFailedError` if it has no such vector."""
    if vector not in collection.vectors:
        raise JobFailedError(f"The collection '{collection.name}' has no vector '{vector}' any more.")
    return collection.model_copy(update={"vectors": {vector: collection.vectors[vector]}})
