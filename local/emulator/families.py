"""The embedding model families of Bedrock: what each accepts, what it reads from a body and how it responds.

A family is one row of FAMILIES; adding a model is adding a row. Limits and messages are those of AWS where they are
known. Only the text side is emulated.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from local.emulator.errors import invalid, malformed
from local.emulator.schema import Anything, Field, Fields, Flag, Items, Number, Text, too_long
from local.emulator.tokens import count_tokens, keep_first, keep_last
from local.emulator.vectors import COHERE_TYPES, TITAN_TYPES, Floats

Body = dict[str, Any]

# Real Titan vectors are not of unit length unless normalised; the factor only has to differ from 1.
TITAN_V1_LENGTH = 20.0
TITAN_V2_LENGTH = 6.0
TITAN_TOKENS = 8_192
TITAN_IMAGE_TOKENS = 256
NOVA_TOKENS = 8_172
COHERE_V3_CHARACTERS = 2_048
COHERE_V4_TOKENS = 128_000
COHERE_TEXTS = 96


@dataclass(frozen=True)
class Work:
    """The request of a valid body: these texts, cut where the request allows it, as vectors of this length."""

    texts: list[str]
    dimensions: int
    truncated: int | None = None  # Nova: characters kept of a text that was cut
    tokens: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tokens", sum(count_tokens(text) for text in self.texts))


@dataclass(frozen=True)
class Family:
    """One row. ids: foundation model ids.

    plan: a body that fits the schema -> Work, or ServiceError. render: (texts, dimensions) unit vectors -> response.
    """

    name: str
    ids: tuple[str, ...]
    schema: Field
    plan: Callable[[Body], Work]
    render: Callable[[Body, Work, Floats], Body]

    def read(self, body: Any) -> Work:
        """Raises ServiceError (ValidationException) for a body that the model would refuse."""
        violations = list(self.schema.violations(body, "#"))
        if violations:
            raise malformed(violations)
        return self.plan(body)


# Titan


def _within_tokens(text: str, limit: int) -> str:
    count = count_tokens(text)
    if count > limit:
        message = f"Too many input tokens. Max input tokens: {limit}, request input token count: {count}"
        raise invalid(f"400 Bad Request: {message} ")
    return text


def _plan_titan(body: Body) -> Work:
    return Work([_within_tokens(body["inputText"], TITAN_TOKENS)], body.get("dimensions", 1024))


def _plan_titan_v1(body: Body) -> Work:
    return replace(_plan_titan(body), dimensions=1536)


def _render_titan_v1(body: Body, work: Work, vectors: Floats) -> Body:
    del body
    return {"embedding": vectors[0] * TITAN_V1_LENGTH, "inputTextTokenCount": work.tokens}


def _render_titan_v2(body: Body, work: Work, vectors: Floats) -> Body:
    if not body.get("normalize", True):
        vectors = vectors * TITAN_V2_LENGTH
    types = body.get("embeddingTypes", ["float"])
    return {
        "embedding": vectors[0],
        "embeddingsByType": {name: TITAN_TYPES[name](vectors)[0] for name in types},
        "inputTextTokenCount": work.tokens,
    }


def _plan_titan_image(body: Body) -> Work:
    if "inputImage" in body:
        raise invalid("The emulator embeds the text side of this model only: remove inputImage.")
    length = body.get("embeddingConfig", {}).get("outputEmbeddingLength", 1024)
    return Work([_within_tokens(body["inputText"], TITAN_IMAGE_TOKENS)], length)


def _render_titan_image(body: Body, work: Work, vectors: Floats) -> Body:
    del body
    return {"embedding": vectors[0], "inputTextTokenCount": work.tokens, "message": None}


# Nova


def _plan_nova(body: Body) -> Work:
    parameters = body["singleEmbeddingParams"]
    if "text" not in parameters or "value" not in parameters["text"]:
        raise invalid("The emulator embeds the text side of this model only: send singleEmbeddingParams.text.value.")
    text, mode = parameters["text"]["value"], parameters["text"]["truncationMode"]
    dimensions = parameters.get("embeddingDimension", 3072)
    if mode == "NONE":
        return Work([_within_tokens(text, NOVA_TOKENS)], dimensions)
    kept = (keep_first if mode == "END" else keep_last)(text, NOVA_TOKENS)
    return Work([kept], dimensions, truncated=len(kept) if len(kept) < len(text) else None)


def _render_nova(body: Body, work: Work, vectors: Floats) -> Body:
    del body
    embedding: Body = {"embeddingType": "TEXT", "embedding": vectors[0]}
    if work.truncated is not None:
        embedding["truncatedCharLength"] = work.truncated
    return {"embeddings": [embedding]}


# Cohere


def _plan_cohere_v3(body: Body) -> Work:
    texts, truncate = _cohere_texts(body), body.get("truncate", "NONE")
    longest = COHERE_V3_CHARACTERS
    if truncate == "NONE":
        refused = [too_long(f"#/texts/{n}", longest, text) for n, text in enumerate(texts) if len(text) > longest]
        if refused:
            raise malformed(refused)
    return Work([text[-longest:] if truncate == "START" else text[:longest] for text in texts], 1024)


def _plan_cohere_v4(body: Body) -> Work:
    texts, truncate = _cohere_texts(body), body.get("truncate", "NONE")
    limit = body.get("max_tokens", COHERE_V4_TOKENS)
    if truncate == "NONE" and any(count_tokens(text) > limit for text in texts):
        raise invalid("Input is too long for requested model.")
    keep = keep_last if truncate == "LEFT" else keep_first
    return Work([keep(text, limit) for text in texts], body.get("output_dimension", 1536))


def _cohere_texts(body: Body) -> list[str]:
    if "texts" in body:
        texts: list[str] = body["texts"]
        return texts
    contents = [item["content"] for item in body.get("inputs", [])]
    if not contents or any(part["type"] != "text" for content in contents for part in content):
        raise invalid("The emulator embeds the text side of this model only: send texts, or inputs of type text.")
    return ["\n".join(part.get("text", "") for part in content) for content in contents]


def _cohere_response(work: Work, embeddings: Any, kind: str) -> Body:
    return {"id": str(uuid.uuid4()), "texts": work.texts, "embeddings": embeddings, "response_type": kind}


def _render_cohere_by_type(body: Body, work: Work, vectors: Floats) -> Body:
    types = body.get("embedding_types", ["float"])
    return _cohere_response(work, {name: COHERE_TYPES[name](vectors) for name in types}, "embeddings_by_type")


def render_cohere_list(body: Body, work: Work, vectors: Floats) -> Body:
    """`embeddings` is a list of vectors unless the body names embedding_types."""
    if "embedding_types" in body:
        return _render_cohere_by_type(body, work, vectors)
    return _cohere_response(work, vectors, "embeddings_floats")


def _cohere_schema(truncate: tuple[str, ...], **more: Field) -> Fields:
    sources: dict[str, Field] = {
        "texts": Items(Text(shortest=1), most=COHERE_TEXTS),
        "images": Items(Text(shortest=1), most=COHERE_TEXTS),
    }
    if "inputs" in more:
        sources["inputs"] = more.pop("inputs")
    purposes = ("search_document", "search_query", "classification", "clustering", "image")
    options: dict[str, Field] = {
        "input_type": Text(required=True, choices=purposes),
        "truncate": Text(choices=truncate),
        "embedding_types": Items(Text(choices=tuple(COHERE_TYPES))),
    }
    return Fields({**sources, **options, **more}, one_of=tuple(sources))


_PASSAGE = Text(required=True, shortest=1, longest=50_000)
_COHERE_PART = Fields(
    {"type": Text(required=True, choices=("text", "image_url")), "text": Text(shortest=1), "image_url": Anything()}
)
_NOVA_PURPOSES = (
    *("GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL"),
    *("DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING"),
)
_NOVA_TEXT = Fields(
    {
        "truncationMode": Text(required=True, choices=("START", "END", "NONE")),
        "value": Text(shortest=1, longest=50_000),
        "source": Anything(),
    },
    one_of=("value", "source"),
)
_NOVA_PARAMETERS = Fields(
    {
        "embeddingPurpose": Text(required=True, choices=_NOVA_PURPOSES),
        "embeddingDimension": Number(choices=(256, 384, 1024, 3072)),
        "text": _NOVA_TEXT,
        **{name: Anything() for name in ("image", "audio", "video")},
    },
    required=True,
    one_of=("text", "image", "audio", "video"),
)

FAMILIES: tuple[Family, ...] = (
    Family(
        "titan-text-v1",
        ("amazon.titan-embed-text-v1", "amazon.titan-embed-g1-text-02"),
        Fields({"inputText": _PASSAGE}),
        _plan_titan_v1,
        _render_titan_v1,
    ),
    Family(
        "titan-text-v2",
        ("amazon.titan-embed-text-v2:0",),
        Fields(
            {
                "inputText": _PASSAGE,
                "dimensions": Number(choices=(256, 512, 1024)),
                "normalize": Flag(),
                "embeddingTypes": Items(Text(choices=tuple(TITAN_TYPES)), most=2),
            }
        ),
        _plan_titan,
        _render_titan_v2,
    ),
    Family(
        "titan-image-v1",
        ("amazon.titan-embed-image-v1", "amazon.titan-embed-image-v1:0"),
        Fields(
            {
                "inputText": Text(required=True, shortest=1),
                "inputImage": Text(),
                "embeddingConfig": Fields({"outputEmbeddingLength": Number(choices=(256, 384, 1024))}),
            }
        ),
        _plan_titan_image,
        _render_titan_image,
    ),
    Family(
        "nova-2-multimodal",
        ("amazon.nova-2-multimodal-embeddings-v1:0",),
        Fields(
            {
                "schemaVersion": Text(choices=("nova-multimodal-embed-v1",)),
                "taskType": Text(required=True, choices=("SINGLE_EMBEDDING",)),
                "singleEmbeddingParams": _NOVA_PARAMETERS,
            }
        ),
        _plan_nova,
        _render_nova,
    ),
    Family(
        "cohere-v3",
        ("cohere.embed-english-v3", "cohere.embed-multilingual-v3"),
        _cohere_schema(("NONE", "START", "END")),
        _plan_cohere_v3,
        render_cohere_list,
    ),
    Family(
        "cohere-v4",
        ("cohere.embed-v4:0",),
        _cohere_schema(
            ("NONE", "LEFT", "RIGHT"),
            inputs=Items(Fields({"content": Items(_COHERE_PART, required=True)}), most=COHERE_TEXTS),
            output_dimension=Number(choices=(256, 512, 1024, 1536)),
            max_tokens=Number(least=1, most=COHERE_V4_TOKENS),
        ),
        _plan_cohere_v4,
        _render_cohere_by_type,
    ),
)
