"""nDCG@10 and Recall@100 of every mode, through Alto's own request path, on the judged collections.

`python -m benchmarks.quality` prints the table of docs/search.md and writes benchmarks/results/quality.json; with names
of modes behind it (`bm25 near_vector hybrid ...`) it only measures these and prints.
Gains are linear. Vectors are MiniLM's, brought along with objects and queries.
Each mode of a collection is saved in .alto/quality/ when it is measured, under the commit: a run that was interrupted
goes on from there. Files that differ from the commit start from the beginning.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from alto.evaluation.bootstrap import Draws, difference
from alto.evaluation.measures import DEPTH, ndcg, recall
from benchmarks import passages
from benchmarks.commit import current_commit
from benchmarks.in_process import Alto, running
from benchmarks.judged import NAMES, ROOT, Judged, collection_body, load, objects

RESULTS = ROOT / "benchmarks" / "results" / "quality.json"

PARTS = ROOT / ".alto" / "quality"
FILLS = 5

# nDCG@10 and Recall@100 of each query.
Scores = tuple[list[float], list[float]]
Mode = Callable[[str, list[float]], dict[str, Any]]


def words(**settings: Any) -> Mode:
    """A BM25 search with these settings."""
    return lambda text, _: {"bm25": {"query": text} | settings}


def hybrid(**settings: Any) -> Mode:
    """A hybrid search with these settings."""
    return lambda text, vector: {"hybrid": {"query": text, "vector": vector} | settings}


def smoothed() -> Mode:
    """The default hybrid search with smoothing."""
    return lambda text, vector: {"hybrid": {"query": text, "vector": vector}, "smoothing": {}}


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
    "hybrid, smoothed": smoothed(),
    "near_vector, passages": lambda _, vector: {"near_vector": {"vector": vector}},
    "hybrid, passages": hybrid(),
    "hybrid, passages, smoothed": smoothed(),
}
# These search a collection whose vector has passages.
WITH_PASSAGES = {
    "near_vector, passages": "near_vector",
    "hybrid, passages": "hybrid",
    "hybrid, passages, smoothed": "hybrid, smoothed",
}


def measure(alto: Alto, judged: Judged, mode: Mode, collection: str | None = None) -> Scores:
    """Return nDCG@10 and Recall@100 of each query that has a relevant document."""
    gains, recalls = [], []
    for query, vector in zip(judged.queries, judged.query_vectors, strict=True):
        relevant = judged.judgements.get(query["_id"])
        if not relevant:
            continue
        body = mode(query["text"], vector.tolist()) | {"limit": DEPTH, "return_properties": ["source_id"]}
        found = alto.search(collection or judged.name, body)["objects"]
        grades = [relevant.get(hit["properties"]["source_id"], 0) for hit in found]
        gains.append(ndcg(grades, list(relevant.values())))
        recalls.append(recall(grades, list(relevant.values())))
    return gains, recalls


class Measured:
    """The scores that are measured, by collection and mode, saved after each mode."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.scores: dict[str, dict[str, Scores]] = {}
        if path and path.exists():
            self.scores = json.loads(path.read_text())

    def add(self, collection: str, mode: str, scores: Scores) -> None:
        """Keep and save the scores of a mode."""
        self.scores.setdefault(collection, {})[mode] = scores
        if self._path:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            aside = self._path.with_suffix(".new")
            aside.write_text(json.dumps(self.scores))
            aside.replace(self._path)

    def missing(self, collection: str, modes: Collection[str]) -> list[str]:
        """The modes that are not measured on the collection."""
        return [mode for mode in modes if mode not in self.scores.get(collection, {})]


def measure_all(measured: Measured, modes: Collection[str]) -> None:
    """Measure the modes that are missing, on every collection."""
    if not any(measured.missing(name, modes) for name in NAMES):
        return
    vectors: passages.Vectors = {}
    with passages.serving(vectors) as url, running(AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME=url) as alto:
        for name in NAMES:
            missing = measured.missing(name, modes)
            if not missing:
                continue
            judged = load(name)
            if plain := [mode for mode in missing if mode not in WITH_PASSAGES]:
                _fill(alto, collection_body(name.capitalize()), objects(judged))
                _measure_modes(alto, judged, plain, measured, name.capitalize())
            if cut := [mode for mode in missing if mode in WITH_PASSAGES]:
                vectors |= passages.collect_vectors(judged)
                body = passages.passages_body(judged)
                _fill(alto, body, passages.passages_objects(judged))
                _measure_modes(alto, judged, cut, measured, body["name"])


def _measure_modes(alto: Alto, judged: Judged, modes: Collection[str], measured: Measured, collection: str) -> None:
    name = judged.name
    for mode in modes:
        measured.add(name, mode, measure(alto, judged, MODES[mode], collection))
        mean = statistics.mean(measured.scores[name][mode][0])
        print(f"{time.strftime('%H:%M:%S')} {name}, {mode}: {mean:.4f}", file=sys.stderr, flush=True)


def _fill(alto: Alto, body: dict[str, Any], stored: Sequence[dict[str, Any]]) -> None:
    # A busy machine refuses a batch at times: the collection is then made again.
    name = body["name"]
    for attempt in range(1, FILLS + 1):
        try:
            return alto.fill(body, stored)
        except RuntimeError as error:
            if attempt == FILLS:
                raise
            print(f"{error}; filled again", file=sys.stderr, flush=True)
            time.sleep(5 * attempt)
            alto.respond("DELETE", f"/v1/collections/{name}")
    return None


def rows(measured: Measured, modes: Collection[str]) -> dict[str, dict[str, float]]:
    """The rows of the table: nDCG@10 by collection, its mean over the collections, and the mean Recall@100."""
    table = {}
    for mode in modes:
        gains, recalls = zip(*(map(statistics.mean, measured.scores[name][mode]) for name in NAMES), strict=True)
        table[mode] = dict(zip(NAMES, gains, strict=True)) | {
            "macro": statistics.mean(gains),
            "recall@100": statistics.mean(recalls),
        }
    return {mode: {column: round(value, 4) for column, value in row.items()} for mode, row in table.items()}


def hybrid_over_leg(measured: Measured, name: str) -> dict[str, Any]:
    """Compare the default hybrid with the better of its legs: the ratio, and the difference with its 95 % interval."""
    scores = {mode: measured.scores[name][mode][0] for mode in ("bm25", "near_vector", "hybrid")}
    leg = max(("bm25", "near_vector"), key=lambda mode: statistics.mean(scores[mode]))
    found = difference(scores["hybrid"], scores[leg], Draws(len(scores[leg])))
    return {
        "leg": leg,
        "ratio": round(statistics.mean(scores["hybrid"]) / statistics.mean(scores[leg]), 3),
        "difference": round(found.interval.mean, 4),
        "interval": [round(found.interval.low, 4), round(found.interval.high, 4)],
    }


def passages_over_plain(measured: Measured, name: str, mode: str) -> dict[str, Any]:
    """Compare a mode with passages with the same mode without: the difference with its 95 % interval."""
    with_passages, without = (measured.scores[name][each][0] for each in (mode, WITH_PASSAGES[mode]))
    found = difference(with_passages, without, Draws(len(without)))
    return {
        "difference": round(found.interval.mean, 4),
        "interval": [round(found.interval.low, 4), round(found.interval.high, 4)],
    }


def main() -> None:
    """Measure and print."""
    modes = sys.argv[1:] or list(MODES)
    if unknown := [mode for mode in modes if mode not in MODES]:
        sys.exit(f"Unknown modes: {', '.join(unknown)}. Known: {', '.join(MODES)}.")
    commit = current_commit()
    is_clean = commit is not None and not commit.endswith("+")
    measured = Measured(PARTS / f"{commit}.json" if is_clean else None)
    measure_all(measured, modes)
    table = rows(measured, modes)
    print(f"| mode | {' | '.join(NAMES)} | macro | Recall@100 |")
    print("|---|" + "---|" * (len(NAMES) + 2))
    for mode, row in table.items():
        print(f"| {mode} | " + " | ".join(f"{value:.4f}" for value in row.values()) + " |")
    gained = _print_passages(measured, modes)
    if sys.argv[1:]:
        return
    over = {name: hybrid_over_leg(measured, name) for name in NAMES}
    print("\n| hybrid against its better leg | leg | ratio | difference | 95 % |\n|---|---|---|---|---|")
    for name, compared in over.items():
        low, high = compared["interval"]
        ratio, gain = compared["ratio"], compared["difference"]
        print(f"| {name} | {compared['leg']} | {ratio:.3f} | {gain:+.4f} | {low:+.4f} to {high:+.4f} |")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"commit": commit, "ndcg@10": table, "hybrid over better leg": over, "passages": gained}, indent=2)
        + "\n"
    )


def _print_passages(measured: Measured, modes: Collection[str]) -> dict[str, dict[str, Any]]:
    """Print what passages gain, and return it by mode and collection."""
    known = [mode for mode in modes if mode in WITH_PASSAGES and WITH_PASSAGES[mode] in modes]
    gained = {mode: {name: passages_over_plain(measured, name, mode) for name in NAMES} for mode in known}
    if gained:
        print("\n| gain of passages | collection | difference | 95 % |\n|---|---|---|---|")
    for mode, rows_of in gained.items():
        for name, compared in rows_of.items():
            low, high = compared["interval"]
            print(f"| {WITH_PASSAGES[mode]} | {name} | {compared['difference']:+.4f} | {low:+.4f} to {high:+.4f} |")
    return gained


if __name__ == "__main__":
    main()
