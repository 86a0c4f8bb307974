"""Cold starts and restores from snapshots, as Lambda reports them in the functions' logs."""

import time
from concurrent.futures import ThreadPoolExecutor

from conformance.figures import percentiles
from conformance.logs import reports
from conformance.scenario import Figures, SkippedError, Stage, expect

FUNCTIONS = ("query", "write", "split", "load")
# As many copies of query and write as requests at once.
AT_ONCE = 20
PATHS = ("/v1/meta", "/v1/collections")
# Reports of the whole run count, so that split and load have some too.
SECONDS_BACK = 6 * 3600
SECONDS_FOR_REPORTS = 120


def cold_starts(stage: Stage) -> Figures:
    """Milliseconds of initialization of each function. With 'snap_start', query and write have none."""
    since = time.time() - SECONDS_BACK
    _start_copies(stage)
    until = time.monotonic() + SECONDS_FOR_REPORTS
    while not (found := _of(stage, "Init Duration", since)) and time.monotonic() < until:
        time.sleep(5)
    expect(found, f"no log of a function has a cold start, {SECONDS_FOR_REPORTS} s after {AT_ONCE} requests at once")
    return found


def restores(stage: Stage) -> Figures:
    """Milliseconds of restoring query and write from their snapshots."""
    if not stage.settings.snap_start:
        raise SkippedError("'snap_start' of the stage is off: ARGS='-c snap_start=true' deploys it with snapshots")
    since = time.time() - SECONDS_BACK
    _start_copies(stage)
    until = time.monotonic() + SECONDS_FOR_REPORTS
    while not (found := _of(stage, "Restore Duration", since)) and time.monotonic() < until:
        time.sleep(5)
    expect(found, "no log of a function has a restore")
    return found


def _start_copies(stage: Stage) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda number: stage.api.get(PATHS[number % len(PATHS)]), range(2 * AT_ONCE)))


def _of(stage: Stage, figure: str, since: float) -> Figures:
    found = {name: [each[figure] for each in reports(stage, name, since) if figure in each] for name in FUNCTIONS}
    return {name: percentiles(values) for name, values in found.items() if values}
