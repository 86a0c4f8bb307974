"""How a file is cut into chunks: without reading it where ranges will do, else in one pass that can go on later.

Every plan begins at a position (bytes of the content, or rows) and depends on nothing else, so that splitting is
continued from the position that was stored last. Chunks have the same ranges whoever makes them, and however often.
"""

from collections.abc import Iterable, Iterator

from lambdas.deadline import Deadline
from lambdas.imports.s3_notifications import OWN_PREFIX
from lambdas.imports.s3_source import S3Source
from lambdas.jobs.chunk import Chunk, Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import Job, JobFailedError
from lambdas.records.byte_lines import BLOCK_BYTES, NotGzipError, RawLine, gunzip, skipped, split_lines
from lambdas.records.csv_records import HeaderError, columns_of, read_csv
from lambdas.records.parquet_rows import NotParquetError, row_groups

# The counts of a job are one item: so many chunks are as many changes of it, and no more are worth it.
MAX_CHUNKS = 20_000
# What a compressed file may grow by, about, when its chunks are measured out.
GZIP_FACTOR = 5
MIN_STORED_CHUNK_BYTES = 1_048_576


# One chunk is one batch job, which takes 50,000 records. A fifth less, since records differ in size; a chunk that has
# more all the same is embedded by several jobs one after the other.
BATCH_CHUNK_RECORDS = 40_000
LEAST_BATCH_CHUNK_BYTES = 262_144
MOST_BATCH_CHUNK_BYTES = 400_000_000
# The splitter holds a chunk of a compressed file in memory.
MOST_GZIP_BATCH_CHUNK_BYTES = 67_108_864
# Read from the beginning of a file to learn how long its records are.
SAMPLE_BYTES = 262_144


def chunk_bytes_for(size: int, options: ImportOptions, least: int) -> int:
    """How much content a chunk has: more in very large files. A chunk that takes too long is handed back anyway."""
    if options.gzip:
        size *= GZIP_FACTOR
        least = max(least, MIN_STORED_CHUNK_BYTES)
    return max(least, -(-size // MAX_CHUNKS))


class Planner:
    """Plans chunks. Parts of compressed files are kept in `own_bucket`."""

    def __init__(self, source: S3Source, own_bucket: str) -> None:
        self._source = source
        self._own_bucket = own_bucket

    def columns(self, source: Source, options: ImportOptions) -> tuple[str, ...]:
        """The columns of a CSV file. Raises `JobFailedError` when its header names none."""
        if options.format != "csv":
            return ()
        if options.csv.columns:
            return options.csv.columns
        try:
            header = next(read_csv(split_lines(self._content(source, options)), options.csv), None)
            return () if header is None else columns_of(header)
        except (HeaderError, NotGzipError) as error:
            raise JobFailedError(f"{source.uri} cannot be read. {error}") from None

    def least_chunk_bytes(self, source: Source, options: ImportOptions, least: int) -> int:
        """How much content a chunk has at least: `least`, or for batch inference what some 40,000 records take.

        Raises `JobFailedError` when the file cannot be read. It must not be empty.
        """
        if options.embedding != "batch":
            return least
        if options.format == "parquet":
            return MOST_BATCH_CHUNK_BYTES
        sample = b""
        try:
            for block in self._content(source, options):
                sample += block
                if len(sample) >= SAMPLE_BYTES:
                    break
        except NotGzipError as error:
            raise JobFailedError(f"{source.uri} cannot be read. {error}") from None
        # The ends of lines inside of cells make records of CSV seem shorter than they are, and chunks smaller.
        a_record = len(sample) / max(1, sample.count(b"\n"))
        most = MOST_GZIP_BATCH_CHUNK_BYTES if options.gzip else MOST_BATCH_CHUNK_BYTES
        return min(max(int(a_record * BATCH_CHUNK_RECORDS), LEAST_BATCH_CHUNK_BYTES), most)

    def chunks(self, job: Job, deadline: Deadline) -> Iterator[tuple[Chunk, int]]:
        """The chunks from the job's position on, each with the position after it.

        Raises `JobFailedError` when the file cannot be read.
        """
        try:
            if job.source_format == "parquet":
                yield from self._row_groups(job)
            elif job.source_format == "csv" or job.is_compressed:
                yield from self._read(job, deadline)
            else:
                chunks = map(job.chunk, range(job.chunks_sent, job.chunks_total))
                yield from ((chunk, chunk.end) for chunk in chunks)
        except (NotGzipError, NotParquetError) as error:
            raise JobFailedError(f"{job.source.uri} cannot be read. {error}") from None

    def _row_groups(self, job: Job) -> Iterator[tuple[Chunk, int]]:
        """Whole row groups, small ones together; for batch inference as many rows as one job takes."""
        groups = row_groups(lambda start, end: self._source.read(job.source, start, end), job.size)
        number, start, size = job.chunks_sent, job.position, 0
        if job.options.embedding == "batch":
            last = groups[-1].end if groups else 0
            for begin in range(start, last, BATCH_CHUNK_RECORDS):
                end = min(begin + BATCH_CHUNK_RECORDS, last)
                yield job.chunk_of(number, begin, end), end
                number += 1
            return
        for group in groups:
            if group.end <= job.position:
                continue
            size += group.size
            if size >= job.chunk_bytes and group.end > start:
                yield job.chunk_of(number, start, group.end), group.end
                number, start, size = number + 1, group.end, 0
        if groups and groups[-1].end > start:
            yield job.chunk_of(number, start, groups[-1].end), groups[-1].end

    def _read(self, job: Job, deadline: Deadline) -> Iterator[tuple[Chunk, int]]:
        """Chunks that end where a record ends. Those of a compressed file are stored as they are read."""
        number = job.chunks_sent
        for start, end, content in pieces(self._records(job, deadline), job.chunk_bytes, keep=job.is_compressed):
            chunk = job.chunk_of(number, start, end)
            if job.is_compressed:
                key = f"{OWN_PREFIX}imports/{job.id}/chunks/{number:08}"
                self._source.store_chunk(self._own_bucket, key, content)
                # Of a line that is too long only the beginning was kept.
                last = start + len(content)
                chunk = chunk.model_copy(update={"stored_key": key, "base": start, "size": last, "end": last})
            yield chunk, end
            number += 1

    def _records(self, job: Job, deadline: Deadline) -> Iterator[tuple[int, int, bytes, bool]]:
        """Start, end, bytes and whether they are cut, of each record from the job's position on."""
        blocks = self._content(job.source, job.options, job.position, deadline)
        lines = split_lines(blocks, job.position)
        if job.source_format != "csv":
            return _ends_of(lines)
        records = read_csv(lines, job.options.csv)
        if job.position == 0 and not job.options.csv.columns:
            next(records, None)
        return ((record.start, record.end, record.data, record.is_cut) for record in records)

    def _content(
        self, source: Source, options: ImportOptions, start: int = 0, deadline: Deadline | None = None
    ) -> Iterable[bytes]:
        """The content from byte `start` on. A compressed file has to be read from its beginning."""
        if not options.gzip:
            return self._source.stream(source, start)
        return skipped(_in_time(gunzip(self._source.stream(source)), start, source, deadline), start)


def pieces(
    records: Iterable[tuple[int, int, bytes, bool]], piece_bytes: int, *, keep: bool
) -> Iterator[tuple[int, int, bytes]]:
    """Records put together until they have `piece_bytes`: start, end, and the bytes if they are to be kept.

    A record of which only the beginning is there ends its piece, so that the places in a piece follow one another.
    """
    start: int | None = None
    end = size = 0
    held = bytearray()
    for begin, stop, data, is_cut in records:
        if start is not None and keep and begin != start + len(held):
            yield start, end, bytes(held)
            start, size = None, 0
            held.clear()
        start = begin if start is None else start
        end = stop
        size += stop - begin
        if keep:
            held += data
        if size >= piece_bytes or is_cut:
            yield start, end, bytes(held)
            start, size = None, 0
            held.clear()
    if start is not None:
        yield start, end, bytes(held)


def _ends_of(lines: Iterable[RawLine]) -> Iterator[tuple[int, int, bytes, bool]]:
    previous: RawLine | None = None
    for line in lines:
        # The end of a line that is cut is where the next one begins.
        if previous is not None:
            yield previous.start, line.start, previous.data, previous.is_cut
        previous = line
    if previous is not None:
        yield previous.start, previous.start + len(previous.data), previous.data, previous.is_cut


def _in_time(blocks: Iterable[bytes], start: int, source: Source, deadline: Deadline | None) -> Iterator[bytes]:
    """The blocks, as long as the way to byte `start` takes less time than there is."""
    done = 0
    for block in blocks:
        if done < start and deadline is not None and deadline.passed:
            raise JobFailedError(
                f"{source.uri} is too large for a single gzip file: {done + BLOCK_BYTES} bytes were unpacked and not "
                "even the place was reached where the last step stopped. Split it into several files."
            )
        yield block
        done += len(block)
