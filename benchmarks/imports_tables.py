"""The results of `make bench-import` as the tables of `docs/imports.md`."""

from typing import Any

from benchmarks.tables import table

BEGIN = "<!-- written by make bench-import -->"
LABELS = {"alto": "**Alto** (one loader)"}


def tables(results: dict[str, Any]) -> str:
    """One table of speed, and one of what bounds it."""
    cases = results["cases"]
    return "\n\n".join([_setting(results["parameters"]), _speed(cases), _bounds(cases)])


def best_peer(case: dict[str, Any]) -> float:
    """Objects a second of the fastest peer."""
    return float(max(each["objects_per_second"] for name, each in case["contenders"].items() if name != "alto"))


def _setting(parameters: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in parameters["versions"].items())
    return (
        f"Measured {parameters['measured']} on {parameters['processor_cores']} cores that OpenSearch, stub, moto and "
        f"loader share, Python {parameters['python']}, {parameters['latency_ms']} ms a call; median of "
        f"{parameters['repeats']} runs in turn (runs of more than {parameters['long_run_seconds']:.0f} s: one). "
        f"{versions}."
    )


def _speed(cases: list[dict[str, Any]]) -> str:
    rows = [["objects/s (calls, peak in flight)", *(case["title"] for case in cases)]]
    for name in cases[0]["contenders"]:
        measured = [case["contenders"].get(name) for case in cases]
        rows.append([LABELS.get(name, name), *(map(_rate, measured))])
    compared = [len(case["contenders"]) > 1 for case in cases]
    factors = [
        f"**{case['contenders']['alto']['objects_per_second'] / best_peer(case):.1f}x**" if has_peers else ""
        for case, has_peers in zip(cases, compared, strict=True)
    ]
    rows.append(["Alto / best peer", *factors])
    return table(rows)


def _rate(measured: dict[str, Any] | None) -> str:
    if measured is None:
        return ""
    return f"{measured['objects_per_second']:,.0f} ({measured['calls']}, {measured['peak_concurrency']})"


def _bounds(cases: list[dict[str, Any]]) -> str:
    head = ["Alto: where the time goes", "seconds", "CPU of the loader", "CPU of OpenSearch", "in the model", "peak MB"]
    rows = [head]
    for case in cases:
        alto = case["contenders"]["alto"]
        rows.append(
            [
                case["title"],
                f"{alto['seconds']:.2f}",
                f"{alto['cpu_seconds']:.2f}",
                f"{alto['engine_cpu_seconds']:.2f}",
                f"{alto['calls'] * 0.08 / max(1, alto['peak_concurrency']):.2f}",
                str(alto["peak_mb"]),
            ]
        )
    return table(rows)
