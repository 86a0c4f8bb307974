"""The calls and their responses, for tests to assert on. Contains no secret: of a signature only the caller's name."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from local.emulator.access import Caller

RECORDED_HEADERS = ("content-type", "accept", "amz-sdk-request", "user-agent")
RECORDED_PREFIXES = ("x-amzn-sagemaker-", "x-amzn-bedrock-")
TEXTS_REMEMBERED = 1_000_000  # bounds the memory of `texts_embedded_again`


@dataclass
class Call:
    """One invocation: recorded when it arrives, completed with its response."""

    number: int
    service: str
    target: str  # model identifier or endpoint name, percent-decoded
    headers: dict[str, str]
    body: bytes = field(repr=False)
    caller: Caller | None = None
    status: int | None = None  # None while it runs; 0 if it was dropped
    error: str | None = None

    def shown(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("number", "service", "target", "headers", "status", "error")}
        try:
            shown["body"] = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            shown["body"] = self.body.decode(errors="replace")
        return {**shown, **(asdict(self.caller) if self.caller else {})}


class Counters:
    """Sums since the last reset.

    `texts` are those of calls that got as far as being read: not of a call that was throttled or malformed. keep: how
    many of the last calls are shown with their bodies.
    """

    def __init__(self, keep: int = 100) -> None:
        self._keep = keep
        self.in_flight = 0
        self.reset()

    def reset(self) -> None:
        """Forgets everything but the calls that are still in flight."""
        self.calls = 0
        self.texts = 0
        self.texts_embedded = 0
        self.texts_embedded_again = 0
        self.peak_concurrency = self.in_flight
        self.statuses: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.targets: Counter[str] = Counter()
        self._embedded: set[int] = set()
        self._last: deque[Call] = deque(maxlen=self._keep)

    def start(self, service: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
        self.calls += 1
        self.in_flight += 1
        self.peak_concurrency = max(self.peak_concurrency, self.in_flight)
        self.targets[target] += 1
        kept = {
            name: value
            for name, value in headers.items()
            if name in RECORDED_HEADERS or name.startswith(RECORDED_PREFIXES)
        }
        call = Call(self.calls, service, target, kept, body)
        self._last.append(call)
        return call

    def finish(self, call: Call, status: int, error: str | None, texts: list[str], *, embedded: bool) -> None:
        """Completes a call. status 0: the connection was dropped. embedded: the caller got whole vectors."""
        self.in_flight -= 1
        self.texts += len(texts)
        call.status, call.error = status, error
        self.statuses[str(status) if status else "dropped"] += 1
        if error:
            self.errors[error] += 1
        if embedded:
            self._count_embedded(texts)

    def _count_embedded(self, texts: list[str]) -> None:
        self.texts_embedded += len(texts)
        for text in texts:
            digest = hash(text)
            if digest in self._embedded:
                self.texts_embedded_again += 1
            elif len(self._embedded) < TEXTS_REMEMBERED:
                self._embedded.add(digest)

    def shown(self) -> dict[str, Any]:
        numbers = ("calls", "texts", "texts_embedded", "texts_embedded_again", "in_flight", "peak_concurrency")
        maps = ("statuses", "errors", "targets")
        return {
            **{name: getattr(self, name) for name in numbers},
            **{name: dict(getattr(self, name)) for name in maps},
            "requests": [call.shown() for call in self._last],
        }
