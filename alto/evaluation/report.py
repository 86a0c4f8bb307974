"""The evaluation of several settings: figures, differences from the base, and a recommendation. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from alto.evaluation.bootstrap import LEVEL, SAMPLES, SEED, Difference, Draws, Interval, difference, holm, interval
from alto.evaluation.judgements import EvaluationError, Query
from alto.evaluation.measures import MAIN, MEASURES, is_relevant, measure
from alto.evaluation.runs import Run


@dataclass(frozen=True, slots=True)
class Row:
    """A setting: its measures with intervals, the values of each query, and its difference from the base."""

    name: str
    measures: dict[str, Interval]
    by_query: dict[str, dict[str, float]]
    difference: Difference | None
    p: float | None
    milliseconds: float

    @property
    def is_significant(self) -> bool:
        """Whether it differs from the base by more than chance, with regard to the number of settings."""
        return self.p is not None and self.p < LEVEL


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All settings; the first row is the base."""

    collection: str
    queries: list[Query]
    rows: list[Row]
    samples: int
    seed: int
    unjudged: float

    @property
    def recommended(self) -> Row | None:
        """The best setting, if it is significantly better than the base; None: keep the base."""
        better = [row for row in self.rows[1:] if row.is_significant and row.difference and _gain(row) > 0]
        return max(better, key=_gain, default=None)

    @property
    def recommendation(self) -> str:
        """One sentence."""
        base, best = self.rows[0], self.recommended
        if best is not None:
            assert best.difference is not None
            found = best.difference.interval
            return (
                f"Use {best.name}: {MAIN} is {found.mean:+.4f} ({found.low:+.4f} to {found.high:+.4f}) compared with "
                f"{base.name}, p = {best.p:.3g} after correction for {len(self.rows) - 1} comparisons."
            )
        if len(self.rows) == 1:
            return "One setting was measured: name others with --setting or --sweep to compare them."
        return (
            f"Keep {base.name}: no setting is significantly better over these {len(self.queries)} queries (p < {LEVEL} "
            f"after correction for {len(self.rows) - 1} comparisons)."
        )

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "collection": self.collection,
            "queries": len(self.queries),
            "bootstrap": {"samples": self.samples, "seed": self.seed},
            "unjudged_in_first_10": round(self.unjudged, 6),
            "settings": [
                {
                    "name": row.name,
                    "measures": {name: asdict(each) for name, each in row.measures.items()},
                    "milliseconds_a_query": round(row.milliseconds, 2),
                    "difference": row.difference
                    and {**asdict(row.difference), "p_adjusted": row.p, "significant": row.is_significant},
                    "by_query": row.by_query,
                }
                for row in self.rows
            ],
            "recommended": self.recommended and self.recommended.name,
            "recommendation": self.recommendation,
        }


def judged_queries(queries: Sequence[Query], judgements: Mapping[str, Mapping[str, int]]) -> list[Query]:
    """The queries that have a relevant document. Raises `EvaluationError` if none has."""
    found = [query for query in queries if is_relevant(judgements.get(query.id, {}))]
    if not found:
        raise EvaluationError(
            f"no query has a judgement above 0: the queries have ids such as {queries[0].id!r}, the judgements such as "
            f"{next(iter(judgements), '')!r}"
        )
    return found


def evaluate(
    collection: str,
    queries: Sequence[Query],
    judgements: Mapping[str, Mapping[str, int]],
    runs: Sequence[Run],
    *,
    samples: int = SAMPLES,
    seed: int = SEED,
) -> Evaluation:
    """Measure the runs. The first is the base that the others are compared with."""
    draws = Draws(len(queries), samples=samples, seed=seed)
    tables = [{query.id: measure(run.rankings[query.id], judgements[query.id]) for query in queries} for run in runs]
    mains = [[values[MAIN] for values in table.values()] for table in tables]
    differences = [difference(main, mains[0], draws) for main in mains[1:]]
    adjusted = holm([each.p for each in differences])
    rows = [
        Row(
            name=run.setting.name,
            measures={name: interval([values[name] for values in table.values()], draws) for name in MEASURES},
            by_query=table,
            difference=differences[place - 1] if place else None,
            p=adjusted[place - 1] if place else None,
            milliseconds=run.milliseconds,
        )
        for place, (run, table) in enumerate(zip(runs, tables, strict=True))
    ]
    return Evaluation(collection, list(queries), rows, samples, seed, _unjudged(queries, judgements, runs[0]))


def _unjudged(queries: Sequence[Query], judgements: Mapping[str, Mapping[str, int]], run: Run) -> float:
    """The share of the base's first ten hits that has no judgement, and so counts as not relevant."""
    first = [key not in judgements[query.id] for query in queries for key in run.rankings[query.id][:10]]
    return sum(first) / len(first) if first else 0.0


def _gain(row: Row) -> float:
    return row.difference.interval.mean if row.difference else 0.0
