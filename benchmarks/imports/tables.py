"""The results of `make bench-import` as the tables of `docs/imports.md`."""

import math
from typing import Any

from benchmarks.tables import table
from lambdas.imports.loading.batch_plan import CALLS_IN_FLIGHT

BEGIN = "<!-- written by make bench-import -->"
BEGIN_VECTOR_MODULE = "<!-- written by make bench-import, with the vector module -->"
CEILING = "bulk"
LABELS = {"alto": "**Alto** (one loader)", CEILING: "ceiling: bare `_bulk`, nothing embedded"}


def tables(results: dict[str, Any]) -> str:
    """One table of speed, one of what bounds it, and one of what the contenders leave to OpenSearch."""
    cases = results["cases"]
    parameters = results["parameters"]
    return "\n\n".join([_setting(parameters), _speed(cases, parameters), _bounds(cases, parameters), _left(cases)])


def speed_tables(results: dict[str, Any]) -> str:
    """The table of speed alone."""
    return "\n\n".join([_setting(results["parameters"]), _speed(results["cases"], results["parameters"])])


def best_peer(case: dict[str, Any]) -> float:
    """Objects a second of the fastest peer."""
    return float(max(each["objects_per_second"] for name, each in case["contenders"].items() if _is_peer(name)))


def _is_peer(name: str) -> bool:
    return name not in LABELS


def _setting(parameters: dict[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in parameters["versions"].items())
    return (
        f"Measured {parameters['measured']} on {parameters['processor_cores']} cores that OpenSearch "
        f"({parameters['java']}, its optimizing compiler warm), stub, moto and loader share, "
        f"Python {parameters['python']}, {parameters['latency_ms']} ms a call; median of "
        f"{parameters['repeats']} runs in turn (runs of more than {parameters['long_run_seconds']:.0f} s: one). "
        f"{versions}."
    )


def _speed(cases: list[dict[str, Any]], parameters: dict[str, Any]) -> str:
    rows = [["objects/s (calls, peak in flight)", *(case["title"] for case in cases)]]
    for name in cases[0]["contenders"]:
        measured = [case["contenders"].get(name) for case in cases]
        rows.append([LABELS.get(name, name), *(map(_rate, measured))])
    factors = [
        f"**{case['contenders']['alto']['objects_per_second'] / best_peer(case):.1f}x**"
        if any(map(_is_peer, case["contenders"]))
        else ""
        for case in cases
    ]
    rows.append(["Alto / best peer", *factors])
    rows.append(["Alto / ceiling", *(f"{share_of_ceiling(case):.0%}" for case in cases)])
    shares = (share_of_possible(case, parameters["latency_ms"]) for case in cases)
    rows.append(["Alto / slower of ceiling and model", *(f"{share:.0%}" for share in shares)])
    return table(rows)


def share_of_ceiling(case: dict[str, Any]) -> float:
    """Objects a second of Alto, of those of the bare `_bulk`."""
    return float(case["contenders"][CEILING]["seconds"] / case["contenders"]["alto"]["seconds"])


def share_of_possible(case: dict[str, Any], latency_ms: float) -> float:
    """Objects a second of Alto, of those of the slower one of bare `_bulk` and model.

    The model responds after its latency, and a loader has `CALLS_IN_FLIGHT` calls in flight: 1,000 calls of 80 ms take
    1.28 s, with all else done meanwhile.
    """
    alto = case["contenders"]["alto"]
    model = math.ceil(alto["calls"] / CALLS_IN_FLIGHT) * latency_ms / 1000
    return float(max(case["contenders"][CEILING]["seconds"], model) / alto["seconds"])


def _rate(measured: dict[str, Any] | None) -> str:
    if measured is None:
        return ""
    return f"{measured['objects_per_second']:,.0f} ({measured['calls']}, {measured['peak_concurrency']})"


def _bounds(cases: list[dict[str, Any]], parameters: dict[str, Any]) -> str:
    """The seconds of Alto, and what was busy in them; the model's are its latency for the calls that follow another."""
    rows = [
        ["Alto: where the time goes", "seconds", "CPU of the loader", "CPU of OpenSearch", "in the model", "peak MB"]
    ]
    for case in cases:
        alto = case["contenders"]["alto"]
        rows.append(
            [
                case["title"],
                f"{alto['seconds']:.2f}",
                f"{alto['cpu_seconds']:.2f}",
                f"{alto['engine_cpu_seconds']:.2f}",
                f"{alto['calls'] * parameters['latency_ms'] / 1000 / max(1, alto['peak_concurrency']):.2f}",
                str(alto["peak_mb"]),
            ]
        )
    return table(rows)


def _left(cases: list[dict[str, Any]]) -> str:
    """The documents in the index when the clock stops, for the case with the most objects."""
    case = max(cases, key=lambda each: each["records"])
    rows = [["When the clock stops", "segments", "OpenSearch's CPU s until then", "CPU s to merge all into one"]]
    for name, each in case["contenders"].items():
        spent, merge = each["engine_cpu_seconds"], each["merge_cpu_seconds"]
        rows.append(
            [f"{LABELS.get(name, name)}, {case['title']}", str(each["segments"]), f"{spent:.1f}", f"{merge:.1f}"]
        )
    return table(rows)
