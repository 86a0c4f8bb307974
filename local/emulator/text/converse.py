"""Bedrock's Converse: what it takes, what it refuses, and its response."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import orjson

from local.emulator.bedrock import BODY_LIMIT
from local.emulator.errors import body_too_large, invalid, malformed
from local.emulator.text import shapes
from local.emulator.text.guardrails import Guardrail, Guardrails, trace
from local.emulator.text.models import TextModel
from local.emulator.text.prompt import Passage, Piece, Prompt, Written, read_texts
from local.emulator.tokens import count_tokens, keep_first

DEFAULT_TOKENS = 512
_READ = ("text", "searchResult", "guardContent")


@dataclass(frozen=True)
class Conversation:
    """A request that is valid."""

    prompt: Prompt
    tokens: int
    most_tokens: int
    stop_sequences: tuple[str, ...] = ()
    guardrail: Guardrail | None = None
    guardrail_id: str = ""
    traced: bool = False
    guarded: str = ""


def read(model_id: str, model: TextModel, identifier: str, raw: bytes, guardrails: Guardrails) -> Conversation:
    """The request of a body. identifier: as it was in the path. Raises ServiceError as AWS does."""
    if len(raw) > BODY_LIMIT:
        raise invalid(body_too_large(BODY_LIMIT))
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise malformed() from error
    shapes.check("bedrock-runtime", "Converse", body)
    if model.profile_only and identifier.rpartition("/")[2] == model_id:
        raise invalid(
            f"Invocation of model ID {model_id} with on-demand throughput isn\u2019t supported. Retry your request "
            "with the ID or ARN of an inference profile that contains this model."
        )
    _check_messages(body.get("messages") or [], model)
    sampling = body.get("inferenceConfig", {})
    _check_sampling(sampling, body.get("additionalModelRequestFields", {}), model)
    config = body.get("guardrailConfig", {})
    guardrail = guardrails.find(config) if config.get("guardrailIdentifier") else None
    most = sampling.get("maxTokens", min(DEFAULT_TOKENS, model.most_tokens))
    prompt = _prompt(body, model, most, sampling.get("temperature", 0.0))
    conversation = Conversation(
        prompt,
        0,
        most,
        tuple(sampling.get("stopSequences", ())),
        guardrail,
        config.get("guardrailIdentifier", ""),
        config.get("trace", "disabled") != "disabled",
        _guarded(body["messages"][-1]["content"]),
    )
    tokens = sum(count_tokens(text) for text in prompt.texts)
    if tokens > model.window:
        raise invalid(
            f"The model returned the following errors: prompt is too long: {tokens} tokens > {model.window} maximum"
        )
    object.__setattr__(conversation, "tokens", tokens)
    return conversation


def _check_messages(messages: list[dict[str, Any]], model: TextModel) -> None:
    if not messages or messages[0]["role"] != "user":
        start = "A conversation must start with a user message."
        raise invalid(f"{start} Try again with a conversation that starts with a user message.")
    if any(one["role"] == other["role"] for one, other in pairwise(messages)):
        rule = "the conversation alternates between user and assistant roles"
        raise invalid(
            f"A conversation must alternate between user and assistant roles. Make sure {rule} and try again."
        )
    for place, message in enumerate(messages):
        if not message["content"]:
            problem = f"The content field in the Message object at messages.{place} is empty."
            raise invalid(f"{problem} Add a ContentBlock object to the content field and try again.")
        for number, block in enumerate(message["content"]):
            _check_block(block, f"messages.{place}.content.{number}", model)
    cited = [
        block["searchResult"].get("citations", {}).get("enabled", False)
        for message in messages
        for block in message["content"]
        if "searchResult" in block
    ]
    if any(cited) and not all(cited):
        raise invalid(
            "The model returned the following errors: citations must be enabled for all search results or for none"
        )


def _check_block(block: dict[str, Any], path: str, model: TextModel) -> None:
    [(kind, content)] = block.items()
    if kind not in _READ:
        raise invalid(f"The emulator reads the blocks {', '.join(_READ)} only; {path} has {kind}.")
    if kind == "searchResult" and not model.citations:
        field = f"{path}.searchResult"
        raise invalid(f"This model doesn't support the {field} field. Remove {field} and try again.")
    texts = [content] if kind == "text" else [part["text"] for part in content.get("content", [])]
    if kind == "searchResult" and not texts:
        raise invalid(f"The content field in the SearchResultBlock object at {path} is empty. Add text and try again.")
    if any(not text.strip() for text in texts):
        name = "ContentBlock" if kind == "text" else "SearchResultContentBlock"
        raise invalid(
            f"The text field in the {name} object at {path} is blank. Add text to the text field, and try again."
        )


def _check_sampling(sampling: Mapping[str, Any], extra: Any, model: TextModel) -> None:
    most = sampling.get("maxTokens", 1)
    if most > model.most_tokens:
        raise invalid(
            f"The maximum tokens you requested exceeds the model limit of {model.most_tokens}. Try again with a "
            f"maximum tokens value that is lower than {model.most_tokens}."
        )
    if model.one_sampler and "temperature" in sampling and "topP" in sampling:
        raise invalid(
            "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this "
            "model. Please use only one."
        )
    unknown = sorted(extra.keys() - model.extra) if isinstance(extra, dict) else []
    if unknown:
        found = "".join(f"#: extraneous key [{name}] is not permitted" for name in unknown)
        raise invalid(
            "The model returned the following errors: Malformed input request: "
            f"{found}, please reformat your input and try again."
        )


def _prompt(body: dict[str, Any], model: TextModel, most: int, temperature: float) -> Prompt:
    for place, block in enumerate(body.get("system", [])):
        if not block.get("text", "x").strip():
            raise invalid(
                f"The text field in the SystemContentBlock object at system.{place} is blank. Add text to the text "
                "field, and try again."
            )
    system = "\n".join(block.get("text", "") for block in body.get("system", [])).strip()
    if system and not model.system:
        raise invalid(
            "This model doesn't support system messages. Try again without a system message or use a model that "
            "supports system messages."
        )
    content = body["messages"][-1]["content"]
    texts = [_text(block) for block in content if "searchResult" not in block]
    results = [block["searchResult"] for block in content if "searchResult" in block]
    if not results:
        task, found = read_texts(texts)
        return Prompt(task, found, system, cites=False, most_tokens=most, temperature=temperature)
    passages = tuple(
        Passage(result["source"], result["title"], tuple(part["text"] for part in result["content"]))
        for result in results
    )
    cites = results[0].get("citations", {}).get("enabled", False)
    return Prompt("\n\n".join(texts), passages, system, cites=cites, most_tokens=most, temperature=temperature)


def _text(block: dict[str, Any]) -> str:
    text: str = block["text"] if "text" in block else block["guardContent"].get("text", {}).get("text", "")
    return text


def _guarded(content: list[dict[str, Any]]) -> str:
    """The text that a guardrail reads: the guardContent blocks if there are any, otherwise everything."""
    chosen = [block for block in content if "guardContent" in block] or content
    return "\n".join(
        "\n".join(part["text"] for part in block["searchResult"]["content"])
        if "searchResult" in block
        else _text(block)
        for block in chosen
    )


def blocked(asked: Conversation) -> dict[str, Any] | None:
    """The response to a prompt that its guardrail blocks: the model is not called."""
    if asked.guardrail is None or not (found := asked.guardrail.found(asked.guarded)):
        return None
    usage = {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}
    return _intervened(asked, asked.guardrail.blocked_input, found, usage, output=False)


def render(asked: Conversation, result: Written, milliseconds: int) -> dict[str, Any]:
    """The response of what the model wrote, cut where the request says."""
    kept, reason = cut(result, asked.most_tokens, asked.stop_sequences)
    text = "".join(piece.text for piece in kept)
    tokens = asked.tokens if result.read is None else result.read
    written = count_written(result, text)
    usage = {"inputTokens": tokens, "outputTokens": written, "totalTokens": tokens + written}
    metrics = {"latencyMs": milliseconds}
    if asked.guardrail is not None and (found := asked.guardrail.found(text)):
        return _intervened(asked, asked.guardrail.blocked_output, found, usage, output=True) | {"metrics": metrics}
    content = [_block(asked.prompt, piece) for piece in kept]
    message = {"role": "assistant", "content": content}
    return {"output": {"message": message}, "stopReason": reason, "usage": usage, "metrics": metrics}


def cut(result: Written, most_tokens: int, stop_sequences: tuple[str, ...]) -> tuple[list[Piece], str]:
    """The pieces up to the first stop sequence or token number `most_tokens`, and the stop reason."""
    whole = "".join(piece.text for piece in result.pieces)
    stops = [place for stop in stop_sequences if (place := whole.find(stop)) >= 0]
    end, reason = (
        (min(stops), "stop_sequence") if stops else (len(whole), "max_tokens" if result.is_cut else "end_turn")
    )
    # A model that counts its tokens was told the limit, and kept it.
    within = len(keep_first(whole, most_tokens)) if result.written is None else len(whole)
    if within < end:
        end, reason = within, "max_tokens"
    kept: list[Piece] = []
    for piece in result.pieces:
        if end <= 0:
            break
        kept.append(Piece(piece.text[:end], piece.quotes))
        end -= len(piece.text)
    return kept, reason


def count_written(result: Written, kept: str) -> int:
    """The tokens of the text that is returned: those that the model counted, or an estimate."""
    if result.written is not None:
        return result.written
    return count_tokens(kept) if kept else 0


def _block(prompt: Prompt, piece: Piece) -> dict[str, Any]:
    if not piece.quotes or not prompt.cites:
        return {"text": piece.text}
    citations = []
    for quote in piece.quotes:
        passage = prompt.passages[quote.passage]
        location = {"searchResultIndex": quote.passage, "start": quote.start, "end": quote.end}
        citations.append(
            {
                "title": passage.title,
                "source": passage.source,
                "sourceContent": [{"text": block} for block in passage.blocks[quote.start : quote.end]],
                "location": {"searchResultLocation": location},
            }
        )
    return {"citationsContent": {"content": [{"text": piece.text}], "citations": citations}}


def _intervened(
    asked: Conversation, text: str, found: list[str], usage: dict[str, int], *, output: bool
) -> dict[str, Any]:
    response = {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "guardrail_intervened",
        "usage": usage,
        "metrics": {"latencyMs": 0},
    }
    if asked.traced:
        response["trace"] = trace(found, output=output, identifier=asked.guardrail_id)
    return response


def misquote(body: dict[str, Any]) -> dict[str, Any]:
    """The same response with quotes that no source has: a scripted fault."""
    for block in body.get("output", {}).get("message", {}).get("content", []):
        for citation in block.get("citationsContent", {}).get("citations", []):
            citation["sourceContent"] = [{"text": "A sentence that stands in no passage."}]
    return body
