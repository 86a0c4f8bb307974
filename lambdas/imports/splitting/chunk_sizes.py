"""How much content a chunk has. Pure."""

from lambdas.jobs.import_options import ImportOptions

# The counts of a job are one item, which each chunk changes.
MAX_CHUNKS = 20_000
# The assumed growth of a compressed file, from which the size of its chunks is computed.
GZIP_FACTOR = 5
MIN_STORED_CHUNK_BYTES = 1_048_576

# One chunk is one batch job, which takes 50,000 records. A fifth less, since records differ in size; a chunk that has
# more all the same is embedded by several jobs one after the other.
BATCH_CHUNK_RECORDS = 40_000
LEAST_BATCH_CHUNK_BYTES = 262_144
MOST_BATCH_CHUNK_BYTES = 400_000_000
# Records longer than that mostly contain vectors. A chunk has as many of them as of short ones, within a limit: what a
# chunk costs besides its records (14 calls of AWS, and the wait for its slowest request to OpenSearch) would otherwise
# be more than they cost.
LONG_RECORD_BYTES = 4_096
CHUNK_LONG_RECORDS = 2_500
MOST_CHUNK_BYTES = 33_554_432
# The splitter holds a chunk of a compressed file in memory.
MOST_GZIP_BATCH_CHUNK_BYTES = 67_108_864


def chunk_bytes_for(size: int, options: ImportOptions, least: int) -> int:
    """How much content a chunk has: more in very large files. A chunk that takes too long is handed back anyway."""
    if options.is_converted:
        size *= GZIP_FACTOR
        least = max(least, MIN_STORED_CHUNK_BYTES)
    return max(least, -(-size // MAX_CHUNKS))


def is_measured(options: ImportOptions, size: int, least: int) -> bool:
    """Whether the size of a chunk depends on the length of the records."""
    if size == 0 or options.is_documents or options.format == "parquet":
        return False
    return size > least or options.embedding == "batch"


def least_chunk_bytes(options: ImportOptions, least: int, sample: bytes | None) -> int:
    """Return how much content a chunk has at least: `least`, or 2,500 long records, or a job of batch inference.

    `sample` is the beginning of the content, or None for a file that is not measured.
    """
    is_batch = options.embedding == "batch"
    if sample is None:
        return MOST_BATCH_CHUNK_BYTES if is_batch and options.format == "parquet" else least
    # Line ends inside of cells make records of CSV seem shorter than they are, and chunks smaller.
    a_record = len(sample) / max(1, sample.count(b"\n"))
    if is_batch:
        most = MOST_GZIP_BATCH_CHUNK_BYTES if options.is_converted else MOST_BATCH_CHUNK_BYTES
        return min(max(int(a_record * BATCH_CHUNK_RECORDS), LEAST_BATCH_CHUNK_BYTES), most)
    if a_record < LONG_RECORD_BYTES:
        return least
    return max(least, min(int(a_record * CHUNK_LONG_RECORDS), MOST_CHUNK_BYTES))
