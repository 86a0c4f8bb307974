"""How a file is cut into chunks: without reading it where ranges suffice, else in one pass that can continue later.

Every plan begins at a position (bytes of the content, or rows) and depends on nothing else, so that splitting
continues from the position that was stored last. The ranges of chunks are the same in every attempt.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lambdas.deadline import Deadline
from lambdas.documents.archive import Archive
from lambdas.documents.blocks import DocumentError
from lambdas.imports.files.s3_notifications import OWN_PREFIX
from lambdas.imports.files.s3_source import S3Source
from lambdas.imports.splitting.chunk_sizes import BATCH_CHUNK_RECORDS, is_measured, least_chunk_bytes
from lambdas.imports.splitting.file_beginning import JSON_SAMPLE_BYTES, find_columns, inspect
from lambdas.imports.splitting.file_content import FileContent, after_lines
from lambdas.imports.splitting.pieces import Piece, ends_of, pieces, regions
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import Job, JobFailedError
from lambdas.records.byte_lines import GZIP_GROWTH, NotGzipError, split_lines
from lambdas.records.csv_records import HeaderError, read_csv
from lambdas.records.json_array import NotJsonArrayError, read_elements
from lambdas.records.parquet_rows import NotParquetError, row_groups

# Documents of a zip file that are read and loaded together. One takes up to a minute to read.
DOCUMENTS_CHUNK = 4
DOCUMENTS_CHUNK_BYTES = 4_194_304
# Read from the beginning of a file to learn how long its records are.
SAMPLE_BYTES = 262_144


class FilePlan(NamedTuple):
    """The options, columns and sizes that a file's beginning shows. A chunk has at least `least` bytes of content."""

    options: ImportOptions
    columns: tuple[str, ...]
    least: int


class Planner:
    """Plans chunks. Parts of compressed files, which grow `gzip_growth` times at most, are kept in `own_bucket`."""

    def __init__(self, source: S3Source, own_bucket: str, gzip_growth: int = GZIP_GROWTH) -> None:
        self._source = source
        self._own_bucket = own_bucket
        self._content = FileContent(source, gzip_growth)

    def plan(self, source: Source, options: ImportOptions, size: int, least: int) -> FilePlan:
        """Read the beginning of a file of `size` bytes once, and return what it shows.

        A chunk has at least `least` bytes. Raises `JobFailedError` when the file cannot be read with these options.
        """
        if size == 0 or options.is_documents or options.format == "parquet":
            return FilePlan(options, (), least_chunk_bytes(options, least, None) if size else least)
        has_sizes = is_measured(options, size, least)
        wanted = SAMPLE_BYTES if has_sizes or options.format == "csv" else JSON_SAMPLE_BYTES
        try:
            sample = self._content.read_beginning(source, options, wanted)
            options = inspect(sample, options)
            columns = find_columns(
                sample,
                options,
                lambda: self._content.stream(source, options),
                is_whole=len(sample) < wanted,
            )
        except (HeaderError, NotGzipError) as error:
            raise JobFailedError(f"{source.uri} cannot be read. {error}") from None
        return FilePlan(options, columns, least_chunk_bytes(options, least, sample if has_sizes else None))

    def least_chunk_bytes(self, source: Source, options: ImportOptions, size: int, least: int) -> int:
        """Return how much content a chunk has at least, for a file whose format and columns are known.

        Raises `JobFailedError` when it cannot be read.
        """
        if not is_measured(options, size, least):
            return least_chunk_bytes(options, least, None) if size else least
        try:
            sample = self._content.read_beginning(source, options, SAMPLE_BYTES)
        except NotGzipError as error:
            raise JobFailedError(f"{source.uri} cannot be read. {error}") from None
        return least_chunk_bytes(options, least, sample)

    def chunks(self, job: Job, deadline: Deadline) -> Iterator[Chunk]:
        """The chunks from the job's position on.

        Raises `JobFailedError` when the file cannot be read.
        """
        try:
            if job.source_format == "parquet":
                yield from self._row_groups(job)
            elif job.options.is_documents:
                yield from self._documents(job)
            elif job.source_format in ("csv", "json") or job.is_compressed:
                yield from self._read(job, deadline)
            else:
                yield from map(job.chunk, range(job.chunks_sent, job.chunks_total))
        except (NotGzipError, NotJsonArrayError, NotParquetError, DocumentError) as error:
            raise JobFailedError(f"{job.source.uri} cannot be read. {error}") from None

    def _documents(self, job: Job) -> Iterator[Chunk]:
        """The document, or those of a zip file, some of them together. A position counts documents."""
        sizes = [job.size]
        if job.options.format == "zip":
            archive = Archive(lambda start, end: self._source.read(job.source, start, end), job.size)
            sizes = [member.packed for member in archive.members]
        stage = {"stage": None if job.removes else "extract", "documents": job.options.format}
        number, start, size = job.chunks_sent, job.position, 0
        for end, packed in enumerate(sizes[start:], start=start + 1):
            size += packed
            if size >= DOCUMENTS_CHUNK_BYTES or end - start >= DOCUMENTS_CHUNK or end == len(sizes):
                yield job.chunk_of(number, start, end).model_copy(update=stage)
                number, start, size = number + 1, end, 0

    def _row_groups(self, job: Job) -> Iterator[Chunk]:
        """Whole row groups, small ones together; for batch inference as many rows as one job takes."""
        groups = row_groups(lambda start, end: self._source.read(job.source, start, end), job.size)
        number, start, size = job.chunks_sent, job.position, 0
        if job.options.embedding == "batch":
            last = groups[-1].end if groups else 0
            for begin in range(start, last, BATCH_CHUNK_RECORDS):
                end = min(begin + BATCH_CHUNK_RECORDS, last)
                yield job.chunk_of(number, begin, end)
                number += 1
            return
        for group in groups:
            if group.end <= job.position:
                continue
            size += group.size
            if size >= job.chunk_bytes and group.end > start:
                yield job.chunk_of(number, start, group.end)
                number, start, size = number + 1, group.end, 0
        if groups and groups[-1].end > start:
            yield job.chunk_of(number, start, groups[-1].end)

    def _read(self, job: Job, deadline: Deadline) -> Iterator[Chunk]:
        """Chunks that end where a record ends. Those of a compressed file are stored as they are read."""
        number = job.chunks_sent
        for start, end, content, line in pieces(self._records(job, deadline), job.chunk_bytes, keep=job.is_compressed):
            chunk = job.chunk_of(number, start, end).model_copy(update={"line": line})
            if job.is_compressed:
                key = f"{OWN_PREFIX}imports/{job.id}/chunks/{number:08}"
                self._source.store_chunk(self._own_bucket, key, content)
                # Of a record that is too long only the beginning was kept.
                last = start + len(content)
                chunk = chunk.model_copy(update={"stored_key": key, "base": start, "size": last, "end": last})
            yield chunk
            number += 1

    def _records(self, job: Job, deadline: Deadline) -> Iterator[Piece]:
        """The records from the job's position on."""
        blocks = self._content.stream(job.source, job.options, job.position, deadline)
        line = 1 if job.position == 0 else job.line
        if job.source_format == "jsonl":
            return ends_of(split_lines(blocks, job.position), line)
        if job.source_format == "json":
            elements = read_elements(blocks, job.position, line)
            return (Piece(item.start, item.end, item.data, item.is_cut, item.line) for item in elements)
        position = job.position
        rest: Iterable[bytes] = blocks
        if position == 0:
            rest, position = after_lines(blocks, job.options.csv.skip_lines)
            line += job.options.csv.skip_lines
        records = read_csv(rest, job.options.csv, position, line)
        if job.position == 0 and not job.options.csv.columns:
            next(records, None)
        return regions(records)
