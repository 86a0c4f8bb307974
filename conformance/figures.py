"""Figures of a list of numbers."""

from collections.abc import Sequence


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """The number of values, and the 50th, 90th and 99th percentile (nearest rank)."""
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    ranks = {f"p{share}": ordered[max(0, -(-share * len(ordered) // 100) - 1)] for share in (50, 90, 99)}
    return {"count": len(ordered), **{name: round(value, 1) for name, value in ranks.items()}}
