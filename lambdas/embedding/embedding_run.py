"""One job of embedding many texts: what is sent when, what is tried again, what each text gets in the end.

The run itself is one thread; the calls are made by the threads of a pool that all runs of the process share. So all
that happens between two calls is plain sequential code.
"""

import heapq
import queue
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, fields
from itertools import count
from typing import NamedTuple

from lambdas.aws.credentials import AwsCredentials
from lambdas.backoff import pause_before
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.families import InputType
from lambdas.embedding.model_client import Embedded, Model
from lambdas.embedding.model_responses import Vector
from lambdas.embedding.packing import Text, cut, estimated_tokens, is_too_long, packed
from lambdas.embedding.rate.adaptive_rate import ModelLimiter, Verdict
from lambdas.embedding.vendor_errors import CallFailedError, Remedy, text_too_long, what
from lambdas.errors import (
    EmbeddingError,
    EmbeddingTimeoutError,
    ModelThrottledError,
    NoTextError,
    TextTooLongError,
)

# A throttled call waits less, because its limiter already sends fewer calls.
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = {Remedy.RETRY: 5.0, Remedy.RECONNECT: 5.0, Remedy.SLOW_DOWN: 1.0}
# Errors other than throttling are retried this often. Seven pauses add up to about eight seconds.
MAX_ATTEMPTS = 8
# How often a text that the model calls too long is cut once more.
_MAX_CUTS = 8
# A response takes at least this long; a call with less time left is not worth its price.
_SHORTEST_CALL_SECONDS = 0.05
# InvokeEndpoint and InvokeModel give a model a minute.
_LONGEST_CALL_SECONDS = 60.0


@dataclass(slots=True)
class EmbeddingCounts:
    """The work of a job: for logs, metrics and import reports."""

    texts: int = 0
    calls: int = 0
    tokens: int = 0
    retries: int = 0
    throttled: int = 0
    # Texts of which a part was cut away, by Alto or by a model that says so (Nova; Cohere does not).
    truncated: int = 0
    # From the first call to the last response; it does not count when two jobs are compared.
    seconds: float = field(default=0.0, compare=False)

    def add(self, other: "EmbeddingCounts") -> None:
        """Add what another job took."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


class RunContext(NamedTuple):
    """The parts that the runs of a process share."""

    model: Model
    executor: Executor
    concurrency: int
    sleep: Callable[[float], None]
    jitter: Callable[[], float]


@dataclass(slots=True, eq=False)
class _Call:
    """A call that is to be made, or made again."""

    texts: list[Text]
    tokens: int
    attempts: int = 0
    cuts: int = 0
    started: float = 0.0
    failure: CallFailedError | None = None


type _Outcome = Embedded | CallFailedError | Exception
type Result = Vector | EmbeddingError


class EmbeddingRun:
    """Embeds texts once. Made for one job and then thrown away."""

    def __init__(
        self,
        context: RunContext,
        limiter: ModelLimiter,
        config: Text2VecAws,
        input_type: InputType,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None,
        counts: EmbeddingCounts,
    ) -> None:
        self._context = context
        self._limiter = limiter
        self._config = config
        self._input_type = input_type
        self._deadline = deadline
        self._credentials = credentials
        self._counts = counts
        self._results: dict[int, Result] = {}
        self._fresh: deque[_Call] = deque()
        self._waiting: list[tuple[float, int, _Call]] = []
        self._numbers = count()
        self._flying: dict[_Call, Future[None]] = {}
        self._landed: queue.SimpleQueue[tuple[_Call, _Outcome]] = queue.SimpleQueue()
        self._cut: set[int] = set()

    def embed(self, texts: Sequence[str]) -> list[Result]:
        """A vector or an error for each text, in order."""
        prepared = (self._sendable(Text(place, content)) for place, content in enumerate(texts))
        sendable = [text for text in prepared if text is not None]
        self._fresh.extend(self._call(batch) for batch in packed(sendable, self._config.model_family))
        while (self._fresh or self._waiting or self._flying) and not self._deadline.passed:
            wait = self._start_calls()
            self._land(min(wait, self._deadline.remaining()))
        self._give_up_the_rest()
        self._counts.texts += len(texts)
        self._counts.truncated += len(self._cut)
        return [self._results[place] for place in range(len(texts))]

    def _sendable(self, text: Text) -> Text | None:
        """The text as it is sent, cut if it must and may be; None when it is not sent at all."""
        family = self._config.model_family
        if not text.content.strip():
            self._results[text.place] = NoTextError("There is no text to embed: it is empty or blank.")
        elif not is_too_long(text.content, family):
            return text
        elif self._config.truncate == "none":
            self._results[text.place] = text_too_long(self._config)
        else:
            self._cut.add(text.place)
            return Text(text.place, cut(text.content, family.characters_per_text or 0, self._config))
        return None

    def _call(self, texts: list[Text], attempts: int = 0) -> _Call:
        return _Call(texts, estimated_tokens(texts) if self._limiter.counts_tokens else 0, attempts)

    def _start_calls(self) -> float:
        """Start every call that may start now. Returns the seconds after which there may be another."""
        while len(self._flying) < self._context.concurrency:
            call = self._next()
            if call is None:
                return max(0.0, self._waiting[0][0] - self._now()) if self._waiting else float("inf")
            wait = self._limiter.start(call.tokens)
            if wait > 0.0:
                self._fresh.appendleft(call)
                return wait
            call.started = self._limiter.clock()
            self._counts.calls += 1
            self._counts.retries += call.attempts > 0
            self._flying[call] = self._context.executor.submit(self._make, call)
        return float("inf")

    def _next(self) -> _Call | None:
        """The call whose turn it is: one whose wait is over before one that was never made."""
        # Rounding must not leave a wait too small to end.
        if self._waiting and self._waiting[0][0] <= self._now() + 1e-9:
            return heapq.heappop(self._waiting)[2]
        return self._fresh.popleft() if self._fresh else None

    def _now(self) -> float:
        """Seconds on the deadline's clock; only differences mean something."""
        return -self._deadline.remaining()

    def _make(self, call: _Call) -> None:
        """Make a call, in a thread of the pool."""
        outcome: _Outcome
        try:
            outcome = self._context.model.embed(
                self._config,
                [text.content for text in call.texts],
                self._input_type,
                credentials=self._credentials,
                timeout_seconds=self._timeout(),
            )
        except Exception as error:  # noqa: BLE001 - raised again by the run, in the thread that asked
            outcome = error
        self._landed.put((call, outcome))

    def _timeout(self) -> float:
        """A query must not spend all of its time on one lost connection; documents may take what there is."""
        remaining = self._deadline.remaining()
        share = remaining / 2 if self._input_type == "query" else remaining
        return max(_SHORTEST_CALL_SECONDS, min(share, _LONGEST_CALL_SECONDS))

    def _land(self, seconds: float) -> None:
        """Wait for a call to come back, or for the time to start the next one; then take in all that came back."""
        try:
            if self._flying:
                self._take_in(*self._landed.get(timeout=seconds))
            else:
                self._context.sleep(seconds)
            while True:
                self._take_in(*self._landed.get_nowait())
        except queue.Empty:
            return

    def _take_in(self, call: _Call, outcome: _Outcome) -> None:
        del self._flying[call]
        if isinstance(outcome, Embedded):
            self._limiter.finish("ok", call.started, call.tokens, outcome.tokens)
            self._counts.tokens += outcome.tokens or 0
            if outcome.truncated:
                self._cut.update(text.place for text in call.texts)
            self._settle(call, outcome.vectors)
        elif isinstance(outcome, CallFailedError):
            verdict: Verdict = "throttled" if outcome.remedy is Remedy.SLOW_DOWN else "failed"
            self._limiter.finish(verdict, call.started, call.tokens, 0)
            self._counts.throttled += verdict == "throttled"
            call.failure = outcome
            self._recover(call, outcome)
        else:
            raise outcome

    def _settle(self, call: _Call, results: Sequence[Result]) -> None:
        for text, result in zip(call.texts, results, strict=True):
            self._results[text.place] = result

    def _recover(self, call: _Call, failure: CallFailedError) -> None:
        """Do what helps against a failure; give the texts its error when nothing does."""
        match failure.remedy:
            case Remedy.SPLIT if len(call.texts) > 1:
                self._split(call)
            case Remedy.SPLIT if self._shorten(call, failure):
                pass
            case Remedy.SLOW_DOWN:
                self._try_again(call, failure)
            case Remedy.RETRY | Remedy.RECONNECT if call.attempts + 1 < MAX_ATTEMPTS:
                self._try_again(call, failure)
            case Remedy.RETRY if len(call.texts) > 1:
                # One text may be what brings the model down. Each half has one more attempt.
                self._split(call)
            case Remedy.STOP:
                self._stop(call, failure)
            case _:
                self._settle(call, [failure.error] * len(call.texts))

    def _try_again(self, call: _Call, failure: CallFailedError) -> None:
        longest = _LONGEST_PAUSE_SECONDS[failure.remedy]
        wait = pause_before(call.attempts, _FIRST_PAUSE_SECONDS, longest, self._context.jitter)
        wait = max(wait, failure.retry_after_seconds or 0.0)
        call.attempts += 1
        if wait + _SHORTEST_CALL_SECONDS >= self._deadline.remaining():
            self._settle(call, [failure.error] * len(call.texts))
            return
        heapq.heappush(self._waiting, (self._now() + wait, next(self._numbers), call))

    def _split(self, call: _Call) -> None:
        half = len(call.texts) // 2
        for texts in (call.texts[half:], call.texts[:half]):
            self._fresh.appendleft(self._call(texts, call.attempts))

    def _shorten(self, call: _Call, failure: CallFailedError) -> bool:
        """Cut a text that the model called too long, if the collection allows it. Models count tokens, Alto cannot."""
        if self._config.truncate == "none" or not isinstance(failure.error, TextTooLongError) or call.cuts >= _MAX_CUTS:
            return False
        text = call.texts[0]
        # A little less than fits on average, because tokens are not equally long everywhere in a text.
        characters = int(len(text.content) * min(0.97 * (failure.fit or 0.75), 0.97))
        if characters == 0:
            return False
        self._cut.add(text.place)
        shorter = self._call([Text(text.place, cut(text.content, characters, self._config))], call.attempts)
        shorter.cuts = call.cuts + 1
        self._fresh.appendleft(shorter)
        return True

    def _stop(self, call: _Call, failure: CallFailedError) -> None:
        """Every other call would fail as well: make none. Those under way may still bring something."""
        self._settle(call, [failure.error] * len(call.texts))
        for other in (*self._fresh, *(entry[2] for entry in self._waiting)):
            self._settle(other, [failure.error] * len(other.texts))
        self._fresh.clear()
        self._waiting.clear()

    def _give_up_the_rest(self) -> None:
        """The time is over: say of each text that is left why it has no vector."""
        for future in self._flying.values():
            future.cancel()
        for call in (*self._fresh, *(entry[2] for entry in self._waiting), *self._flying):
            error = call.failure.error if call.failure else self._out_of_time()
            self._settle(call, [error] * len(call.texts))

    def _out_of_time(self) -> EmbeddingError:
        subject = f"{what(self._config)} in {self._config.region}"
        if self._counts.throttled:
            return ModelThrottledError(
                f"{subject} is throttled: this text's turn did not come in time. Send fewer texts at once, "
                "try again later, or ask AWS for a higher quota."
            )
        return EmbeddingTimeoutError(
            f"{subject} did not respond before the time was over. Try again, or send fewer texts at once."
        )
