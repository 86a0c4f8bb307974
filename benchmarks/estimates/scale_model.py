"""Estimates an import of many objects: calls, time, messages, memory and money. Pure.

Every number comes from one of three places: measured (`results/import_constants.json`), listed (`prices.json`), or
the product's own code, which is called here for chunks and batch jobs. What AWS promises nothing about, such as how
long a batch job takes, is a parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from lambdas.batch_inference.coordinator import check_seconds
from lambdas.batch_inference.file_format import MAX_NUMBERS, MAX_RECORDS
from lambdas.embedding.families import family_named
from lambdas.import_settings import SplitSettings
from lambdas.imports.loading.model_turns import FIRST_WAIT_SECONDS, FULL_SHARE, LONGEST_WAIT_SECONDS, LOOKS_A_TURN
from lambdas.imports.splitting.chunk_sizes import BATCH_CHUNK_RECORDS, MOST_BATCH_CHUNK_BYTES, chunk_bytes_for
from lambdas.jobs.import_options import Embedding, ImportOptions
from lambdas.jobs.lane import BUSY

GIB = 1 << 30
LOAD_GIB = 1769 / 1024
LOAD_SECONDS = 290
# The steps in which the chunks that are left are counted.
STEPS = 100
HOURS_A_MONTH = 730
# k-NN: 1.1 * (4 * dimensions + 8 * m) bytes a vector hold the graph and its vectors in memory (OpenSearch, k-NN index).
GRAPH_OVERHEAD = 1.1
M = 16
# Of a node's memory half is the heap, and Lucene's graphs live in the rest, of which some is the system's.
MEMORY_FOR_GRAPHS = 0.4
# Disk: a replica, a fifth free for merges, and a tenth for the system (OpenSearch Service, sizing domains).
DISK_FACTOR = 1.45
# AWS advises 30 to 50 GiB a shard; a collection has at most 20.
SHARD_GIB = 50
MAX_SHARDS = 20
# A shard is a Lucene index.
LUCENE_DOCUMENTS = 2_147_483_519
# Each part: read the job (a job item is about 2 KiB, read strongly) and the part's item; three items in a transaction.
READS_A_PART, WRITES_A_PART = 6, 8
# Sent in tens, received and deleted one by one.
REQUESTS_A_MESSAGE = 2.1
# A look at a batch job, or for a place: two reads, a request, a message.
LOOK_SECONDS = 0.3
# For a place: read the job twice, the part's item and the lane; hold the chunk and release it.
READS_A_LOOK, WRITES_A_LOOK = 6, 4


@dataclass(frozen=True, slots=True)
class Load:
    """The imported objects, and how they are imported.

    `core_objects_per_second`: what a core of the domain indexes of such objects, which is assumed. Of `compressed`
    vectors a byte for each number is in memory, and the whole vectors are on disk, too.
    """

    objects: int
    family: str = "titan-text-v2"
    embedding: Embedding = "on_demand"
    characters: int = 1_000
    dimensions: int = 1_024
    load_concurrency: int = 20
    replicas: int = 1
    core_objects_per_second: float = 250.0
    search_in_memory: bool = True
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A limited resource, and the share of it that is used."""

    name: str
    share: float
    remedy: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """The time, work and cost of a load.

    `times`: hours of each part that takes time, the longest of which is `hours`. `once` and `monthly`: dollars by
    purpose.
    """

    load: Load
    calls: int
    chunks: int
    parts: int
    batch_jobs: int
    sqs_requests: int
    dynamodb_requests: int
    lambda_seconds: float
    times: Mapping[str, float]
    disk_gib: float
    memory_gib: float
    shards: int
    node: str
    nodes: int
    once: Mapping[str, float]
    monthly: Mapping[str, float]
    limits: tuple[Limit, ...] = field(default=())

    @property
    def hours(self) -> float:
        """The duration of the import: that of its slowest part, as the parts run at the same time."""
        return max(self.times.values())

    @property
    def bound_by(self) -> str:
        """The slowest part."""
        return max(self.times, key=lambda name: self.times[name])

    @property
    def next_limit(self) -> Limit:
        """The limit that is used up the most."""
        return max(self.limits, key=lambda limit: limit.share)


def estimate(load: Load, constants: Mapping[str, Any], prices: Mapping[str, Any]) -> Estimate:
    """Estimate time, quota and cost of a load. Raises KeyError for a family without a price."""
    quotas = prices["quotas"]
    tokens = load.objects * load.characters / 4
    family = family_named(load.family)
    assert family is not None
    is_batch = load.embedding == "batch"
    calls = 0 if is_batch else ceil(load.objects / family.texts_per_call)
    chunk_records, chunks = _chunks(load)
    cpu = constants["batch_cpu_seconds"] if is_batch else constants["load_cpu_seconds"][load.family]
    node, nodes, disk, memory = _domain(load, constants, prices)
    cores = nodes * prices["opensearch_hour"][node]["cores"]
    batch_jobs = chunks if is_batch else 0
    index_rate = cores * load.core_objects_per_second / (1 + load.replicas)
    times = {
        "OpenSearch": load.objects / index_rate / 3600,
        "Lambda": load.objects * cpu / load.load_concurrency / 3600,
    } | _model_hours(load, quotas, calls=calls, tokens=tokens, batch_jobs=batch_jobs)
    hours = max(times.values())
    looks = _looks(quotas["batch_hours"] * 3600) * batch_jobs if is_batch else 0
    places = 0
    if is_batch:
        # No function waits.
        seconds = max(load.objects * cpu, times["OpenSearch"] * 3600)
    else:
        # Those wait that the quota feeds, and one of them always.
        loaders = min(load.load_concurrency, chunks, max(1.0, load.objects * cpu / FULL_SHARE / (hours * 3600) / BUSY))
        seconds = hours * 3600 * loaders
        looks = places = ceil(_looks_for_a_place(hours * 3600, chunks, loaders))
    parts = max(chunks, ceil(seconds / LOAD_SECONDS))
    seconds += looks * LOOK_SECONDS
    messages = parts + chunks + looks
    once = _once(
        load,
        constants,
        prices,
        tokens=tokens,
        seconds=seconds,
        parts=parts,
        places=places,
        messages=messages,
        chunk_records=chunk_records,
    )
    monthly = {
        "OpenSearch nodes": nodes * prices["opensearch_hour"][node]["dollars"] * HOURS_A_MONTH,
        "OpenSearch disks": disk * prices["opensearch_gib_month"],
    }
    shards = max(1, ceil(load.objects * constants["index_bytes"] / GIB / SHARD_GIB))
    return Estimate(
        load,
        calls=calls,
        chunks=chunks,
        parts=parts,
        batch_jobs=batch_jobs,
        sqs_requests=ceil(messages * REQUESTS_A_MESSAGE),
        dynamodb_requests=parts * (READS_A_PART + WRITES_A_PART) + places * (READS_A_LOOK + WRITES_A_LOOK),
        lambda_seconds=seconds,
        times=times,
        disk_gib=disk,
        memory_gib=memory,
        shards=shards,
        node=node,
        nodes=nodes,
        once=once,
        monthly=monthly,
        limits=_limits(load, quotas, nodes, shards),
    )


def _model_hours(
    load: Load, quotas: Mapping[str, Any], *, calls: int, tokens: float, batch_jobs: int
) -> dict[str, float]:
    """The hours that the model takes, by name."""
    if load.embedding == "batch":
        return {"batch jobs": ceil(batch_jobs / quotas["batch_jobs_at_once"]) * quotas["batch_hours"]}
    minutes = max(calls / quotas["calls_per_minute"], tokens / quotas["tokens_per_minute"][load.family])
    return {"model quota": minutes / 60}


def _chunks(load: Load) -> tuple[int, int]:
    """Records a chunk, and chunks, as the product cuts a file of JSON lines."""
    size = load.objects * load.characters
    options = ImportOptions(format="jsonl", gzip=False, embedding=load.embedding)
    least = int(SplitSettings.model_fields["chunk_bytes"].default)
    if load.embedding == "batch":
        least = min(load.characters * BATCH_CHUNK_RECORDS, MOST_BATCH_CHUNK_BYTES)
    chunk_bytes = chunk_bytes_for(size, options, least)
    records = max(1, chunk_bytes // load.characters)
    chunks = ceil(size / chunk_bytes)
    most = min(MAX_RECORDS, MAX_NUMBERS // load.dimensions)
    if load.embedding == "batch" and records > most:
        # In very large files a chunk is several jobs, one after the other.
        return most, ceil(load.objects / most)
    return records, chunks


def _looks(seconds: float) -> int:
    """How often a batch job that takes so long is looked at."""
    looks, waited = 0, 0
    while waited < seconds:
        waited += check_seconds(looks)
        looks += 1
    return looks


def _looks_for_a_place(seconds: float, chunks: int, loaders: float) -> float:
    """How often chunks are delivered while others use up the quota: see `choose_wait`. `loaders` run at once."""
    turn = min(LOAD_SECONDS, seconds * loaders / chunks)
    looks = 0.0
    for step in range(STEPS):
        left = max(0.0, chunks * (1 - (step + 0.5) / STEPS) - loaders)
        longest = min(LONGEST_WAIT_SECONDS, max(FIRST_WAIT_SECONDS, left * turn / LOOKS_A_TURN / loaders))
        looks += seconds / STEPS * left / (0.75 * longest)
    return looks


def _domain(load: Load, constants: Mapping[str, Any], prices: Mapping[str, Any]) -> tuple[str, int, float, float]:
    """The cheapest nodes that hold the graphs in memory: type, number, GiB of disk, GiB of graphs."""
    copies = 1 + load.replicas
    # Lucene adds a correction of four bytes to each compressed vector.
    vector_bytes, more_disk = (
        (load.dimensions + 4, load.dimensions + 4) if load.compressed else (4 * load.dimensions, 0)
    )
    memory = GRAPH_OVERHEAD * (vector_bytes + 8 * M) * load.objects * copies / GIB
    disk = (constants["index_bytes"] + more_disk) * load.objects * copies * DISK_FACTOR / GIB

    def needed(size: Mapping[str, float]) -> int:
        wanted = memory / (size["gib"] * MEMORY_FOR_GRAPHS) if load.search_in_memory else 0
        return max(copies, ceil(wanted))

    sizes = prices["opensearch_hour"]
    # The fewer of equally cheap ones.
    node = min(sizes, key=lambda name: (round(needed(sizes[name]) * sizes[name]["dollars"], 2), needed(sizes[name])))
    if needed(sizes[node]) > prices["quotas"]["domain_data_nodes"]:
        node = max(sizes, key=lambda name: sizes[name]["gib"])
    return node, needed(sizes[node]), disk, memory


def _once(
    load: Load,
    constants: Mapping[str, Any],
    prices: Mapping[str, Any],
    *,
    tokens: float,
    seconds: float,
    parts: int,
    places: int,
    messages: float,
    chunk_records: int,
) -> dict[str, float]:
    """Dollars that the import costs, by purpose."""
    is_batch = load.embedding == "batch"
    share = prices["batch_share_of_tokens"] if is_batch else 1.0
    # Ranges of 1 MiB; for batch inference the records are read twice, and their vectors once.
    gets = parts + (load.objects * load.characters * (1 + is_batch)) / (1 << 20)
    puts = load.objects / chunk_records * 4 if is_batch else 0.0
    files = load.objects * (constants["batch_input_bytes"] + constants["batch_output_bytes"]) / GIB if is_batch else 0.0
    return {
        "model": tokens / 1e6 * prices["tokens_per_million"][load.family] * share,
        "Lambda": seconds * LOAD_GIB * prices["lambda_gib_second"] + messages / 1e6 * prices["lambda_request_million"],
        "SQS": messages * REQUESTS_A_MESSAGE / 1e6 * prices["sqs_request_million"],
        "DynamoDB": (parts * WRITES_A_PART + places * WRITES_A_LOOK) / 1e6 * prices["dynamodb_write_million"]
        + (parts * READS_A_PART + places * READS_A_LOOK) / 1e6 * prices["dynamodb_read_million"],
        # Files of batch inference are kept for 90 days.
        "S3": gets / 1e3 * prices["s3_get_thousand"]
        + puts / 1e3 * prices["s3_put_thousand"]
        + files * prices["s3_gib_month"] * 3,
    }


def _limits(load: Load, quotas: Mapping[str, Any], nodes: int, shards: int) -> tuple[Limit, ...]:
    size = load.objects * load.characters
    return (
        Limit(
            "data nodes of a domain",
            nodes / quotas["domain_data_nodes"],
            "engine faiss with disk mode; several domains",
        ),
        Limit("shards of a collection, 50 GiB each", shards / MAX_SHARDS, "several collections; fewer dimensions"),
        Limit("documents of a shard", load.objects / MAX_SHARDS / LUCENE_DOCUMENTS, "several collections"),
        Limit("size of an S3 object", size / (quotas["s3_object_tib"] * (1 << 40)), "several files"),
        Limit("Lambda concurrency", load.load_concurrency / quotas["lambda_concurrency"], "a higher quota"),
    )
