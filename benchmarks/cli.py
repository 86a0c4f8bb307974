"""The cost of `alto --help`, next to the imports that a program for AWS and OpenSearch begins with.

Fresh processes with warm byte code, one of each kind in turn, so that other load on the machine affects all alike.
Only the ratios mean something.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

RESULT = Path(__file__).parent / "results" / "cli.json"
YARDSTICK = "import boto3, opensearchpy"
PROGRAMS = {
    YARDSTICK: ["-c", YARDSTICK],
    "python": ["-c", "pass"],
    "alto --help": ["-m", "alto", "--help"],
    "alto search --help": ["-m", "alto", "search", "--help"],
    "import alto": ["-c", "import alto"],
}
MOST = 0.4


def seconds(arguments: list[str]) -> float:
    """Wall-clock time of a fresh interpreter with these arguments."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure(rounds: int, *, warm: bool = True) -> dict[str, list[float]]:
    """Return the seconds of each program in each round. `warm`: run all of them once before."""
    times: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for is_counted in (*[False] * warm, *[True] * rounds):
        for name, arguments in PROGRAMS.items():
            spent = seconds(arguments)
            if is_counted:
                times[name].append(spent)
    return times


def main() -> int:
    """Measure, print and save; 1 if `alto --help` is not under 0.4 of the yardstick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=21)
    rounds = parser.parse_args().rounds
    times = measure(rounds)
    ratios = {
        name: statistics.median(own / yardstick for own, yardstick in zip(each, times[YARDSTICK], strict=True))
        for name, each in times.items()
    }
    print(f"{'':28} {'of the yardstick':>16} {'median ms':>10}")
    for name, ratio in ratios.items():
        print(f"{name:28} {ratio:>16.2f} {1000 * statistics.median(times[name]):>10.0f}")
    result = {
        "python": platform.python_version(),
        "rounds": rounds,
        "yardstick": YARDSTICK,
        "ratios": {name: round(ratio, 3) for name, ratio in ratios.items() if name != YARDSTICK},
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if ratios["alto --help"] < MOST else 1


if __name__ == "__main__":
    sys.exit(main())
