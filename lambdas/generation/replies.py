"""From a model's response to its text, the sources that it cites, and what it used. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from lambdas.embedding.vendor_errors import CallFailedError, Remedy, broken_response, what
from lambdas.errors import ModelAnswerError
from lambdas.generation.config import GenerationModel

# SageMaker's containers have words of their own for why a model stopped.
_STOP_REASONS = {
    "stop": "end_turn",
    "eos_token": "end_turn",
    "length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "content_filter": "content_filtered",
}
# With these an empty text is the whole response.
_WITHOUT_TEXT = frozenset({"guardrail_intervened", "content_filtered", "max_tokens", "stop_sequence"})


class RawCitation(NamedTuple):
    """A source that the model names for a span of its text, not checked yet."""

    start: int
    end: int
    quotes: tuple[str, ...]
    source: str | None = None
    passage: int | None = None
    blocks: tuple[int, int] | None = None


class Reply(NamedTuple):
    """The text of one call."""

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    citations: tuple[RawCitation, ...] = ()


def read_reply(model: GenerationModel, body: bytes) -> Reply:
    """Return what the model wrote. Raises `CallFailedError` for a response that has no text in a known place."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise broken_response(model) from None
    reply = _read_converse(parsed) if model.service == "bedrock" else _read_container(parsed)
    if reply is None or (not reply.text.strip() and reply.stop_reason not in _WITHOUT_TEXT):
        subject = what(model).replace("The", "the", 1)
        message = f"The response of {subject} in {model.region} has no text."
        raise CallFailedError(ModelAnswerError(message), Remedy.GIVE_UP)
    return reply


def _read_converse(parsed: Any) -> Reply | None:
    match parsed:
        case {"output": {"message": {"content": list() as content}}}:
            pass
        case _:
            return None
    text = ""
    citations: list[RawCitation] = []
    for block in content:
        match block:
            case {"text": str() as part}:
                text += part
            case {"citationsContent": dict() as cited}:
                start = len(text)
                text += "".join(_texts(cited.get("content")))
                citations += _read_citations(cited.get("citations"), start, len(text))
    usage = _object(parsed.get("usage"))
    return Reply(
        text,
        _word(parsed.get("stopReason"), "end_turn"),
        _count(usage.get("inputTokens")),
        _count(usage.get("outputTokens")),
        tuple(citations),
    )


def _read_citations(citations: Any, start: int, end: int) -> Iterator[RawCitation]:
    for each in _list(citations):
        found = _object(each)
        location = _object(_object(found.get("location")).get("searchResultLocation"))
        place, first, last = (location.get(name) for name in ("searchResultIndex", "start", "end"))
        source = found.get("source")
        yield RawCitation(
            start,
            end,
            tuple(_texts(found.get("sourceContent"))),
            source if isinstance(source, str) else None,
            place if _is_count(place) else None,
            (_count(first), _count(last)) if _is_count(first) and _is_count(last) else None,
        )


def _read_container(parsed: Any) -> Reply | None:
    match parsed:
        case {"choices": [{"message": {"content": str() as text}} as choice, *_]}:
            reason = choice.get("finish_reason")
        case {"choices": [{"text": str() as text} as choice, *_]}:
            reason = choice.get("finish_reason")
        case [{"generated_text": str() as text} as choice, *_] | ({"generated_text": str() as text} as choice):
            reason = _object(choice.get("details")).get("finish_reason")
        case _:
            return None
    usage = _object(parsed.get("usage")) if isinstance(parsed, dict) else {}
    details = _object(choice.get("details"))
    written = usage.get("completion_tokens", details.get("generated_tokens"))
    word = _word(reason, "stop")
    return Reply(text, _STOP_REASONS.get(word, word), _count(usage.get("prompt_tokens")), _count(written))


def _texts(items: Any) -> Iterator[str]:
    for item in _list(items):
        text = _object(item).get("text")
        if isinstance(text, str):
            yield text


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any, otherwise: str) -> str:
    return value[:100] if isinstance(value, str) and value else otherwise


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _count(value: Any) -> int:
    return value if _is_count(value) else 0
