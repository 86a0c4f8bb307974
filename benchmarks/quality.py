"""nDCG@10 and Recall@100 of every mode, through Alto's own request path, on the judged collections.

`python -m benchmarks.quality` prints the table of docs/search.md and writes benchmarks/results/quality.json; with names
of modes behind it (`bm25 near_vector hybrid ...`) it only measures these and prints.
Gains are linear. Vectors are MiniLM's, brought along with objects and queries.
"""

import json
import statistics
import sys
from collections.abc import Callable
from typing import Any

from alto.evaluation.measures import DEPTH, ndcg, recall
from benchmarks.in_process import Alto, running
from benchmarks.judged import NAMES, ROOT, Judged, collection_body, current_commit, load, objects

RESULTS = ROOT / "benchmarks" / "results" / "quality.json"

Mode = Callable[[str, list[float]], dict[str, Any]]


def words(**settings: Any) -> Mode:
    """A BM25 search with these settings."""
    return lambda text, _: {"bm25": {"query": text} | settings}


def hybrid(**settings: Any) -> Mode:
    """A hybrid search with these settings."""
    return lambda text, vector: {"hybrid": {"query": text, "vector": vector} | settings}


MODES: dict[str, Mode] = {
    "bm25": words(),
    "near_vector": lambda _, vector: {"near_vector": {"vector": vector}},
    "hybrid": hybrid(),
    "hybrid, ranked": hybrid(fusion="ranked"),
    "hybrid, alpha .5": hybrid(alpha=0.5),
    "hybrid, alpha .6": hybrid(alpha=0.6),
    "hybrid, alpha .75": hybrid(alpha=0.75),
    "bm25, scoring sum": words(scoring="sum"),
    "hybrid, scoring sum": hybrid(scoring="sum"),
    "bm25, no title boost": words(properties=["title", "text"]),
    "hybrid, no title boost": hybrid(properties=["title", "text"]),
    "bm25, phrase_boost .2": words(phrase_boost=0.2),
    "hybrid, phrase_boost .2": hybrid(phrase_boost=0.2),
}


def measure(alto: Alto, judged: Judged, mode: Mode) -> tuple[float, float]:
    """Mean nDCG@10 and Recall@100 over the queries that have a relevant document."""
    gains, recalls = [], []
    for query, vector in zip(judged.queries, judged.query_vectors, strict=True):
        relevant = judged.judgements.get(query["_id"])
        if not relevant:
            continue
        body = mode(query["text"], vector.tolist()) | {"limit": DEPTH, "return_properties": ["source_id"]}
        found = alto.search(judged.name, body)["objects"]
        grades = [relevant.get(hit["properties"]["source_id"], 0) for hit in found]
        gains.append(ndcg(grades, list(relevant.values())))
        recalls.append(recall(grades, list(relevant.values())))
    return statistics.mean(gains), statistics.mean(recalls)


def main() -> None:
    """Measure and print."""
    chosen = {name: MODES[name] for name in sys.argv[1:]} or MODES
    table: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in chosen}
    with running() as alto:
        for name in NAMES:
            judged = load(name)
            alto.fill(collection_body(name.capitalize()), objects(judged))
            for mode, request in chosen.items():
                table[mode][name] = measure(alto, judged, request)
    print(f"| mode | {' | '.join(NAMES)} | macro | Recall@100 |")
    print("|---|" + "---|" * (len(NAMES) + 2))
    rows = {}
    for mode, cells in table.items():
        macro = [statistics.mean(column) for column in zip(*cells.values(), strict=True)]
        rows[mode] = {name: round(cell[0], 4) for name, cell in cells.items()}
        rows[mode] |= {"macro": round(macro[0], 4), "recall@100": round(macro[1], 4)}
        print(f"| {mode} | " + " | ".join(f"{value:.4f}" for value in rows[mode].values()) + " |")
    ratios = {
        name: table["hybrid"][name][0] / max(table["bm25"][name][0], table["near_vector"][name][0]) for name in NAMES
    }
    shown = ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios.items())
    print(f"\nHybrid over the better single leg: {shown}; mean {statistics.mean(ratios.values()):.3f}")
    if chosen is not MODES:
        return
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"commit": current_commit(), "ndcg@10": rows, "hybrid over best leg": ratios}, indent=2) + "\n"
    )


if __name__ == "__main__":
    main()
