"""Bedrock's Rerank API: what it takes, what it refuses, and a score that means something.

An emulation: no cross-encoder, but the cosine of MiniLM's vectors mixed with the share of the query's words that a
text has. Enough to see an order change for a reason; no measure of what the real models would do.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from local.emulator.errors import ServiceError, invalid
from local.emulator.vectors import Floats

MODELS = ("cohere.rerank-v3-5:0", "amazon.rerank-v1:0")
MAX_TEXT = 32_000
MAX_SOURCES = 1_000
# The real limit is not public; a response in parts has to be possible, so that callers are seen to ask for the rest.
RESULTS_PER_RESPONSE = 250
WORDS_SHARE = 0.3
DIMENSIONS = 384

_ARN = re.compile(r"^arn:aws(?:-[\w-]+)?:bedrock:(?P<region>[a-z0-9-]+)::foundation-model/(?P<model>.+)$")
_WRONG_ARN = (
    "The provided model ARN for reranking is invalid. Please, use a valid model ARN. Also check the model ARN follows "
    "this format: arn:<partition>:bedrock:<region>::foundation-model/<model-id>"
)
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True)
class Reranking:
    """A request that is valid."""

    query: str
    texts: list[str]
    model: str
    results: int
    start: int


def read(body: bytes, region: str) -> Reranking:
    """The request of a body. Raises ServiceError as AWS does."""
    try:
        given = orjson.loads(body)
        [query] = given["queries"]
        settings = given["rerankingConfiguration"]["bedrockRerankingConfiguration"]
        sources = [source["inlineDocumentSource"] for source in given["sources"]]
        texts = [_text(source) for source in sources]
        arn = settings["modelConfiguration"]["modelArn"]
        found = Reranking(
            query=query["textQuery"]["text"],
            texts=texts,
            model=_model(arn, region),
            results=settings.get("numberOfResults", len(texts)),
            start=int(given.get("nextToken", 0)),
        )
    except ServiceError:
        raise
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise invalid(f"1 validation error detected: the request is not one of Rerank ({error!r})") from error
    if not 1 <= len(texts) <= MAX_SOURCES:
        raise invalid(_constraint("sources", f"length between 1 and {MAX_SOURCES}"))
    if not 1 <= found.results <= MAX_SOURCES:
        raise invalid(_constraint("numberOfResults", f"value between 1 and {MAX_SOURCES}"))
    if not all(1 <= len(text) <= MAX_TEXT for text in (found.query, *texts)):
        raise invalid(_constraint("text", f"length between 1 and {MAX_TEXT}"))
    return found


def scores(asked: Reranking, vectors: Floats) -> list[float]:
    """0 to 1 for each text. `vectors`: of the query, then of the texts, unit length."""
    cosines = vectors[1:] @ vectors[0]
    wanted = set(_WORD.findall(asked.query.lower()))
    shares = [len(wanted & set(_WORD.findall(text.lower()))) / max(1, len(wanted)) for text in asked.texts]
    mixed = (1 - WORDS_SHARE) * cosines + WORDS_SHARE * np.array(shares)
    return [float(score) for score in np.clip(mixed, 0, 1)]


def render(asked: Reranking, found: list[float]) -> Mapping[str, Any]:
    """The response, best first; with a token if it is only a part."""
    order = sorted(range(len(found)), key=lambda place: -found[place])[: asked.results]
    end = asked.start + RESULTS_PER_RESPONSE
    results = [{"index": place, "relevanceScore": found[place]} for place in order[asked.start : end]]
    return {"results": results} | ({"nextToken": str(end)} if end < len(order) else {})


def _text(source: Any) -> str:
    document = source["textDocument"]["text"] if source["type"] == "TEXT" else source["jsonDocument"]
    return document if isinstance(document, str) else orjson.dumps(document).decode()


def _model(arn: str, region: str) -> str:
    found = _ARN.match(arn)
    if found is None or found["region"] != region or found["model"] not in MODELS:
        raise invalid(_WRONG_ARN)
    return found["model"]


def _constraint(what: str, wanted: str) -> str:
    return f"1 validation error detected: Value at '{what}' failed to satisfy constraint: Member must have {wanted}"
