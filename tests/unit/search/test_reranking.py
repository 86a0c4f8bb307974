"""The calls of a reranker: what is sent, what is tried again, what is made of each response."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

import lambdas.wiring.reranking as wiring
from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.http import HttpResponse
from lambdas.deadline import Deadline
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.vendor_errors import CallFailedError, failure_of
from lambdas.errors import (
    EmbeddingError,
    ModelAccessDeniedError,
    ModelAnswerError,
    ModelInputError,
    ModelNotFoundError,
    ModelThrottledError,
    ModelUnavailableError,
)
from lambdas.observability import logger
from lambdas.search.reranking.model import RerankModel
from lambdas.search.reranking.rerank_api import rerank_call
from lambdas.search.reranking.reranker import MAX_ATTEMPTS, RerankCounts, Reranker

MODEL = RerankModel("cohere.rerank-v3-5:0", "us-west-2")
WRONG_ARN = "The provided model ARN for reranking is invalid. Please, use a valid model ARN."


def ok(**scores: float) -> HttpResponse:
    results = [{"index": int(place[1:]), "relevanceScore": score} for place, score in scores.items()]
    return HttpResponse(200, {}, json.dumps({"results": results}).encode())


def refused(status: int, code: str, message: str = "no") -> HttpResponse:
    return HttpResponse(status, {"x-amzn-errortype": code}, json.dumps({"message": message}).encode())


class Responses:
    """Gives these responses, one after the other, and keeps the calls."""

    def __init__(self, responses: Sequence[HttpResponse]) -> None:
        self._responses = list(responses)
        self.calls: list[HttpCall] = []
        self.timeouts: list[float] = []
        self.credentials: list[AwsCredentials | None] = []

    def send(
        self, called: Any, call: HttpCall, *, credentials: AwsCredentials | None, timeout_seconds: float
    ) -> HttpResponse:
        self.calls.append(call)
        self.timeouts.append(timeout_seconds)
        self.credentials.append(credentials)
        response = self._responses.pop(0)
        if response.status != 200:
            raise failure_of(response, called)
        return response


def scores(responses: Responses, texts: Sequence[str] = ("a", "b"), seconds: float = 20.0, **more: Any) -> list[float]:
    waits: list[float] = []
    reranker = Reranker(responses, sleep=waits.append, jitter=lambda: 0.5)
    return reranker.scores(MODEL, "q", texts, deadline=Deadline.after(seconds), **more)


def test_a_call_is_what_the_rerank_api_takes() -> None:
    call = rerank_call(MODEL, "q" * 32_001, ["a", "b" * 40_000], "rest")

    assert (call.service, call.region, call.path) == ("bedrock-agent-runtime", "us-west-2", "/rerank")
    assert json.loads(call.body) == {
        "queries": [{"type": "TEXT", "textQuery": {"text": "q" * 32_000}}],
        "sources": [
            {"type": "INLINE", "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": text}}}
            for text in ("a", "b" * 32_000)
        ],
        "rerankingConfiguration": {
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": {
                "modelConfiguration": {"modelArn": "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0"},
                "numberOfResults": 2,
            },
        },
        "nextToken": "rest",
    }


def test_scores_are_in_the_order_of_the_texts_and_sent_with_the_callers_keys() -> None:
    responses = Responses([ok(_1=0.9, _0=0.2)])
    keys = AwsCredentials("AKIACALLER", "secret")

    assert scores(responses, credentials=keys) == [0.2, 0.9]
    assert responses.credentials == [keys]
    # Half of the time that is left, because there is a response without the model, too.
    assert responses.timeouts == [pytest.approx(10, abs=0.1)]


def test_a_response_in_parts_is_asked_for_to_its_end() -> None:
    first = HttpResponse(
        200, {}, json.dumps({"results": [{"index": 2, "relevanceScore": 1}], "nextToken": "t"}).encode()
    )
    responses = Responses([first, ok(_0=0.5, _1=0.25)])

    assert scores(responses, ["a", "b", "c"]) == [0.5, 0.25, 1.0]
    assert [json.loads(call.body).get("nextToken") for call in responses.calls] == [None, "t"]


@pytest.mark.parametrize(
    "response",
    [
        refused(429, "ThrottlingException"),
        refused(500, "InternalServerException"),
        refused(424, "DependencyFailedException"),
        refused(502, "BadGatewayException"),
        HttpResponse(200, {}, b'{"results": ['),
    ],
)
def test_what_may_pass_is_tried_again(response: HttpResponse) -> None:
    assert scores(Responses([response, response, ok(_0=0.5, _1=0.25)])) == [0.5, 0.25]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused(429, "ThrottlingException"), ModelThrottledError),
        (refused(503, "ServiceUnavailableException"), ModelUnavailableError),
    ],
)
def test_it_is_not_tried_for_ever(response: HttpResponse, error: type[EmbeddingError]) -> None:
    responses = Responses([response] * 10)

    with pytest.raises(error):
        scores(responses)

    assert len(responses.calls) == MAX_ATTEMPTS


@pytest.mark.parametrize(
    ("response", "error", "message"),
    [
        (refused(403, "AccessDeniedException"), ModelAccessDeniedError, "Allow bedrock:InvokeModel .and bedrock:Rer"),
        (refused(400, "ValidationException", WRONG_ARN), ModelNotFoundError, "cannot be called in us-west-2"),
        (refused(404, "ResourceNotFoundException"), ModelNotFoundError, "cohere.rerank-v3-5:0"),
        (refused(400, "ValidationException", "bad"), ModelInputError, "rejected the text: bad"),
        (HttpResponse(200, {}, b'{"embedding": null}'), ModelAnswerError, "has no results"),
        (HttpResponse(200, {}, b"[]"), ModelAnswerError, "has no results"),
        (ok(_0=0.5), ModelAnswerError, "scores 1 of 2 texts"),
        (ok(_0=0.5, _7=0.5), ModelAnswerError, "texts that were not sent"),
        (HttpResponse(200, {}, b'{"results": [], "nextToken": "t"}'), ModelAnswerError, "has no end"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    response: HttpResponse, error: type[EmbeddingError], message: str
) -> None:
    responses = Responses([response])

    with pytest.raises(error, match=message):
        scores(responses)


def test_no_call_is_made_when_there_is_no_time_for_it() -> None:
    responses = Responses([])

    with pytest.raises(ModelUnavailableError, match="No time was left"):
        scores(responses, seconds=0.05)


def test_half_a_character_is_refused_before_it_is_sent() -> None:
    with pytest.raises(ModelInputError, match="half of a surrogate pair"):
        scores(Responses([]), ["\ud800"])
    with pytest.raises(CallFailedError):
        rerank_call(MODEL, "\ud800", ["a"])


def test_each_job_is_reported_with_what_it_took() -> None:
    reported: list[RerankCounts] = []
    responses = Responses([refused(500, "InternalServerException"), ok(_0=0.5)])

    Reranker(responses, report=lambda _, taken: reported.append(taken), sleep=lambda _: None).scores(
        MODEL, "q", ["a"], deadline=Deadline.after(20)
    )

    assert reported == [RerankCounts(texts=1, calls=2, failed=1)]


def test_the_log_says_what_a_job_took_and_nothing_of_its_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(logger, "info", lambda message, extra: lines.append((message, extra)))

    wiring._log(MODEL, RerankCounts(texts=2, calls=1, failed=0))

    taken = {"texts": 2, "calls": 1, "failed": 0}
    assert lines == [("reranked", {"model": MODEL.target, "model_region": "us-west-2"} | taken)]
