"""The request styles of SageMaker containers, as rows of the same table that Bedrock's models have.

`inputs` is the default: Text Embeddings Inference (TEI), DJL LMI and the Hugging Face containers all take it.
"""

from collections.abc import Sequence
from typing import Any, Literal

from lambdas.embedding.families import Family, InputType, RequestBuilder, RequestSettings, cohere_v3_request

Payload = Literal["inputs", "text_inputs", "openai", "cohere"]

# TEI responds 413 to more than 32 texts unless it was started with a larger --max-client-batch-size.
_TEXTS_PER_CALL = 32
# InvokeEndpoint takes 6 MB; a character is up to four bytes.
_CHARACTERS = 1_500_000


def _texts_under(field: str) -> RequestBuilder:
    def request(texts: Sequence[str], _: InputType, __: RequestSettings) -> dict[str, Any]:
        return {field: list(texts)}

    return request


def _container(name: str, request: RequestBuilder, texts_per_call: int) -> Family:
    return Family(
        name=name,
        models=(),
        request=request,
        input_limit="1,500,000 characters, so that it fits the 6 MB of InvokeEndpoint",
        texts_per_call=texts_per_call,
        characters_per_text=_CHARACTERS,
        characters_per_call=_CHARACTERS,
    )


PAYLOADS: dict[Payload, Family] = {
    "inputs": _container("inputs", _texts_under("inputs"), _TEXTS_PER_CALL),
    "text_inputs": _container("text_inputs", _texts_under("text_inputs"), _TEXTS_PER_CALL),
    "openai": _container("openai", _texts_under("input"), _TEXTS_PER_CALL),
    "cohere": _container("cohere", cohere_v3_request, 96),
}
