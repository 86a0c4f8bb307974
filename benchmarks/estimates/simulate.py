"""Time and cost of imports of 10^6 to 10^9 objects, on demand and in batch, and the next limit of each.

`python -m benchmarks.estimates.simulate` shows tables, and writes them into `docs/scale.md`. See `scale_model.py`.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.estimates.scale_model import Estimate, Load, estimate
from benchmarks.judged import ROOT
from lambdas.jobs.import_options import Embedding

CONSTANTS = ROOT / "benchmarks" / "results" / "import_constants.json"
PRICES = ROOT / "benchmarks" / "estimates" / "prices.json"
PAGE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- written by make simulate -->", "<!-- end -->"
SCALES = (10**6, 10**7, 10**8, 10**9)
WAYS: tuple[tuple[str, Embedding], ...] = (
    ("titan-text-v2", "on_demand"),
    ("titan-text-v2", "batch"),
    ("cohere-v3", "on_demand"),
)


def rows(estimates: Sequence[Estimate]) -> list[list[str]]:
    """A row a quantity, a column a scale; the first row and column are titles."""
    quantities: dict[str, Callable[[Estimate], str]] = {
        "model calls": lambda e: f"{e.calls:,}",
        "batch jobs": lambda e: f"{e.batch_jobs:,}",
        "chunks": lambda e: f"{e.chunks:,}",
        "duration": lambda e: duration(e.hours),
        "bound by": lambda e: e.bound_by,
        "without that limit": lambda e: duration(sorted(e.times.values())[-2]),
        "Lambda seconds": lambda e: f"{e.lambda_seconds:,.0f}",
        "SQS requests": lambda e: f"{e.sqs_requests:,}",
        "DynamoDB units": lambda e: f"{e.dynamodb_requests:,}",
        "index with a replica, disk": lambda e: f"{e.disk_gib:,.0f} GiB",
        "graphs in memory": lambda e: f"{e.memory_gib:,.0f} GiB",
        "shards": lambda e: f"{e.shards:,}",
        "data nodes": lambda e: f"{e.nodes:,} x {e.node.removesuffix('.search')}",
        "the import, once": lambda e: dollars(sum(e.once.values())),
        "of that the model": lambda e: dollars(e.once["model"]),
        "of that Lambda": lambda e: dollars(e.once["Lambda"]),
        "the domain, a month": lambda e: dollars(sum(e.monthly.values())),
        "next limit": lambda e: f"{e.next_limit.name} ({e.next_limit.share:.0%})",
    }
    return [
        ["objects", *(f"{e.load.objects:,}" for e in estimates)],
        *([name, *(show(e) for e in estimates)] for name, show in quantities.items()),
    ]


def duration(hours: float) -> str:
    """Minutes, hours or days, whichever reads best."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def dollars(amount: float) -> str:
    """Cents only where they count."""
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"


def markdown(tables: Sequence[tuple[str, Sequence[Estimate]]]) -> str:
    """The tables as the page has them."""
    parts = []
    for title, estimates in tables:
        head, *rest = rows(estimates)
        lines = ["| " + " | ".join(row) + " |" for row in (head, ["---", *(["---:"] * len(estimates))], *rest)]
        parts.append(f"### {title}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def estimates_of(changes: dict[str, Any], constants: Any, prices: Any) -> list[tuple[str, list[Estimate]]]:
    """A title and the estimates of every scale, for each way."""
    return [
        (
            f"{family}, {'batch inference' if embedding == 'batch' else 'on demand'}",
            [estimate(Load(n, family, embedding, **changes), constants, prices) for n in SCALES],
        )
        for family, embedding in WAYS
    ]


def main() -> None:
    """Show the tables, and write those of the default load into the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimates.simulate", description=__doc__)
    parser.add_argument("--characters", type=int, help="of an object's text; 1,000 by default")
    parser.add_argument("--dimensions", type=int, help="of its vector; 1,024 by default")
    parser.add_argument("--load-concurrency", type=int, help="functions that load at once; 20 by default")
    parser.add_argument("--replicas", type=int, help="copies of the index; 1 by default")
    changes = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    constants, prices = json.loads(CONSTANTS.read_text()), json.loads(PRICES.read_text())
    tables = estimates_of(changes, constants, prices)
    console = Console()
    for title, estimates in tables:
        head, *rest = rows(estimates)
        table = Table(title=title, title_justify="left")
        for place, name in enumerate(head):
            table.add_column(name, justify="right" if place else "left")
        for row in rest:
            table.add_row(*row)
        console.print(table)
    if not changes:
        before, begin, after = PAGE.read_text().partition(BEGIN)
        _, end, after = after.partition(END)
        PAGE.write_text(f"{before}{begin}\n\n{markdown(tables)}\n\n{end}{after}")


if __name__ == "__main__":
    main()
