"""Calls that write a text: Converse for Bedrock, the payloads of chat containers for SageMaker. Pure."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson

from lambdas.embedding.model_client import invoke_endpoint_path
from lambdas.embedding.model_target import HttpCall
from lambdas.embedding.vendor_errors import CallFailedError, Remedy
from lambdas.errors import ModelInputError
from lambdas.generation.config import GenerationModel
from lambdas.generation.defaults import ChatPayload
from lambdas.generation.models import additional_fields
from lambdas.generation.prompts import Prompt, write_passages, write_task

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def generation_call(model: GenerationModel, prompt: Prompt) -> HttpCall:
    """Return the call that writes a text. Raises `CallFailedError` for half a character."""
    body = converse_body(model, prompt) if model.service == "bedrock" else _PAYLOADS[model.payload](model, prompt)
    try:
        encoded = orjson.dumps(body)
    except orjson.JSONEncodeError:
        error = ModelInputError("The prompt is not valid Unicode: it holds half of a surrogate pair. Remove it.")
        raise CallFailedError(error, Remedy.GIVE_UP) from None
    if model.service == "sagemaker":
        path, headers = invoke_endpoint_path(model)
        return HttpCall("sagemaker-runtime", model.region, path, headers, encoded)
    return HttpCall("bedrock-runtime", model.region, f"/model/{quote(model.target, safe='')}/converse", _JSON, encoded)


def converse_body(model: GenerationModel, prompt: Prompt) -> dict[str, Any]:
    """Return the body of Converse, with what the model's row says that it takes."""
    instructions = [prompt.instructions, *([model.system] if model.system else [])]
    content: list[dict[str, Any]] = []
    body: dict[str, Any] = {}
    if model.row.takes_system:
        body["system"] = [{"text": text} for text in instructions]
    else:
        content.append({"text": "\n\n".join(instructions)})
    if model.row.cites:
        content += [
            {
                "searchResult": {
                    "source": passage.id,
                    "title": passage.title,
                    "content": [{"text": block.text} for block in passage.blocks],
                    "citations": {"enabled": prompt.citations == "native"},
                }
            }
            for passage in prompt.passages
        ]
    elif prompt.passages:
        content.append({"text": write_passages(prompt.passages, numbered=prompt.citations == "prompted")})
    content.append({"text": write_task(prompt)})
    body["messages"] = [{"role": "user", "content": content}]
    # Bedrock reserves quota by maxTokens, and some models need it: it is always sent.
    optional = {"temperature": model.temperature, "topP": model.top_p, "stopSequences": list(model.stop_sequences)}
    body["inferenceConfig"] = {"maxTokens": model.max_tokens} | {
        name: value for name, value in optional.items() if value not in (None, [])
    }
    if fields := additional_fields(model.row, model.top_k):
        body["additionalModelRequestFields"] = fields
    if model.guardrail:
        body["guardrailConfig"] = dict(zip(("guardrailIdentifier", "guardrailVersion"), model.guardrail, strict=True))
    return body


def _openai_body(model: GenerationModel, prompt: Prompt) -> dict[str, Any]:
    system, user = _texts(model, prompt)
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return {"messages": messages, "max_tokens": model.max_tokens} | _sampling(model)


def _inputs_body(model: GenerationModel, prompt: Prompt) -> dict[str, Any]:
    parameters = {"max_new_tokens": model.max_tokens, "return_full_text": False} | _sampling(model)
    return {"inputs": "\n\n".join(_texts(model, prompt)), "parameters": parameters}


def _texts(model: GenerationModel, prompt: Prompt) -> tuple[str, str]:
    passages = write_passages(prompt.passages, numbered=prompt.citations == "prompted") if prompt.passages else None
    system = "\n\n".join(filter(None, (prompt.instructions, model.system)))
    return system, "\n\n".join(filter(None, (passages, write_task(prompt))))


def _sampling(model: GenerationModel) -> dict[str, Any]:
    optional = {"temperature": model.temperature, "top_p": model.top_p, "stop": list(model.stop_sequences)}
    return {name: value for name, value in optional.items() if value not in (None, [])}


_PAYLOADS: dict[ChatPayload, Callable[[GenerationModel, Prompt], dict[str, Any]]] = {
    "openai": _openai_body,
    "inputs": _inputs_body,
}
