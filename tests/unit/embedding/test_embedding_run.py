"""The embedder's behaviour, with a scripted model, time that only moves during a wait, and one call at a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from lambdas.aws.credentials import AwsCredentials
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.embedder import Embedder
from lambdas.embedding.embedding_run import MAX_ATTEMPTS, EmbeddingCounts
from lambdas.embedding.families import InputType
from lambdas.embedding.model_client import Embedded
from lambdas.embedding.vendor_errors import CallFailedError, Remedy
from lambdas.errors import (
    EmbeddingError,
    EmbeddingTimeoutError,
    ModelAccessDeniedError,
    ModelAnswerError,
    ModelInputError,
    ModelThrottledError,
    ModelUnavailableError,
    NoTextError,
    TextTooLongError,
)

TITAN = Text2VecAws(vectorizer="text2vec-aws", region="us-east-1", model="amazon.titan-embed-text-v2:0")
COHERE = Text2VecAws(vectorizer="text2vec-aws", region="us-east-1", model="cohere.embed-english-v3")

THROTTLED = CallFailedError(ModelThrottledError("throttled"), Remedy.SLOW_DOWN)
BROKEN = CallFailedError(ModelUnavailableError("broken"), Remedy.RETRY)
UNREACHABLE = CallFailedError(ModelUnavailableError("unreachable"), Remedy.RECONNECT)
REFUSED = CallFailedError(ModelInputError("refused"), Remedy.SPLIT)
DENIED = CallFailedError(ModelAccessDeniedError("denied"), Remedy.STOP)
TOO_LONG = CallFailedError(TextTooLongError("too long"), Remedy.SPLIT)

type Script = Callable[[Sequence[str]], CallFailedError | None]


class Time:
    """Stands still except during sleep or work."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class ScriptedModel:
    """Returns [length of the text, 1.0], unless its script names a failure. Each call takes 10 ms."""

    def __init__(self, time: Time, script: Script = lambda _: None) -> None:
        self.time = time
        self.script = script
        self.calls: list[list[str]] = []
        self.embedded: list[str] = []
        self.input_types: list[InputType] = []
        self.timeouts: list[float] = []

    def embed(
        self,
        config: Text2VecAws,
        texts: Sequence[str],
        input_type: InputType,
        *,
        credentials: AwsCredentials | None,
        timeout_seconds: float,
    ) -> Embedded:
        self.time.now += 0.01
        self.calls.append(list(texts))
        self.input_types.append(input_type)
        self.timeouts.append(timeout_seconds)
        failure = self.script(texts)
        if failure is not None:
            raise failure
        self.embedded.extend(texts)
        return Embedded([[float(len(text)), 1.0] for text in texts], tokens=3 * len(texts))


class Inline(Executor):
    """Makes each call at once, in the thread that asks for it."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future


class Never(Executor):
    """Makes no call at all, like a pool whose threads all hang."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return Future()


@pytest.fixture
def time() -> Time:
    return Time()


def embedder(
    model: ScriptedModel, sleep: Callable[[float], None] | None = None, jitter: Callable[[], float] = lambda: 1.0
) -> Embedder:
    return Embedder(model, executor=Inline(), clock=model.time, sleep=sleep or model.time.sleep, jitter=jitter)


def embed(
    model: ScriptedModel,
    texts: Sequence[str],
    config: Text2VecAws = TITAN,
    *,
    seconds: float = 1000.0,
    counts: EmbeddingCounts | None = None,
) -> list[list[float] | EmbeddingError]:
    deadline = Deadline.after(seconds, model.time)
    return embedder(model).embed_documents(config, texts, deadline=deadline, counts=counts)


def with_setting(config: Text2VecAws, **settings: Any) -> Text2VecAws:
    return Text2VecAws.model_validate(config.model_dump() | settings)


def failing(failure: CallFailedError, times: int) -> Script:
    """The first calls fail, the others succeed."""
    left = [failure] * times
    return lambda _: left.pop() if left else None


def refusing(part: str, failure: CallFailedError = REFUSED) -> Script:
    """Calls with such a text in them fail."""
    return lambda texts: failure if any(part in text for text in texts) else None


def test_vectors_come_in_the_order_of_the_texts(time: Time) -> None:
    assert embed(ScriptedModel(time), ["a", "ccc", "bb"]) == [[1.0, 1.0], [3.0, 1.0], [2.0, 1.0]]


def test_nothing_to_embed_is_no_call(time: Time) -> None:
    model = ScriptedModel(time)

    assert embed(model, []) == []
    assert model.calls == []


def test_a_call_carries_as_many_texts_as_the_model_takes(time: Time) -> None:
    cohere, titan = ScriptedModel(time), ScriptedModel(time)
    texts = [f"text {number}" for number in range(200)]

    embed(cohere, texts, COHERE)
    embed(titan, texts, TITAN)

    assert [len(call) for call in cohere.calls] == [96, 96, 8]
    assert [len(call) for call in titan.calls] == [1] * 200


def test_a_call_is_no_larger_than_the_model_takes(time: Time) -> None:
    model = ScriptedModel(time)
    v4 = with_setting(COHERE, model="cohere.embed-v4:0")

    embed(model, ["x" * 200_000] * 5, v4)

    assert [len(call) for call in model.calls] == [2, 2, 1]


def test_a_bad_text_fails_alone_and_no_text_is_embedded_twice(time: Time) -> None:
    model = ScriptedModel(time, refusing("poison"))
    texts = ["poison" if number in (7, 60) else f"text {number}" for number in range(96)]

    results = embed(model, texts, COHERE)

    assert [place for place, result in enumerate(results) if isinstance(result, EmbeddingError)] == [7, 60]
    assert isinstance(results[7], ModelInputError)
    assert sorted(model.embedded) == sorted(set(texts) - {"poison"})


def test_a_text_that_brings_the_model_down_costs_its_neighbours_nothing(time: Time) -> None:
    model = ScriptedModel(time, refusing("crash", BROKEN))
    texts = ["crash" if number == 5 else f"text {number}" for number in range(16)]

    results = embed(model, texts, COHERE)

    assert [isinstance(result, ModelUnavailableError) for result in results].count(True) == 1
    assert isinstance(results[5], ModelUnavailableError)


@pytest.mark.parametrize("failure", [THROTTLED, BROKEN, UNREACHABLE])
def test_what_may_succeed_is_tried_again(time: Time, failure: CallFailedError) -> None:
    model = ScriptedModel(time, failing(failure, 3))
    counts = EmbeddingCounts()

    assert embed(model, ["a"], counts=counts) == [[1.0, 1.0]]
    assert (counts.calls, counts.retries, counts.tokens) == (4, 3, 3)


@pytest.mark.parametrize("failure", [REFUSED, DENIED, CallFailedError(ModelAnswerError("odd"), Remedy.GIVE_UP)])
def test_what_cannot_succeed_is_not_tried_again(time: Time, failure: CallFailedError) -> None:
    model = ScriptedModel(time, failing(failure, 1))

    assert embed(model, ["a"]) == [failure.error]
    assert len(model.calls) == 1


def test_calls_to_a_broken_service_stop_long_before_the_deadline(time: Time) -> None:
    model = ScriptedModel(time, lambda _: BROKEN)

    assert embed(model, ["a"]) == [BROKEN.error]
    assert len(model.calls) == MAX_ATTEMPTS
    assert time.now < 30


def test_an_unreachable_service_is_not_asked_for_every_text_of_a_call_apart(time: Time) -> None:
    model = ScriptedModel(time, lambda _: UNREACHABLE)

    assert embed(model, ["a"] * 96, COHERE) == [UNREACHABLE.error] * 96
    assert len(model.calls) == MAX_ATTEMPTS


def test_waits_grow_with_jitter(time: Time) -> None:
    waits: list[float] = []
    model = ScriptedModel(time, lambda _: BROKEN)

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(seconds)

    for subject in (embedder(model, sleep, jitter=lambda: 1.0), embedder(model, sleep, jitter=lambda: 0.0)):
        subject.embed_documents(TITAN, ["a"], deadline=Deadline.after(100, time))

    assert waits[:7] == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0])
    assert waits[7:] == pytest.approx([wait / 2 for wait in waits[:7]])


def test_retry_after_is_honoured(time: Time) -> None:
    model = ScriptedModel(time, failing(CallFailedError(THROTTLED.error, Remedy.SLOW_DOWN, retry_after_seconds=7), 1))

    assert embed(model, ["a"]) == [[1.0, 1.0]]
    assert time.now == pytest.approx(7.02)


def test_throttling_is_retried_until_the_deadline(time: Time) -> None:
    model = ScriptedModel(time, refusing("late", THROTTLED))

    results = embed(model, ["early", "late", "early too"], seconds=20)

    assert results[0] == [5.0, 1.0]
    assert isinstance(results[1], ModelThrottledError)
    assert results[2] == [9.0, 1.0]
    assert time.now <= 20
    assert len(model.calls) > MAX_ATTEMPTS


def test_a_wait_that_would_end_after_the_deadline_is_not_begun(time: Time) -> None:
    model = ScriptedModel(time, lambda _: CallFailedError(THROTTLED.error, Remedy.SLOW_DOWN, retry_after_seconds=60))

    assert embed(model, ["a"], seconds=20) == [THROTTLED.error]
    assert time.now < 1


def test_a_model_that_does_not_answer_in_time_is_a_timeout() -> None:
    real = Deadline.after(0.05)
    model = ScriptedModel(Time())

    results = Embedder(model, executor=Never()).embed_documents(TITAN, ["a", "b"], deadline=real)

    assert [type(result) for result in results] == [EmbeddingTimeoutError, EmbeddingTimeoutError]
    assert "'amazon.titan-embed-text-v2:0' in us-east-1" in str(results[0])


def test_texts_whose_turn_never_came_say_whether_throttling_was_the_reason(time: Time) -> None:
    throttled = ScriptedModel(time, lambda _: THROTTLED)

    results = embed(throttled, ["a"] * 2000, seconds=5)

    assert {type(result) for result in results} == {ModelThrottledError}


def test_a_passed_deadline_makes_no_call(time: Time) -> None:
    model = ScriptedModel(time)

    [result] = embed(model, ["a"], seconds=0)

    assert isinstance(result, EmbeddingTimeoutError)
    assert model.calls == []


def test_no_access_is_found_out_once_and_not_once_for_each_text(time: Time) -> None:
    model = ScriptedModel(time, lambda _: DENIED)

    results = embed(model, ["a"] * 5000)

    assert results == [DENIED.error] * 5000
    # As many as were under way when the first response came.
    assert len(model.calls) <= 64


def test_a_bug_is_not_swallowed(time: Time) -> None:
    def crash(_: Sequence[str]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        embed(ScriptedModel(time, crash), ["a"])


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_a_blank_text_is_an_error_of_its_own(time: Time, blank: str) -> None:
    model = ScriptedModel(time)

    results = embed(model, ["a", blank], COHERE)

    assert results[0] == [1.0, 1.0]
    assert isinstance(results[1], NoTextError)
    assert model.calls == [["a"]]


def test_a_text_over_the_known_limit_is_an_error_that_names_it(time: Time) -> None:
    model = ScriptedModel(time)

    results = embed(model, ["a", "x" * 2049], COHERE)

    assert results[0] == [1.0, 1.0]
    assert isinstance(results[1], TextTooLongError)
    assert "2,048 characters" in results[1].message
    assert model.calls == [["a"]]


@pytest.mark.parametrize(("truncate", "kept"), [("end", "s" + "x" * 2047), ("start", "x" * 2047 + "e")])
def test_a_text_over_the_limit_is_truncated_as_set_and_counted(time: Time, truncate: str, kept: str) -> None:
    model = ScriptedModel(time)
    counts = EmbeddingCounts()

    embed(model, ["s" + "x" * 2047 + "e", "short"], with_setting(COHERE, truncate=truncate), counts=counts)

    assert model.calls == [[kept, "short"]]
    assert (counts.texts, counts.truncated) == (2, 1)


def test_a_text_only_the_model_rejects_is_truncated_and_counted_once(time: Time) -> None:
    def limit(texts: Sequence[str]) -> CallFailedError | None:
        length = len(texts[0])
        return CallFailedError(TOO_LONG.error, Remedy.SPLIT, fit=1000 / length * 1.1) if length > 1000 else None

    model = ScriptedModel(time, limit)
    counts = EmbeddingCounts()

    [vector] = embed(model, ["x" * 4000], with_setting(TITAN, truncate="end"), counts=counts)

    assert isinstance(vector, list)
    assert 900 <= vector[0] <= 1000
    assert counts.truncated == 1


def test_a_text_that_never_fits_is_an_error_in_the_end(time: Time) -> None:
    model = ScriptedModel(time, lambda _: TOO_LONG)

    assert embed(model, ["x" * 4000], with_setting(TITAN, truncate="end")) == [TOO_LONG.error]
    assert len(model.calls) < 12


def test_a_text_that_the_model_finds_too_long_is_an_error_without_truncate(time: Time) -> None:
    model = ScriptedModel(time, refusing("long", TOO_LONG))

    assert embed(model, ["a", "long"]) == [[1.0, 1.0], TOO_LONG.error]


def test_a_cap_on_requests_spreads_the_calls(time: Time) -> None:
    embed(ScriptedModel(time), ["a"] * 21, with_setting(TITAN, requests_per_minute=60))

    assert time.now == pytest.approx(20, abs=0.1)


def test_a_cap_on_tokens_spreads_the_calls(time: Time) -> None:
    # The scripted model counts three tokens a text: 60 texts are 180 tokens, three minutes' worth.
    embed(ScriptedModel(time), ["abcdefgh"] * 60, with_setting(TITAN, tokens_per_minute=60))

    assert time.now == pytest.approx(177, abs=5)


def test_documents_may_use_the_time_there_is_and_a_query_half_of_it(time: Time) -> None:
    model = ScriptedModel(time)
    subject = embedder(model)

    subject.embed_documents(TITAN, ["a"], deadline=Deadline.after(30, time))
    subject.embed_documents(TITAN, ["a"], deadline=Deadline.after(900, time))
    subject.embed_query(TITAN, "a", deadline=Deadline.after(20, time))

    assert model.timeouts == pytest.approx([30, 60, 10], abs=0.1)
    assert model.input_types == ["document", "document", "query"]
