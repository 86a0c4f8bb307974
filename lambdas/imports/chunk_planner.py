"""How a file is cut into chunks: without reading it where ranges suffice, else in one pass that can continue later.

Every plan begins at a position (bytes of the content, or rows) and depends on nothing else, so that splitting
continues from the position that was stored last. The ranges of chunks are the same in every attempt.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import orjson

from lambdas.deadline import Deadline
from lambdas.documents.archive import Archive
from lambdas.documents.blocks import DocumentError
from lambdas.errors import abbreviate
from lambdas.imports.s3_notifications import OWN_PREFIX
from lambdas.imports.s3_source import S3Source
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import Job, JobFailedError
from lambdas.records.byte_lines import (
    BLOCK_BYTES,
    BYTE_ORDER_MARK,
    GZIP_GROWTH,
    NotGzipError,
    RawLine,
    from_utf16,
    gunzip,
    skipped,
    split_lines,
)
from lambdas.records.csv_records import (
    CsvRecord,
    HeaderError,
    check_encoding,
    columns_of,
    named_by_position,
    read_csv,
    sniff_delimiter,
)
from lambdas.records.json_array import NotJsonArrayError, begins_with_array, read_elements
from lambdas.records.parquet_rows import NotParquetError, row_groups
from lambdas.records.signatures import is_utf16, other_format

# The counts of a job are one item, which each chunk changes.
MAX_CHUNKS = 20_000
# The assumed growth of a compressed file, from which the size of its chunks is computed.
GZIP_FACTOR = 5
MIN_STORED_CHUNK_BYTES = 1_048_576
# A property, or `id`, `_id`, `_key`, `vector` and the like.
COLUMN_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_]{0,99}|#[0-9]+")
UTF16 = "It is UTF-16 text: save it as UTF-8."
CR_ALONE = "Its lines end in CR alone (old Macintosh): save it with line ends LF or CRLF."

# One chunk is one batch job, which takes 50,000 records. A fifth less, since records differ in size; a chunk that has
# more all the same is embedded by several jobs one after the other.
BATCH_CHUNK_RECORDS = 40_000
LEAST_BATCH_CHUNK_BYTES = 262_144
MOST_BATCH_CHUNK_BYTES = 400_000_000
# Records longer than that mostly contain vectors. A chunk has as many of them as of short ones, within a limit: what a
# chunk costs besides its records (14 calls of AWS) would otherwise be more than they cost.
LONG_RECORD_BYTES = 4_096
CHUNK_LONG_RECORDS = 1_000
MOST_CHUNK_BYTES = 16_777_216
# The splitter holds a chunk of a compressed file in memory.
MOST_GZIP_BATCH_CHUNK_BYTES = 67_108_864
# Documents of a zip file that are read and loaded together. One takes up to a minute to read.
DOCUMENTS_CHUNK = 4
DOCUMENTS_CHUNK_BYTES = 4_194_304
# Read from the beginning of a file to learn how long its records are.
SAMPLE_BYTES = 262_144
# Enough to see whether JSON is an array.
JSON_SAMPLE_BYTES = 16_384


def chunk_bytes_for(size: int, options: ImportOptions, least: int) -> int:
    """How much content a chunk has: more in very large files. A chunk that takes too long is handed back anyway."""
    if options.is_converted:
        size *= GZIP_FACTOR
        least = max(least, MIN_STORED_CHUNK_BYTES)
    return max(least, -(-size // MAX_CHUNKS))


class Planner:
    """Plans chunks. Parts of compressed files, which grow `gzip_growth` times at most, are kept in `own_bucket`."""

    def __init__(self, source: S3Source, own_bucket: str, gzip_growth: int = GZIP_GROWTH) -> None:
        self._source = source
        self._own_bucket = own_bucket
        self._gzip_growth = gzip_growth

    def inspect(self, source: Source, options: ImportOptions) -> ImportOptions:
        """The options with what the beginning of the file shows: the delimiter of CSV, or that JSON is an array.

        Raises `JobFailedError` when the file cannot be read with these options.
        """
        if options.format == "parquet" or options.is_documents:
            return options
        try:
            if options.format != "csv":
                return _inspect_json(self._sample(source, options, JSON_SAMPLE_BYTES), options)
            sample = self._sample(source, options)
            check_encoding(sample, options.csv)
            if options.csv.delimiter is not None:
                return options
            delimiter = sniff_delimiter(_without_lines(sample, options.csv.skip_lines), options.csv)
            return options.model_copy(update={"csv": options.csv.model_copy(update={"delimiter": delimiter})})
        except (HeaderError, NotGzipError) as error:
            raise JobFailedError(f"{source.uri} cannot be read. {error}") from None

    def columns(self, source: Source, options: ImportOptions) -> tuple[str, ...]:
        """The columns of a CSV file. Raises `JobFailedError` when its header does not name them."""
        if options.format != "csv":
            return ()
        try:
            if options.csv.columns:
                return tuple(named_by_position(options.csv.columns, options.mapping))
            blocks, _ = _after_lines(self._content(source, options), options.csv.skip_lines)
            header = next(read_csv(blocks, options.csv), None)
            if header is None:
                return ()
            columns = columns_of(header, options.csv, options.mapping)
            return _checked_single_column(columns, options)
        except (HeaderError, NotGzipError) as error:
            raise JobFailedError(f"{source.uri} cannot be read. {error}") from None

    def _sample(self, source: Source, options: ImportOptions, size: int = SAMPLE_BYTES) -> bytes:
        if not options.is_converted:
            return self._source.read(source, 0, size)
        sample = b""
        for block in self._content(source, options):
            sample += block
            if len(sample) >= size:
                break
        return sample

    def least_chunk_bytes(self, source: Source, options: ImportOptions, size: int, least: int) -> int:
        """How much content a chunk has at least: `least`, or what 1,000 long records take, or a job of batch inference.

        `size` is that of the file in bytes; an empty one is not read. Raises `JobFailedError` when it cannot be read.
        """
        is_batch = options.embedding == "batch"
        if size == 0 or options.is_documents or (size <= least and not is_batch):
            return least
        if options.format == "parquet":
            return MOST_BATCH_CHUNK_BYTES if is_batch else least
        try:
            sample = self._sample(source, options)
        except NotGzipError as error:
            raise JobFailedError(f"{source.uri} cannot be read. {error}") from None
        # Line ends inside of cells make records of CSV seem shorter than they are, and chunks smaller.
        a_record = len(sample) / max(1, sample.count(b"\n"))
        if not is_batch:
            return (
                least
                if a_record < LONG_RECORD_BYTES
                else max(least, min(int(a_record * CHUNK_LONG_RECORDS), MOST_CHUNK_BYTES))
            )
        most = MOST_GZIP_BATCH_CHUNK_BYTES if options.is_converted else MOST_BATCH_CHUNK_BYTES
        return min(max(int(a_record * BATCH_CHUNK_RECORDS), LEAST_BATCH_CHUNK_BYTES), most)

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

    def _records(self, job: Job, deadline: Deadline) -> Iterator["Piece"]:
        """The records from the job's position on."""
        blocks = self._content(job.source, job.options, job.position, deadline)
        line = 1 if job.position == 0 else job.line
        if job.source_format == "jsonl":
            return _ends_of(split_lines(blocks, job.position), line)
        if job.source_format == "json":
            elements = read_elements(blocks, job.position, line)
            return (Piece(item.start, item.end, item.data, item.is_cut, item.line) for item in elements)
        position = job.position
        rest: Iterable[bytes] = blocks
        if position == 0:
            rest, position = _after_lines(blocks, job.options.csv.skip_lines)
            line += job.options.csv.skip_lines
        records = read_csv(rest, job.options.csv, position, line)
        if job.position == 0 and not job.options.csv.columns:
            next(records, None)
        return _regions(records)

    def _content(
        self, source: Source, options: ImportOptions, start: int = 0, deadline: Deadline | None = None
    ) -> Iterable[bytes]:
        """The content from byte `start` on. A converted file has to be read from its beginning."""
        if not options.is_converted:
            return self._source.stream(source, start)
        content: Iterable[bytes] = self._source.stream(source)
        if options.gzip:
            content = gunzip(content, self._gzip_growth)
        if options.format == "csv" and options.csv.encoding == "utf-16":
            content = from_utf16(content)
        return skipped(_in_time(content, start, source, deadline), start)


class Piece(NamedTuple):
    """A record, or several that must stay together: its range, its bytes, whether they are cut, and its line."""

    start: int
    end: int
    data: bytes
    is_cut: bool = False
    line: int = 0


def pieces(records: Iterable[Piece], piece_bytes: int, *, keep: bool) -> Iterator[tuple[int, int, bytes, int]]:
    """Records put together until they have `piece_bytes`: start, end, the bytes if they are to be kept, and the line.

    A record of which only the beginning was read ends its piece, so that positions in a piece are continuous.
    """
    first: Piece | None = None
    end = size = 0
    held = bytearray()
    for record in records:
        if first is not None and keep and record.start != first.start + len(held):
            yield first.start, end, bytes(held), first.line
            first, size = None, 0
            held.clear()
        first = record if first is None else first
        end = record.end
        size += record.end - record.start
        if keep:
            held += record.data
        if size >= piece_bytes or record.is_cut:
            yield first.start, end, bytes(held), first.line
            first, size = None, 0
            held.clear()
    if first is not None:
        yield first.start, end, bytes(held), first.line


def _regions(records: Iterable[CsvRecord]) -> Iterator[Piece]:
    """CSV records, with the lines of a damaged region as one piece: no chunk may begin inside of it."""
    held: Piece | None = None
    for record in records:
        if held is not None and record.start == held.start:
            held = held._replace(data=held.data + record.data)
            continue
        if held is not None:
            yield held
        held = Piece(record.start, record.end, record.data, record.is_cut, record.line)
    if held is not None:
        yield held


def _ends_of(lines: Iterable[RawLine], number: int) -> Iterator[Piece]:
    previous: RawLine | None = None
    for line in lines:
        # The end of a line that is cut is where the next one begins.
        if previous is not None:
            yield Piece(previous.start, line.start, previous.data, previous.is_cut, number)
            number += 1 if number else 0
        previous = line
    if previous is not None:
        yield Piece(previous.start, previous.start + len(previous.data), previous.data, previous.is_cut, number)


def _inspect_json(sample: bytes, options: ImportOptions) -> ImportOptions:
    """JSON with one object a line, in a file named for an array, is JSON lines; and the other way around."""
    if (kind := other_format(sample)) is not None:
        raise HeaderError(kind)
    if is_utf16(sample):
        raise HeaderError(UTF16)
    if begins_with_array(sample):
        return options.model_copy(update={"format": "json"})
    try:
        orjson.loads(sample.removeprefix(BYTE_ORDER_MARK).lstrip().partition(b"\n")[0])
    except orjson.JSONDecodeError:
        if options.format == "jsonl" and b"\r" in sample and b"\n" not in sample:
            raise HeaderError(CR_ALONE) from None
        return options
    return options.model_copy(update={"format": "jsonl"})


def _checked_single_column(columns: tuple[str, ...], options: ImportOptions) -> tuple[str, ...]:
    """The columns. Raises `HeaderError` for one that can be no property, and is alone: no record could be loaded."""
    if len(columns) != 1:
        return columns
    target = options.mapping.get(columns[0], columns[0])
    if target is not None and not COLUMN_NAME.fullmatch(target):
        separator = options.csv.delimiter or ","
        raise HeaderError(
            f"Its header is one column, {abbreviate(columns[0])}, with {abbreviate(separator)} as the delimiter: set "
            "options.csv.delimiter to the character between its cells, or map the column to a property."
        )
    return columns


def _without_lines(sample: bytes, count: int) -> bytes:
    for _ in range(count):
        sample = sample.partition(b"\n")[2]
    return sample


def _after_lines(blocks: Iterable[bytes], count: int) -> tuple[Iterator[bytes], int]:
    """The blocks without their first lines, and the byte at which the rest begins."""
    position = 0
    remaining = iter(blocks)
    for block in remaining if count else ():
        rest = block
        while count and b"\n" in rest:
            rest = rest.partition(b"\n")[2]
            count -= 1
        if not count:
            return chain([rest], remaining), position + len(block) - len(rest)
        position += len(block)
    return remaining, position


def _in_time(blocks: Iterable[bytes], start: int, source: Source, deadline: Deadline | None) -> Iterator[bytes]:
    """The blocks. Raises if the time is over before byte `start`."""
    done = 0
    for block in blocks:
        if done < start and deadline is not None and deadline.passed:
            raise JobFailedError(
                f"{source.uri} is too large for a single compressed or UTF-16 file: {done + BLOCK_BYTES} bytes were "
                "unpacked in one step, which did not reach the end of the step before. Split it into several files."
            )
        yield block
        done += len(block)
