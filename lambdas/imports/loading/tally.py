"""Counts the results of a chunk's records, in order, up to the first that has to wait. Pure."""

from collections.abc import Sequence
from datetime import datetime

from lambdas.imports.loading.error_file import ErrorFile
from lambdas.imports.loading.record_batches import RecordBatch, RecordResult, is_transient
from lambdas.jobs.chunk import Chunk, ChunkReport
from lambdas.records.read_records import ImportRecord


class Tally:
    """Counts the records of one chunk. `started_at` is the start of its job."""

    def __init__(self, chunk: Chunk, started_at: datetime) -> None:
        self._started_at = started_at
        self._loaded = 0
        self._unchanged = 0
        self._passages = 0
        self._rest: ImportRecord | None = None
        self.errors = ErrorFile(chunk)

    def add(self, batch: RecordBatch, results: Sequence[RecordResult]) -> bool:
        """Count the records of the next batch. False if one of them has to wait, and with it all behind it.

        Raises that record's error if it is the first of the chunk, since nothing was counted.
        """
        for record, result in zip(batch.records, results, strict=True):
            if result.error is not None and is_transient(result.error):
                if not (self._loaded or self._unchanged or self.errors.count):
                    raise result.error
                self._rest = record
                return False
            # Only documents have passages.
            self._passages += 0 if result.error else getattr(result, "passages", 0)
            if result.error is not None:
                self.errors.add(record, result.error)
            elif result.unchanged_since is not None and result.unchanged_since < self._started_at:
                self._unchanged += 1
            else:
                # Stored now, or by an attempt of this job that was not counted.
                self._loaded += 1
        return True

    def stop_at(self, entry: ImportRecord) -> None:
        """Hand back this record and all after it."""
        self._rest = entry

    @property
    def counts(self) -> tuple[int, int, int]:
        """Records loaded, unchanged and failed so far."""
        return self._loaded, self._unchanged, self.errors.count

    def report(self, error_file: str | None, lines: int | None = None) -> ChunkReport:
        """Return the counts of the chunk, in which `lines` lines begin; None if they are not counted."""
        rest = self._rest
        if rest is not None:
            lines = None if lines is None else rest.line_in_chunk - 1
        return ChunkReport(
            loaded=self._loaded,
            unchanged=self._unchanged,
            failed=self.errors.count,
            passages=self._passages,
            rest_start=None if rest is None else rest.start,
            rest_line=0 if rest is None or rest.place == "row" else rest.line,
            lines=lines,
            first_errors=tuple(self.errors.first_errors),
            error_file=error_file,
        )
