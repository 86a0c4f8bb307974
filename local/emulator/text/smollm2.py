"""SmolLM2 as the text model: a real language model of 135 million parameters, that writes freely and invents.

It runs in a process of its own, in an environment of its own (requirements/smollm2.txt), one text at a time.
"""

import asyncio
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.emulator.errors import ServiceError
from local.emulator.text.prompt import Piece, Prompt, Written
from local.emulator.tokens import count_tokens, keep_first

WORKER = Path(__file__).with_name("smollm2_worker.py")
# On a free core it reads about 100 tokens a second and writes 45. API Gateway ends a request after 30 s.
PASSAGE_TOKENS = 400
SYSTEM_TOKENS = 250
SECONDS = 20.0


class SmolLM2:
    """command: of the worker."""

    def __init__(self, command: tuple[str, ...], seconds: float = SECONDS) -> None:
        self._command = command
        self._seconds = seconds
        # One thread: the model writes one text at a time, and the others wait here.
        self._pool = ThreadPoolExecutor(1, "smollm2")
        self._worker: subprocess.Popen[str] | None = None

    async def generate(self, prompt: Prompt) -> Written:
        """Raises ServiceError: ModelTimeoutException if its turn does not come in time."""
        end = time.monotonic() + self._seconds
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._write, prompt, end)

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        if self._worker is not None:
            _end(self._worker)

    def _write(self, prompt: Prompt, end: float) -> Written:
        left = end - time.monotonic()
        if left <= 0:
            raise ServiceError(408, "ModelTimeoutException", "The model timed out: it is busy with other requests.")
        result = self._ask(request(prompt, left))
        text = result["text"].strip()
        # A prompt that the model does not go on from still has a response: AWS returns no empty text block either.
        return Written([Piece(text)] if text else [], result["is_cut"], result["read"], result["written"])

    def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        worker = self._worker
        if worker is None or worker.poll() is not None:
            worker = self._worker = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        assert worker.stdin is not None
        assert worker.stdout is not None
        try:
            worker.stdin.write(json.dumps(message) + "\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except OSError:
            line = ""
        if not line:
            _end(worker)
            raise ServiceError(
                500, "ModelErrorException", "The model's process ended; the next request starts it again."
            )
        response: dict[str, Any] = json.loads(line)
        return response


def request(prompt: Prompt, seconds: float) -> dict[str, Any]:
    """The message to the worker: the beginning of the system text and of the passages, and the whole task."""
    passages = keep_first("\n\n".join(" ".join(passage.blocks) for passage in prompt.passages), PASSAGE_TOKENS)
    room = max(0, PASSAGE_TOKENS - count_tokens(passages)) + PASSAGE_TOKENS
    content = "\n\n".join(part for part in (passages, keep_first(prompt.task, room)) if part)
    system = keep_first(prompt.system, SYSTEM_TOKENS)
    messages = [{"role": "system", "content": system}] if system else []
    return {
        "messages": [*messages, {"role": "user", "content": content}],
        "max_tokens": prompt.most_tokens,
        "temperature": prompt.temperature,
        "seconds": seconds,
    }


def _end(worker: subprocess.Popen[str]) -> None:
    """The worker ends when its input does."""
    for pipe in (worker.stdin, worker.stdout):
        if pipe is not None:
            pipe.close()
    worker.wait()
