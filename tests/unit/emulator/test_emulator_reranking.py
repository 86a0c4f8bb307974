import json
from typing import Any

import numpy as np
import pytest

from local.emulator.errors import ServiceError
from local.emulator.reranking import RESULTS_PER_RESPONSE, read, render, scores

COHERE = "arn:aws:bedrock:us-west-2::foundation-model/cohere.rerank-v3-5:0"


def request(*texts: str, arn: str = COHERE, results: int | None = None, **more: Any) -> bytes:
    model: dict[str, Any] = {"modelConfiguration": {"modelArn": arn}}
    body = {
        "queries": [{"type": "TEXT", "textQuery": {"text": "a ghost story"}}],
        "sources": [
            {"type": "INLINE", "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": text}}}
            for text in texts
        ],
        "rerankingConfiguration": {
            "type": "BEDROCK_RERANKING_MODEL",
            "bedrockRerankingConfiguration": model | ({"numberOfResults": results} if results is not None else {}),
        },
    }
    return json.dumps(body | more).encode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (request("a", arn="cohere.rerank-v3-5:0"), "model ARN for reranking is invalid"),
        (request("a", arn=COHERE.replace("west", "east")), "model ARN for reranking is invalid"),
        (request("a", arn=COHERE.replace("cohere.rerank", "meta.rerank")), "model ARN for reranking is invalid"),
        (request(), "length between 1 and 1000"),
        (request(*["a"] * 1001), "length between 1 and 1000"),
        (request("a", results=0), "numberOfResults"),
        (request(""), "length between 1 and 32000"),
        (request("a" * 32_001), "length between 1 and 32000"),
        (b"{}", "not one of Rerank"),
        (b"{", "not one of Rerank"),
    ],
)
def test_a_request_that_bedrock_would_refuse_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(ServiceError, match=message) as refused:
        read(body, "us-west-2")

    assert (refused.value.status, refused.value.code) == (400, "ValidationException")


def test_a_text_scores_by_meaning_and_by_the_words_it_has() -> None:
    asked = read(request("a ghost story", "another tale"), "us-west-2")
    same, other = [1.0, 0.0], [0.0, 1.0]

    assert scores(asked, np.array([same, same, other], np.float32)) == pytest.approx([1.0, 0.0])
    assert scores(asked, np.array([same, other, same], np.float32)) == pytest.approx([0.3, 0.7])


def test_a_response_is_in_order_and_long_ones_come_in_parts() -> None:
    count = RESULTS_PER_RESPONSE + 10
    found = [place / count for place in range(count)]
    texts = ["a"] * count

    first = render(read(request(*texts), "us-west-2"), found)
    rest = render(read(request(*texts, nextToken=first["nextToken"]), "us-west-2"), found)

    assert [each["index"] for each in first["results"]] == list(range(count - 1, 9, -1))
    assert [each["index"] for each in rest["results"]] == list(range(9, -1, -1))
    assert "nextToken" not in rest
