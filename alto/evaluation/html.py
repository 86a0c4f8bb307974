"""The report as one HTML page that needs nothing else: no script, no font, no request. Pure."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from alto.evaluation.comparison import Moves
from alto.evaluation.measures import MAIN, MEASURES
from alto.evaluation.plots import by_query, intervals, line
from alto.evaluation.report import Evaluation, Row

# Queries of the tables of gains and losses.
_SHOWN = 12

_STYLE = Path(__file__).with_name("report.css")


def page(evaluation: Evaluation) -> str:
    """The report of an evaluation."""
    rows, best = evaluation.rows, evaluation.recommended
    challenger = best or max(rows[1:], key=lambda row: row.measures[MAIN].mean, default=None)
    texts = {query.id: query.text for query in evaluation.queries}
    parts = [
        f"<h1>{escape(evaluation.collection)}</h1>",
        f'<p class="soft">{_summary(evaluation)}</p>',
        f'<p class="verdict">{escape(evaluation.recommendation)}</p>',
        f"<h2>{MAIN} of each setting</h2>{intervals(rows, best.name if best else None)}",
        _table(rows, best),
    ]
    if curve := line(rows):
        parts.append(f"<h2>Along the sweep</h2>{curve}")
    if challenger is not None:
        parts += [
            f"<h2>{escape(challenger.name)} against {escape(rows[0].name)}, query by query</h2>",
            by_query(challenger, rows[0], texts),
            _queries(challenger, rows[0], texts),
        ]
    return _document(f"Search quality of {evaluation.collection}", parts)


def comparison_page(
    names: Sequence[str], means: dict[str, float], moves: Sequence[Moves], texts: dict[str, str]
) -> str:
    """The report of two settings without judgements."""
    first, second = names
    figures = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}</td><td>{value:.1%}</td></tr>" for name, value in means.items()
    )
    parts = [
        f"<h1>{escape(first)} and {escape(second)}</h1>",
        f'<p class="soft">{len(moves)} queries, without judgements: what both find, not which is better.</p>',
        f"<table>{figures}</table><h2>Queries, most changed first</h2>",
    ]
    parts += [_moved_hits(each, names, texts.get(each.query, each.query)) for each in moves]
    return _document(f"{first} and {second}", parts)


def _moved_hits(moves: Moves, names: Sequence[str], text: str) -> str:
    first, second = names
    rows = "".join(_moved_hit(key, before, after) for key, (before, after) in moves.places.items())
    return (
        f'<details><summary>{escape(text)} <span class="soft">{moves.overlap:.0%} shared</span></summary><table><tr>'
        f"<th>hit</th><th>{escape(first)}</th><th>{escape(second)}</th><th></th></tr>{rows}</table></details>"
    )


def _moved_hit(key: str, before: int | None, after: int | None) -> str:
    kind, text = _movement(before, after)
    return (
        f'<tr><td>{escape(key)}</td><td>{before or "-"}</td><td>{after or "-"}</td><td class="{kind}">{text}</td></tr>'
    )


def _summary(evaluation: Evaluation) -> str:
    return (
        f"{len(evaluation.queries)} judged queries, {len(evaluation.rows)} settings, paired bootstrap of "
        f"{evaluation.samples:,} samples (seed {evaluation.seed}). {evaluation.unjudged:.0%} of the base's first ten "
        "hits have no judgement and count as not relevant."
    )


def _movement(before: int | None, after: int | None) -> tuple[str, str]:
    if before is None or after is None:
        return ("good", "enters") if before is None else ("bad", "leaves")
    if before == after:
        return "soft", "="
    return ("good", f"up {before - after}") if after < before else ("bad", f"down {after - before}")


def _table(rows: Sequence[Row], best: Row | None) -> str:
    heads = "".join(f"<th>{name}</th>" for name in MEASURES)
    body = []
    for row in rows:
        cells = "".join(
            f"<td>{each.mean:.4f}<small>{each.low:.3f} to {each.high:.3f}</small></td>"
            for each in row.measures.values()
        )
        body.append(
            f'<tr class="{"best-row" if row is best else ""}"><td>{escape(row.name)}</td>{cells}{_gain(row)}'
            f"<td>{row.milliseconds:.0f}</td></tr>"
        )
    return (
        f'<div class="scroll"><table><thead><tr><th>setting</th>{heads}<th>difference</th><th>p</th><th>ms a query</th>'
        f"</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _gain(row: Row) -> str:
    if row.difference is None or row.p is None:
        return "<td>base</td><td></td>"
    found = row.difference.interval
    kind = "" if not row.is_significant else "good" if found.mean > 0 else "bad"
    return (
        f'<td class="{kind}">{found.mean:+.4f}<small>{found.low:+.3f} to {found.high:+.3f}</small></td>'
        f"<td>{row.p:.3g}</td>"
    )


def _queries(row: Row, base: Row, texts: dict[str, str]) -> str:
    gains = sorted(
        ((row.by_query[query][MAIN] - base.by_query[query][MAIN], query) for query in row.by_query), reverse=True
    )
    changed = [each for each in gains if each[0]]
    shown = changed if len(changed) <= 2 * _SHOWN else [*changed[:_SHOWN], *changed[-_SHOWN:]]
    body = "".join(
        f'<tr><td>{escape(query)}</td><td class="text">{escape(texts.get(query, ""))}</td>'
        f"<td>{base.by_query[query][MAIN]:.3f}</td><td>{row.by_query[query][MAIN]:.3f}</td>"
        f'<td class="{"good" if gain > 0 else "bad"}">{gain:+.3f}</td></tr>'
        for gain, query in shown
    )
    return (
        f'<div class="scroll"><table><thead><tr><th>query</th><th class="text">text</th><th>{escape(base.name)}</th>'
        f"<th>{escape(row.name)}</th><th>difference</th></tr></thead><tbody>{body}</tbody></table></div>"
    )


def _document(title: str, parts: Sequence[str]) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width,initial-scale=1"><title>{escape(title)}</title><style>{_STYLE.read_text()}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>\n"
    )
