"""Texts to vectors, for everyone who needs some."""

import time
from array import array
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from threading import Lock

from lambdas.aws.credentials import AwsCredentials
from lambdas.backoff import system_jitter
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedding_run import EmbeddingCounts, EmbeddingRun, Result, RunContext
from lambdas.embedding.families import InputType
from lambdas.embedding.model_client import Model
from lambdas.embedding.rate.adaptive_rate import ModelLimiter
from lambdas.embedding.rate.model_limiters import ModelLimiters
from lambdas.embedding.text import text_hash
from lambdas.errors import EmbeddingError

# Enough to hide a model's latency; more would only queue for the processor of a Lambda.
CONCURRENCY = 64

type Report = Callable[[Text2VecAws, InputType, EmbeddingCounts], None]

_QUERIES_REMEMBERED = 512
# A caller whose access was taken away keeps no vector longer than this.
_QUERY_SECONDS = 600.0


class Embedder:
    """Embeds documents and queries. Safe to share between threads, which then share its calls in flight.

    Args:
        model: makes single calls; `AwsModel` in production.
        concurrency: the calls in flight, over all jobs.
        report: receives what each job that made calls took; never texts, vectors or keys.
        executor: where the calls are made; a pool of `concurrency` threads by default.
        clock, sleep, jitter: time in seconds and random numbers from 0 to 1, for tests to hold still.
    """

    def __init__(
        self,
        model: Model,
        *,
        concurrency: int = CONCURRENCY,
        report: Report | None = None,
        executor: Executor | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = system_jitter,
    ) -> None:
        executor = executor or ThreadPoolExecutor(concurrency, thread_name_prefix="embedding")
        self._context = RunContext(model, executor, concurrency, sleep, jitter)
        self._clock = clock
        self._report = report
        self._limiters = ModelLimiters(clock)
        self._queries: OrderedDict[Hashable, tuple[float, array[float]]] = OrderedDict()
        self._lock = Lock()

    def embed_documents(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
        counts: EmbeddingCounts | None = None,
    ) -> list[Result]:
        """The vector of each text, or the error that it met, in the order of the texts.

        Returns at the deadline at the latest, with what there is by then. `counts` is added to.
        """
        return self._embed(config, texts, "document", deadline=deadline, credentials=credentials, counts=counts)

    def embed_query(
        self, config: Text2VecAws, text: str, *, deadline: Deadline, credentials: AwsCredentials | None = None
    ) -> list[float]:
        """The vector of a query, from memory if the same caller asked the same of the same model before.

        Raises `EmbeddingError`.
        """
        [result] = self.embed_queries(config, [text], deadline=deadline, credentials=credentials)
        if isinstance(result, EmbeddingError):
            raise result
        return result

    def embed_queries(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None = None,
    ) -> list[Result]:
        """The vector of each of several queries, or the error that it met; those not remembered packed together."""
        keys = [(text_hash(config, text), config.region, *_identity(config, credentials)) for text in texts]
        known: dict[Hashable, Result | None] = {key: self._remembered(key) for key in keys}
        missing = {key: text for key, text in zip(keys, texts, strict=True) if known[key] is None}
        if missing:
            results = self._embed(config, list(missing.values()), "query", deadline=deadline, credentials=credentials)
            for key, made in zip(missing, results, strict=True):
                if not isinstance(made, EmbeddingError):
                    self._remember(key, made)
                known[key] = made
        return [result for key in keys if (result := known[key]) is not None]

    def is_held_back(self, seconds: float) -> bool:
        """Whether a model's quota, as learnt from its responses, held back a call within the last seconds."""
        return self._limiters.is_held_back(seconds)

    def probe_dimensions(
        self, config: Text2VecAws, *, deadline: Deadline, credentials: AwsCredentials | None = None
    ) -> int:
        """Ask the model for a vector and count. Raises `EmbeddingError`."""
        anything = config.model_copy(update={"dimensions": None})
        [result] = self._embed(anything, ["dimensions"], "document", deadline=deadline, credentials=credentials)
        if isinstance(result, EmbeddingError):
            raise result
        return len(result)

    def _embed(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        input_type: InputType,
        *,
        deadline: Deadline,
        credentials: AwsCredentials | None,
        counts: EmbeddingCounts | None = None,
    ) -> list[Result]:
        taken = EmbeddingCounts()
        run = EmbeddingRun(
            self._context,
            self._limiter(config, credentials),
            config,
            input_type,
            deadline=deadline,
            credentials=credentials,
            counts=taken,
        )
        started = self._clock()
        results = run.embed(texts)
        taken.seconds = round(self._clock() - started, 3)
        if counts:
            counts.add(taken)
        if self._report and taken.calls:
            self._report(config, input_type, taken)
        return results

    def _limiter(self, config: Text2VecAws, credentials: AwsCredentials | None) -> ModelLimiter:
        """Return the limiter that has learnt this model's quota, for these credentials."""
        caps = (config.requests_per_minute, config.tokens_per_minute)
        names = (config.service, config.region, config.target, config.target_model, config.inference_component)
        key = (names, caps, _identity(config, credentials))
        return self._limiters.get(key, requests_per_minute=caps[0], tokens_per_minute=caps[1])

    def _remembered(self, key: Hashable) -> list[float] | None:
        with self._lock:
            known = self._queries.get(key)
            if known is None or known[0] < self._clock():
                return None
            self._queries.move_to_end(key)
            return known[1].tolist()

    def _remember(self, key: Hashable, vector: list[float]) -> None:
        # An array takes a quarter of the memory of a list of numbers.
        with self._lock:
            self._queries[key] = (self._clock() + _QUERY_SECONDS, array("d", vector))
            self._queries.move_to_end(key)
            while len(self._queries) > _QUERIES_REMEMBERED:
                self._queries.popitem(last=False)


def _identity(config: Text2VecAws, credentials: AwsCredentials | None) -> tuple[str, str, str]:
    """Who calls: a caller with keys of its own, a role, or Alto. No caller gets another's vectors."""
    if credentials is not None:
        return ("caller", credentials.fingerprint, "")
    if config.role_arn:
        return ("role", config.role_arn, "")
    return ("alto", "", "")
