"""Plots as inline SVG: intervals of settings, a line over the values of a sweep, differences by query. Pure."""

import math
import re
from collections.abc import Sequence
from html import escape

from alto.evaluation.measures import MAIN
from alto.evaluation.report import Row

_ROW = 30
_LABELS, _PLOT, _VALUES = 270, 360, 90


def intervals(rows: Sequence[Row], recommended: str | None) -> str:
    """A dot and its 95 % interval for each setting; the dashed line is the base."""
    found = [row.measures[MAIN] for row in rows]
    low, high = min(each.low for each in found), max(each.high for each in found)
    room = (high - low) * 0.06 or 0.05
    low, high = max(0.0, low - room), min(1.0, high + room)

    def at(value: float) -> float:
        return _LABELS + (value - low) / (high - low) * _PLOT

    height = _ROW * len(rows) + 34
    parts = [
        f'<line class="base" x1="{at(found[0].mean):.1f}" x2="{at(found[0].mean):.1f}" y1="4" y2="{height - 30}"/>'
    ]
    for place, (row, each) in enumerate(zip(rows, found, strict=True)):
        y = _ROW * place + 20
        kind = "best" if row.name == recommended else "base-row" if place == 0 else "other"
        parts.append(
            f'<g class="{kind}"><title>{escape(row.name)}: {each.mean:.4f} ({each.low:.4f} to {each.high:.4f})</title>'
            f'<text x="{_LABELS - 14}" y="{y + 4}" text-anchor="end">{escape(_shorten(row.name))}</text>'
            f'<line x1="{at(each.low):.1f}" x2="{at(each.high):.1f}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{at(each.mean):.1f}" cy="{y}" r="5"/>'
            f'<text class="value" x="{_LABELS + _PLOT + 16}" y="{y + 4}">{each.mean:.4f}</text></g>'
        )
    parts += [
        f'<text class="tick" x="{at(value):.1f}" y="{height - 8}" text-anchor="middle">{value:g}</text>'
        for value in round_ticks(low, high)
    ]
    return _svg(_LABELS + _PLOT + _VALUES, height, f"{MAIN} of each setting with its 95 % interval", parts)


def round_ticks(low: float, high: float) -> list[float]:
    """Three to eight round numbers of a part of the scale from 0 to 1; of no part, its place."""
    steps = (step / 10**digits for digits in range(1, 7) for step in (2, 1, 0.5))
    step = next((step for step in steps if (high - low) / step >= 3), None)
    if step is None:
        return [round(low, 4)]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(place * step, 8) for place in range(first, last + 1)]


def line(rows: Sequence[Row]) -> str:
    """The measure over the values of the numeric sweep with the most values, with its band; else nothing."""
    swept: dict[str, list[tuple[float, Row]]] = {}
    for row in rows:
        found = re.search(r" (\w+)=([0-9.]+)$", row.name)
        if found:
            swept.setdefault(found[1], []).append((float(found[2]), row))
    name, points = max(swept.items(), key=lambda item: len(item[1]), default=("", []))
    if len(points) < 3:
        return ""
    points.sort(key=lambda point: point[0])
    found_intervals = [row.measures[MAIN] for _, row in points]
    low, high = min(each.low for each in found_intervals), max(each.high for each in found_intervals)
    first, last = points[0][0], points[-1][0]

    def at(value: float, measured: float) -> str:
        x = 60 + (value - first) / (last - first) * 620
        return f"{x:.1f},{200 - (measured - low) / (high - low or 1) * 180:.1f}"

    above = [at(value, each.high) for (value, _), each in zip(points, found_intervals, strict=True)]
    below = [at(value, each.low) for (value, _), each in zip(points, found_intervals, strict=True)]
    mean = [at(value, each.mean) for (value, _), each in zip(points, found_intervals, strict=True)]
    parts = [
        f'<polygon class="band" points="{" ".join(above + below[::-1])}"/>',
        f'<polyline class="mean" points="{" ".join(mean)}"/>',
    ]
    for (value, _), place, each in zip(points, mean, found_intervals, strict=True):
        x, y = place.split(",")
        parts.append(f'<circle cx="{x}" cy="{y}" r="4"><title>{name}={value:g}: {each.mean:.4f}</title></circle>')
        parts.append(f'<text class="tick" x="{x}" y="222" text-anchor="middle">{value:g}</text>')
    for measured in round_ticks(low, high):
        y = at(first, measured).split(",")[1]
        parts.append(f'<text class="tick" x="50" y="{float(y) + 4:.1f}" text-anchor="end">{measured:g}</text>')
    parts.append(f'<text class="tick" x="370" y="244" text-anchor="middle">{escape(name)}</text>')
    return _svg(720, 250, f"{MAIN} by {name}", parts)


def by_query(row: Row, base: Row, texts: dict[str, str]) -> str:
    """A bar for each query: how much the setting gains or loses against the base, sorted."""
    gains = sorted(
        ((row.by_query[query][MAIN] - base.by_query[query][MAIN], query) for query in row.by_query), reverse=True
    )
    most = max(abs(gain) for gain, _ in gains) or 1.0
    width = 700 / len(gains)
    parts = ['<line class="zero" x1="10" x2="710" y1="100" y2="100"/>']
    for place, (gain, query) in enumerate(gains):
        size = abs(gain) / most * 90
        parts.append(
            f'<rect class="{"up" if gain > 0 else "down"}" x="{10 + place * width:.2f}" '
            f'y="{100 - size if gain > 0 else 100:.1f}" width="{max(width - 0.6, 0.6):.2f}" height="{size:.1f}">'
            f"<title>{escape(query)}: {gain:+.4f}  {escape(texts.get(query, ''))}</title></rect>"
        )
    return _svg(720, 200, f"Difference of {MAIN} for each query", parts)


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">{"".join(parts)}</svg>'


def _shorten(text: str, most: int = 38) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
