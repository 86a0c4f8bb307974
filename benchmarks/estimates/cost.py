"""Alto's cost at rest, per million objects and per million queries: a model of three sizes, from list prices.

Every figure comes from `prices.json` or from an assumption that is a field here. `docs/cost.md` keeps the tables.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.estimates.scale_model import Load, estimate

PRICES: dict[str, Any] = json.loads(Path(__file__).with_name("prices.json").read_text())
CONSTANTS: dict[str, Any] = json.loads(Path(__file__).parents[1].joinpath("results/import_constants.json").read_text())
HOURS_A_MONTH = 730
# The names that `prices.json` has for them.
MODELS = {"Titan text v2": "titan-text-v2", "Cohere v3": "cohere-v3"}
WRITERS = {"Nova Lite": "nova-lite", "Claude Sonnet 4.5": "claude-sonnet-4-5"}
MILLION = 1_000_000
GIB = 2**30


@dataclass(frozen=True)
class Workload:
    """The size of an object and of a query. Tokens are Titan's, about four characters each."""

    tokens_an_object: int = 250
    tokens_a_query: int = 20
    dimensions: int = 1024
    # Text, fields, inverted index and graph, besides the four bytes of each dimension.
    other_bytes_an_object: int = 3_000
    # A warm query of a text: the model's 80 ms are most of it.
    query_seconds: float = 0.12
    log_bytes_a_query: int = 1_200
    # A question over five passages, with Alto's instructions; and a prompt with a property of one object.
    tokens_of_a_context: int = 1_500
    tokens_of_a_prompt: int = 200
    tokens_written: int = 150
    generation_seconds: float = 2.0

    @property
    def bytes_an_object(self) -> int:
        """On disk, one copy."""
        return 4 * self.dimensions + self.other_bytes_an_object


@dataclass(frozen=True)
class Size:
    """A stage and how much is in it."""

    name: str
    objects: int
    node: str
    nodes: int
    gib_a_node: int
    managers: int = 0
    # Zones times endpoints of a VPC.
    vpc_doors: int = 0
    customer_key: bool = False


SIZES = (
    Size("small (dev)", 100_000, "t3.small.search", 1, 10),
    Size("medium (prod)", 2 * MILLION, "r7g.large.search", 3, 100, 3, vpc_doors=3 * 4, customer_key=True),
    Size("large", 20 * MILLION, "r7g.4xlarge.search", 3, 300, 3, vpc_doors=3 * 4, customer_key=True),
)
WORKLOAD = Workload()
ALARMS, METRICS = 25, 27


def at_rest(size: Size) -> dict[str, float]:
    """Dollars a month of an idle stage, by part."""
    nodes = (
        size.nodes * PRICES["stage_node_hour"][size.node]
        + size.managers * PRICES["stage_node_hour"]["m7g.large.search"]
    )
    return {
        "domain": nodes * HOURS_A_MONTH,
        "volumes": size.nodes * size.gib_a_node * PRICES["opensearch_gib_month"],
        "VPC endpoints": size.vpc_doors * PRICES["vpc_endpoint_zone_hour"] * HOURS_A_MONTH,
        "alarms, metrics, key": ALARMS * PRICES["alarm_month"]
        + METRICS * PRICES["metric_month"]
        + size.customer_key * PRICES["key_month"],
    }


def million_objects(model: str, workload: Workload = WORKLOAD) -> dict[str, float]:
    """Dollars for importing a million objects, by part: those of docs/scale.md, whose model this is."""
    load = Load(MILLION, MODELS[model], characters=4 * workload.tokens_an_object, dimensions=workload.dimensions)
    once = estimate(load, CONSTANTS, PRICES).once
    return {
        "model": once["model"],
        "Lambda": once["Lambda"],
        "SQS, DynamoDB, S3": sum(once.values()) - once["model"] - once["Lambda"],
    }


def million_queries(model: str, workload: Workload = WORKLOAD) -> dict[str, float]:
    """Dollars for a million near-text or hybrid queries, none of which was asked before, by part."""
    return {
        "API": PRICES["http_api_million"],
        "Lambda": PRICES["lambda_request_million"] + MILLION * workload.query_seconds * PRICES["lambda_gib_second"],
        "model": workload.tokens_a_query * PRICES["tokens_per_million"][MODELS[model]],
        "log": MILLION * workload.log_bytes_a_query / GIB * PRICES["log_gib"],
    }


def thousand_generations(model: str, objects: int = 0, workload: Workload = WORKLOAD) -> float:
    """Dollars for a thousand generative searches: a grouped task, or a single prompt for so many objects."""
    price = PRICES["generation_tokens_per_million"][WRITERS[model]]
    calls, read = (objects, workload.tokens_of_a_prompt) if objects else (1, workload.tokens_of_a_context)
    tokens = calls * (read * price["read"] + workload.tokens_written * price["written"]) / MILLION
    api = (PRICES["http_api_million"] + PRICES["lambda_request_million"]) / MILLION
    return float(1_000 * (tokens + api + workload.generation_seconds * PRICES["lambda_gib_second"]))


def serverless(ocus: float) -> float:
    """Dollars a month of OpenSearch Serverless at this many compute units, day and night."""
    return float(ocus * PRICES["ocu_hour"] * HOURS_A_MONTH)


def s3_vectors(objects: int, queries: int, workload: Workload = WORKLOAD) -> float:
    """Dollars a month of S3 Vectors: storage, and queries that each pay for the whole index."""
    stored = objects * workload.bytes_an_object
    scanned = queries * stored / 2**40 * PRICES["s3_vectors_tib_scanned"]
    kept = stored / GIB * PRICES["s3_vectors_gib_month"]
    return float(kept + queries / MILLION * PRICES["s3_vectors_queries_million"] + scanned)


def tables() -> str:
    """The tables of docs/cost.md."""
    parts = list(at_rest(SIZES[0]))
    rest: list[tuple[str, ...]] = [("dollars a month", *parts, "**all**")]
    rest += [
        (size.name, *(f"{at_rest(size)[part]:,.0f}" for part in parts), f"**{sum(at_rest(size).values()):,.0f}**")
        for size in SIZES
    ]
    use = [("dollars a million", "objects imported", "queries")] + [
        (model, f"{sum(million_objects(model).values()):,.2f}", f"{sum(million_queries(model).values()):,.2f}")
        for model in MODELS
    ]
    texts = [("dollars a thousand generative searches", "one text from five objects", "a text for each of ten objects")]
    texts += [
        (model, f"{thousand_generations(model):,.2f}", f"{thousand_generations(model, 10):,.2f}") for model in WRITERS
    ]
    others = [("dollars a month, 1 million queries", "Alto's stage", "Serverless, always on", "S3 Vectors")] + [
        (
            f"{size.objects:,} objects",
            f"{sum(at_rest(size).values()) + sum(million_queries('Titan text v2').values()):,.0f}",
            f"{serverless(ocus):,.0f} ({ocus:g} OCU)",
            f"{s3_vectors(size.objects, MILLION):,.0f}",
        )
        for size, ocus in zip(SIZES, (1, 4, 32), strict=True)
    ]
    return "\n\n".join([_markdown(rest), _markdown(use), _markdown(texts), _markdown(others), _markdown(compression())])


def compression() -> list[tuple[str, ...]]:
    """The domain of whole and of compressed vectors: that of docs/scale.md, with a replica."""
    rows: list[tuple[str, ...]] = [
        ("whole or `4x`", "graphs in memory", "data nodes", "dollars a month of the domain"),
    ]
    for objects in (MILLION, 10 * MILLION, 100 * MILLION):
        for name, compressed in (("whole", False), ("`4x`", True)):
            found = estimate(Load(objects, compressed=compressed), CONSTANTS, PRICES)
            nodes = f"{found.nodes} x {found.node.removesuffix('.search')}"
            month = f"{sum(found.monthly.values()):,.0f}"
            rows.append((f"{objects:,} objects, {name}", f"{found.memory_gib:,.0f} GiB", nodes, month))
    return rows


def _markdown(rows: Sequence[tuple[str, ...]]) -> str:
    head, *body = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])


if __name__ == "__main__":
    print(tables())
