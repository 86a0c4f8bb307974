"""Texts from a model: the calls of one request, side by side, each made again while that helps."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import NamedTuple

from lambdas.aws.credentials import AwsCredentials
from lambdas.backoff import system_jitter
from lambdas.deadline import Deadline
from lambdas.embedding.rate.adaptive_rate import ModelLimiter
from lambdas.embedding.rate.model_limiters import ModelLimiters
from lambdas.embedding.retried_call import CallCounts, Caller, Patience, call_with_retries
from lambdas.embedding.vendor_errors import CallFailedError, Remedy, what
from lambdas.errors import EmbeddingError, GenerationTimeoutError
from lambdas.generation.bodies import generation_call
from lambdas.generation.citations import Checked, check_native, check_prompted
from lambdas.generation.config import GenerationModel
from lambdas.generation.prompts import Prompt
from lambdas.generation.replies import Reply, read_reply

# Calls in flight of one function: enough that the objects of a page need one or two rounds.
CONCURRENCY = 40
# A model that fails for another reason than its quota is called this often.
MAX_ATTEMPTS = 4
# Converse gives a model longer, but the API does not.
_LONGEST_CALL_SECONDS = 60.0


class Written(NamedTuple):
    """A text with its checked citations, and what it took."""

    text: str
    stop_reason: str
    citations: Checked
    input_tokens: int
    output_tokens: int
    milliseconds: int


type Outcome = Written | EmbeddingError


@dataclass(slots=True)
class GenerationCounts(CallCounts):
    """The work of one request, for its response, the log and the metrics."""

    retries: int = 0
    texts: int = 0
    texts_failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    # From the first call to the last text.
    milliseconds: int = 0
    # Of all calls together: they run side by side.
    call_milliseconds: int = 0


type Report = Callable[[GenerationModel, GenerationCounts], None]


class Generator:
    """Writes texts with language models. Safe to share between threads, which then share its calls in flight.

    Args:
        caller: makes single calls.
        concurrency: the calls in flight, over all requests.
        report: receives what each request took; never prompts, texts or keys.
        executor: where the calls are made; a pool of `concurrency` threads by default.
        clock, sleep, jitter: time in seconds and random numbers from 0 to 1, for tests to hold still.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        concurrency: int = CONCURRENCY,
        report: Report | None = None,
        executor: Executor | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = system_jitter,
    ) -> None:
        self._caller = caller
        self._report = report
        self._executor = executor or ThreadPoolExecutor(concurrency, thread_name_prefix="generation")
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._limiters = ModelLimiters(clock)

    def write(
        self,
        model: GenerationModel,
        prompts: Sequence[Prompt],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> tuple[list[Outcome], GenerationCounts]:
        """Return a text or an error for each prompt, in their order, at the deadline at the latest; and the counts.

        After an error that every other call would meet too, such as missing rights, calls not yet made are not made.
        """
        started = self._clock()
        limiter = self._limiter(model, credentials)
        patience = Patience(deadline, MAX_ATTEMPTS, None, self._sleep, self._jitter, limiter)
        job = _Job(self._caller, model, credentials, patience, self._clock)
        futures = [self._executor.submit(job.write, prompt) for prompt in prompts]
        wait(futures, timeout=deadline.remaining())
        outcomes = [job.take(future) for future in futures]
        counts = job.count(outcomes)
        counts.milliseconds = _milliseconds(self._clock() - started)
        if self._report:
            self._report(model, counts)
        return outcomes, counts

    def _limiter(self, model: GenerationModel, credentials: AwsCredentials | None) -> ModelLimiter:
        """Return the limiter that has learnt this model's quota, for these credentials."""
        caller = credentials.fingerprint if credentials else model.role_arn
        key = (model.service, model.region, model.target, model.target_model, model.inference_component, caller)
        return self._limiters.get(key)


class _Job:
    """The prompts of one request. Its methods run in several threads, and share nothing that two of them change."""

    def __init__(
        self,
        caller: Caller,
        model: GenerationModel,
        credentials: AwsCredentials | None,
        patience: Patience,
        clock: Callable[[], float],
    ) -> None:
        self._caller = caller
        self._model = model
        self._credentials = credentials
        self._patience = patience
        self._clock = clock
        self._counts: list[CallCounts] = []
        self._stopped_by: EmbeddingError | None = None

    def write(self, prompt: Prompt) -> Written:
        """Write one text. Raises `EmbeddingError`."""
        if self._stopped_by:
            raise self._stopped_by
        counts = CallCounts()
        self._counts.append(counts)
        model = self._model
        try:
            call = generation_call(model, prompt)
        except CallFailedError as failure:
            raise failure.error from None

        def make(timeout: float) -> tuple[Reply, float]:
            began = self._clock()
            seconds = min(timeout, _LONGEST_CALL_SECONDS)
            try:
                response = self._caller.send(model, call, credentials=self._credentials, timeout_seconds=seconds)
                return read_reply(model, response.body), self._clock() - began
            except CallFailedError as failure:
                if failure.remedy is Remedy.STOP:
                    self._stopped_by = failure.error
                elif failure.remedy is not Remedy.SLOW_DOWN and self._patience.deadline.passed:
                    # The model was not done: that it did not respond says less.
                    raise CallFailedError(self.out_of_time(), Remedy.GIVE_UP) from None
                raise

        reply, seconds = call_with_retries(make, self._patience, counts, self.out_of_time)
        return _check(prompt, reply, _milliseconds(seconds))

    def take(self, future: "Future[Written]") -> Outcome:
        """Return the text of a call that is done, or its error; one that is not done is given up."""
        if not future.done():
            future.cancel()
            return self.out_of_time()
        try:
            return future.result()
        except EmbeddingError as error:
            return error

    def out_of_time(self) -> GenerationTimeoutError:
        """Return the error of a text that is not done in time."""
        return GenerationTimeoutError(
            f"{what(self._model)} in {self._model.region} was not done before the time of the request was over. Lower "
            "'max_tokens', 'limit' or 'context_tokens', or choose a faster model."
        )

    def count(self, outcomes: Sequence[Outcome]) -> GenerationCounts:
        """Return what the calls took."""
        texts = [each for each in outcomes if isinstance(each, Written)]
        made = list(self._counts)
        return GenerationCounts(
            calls=sum(each.calls for each in made),
            failed=sum(each.failed for each in made),
            throttled=sum(each.throttled for each in made),
            retries=sum(max(0, each.calls - 1) for each in made),
            texts=len(texts),
            texts_failed=len(outcomes) - len(texts),
            input_tokens=sum(each.input_tokens for each in texts),
            output_tokens=sum(each.output_tokens for each in texts),
            call_milliseconds=sum(each.milliseconds for each in texts),
        )


def _check(prompt: Prompt, reply: Reply, milliseconds: int) -> Written:
    checked = Checked(reply.text)
    if reply.stop_reason == "guardrail_intervened":
        # The text is the guardrail's own.
        pass
    elif prompt.citations == "native":
        checked = check_native(reply.text, reply.citations, prompt.passages)
    elif prompt.citations == "prompted":
        checked = check_prompted(reply.text, prompt.passages)
    return Written(checked.text, reply.stop_reason, checked, reply.input_tokens, reply.output_tokens, milliseconds)


def _milliseconds(seconds: float) -> int:
    return round(1000 * seconds)
