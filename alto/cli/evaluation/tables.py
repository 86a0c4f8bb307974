"""An evaluation on a terminal, or as lines separated by tabs."""

from collections.abc import Sequence

from alto.cli.terminal.output import on_terminal, show_line, show_rows
from alto.evaluation.comparison import Moves
from alto.evaluation.measures import MAIN, MEASURES
from alto.evaluation.report import Evaluation, Row

# Queries that a comparison shows on a terminal.
_SHOWN = 10


def show_evaluation(evaluation: Evaluation) -> None:
    """A line a setting: measures, difference of the main one with its interval, p; then the recommendation."""
    headings = ["SETTING", *MEASURES, f"Δ {MAIN}", "95 %", "P", "±"]
    show_rows(
        headings,
        [_row(row) for row in evaluation.rows],
        title=f"{evaluation.collection}: {len(evaluation.queries)} queries",
    )
    show_line(evaluation.recommendation, bold=True)
    if on_terminal() and evaluation.unjudged:
        show_line(
            f"{evaluation.unjudged:.0%} of the base's first ten hits have no judgement: they count as not relevant."
        )


def _row(row: Row) -> list[str]:
    cells = [row.name, *(f"{each.mean:.4f}" for each in row.measures.values())]
    if row.difference is None:
        return [*cells, "base", f"{row.measures[MAIN].low:.3f} to {row.measures[MAIN].high:.3f}", "", ""]
    found = row.difference
    return [
        *cells,
        f"{found.interval.mean:+.4f}",
        f"{found.interval.low:+.3f} to {found.interval.high:+.3f}",
        f"{row.p:.3g}{'*' if row.is_significant else ''}",
        f"{found.better}/{found.worse}",
    ]


def show_comparison(
    pair: Sequence[str], means: dict[str, float], moves: Sequence[Moves], texts: dict[str, str]
) -> None:
    """The means, then the queries that differ most; elsewhere than on a terminal all of them."""
    show_rows(("MEASURE", "SHARE"), [(name.replace("_", " "), f"{value:.1%}") for name, value in means.items()])
    shown = moves[:_SHOWN] if on_terminal() else moves
    rows = [(each.query, f"{each.overlap:.0%}", _moved(each), texts[each.query]) for each in shown]
    show_rows(("QUERY", "SHARED", "MOVED", "TEXT"), rows, title=" and ".join(pair))


def _moved(moves: Moves) -> str:
    return ", ".join(f"{key} {was or '-'}→{now or '-'}" for key, (was, now) in moves.moved.items())
