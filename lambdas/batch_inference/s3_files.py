"""The files of batch inference: texts out to S3, vectors in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from lambdas.batch_inference.bedrock_jobs import output_key
from lambdas.batch_inference.file_format import (
    MAX_INPUT_BYTES,
    MIN_RECORDS,
    Outcome,
    input_line,
    most_records,
    outcomes,
)
from lambdas.batch_inference.state_store import BatchInferenceState, VectorBatch
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.imports.files.s3_multipart import GrowingObject
from lambdas.imports.files.s3_notifications import OWN_PREFIX
from lambdas.imports.loading.batch_plan import BATCH_OBJECTS
from lambdas.imports.loading.record_batches import group_records
from lambdas.jobs.chunk import Chunk
from lambdas.objects.model import ObjectInput
from lambdas.records.byte_lines import BLOCK_BYTES, split_lines
from lambdas.records.read_records import ImportRecord

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Seconds kept back for the steps after writing.
RESERVE_SECONDS = 40.0
JSONL = "application/jsonl"


class _Input:
    """The input file of one vector. A text that comes again is written once."""

    def __init__(self, config: Text2VecAws, target: GrowingObject) -> None:
        self._config = config
        self.target = target
        self.records: set[str] = set()

    def add(self, texts: Iterable[str]) -> None:
        for text in texts:
            line = input_line(self._config, text)
            if line is not None and line[0] not in self.records:
                self.records.add(line[0])
                self.target.write(line[1])


class TextSource(Protocol):
    """Says which texts have to be embedded."""

    def texts_to_embed(self, collection: Collection, objects: Sequence[ObjectInput]) -> dict[str, list[str]]:
        """Return the texts by vector."""
        ...


class BatchFiles:
    """Writes the texts of records, and reads their vectors. `writer` says which texts have to be embedded."""

    def __init__(
        self,
        s3: "S3Client",
        bucket: str,
        writer: TextSource,
        *,
        token: Callable[[], str] = lambda: uuid4().hex[:8],
        most: int | None = None,
    ) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._writer = writer
        self._token = token
        self._most = most

    def write(
        self, chunk: Chunk, attempt: int, records: Iterable[ImportRecord], collection: Collection, deadline: Deadline
    ) -> BatchInferenceState:
        """Write the texts of a chunk's records, of as many as one job takes and there is time for.

        Concurrent loaders write different files, since one may write more records: the files of the stored
        `BatchInferenceState` count.
        """
        configs = collection.made_by_alto
        # Bedrock takes files that end in .jsonl. S3 announces them, and the splitter ignores keys below Alto's own
        # prefix.
        place = f"{chunk.chunk:08}-{chunk.part:04}-{attempt}-{self._token()}"
        folder = f"{OWN_PREFIX}imports/{chunk.job_id}/batch/{place}/"
        keys = {name: f"{folder}{name}.jsonl" for name in configs}
        inputs = {
            name: _Input(config, GrowingObject(self._s3, self._bucket, keys[name], JSONL))
            for name, config in configs.items()
        }
        most = self._most or min(most_records(config) for config in configs.values())
        begun, end = False, chunk.end
        for batch in group_records(records, min(BATCH_OBJECTS, most)):
            full = any(
                len(each.records) + len(batch.records) > most or each.target.size > MAX_INPUT_BYTES
                for each in inputs.values()
            )
            if begun and (full or deadline.remaining() < RESERVE_SECONDS):
                end = batch.records[0].start
                break
            begun = True
            items = [record.item for record in batch.records if isinstance(record.item, ObjectInput)]
            for name, texts in self._writer.texts_to_embed(collection, items).items():
                inputs[name].add(texts)
        jobs = []
        for name, each in inputs.items():
            # Fewer than the minimum of a job are embedded on demand.
            if len(each.records) >= MIN_RECORDS:
                each.target.close()
                output = f"{folder}out/"
                jobs.append(
                    VectorBatch(vector=name, input_key=keys[name], output_prefix=output, records=len(each.records))
                )
        return BatchInferenceState(chunk=chunk, end=end, attempt=attempt, jobs=tuple(jobs))

    def read(self, batch: BatchInferenceState, collection: Collection) -> Mapping[str, Outcome]:
        """Return the outcomes of the texts, by their hashes. A missing text must be embedded on demand."""
        configs = collection.made_by_alto
        found: dict[str, Outcome] = {}
        for job in batch.jobs:
            key = output_key(job.output_prefix, str(job.arn), job.input_key)
            try:
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]
            except self._s3.exceptions.NoSuchKey:
                continue  # no record was done in time
            lines = split_lines(body.iter_chunks(BLOCK_BYTES))
            found.update(outcomes((line.data for line in lines), configs[job.vector]))
        return found
