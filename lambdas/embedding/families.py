"""The models that Alto can embed with: one row each. Adding a model is adding a row (and its test).

A family is everything that Alto has to know of a model: which identifiers mean it, which dimensions it has, how much
it takes in one call, and how a request is written. `model_responses.py` reads every response.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

InputType = Literal["document", "query"]
Truncation = Literal["none", "start", "end"]


class RequestSettings(NamedTuple):
    """The settings of a request that a collection may choose. `truncate` names the end of the text that is cut away."""

    dimensions: int | None
    normalize: bool | None = None
    truncate: Truncation = "none"


type RequestBuilder = Callable[[Sequence[str], InputType, RequestSettings], dict[str, Any]]


class Family(NamedTuple):
    """One row of the table. `characters_per_text` is None where only the model itself can count (in tokens).

    `batch_inference`: the model is in AWS's list of those that take batch jobs (Supported Regions and models for batch
    inference, read 2026-11-25).
    """

    name: str
    models: tuple[str, ...]
    request: RequestBuilder
    input_limit: str
    dimensions: tuple[int, ...] = ()
    default_dimensions: int | None = None
    texts_per_call: int = 1
    characters_per_text: int | None = None
    characters_per_call: int = 512_000
    normalizes: bool = False
    batch_inference: bool = False


def _titan_text_v1(texts: Sequence[str], _: InputType, __: RequestSettings) -> dict[str, Any]:
    return {"inputText": texts[0]}


def _titan_text_v2(texts: Sequence[str], _: InputType, settings: RequestSettings) -> dict[str, Any]:
    normalize = True if settings.normalize is None else settings.normalize
    return {"inputText": texts[0], "dimensions": settings.dimensions, "normalize": normalize}


def _titan_image(texts: Sequence[str], _: InputType, settings: RequestSettings) -> dict[str, Any]:
    return {"inputText": texts[0], "embeddingConfig": {"outputEmbeddingLength": settings.dimensions}}


def _nova(texts: Sequence[str], input_type: InputType, settings: RequestSettings) -> dict[str, Any]:
    # There is one purpose for indexing, but one for each kind of index for searching; Alto's holds text only.
    purpose = {"document": "GENERIC_INDEX", "query": "TEXT_RETRIEVAL"}[input_type]
    return {
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {
            "embeddingPurpose": purpose,
            "embeddingDimension": settings.dimensions,
            "text": {"truncationMode": settings.truncate.upper(), "value": texts[0]},
        },
    }


def cohere_v3_request(texts: Sequence[str], input_type: InputType, settings: RequestSettings) -> dict[str, Any]:
    """The body that Cohere's v3 models take, on Bedrock and in SageMaker containers alike."""
    return {"texts": list(texts), "input_type": f"search_{input_type}", "truncate": settings.truncate.upper()}


def _cohere_v4(texts: Sequence[str], input_type: InputType, settings: RequestSettings) -> dict[str, Any]:
    return {
        "texts": list(texts),
        "input_type": f"search_{input_type}",
        "truncate": {"none": "NONE", "start": "LEFT", "end": "RIGHT"}[settings.truncate],
        "embedding_types": ["float"],
        "output_dimension": settings.dimensions,
    }


FAMILIES: tuple[Family, ...] = (
    Family(
        name="titan-text-v1",
        models=("amazon.titan-embed-text-v1", "amazon.titan-embed-g1-text-02"),
        request=_titan_text_v1,
        input_limit="8,192 tokens or 50,000 characters",
        dimensions=(1536,),
        default_dimensions=1536,
        characters_per_text=50_000,
    ),
    Family(
        name="titan-text-v2",
        models=("amazon.titan-embed-text-v2:0",),
        request=_titan_text_v2,
        input_limit="8,192 tokens or 50,000 characters",
        dimensions=(256, 512, 1024),
        default_dimensions=1024,
        characters_per_text=50_000,
        normalizes=True,
        batch_inference=True,
    ),
    Family(
        name="titan-image-v1",
        models=("amazon.titan-embed-image-v1",),
        request=_titan_image,
        input_limit="256 tokens",
        dimensions=(256, 384, 1024),
        default_dimensions=1024,
        batch_inference=True,
    ),
    Family(
        name="nova-2-multimodal",
        models=("amazon.nova-2-multimodal-embeddings-v1:0",),
        request=_nova,
        input_limit="8,192 tokens",
        dimensions=(256, 384, 1024, 3072),
        default_dimensions=3072,
    ),
    Family(
        name="cohere-v3",
        models=("cohere.embed-english-v3", "cohere.embed-multilingual-v3"),
        request=cohere_v3_request,
        input_limit="2,048 characters",
        dimensions=(1024,),
        default_dimensions=1024,
        texts_per_call=96,
        characters_per_text=2_048,
    ),
    Family(
        name="cohere-v4",
        models=("cohere.embed-v4:0",),
        request=_cohere_v4,
        input_limit="128,000 tokens",
        dimensions=(256, 512, 1024, 1536),
        default_dimensions=1536,
        texts_per_call=96,
        characters_per_text=512_000,
    ),
)
FAMILY_NAMES: tuple[str, ...] = tuple(family.name for family in FAMILIES)
KNOWN_MODELS: tuple[str, ...] = tuple(model for family in FAMILIES for model in family.models)

# Only these ARNs carry the model's own identifier; application profiles and provisioned or custom models are opaque.
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]+):\d*:(?P<kind>[a-z-]+)/(?P<name>.+)")
_TELLING_ARNS = frozenset({"foundation-model", "inference-profile"})
_PROFILE_PREFIX = re.compile(r"(?:global|[a-z]{2,5}(?:-gov)?)\.(?=amazon\.|cohere\.)")


def family_named(name: str) -> Family | None:
    """The row of this name."""
    return next((family for family in FAMILIES if family.name == name), None)


def family_of(model: str) -> Family | None:
    """The row that a model id, an inference profile (`eu.`, `us.`, `global.` …) or an ARN belongs to.

    None for models that Alto does not know, and for ARNs that do not tell their model.
    """
    base = base_model(model)
    return next((family for family in FAMILIES if any(_is_model(base, known) for known in family.models)), None)


def base_model(model: str) -> str:
    """The model id without ARN and inference profile prefix; an opaque ARN comes back as it is."""
    arn = _ARN.fullmatch(model)
    name = arn["name"] if arn and arn["kind"] in _TELLING_ARNS else model
    profile = _PROFILE_PREFIX.match(name)
    return name[profile.end() :] if profile else name


def region_of(model: str) -> str | None:
    """The region that an ARN names; None for a plain id."""
    arn = _ARN.fullmatch(model)
    return arn["region"] if arn else None


def _is_model(model: str, known: str) -> bool:
    # Provisioned throughput has variants of a model's id, such as amazon.titan-embed-text-v1:2:8k.
    return model == known or model.startswith(f"{known}:")
