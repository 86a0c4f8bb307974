"""Text of SageMaker endpoints: OpenAI's chat completions (vLLM, LMI), and `inputs` with `parameters` (TGI)."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

import orjson

from local.emulator.errors import body_too_large
from local.emulator.sagemaker import BODY_LIMIT, Endpoint, validation_error
from local.emulator.text.converse import count_written, cut
from local.emulator.text.prompt import Prompt, Written, read_texts
from local.emulator.tokens import count_tokens

ROLES = ("system", "user", "assistant", "tool", "developer")
DEFAULT_CHAT_TOKENS = 4_096
DEFAULT_INPUTS_TOKENS = 100  # max_new_tokens of TGI
_FINISH = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}
_INPUTS_FINISH = {"end_turn": "eos_token", "stop_sequence": "stop_sequence", "max_tokens": "length"}


@dataclass(frozen=True)
class Request:
    """A request that is valid."""

    prompt: Prompt
    body: dict[str, Any]
    most_tokens: int
    stop: tuple[str, ...]


def read(endpoint: Endpoint, content_type: str, raw: bytes) -> Request:
    """Raises ServiceError: ModelError with the container's status, or ValidationError."""
    if len(raw) > BODY_LIMIT:
        raise validation_error(body_too_large(BODY_LIMIT))
    if content_type.partition(";")[0].strip() != "application/json":
        raise endpoint.refuse(415, "Unsupported content type: send application/json")
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise endpoint.refuse(400, f"Failed to parse the request body as JSON: {error}") from error
    if not isinstance(body, dict):
        raise endpoint.refuse(400, "the request body must be a JSON object")
    return _read_chat(endpoint, body) if endpoint.style == "chat" else _read_inputs(endpoint, body)


def _read_chat(endpoint: Endpoint, body: dict[str, Any]) -> Request:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise endpoint.refuse(400, "messages: at least one message is required")
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise endpoint.refuse(400, f"messages.{place}.role: one of {', '.join(ROLES)} is required")
        if not isinstance(message.get("content"), str):
            raise endpoint.refuse(400, f"messages.{place}.content: Input should be a valid string")
    most = body.get("max_tokens", DEFAULT_CHAT_TOKENS)
    _check_number(endpoint, "max_tokens", most, 1, None)
    _check_number(endpoint, "temperature", body.get("temperature", 1), 0, 2)
    _check_number(endpoint, "top_p", body.get("top_p", 1), 0, 1)
    stop = body.get("stop") or []
    system = "\n".join(message["content"] for message in messages if message["role"] in ("system", "developer"))
    task, passages = read_texts([messages[-1]["content"]])
    prompt = Prompt(
        task, passages, system, cites=False, most_tokens=most, temperature=float(body.get("temperature", 1))
    )
    return Request(prompt, body, most, tuple([stop] if isinstance(stop, str) else stop))


def _read_inputs(endpoint: Endpoint, body: dict[str, Any]) -> Request:
    if not isinstance(body.get("inputs"), str):
        raise endpoint.refuse(422, "missing field `inputs`")
    if not body["inputs"]:
        raise endpoint.refuse(422, "`inputs` cannot be empty")
    given = body.get("parameters", {})
    if not isinstance(given, dict):
        raise endpoint.refuse(422, "`parameters` must be an object")
    most = given.get("max_new_tokens", DEFAULT_INPUTS_TOKENS)
    _check_number(endpoint, "max_new_tokens", most, 1, None)
    temperature, top_p = given.get("temperature"), given.get("top_p")
    if temperature is not None and not (isinstance(temperature, int | float) and temperature > 0):
        raise endpoint.refuse(422, "Input validation error: `temperature` must be strictly positive")
    if top_p is not None and not (isinstance(top_p, int | float) and 0 < top_p < 1):
        raise endpoint.refuse(422, "Input validation error: `top_p` must be > 0.0 and < 1.0")
    task, passages = read_texts([body["inputs"]])
    prompt = Prompt(task, passages, cites=False, most_tokens=most, temperature=float(temperature or 0))
    return Request(prompt, body, most, tuple(given.get("stop", ())))


def _check_number(endpoint: Endpoint, name: str, value: Any, least: float, most: float | None) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value < least or (most is not None and value > most):
        between = f"at least {least}" if most is None else f"between {least} and {most}"
        raise endpoint.refuse(400, f"{name} must be {between}, got {value}.")


def render(endpoint: Endpoint, asked: Request, result: Written) -> Any:
    kept, reason = cut(result, asked.most_tokens, asked.stop)
    text = "".join(piece.text for piece in kept)
    written = count_written(result, text)
    if endpoint.style == "tgi":
        given = asked.body.get("parameters", {})
        whole = asked.body["inputs"] + text if given.get("return_full_text") else text
        details = {"finish_reason": _INPUTS_FINISH[reason], "generated_tokens": written}
        return [{"generated_text": whole} | ({"details": details} if given.get("details") else {})]
    used = result.read if result.read is not None else sum(count_tokens(text) for text in asked.prompt.texts)
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.body.get("model", "model"),
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": _FINISH[reason]},
        ],
        "usage": {"prompt_tokens": used, "completion_tokens": written, "total_tokens": used + written},
    }
