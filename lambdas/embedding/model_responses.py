"""From a model's response to vectors: every shape that Bedrock's models and SageMaker's containers are known to use.

{"embedding": [f]}                               Titan
{"embedding": [[f], ...]}                        JumpStart
{"embeddings": [[f], ...]}                       Cohere
{"embeddings": {"float": [[f], ...]}}            Cohere, by type
{"embeddings": [{"embedding": [f]}, ...]}        Nova
{"data": [{"index": i, "embedding": [f]}, ...]}  OpenAI, in any order
[[f], ...] and [f]                               Text Embeddings Inference, DJL
[[[f], ...], ...]                                Hugging Face: one vector per token, to be pooled
"""

import math
from typing import Any, Literal

from lambdas.errors import ModelAnswerError, ModelInputError

Pooling = Literal["none", "mean"]
type Vector = list[float]


def vectors_of(response: Any, texts: int, dimensions: int | None, pooling: Pooling) -> list[Vector | ModelAnswerError]:
    """One vector for each of the texts that were sent, in their order, or what is wrong with that one.

    Raises `ModelAnswerError` when the response as a whole cannot be read or has not one vector a text, and
    `ModelInputError` when it is an error message sent as a success, as Titan's image model does.
    """
    if isinstance(response, dict) and response.get("message") and not response.get("embedding"):
        raise ModelInputError(f"The model rejected the text: {str(response['message'])[:300]}")
    found = _entries(response)
    if len(found) != texts:
        raise ModelAnswerError(
            f"The model returned {len(found)} vectors for {texts} texts. If this is a SageMaker endpoint, "
            "its container must return one vector for each text of a request."
        )
    return [_checked(_pooled(entry, pooling), dimensions) for entry in found]


def tokens_of(response: Any) -> int | None:
    """Return how many tokens the model counted, where its response says so."""
    count = response.get("inputTextTokenCount") if isinstance(response, dict) else None
    return count if isinstance(count, int) else None


def truncated_of(response: Any) -> bool:
    """Whether the model says that it cut the text, as Nova does."""
    match response:
        case {"embeddings": [{"truncatedCharLength": int()}, *_]}:
            return True
        case _:
            return False


def _entries(response: Any) -> list[Any]:
    match response:
        case {"data": [{"embedding": _}, *_] as items} if all(isinstance(item, dict) for item in items):
            return [item.get("embedding") for item in sorted(items, key=lambda item: item.get("index", 0))]
        case {"embeddings": inner} | {"embedding": inner} | {"float": inner}:
            return _entries(inner)
        case [{"embedding": _}, *_] as items if all(isinstance(item, dict) for item in items):
            return [item.get("embedding") for item in items]
        case [int() | float(), *_]:
            return [response]
        case [[*_], *_] as entries:
            return list(entries)
        case dict():
            fields = ", ".join(sorted(str(field) for field in response)[:5]) or "none"
            raise ModelAnswerError(
                f"The model's response holds no vectors in a place that Alto knows. Its fields: {fields}."
            )
        case _:
            raise ModelAnswerError("The model's response holds no vectors.")


def _pooled(entry: Any, pooling: Pooling) -> Any:
    """The vector of one text: the entry itself, or the mean over its tokens."""
    while isinstance(entry, list) and len(entry) == 1 and isinstance(entry[0], list):
        entry = entry[0]
    if not (isinstance(entry, list) and entry and isinstance(entry[0], list)):
        return entry
    if pooling == "mean":
        try:
            return [sum(column) / len(entry) for column in zip(*entry, strict=True)]
        except (TypeError, ValueError):
            return ModelAnswerError("The endpoint returned vectors of different lengths for the tokens of one text.")
    return ModelAnswerError(
        f"The endpoint returned {len(entry)} vectors for one text, one for each token. Set 'pooling' to 'mean', or "
        "deploy the model with a handler that returns sentence embeddings."
    )


def _checked(vector: Any, dimensions: int | None) -> Vector | ModelAnswerError:
    if isinstance(vector, ModelAnswerError):
        return vector
    try:
        # One sum sees every NaN, infinity and string, at a fraction of the cost of looking at each number.
        finite = math.isfinite(sum(vector))
    except TypeError:
        return ModelAnswerError("The model returned something other than numbers in a vector.")
    except OverflowError:
        finite = False
    if not finite:
        return ModelAnswerError("The model returned a vector with a number that is not finite.")
    if dimensions is not None and len(vector) != dimensions:
        return ModelAnswerError(
            f"The model returned a vector of {len(vector)} numbers, but the collection's vectors have {dimensions}. "
            f"Create the collection with 'dimensions': {len(vector)}, or deploy the model that it was made for."
        )
    if not any(vector):
        return ModelAnswerError("The model returned a vector of zeros, which is near to nothing.")
    result: Vector = vector
    return result
