"""More requests at once than the stage allows: API Gateway rejects the rest, and what comes later succeeds."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from conformance.figures import percentiles
from conformance.scenario import Figures, Stage, expect

PATH = "/v1/meta"
THREADS = 64
SECONDS_OF_PEACE = 5


def throttling(stage: Stage) -> Figures:
    """Twice the burst at once: some are 429, none is an error of Alto, and one after a pause is a 200."""
    number = 2 * stage.settings.throttle_burst + 100
    began = time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        calls = list(threads.map(lambda _: _call(stage), range(number)))
    seconds = time.monotonic() - began
    statuses = Counter(status for status, _ in calls)
    expect(set(statuses) <= {200, 429, 503}, f"200, 429 and 503 were expected, not {dict(statuses)}")
    rate = number / seconds
    if rate > stage.settings.throttle_rate * 2:
        expect(statuses[429], f"{number} requests in {seconds:.1f} s, of which none was throttled")
    time.sleep(SECONDS_OF_PEACE)
    status, _ = _call(stage)
    expect(status == 200, f"{status} after a pause of {SECONDS_OF_PEACE} s")
    return {
        "requests": number,
        "seconds": round(seconds, 1),
        "requests a second": round(rate, 1),
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
        "milliseconds": percentiles([milliseconds for status, milliseconds in calls if status == 200]),
    }


def _call(stage: Stage) -> tuple[int, float]:
    began = time.monotonic()
    status = stage.api.get(PATH).status_code
    return status, 1000 * (time.monotonic() - began)
