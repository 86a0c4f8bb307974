"""The calls that generate text: from a request to the texts that the model read and the body of the response."""

import time
from collections.abc import Mapping
from typing import Any

from local.emulator.model import Embedder
from local.emulator.sagemaker import Endpoint
from local.emulator.text import converse, endpoints
from local.emulator.text.extractive import Extractive
from local.emulator.text.guardrails import Guardrails
from local.emulator.text.models import TextModel
from local.emulator.text.prompt import Generator
from local.emulator.text.smollm2 import WORKER, SmolLM2


class TextService:
    """One generator behind every model. embedder: None if the vectors mean nothing.

    writer: the Python of the environment that SmolLM2 is installed in; "" for the extractive model.
    Raises ValueError for guardrails that are wrong.
    """

    def __init__(self, embedder: Embedder | None, guardrails: Mapping[str, Any], writer: str = "") -> None:
        self._guardrails = Guardrails(guardrails)
        self._generator: Generator = SmolLM2((writer, str(WORKER))) if writer else Extractive(embedder)

    def close(self) -> None:
        self._generator.close()

    async def converse(self, identifier: str, model_id: str, model: TextModel, raw: bytes) -> tuple[list[str], Any]:
        """identifier: as it was in the path; model_id: of the model behind it. Raises ServiceError."""
        began = time.monotonic()
        asked = converse.read(model_id, model, identifier, raw, self._guardrails)
        body = converse.blocked(asked)
        if body is None:
            result = await self._generator.generate(asked.prompt)
            body = converse.render(asked, result, round((time.monotonic() - began) * 1000))
        return asked.prompt.texts, body

    async def invoke_endpoint(self, endpoint: Endpoint, content_type: str, raw: bytes) -> tuple[list[str], Any]:
        """Raises ServiceError."""
        asked = endpoints.read(endpoint, content_type, raw)
        result = await self._generator.generate(asked.prompt)
        return asked.prompt.texts, endpoints.render(endpoint, asked, result)
