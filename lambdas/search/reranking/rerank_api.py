"""Bedrock's Rerank API: the call, and the meaning of its response. Pure."""

from collections.abc import Sequence
from typing import Any

import orjson

from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.vendor_errors import CallFailedError, Remedy, broken_response, what
from lambdas.errors import ModelAnswerError, ModelInputError
from lambdas.search.reranking.model import MAX_CHARACTERS, RerankModel

_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


def rerank_call(model: RerankModel, query: str, texts: Sequence[str], next_token: str | None = None) -> HttpCall:
    """Return the call that asks how well each text matches the query. Texts longer than the API takes lose their end.

    `next_token` asks for the rest of a response in several parts. Raises `CallFailedError` for half a character.
    """
    body: dict[str, Any] = {
        "queries": [{"type": "TEXT", "textQuery": {"text": query[:MAX_CHARACTERS]}}],
        "sources": [
            {
                "type": "INLINE",
                "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": text[:MAX_CHARACTERS]}},
            }
            for text in texts
        ],
        "rerankingConfiguration": {
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": {
                "modelConfiguration": {"modelArn": model.arn},
                "numberOfResults": len(texts),
            },
        },
    }
    if next_token is not None:
        body["nextToken"] = next_token
    try:
        encoded = orjson.dumps(body)
    except orjson.JSONEncodeError:
        error = ModelInputError("The text is not valid Unicode: it holds half of a surrogate pair. Remove it.")
        raise CallFailedError(error, Remedy.GIVE_UP) from None
    return HttpCall("bedrock-agent-runtime", model.region, "/rerank", _HEADERS, encoded)


def scores_of(model: RerankModel, body: bytes, count: int) -> tuple[dict[int, float], str | None]:
    """The score of each text by its place, and the token for the rest, if the response is only a part.

    Raises `CallFailedError` for a response without usable scores.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise broken_response(model) from None
    try:
        scores = {int(each["index"]): float(each["relevanceScore"]) for each in parsed["results"]}
        token = parsed.get("nextToken")
    except (AttributeError, KeyError, TypeError, ValueError):
        raise unusable(model, "has no results with an index and a relevanceScore each") from None
    if not all(0 <= place < count for place in scores):
        raise unusable(model, "has scores for texts that were not sent")
    return scores, token


def unusable(model: RerankModel, problem: str) -> CallFailedError:
    """Return the failure of a success that cannot be used."""
    message = f"The response of {what(model).replace('The', 'the')} in {model.region} {problem}."
    return CallFailedError(ModelAnswerError(message), Remedy.GIVE_UP)
