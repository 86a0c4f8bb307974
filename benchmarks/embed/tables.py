"""The results of `make bench-embed` as the tables of `docs/embedding.md`."""

from pathlib import Path
from typing import Any

from benchmarks.tables import table, write_between

BEGIN = "<!-- written by make bench-embed -->"
PLAIN_LOOP = "boto3-32-threads"
LABELS = {"alto": "**Alto**", "alto-over-boto3": "(Alto over boto3's client)", PLAIN_LOOP: "(boto3, 32 threads)"}


def tables(results: dict[str, Any]) -> str:
    """One table of all cases that measure speed, and one for each rate limit."""
    cases = results["cases"]
    free = [case for case in cases if case["ideal_seconds"] is None]
    parts = [_setting(results["parameters"]), _speed(free)]
    parts += [_limit(case) for case in cases if case["ideal_seconds"] is not None]
    return "\n\n".join(parts)


def write_tables(results: dict[str, Any], page: Path) -> None:
    """Put the tables between the two marks of the page. Raises `ValueError` if it has them not."""
    write_between(page, BEGIN, tables(results))


def best_peer(case: dict[str, Any]) -> float:
    """Texts a second of the fastest peer; the plain loop is not a product and does not count."""
    speeds = {name: each["texts_per_second"] for name, each in case["contenders"].items()}
    return float(max(speed for name, speed in speeds.items() if name not in LABELS))


def _setting(parameters: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in parameters["versions"].items())
    later = parameters.get("measured_later", {})
    again = f" Measured again on {max(later.values())}: {', '.join(later)}." if later else ""
    return (
        f"Measured {parameters['measured']} on {parameters['processor_cores']} cores, Python {parameters['python']}, "
        f"{parameters['latency_ms']} ms a call; median of {parameters['repeats']} runs in turn (runs of more than "
        f"{parameters['long_run_seconds']:.0f} s: one). {versions}.{again}"
    )


def _speed(cases: list[dict[str, Any]]) -> str:
    rows = [
        ["texts/s (calls, peak in flight)", *(case["title"] for case in cases)],
    ]
    for name in cases[0]["contenders"]:
        measured = [case["contenders"][name] for case in cases]
        rows.append(
            [
                LABELS.get(name, name),
                *(f"{m['texts_per_second']:,.0f} ({m['calls']}, {m['peak_concurrency']})" for m in measured),
            ]
        )
    factors = [case["contenders"]["alto"]["texts_per_second"] / best_peer(case) for case in cases]
    rows.append(["Alto / best peer", *(f"**{factor:.1f}x**" for factor in factors)])
    return table(rows)


def _limit(case: dict[str, Any]) -> str:
    ideal = case["ideal_seconds"]
    rows = [
        [
            f"{case['title']} (its own time: {ideal:.2f} s)",
            "texts embedded",
            "seconds",
            "of the limit's time",
            "throttled",
        ],
    ]
    for name, each in case["contenders"].items():
        complete = each["embedded"] == case["texts"]
        share = f"{each['seconds'] / ideal:.2f}x" if complete else "fails"
        rows.append(
            [
                LABELS.get(name, name),
                f"{each['embedded']} of {case['texts']}",
                f"{each['seconds']:.1f}",
                share,
                str(each["throttled"]),
            ]
        )
    return table(rows)
