"""A collection from the options of `alto collections create`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alto.cli.exits import CommandError, ExitCode
from alto.compatibility import StrEnum

# Fields of `collections show --json` that a new collection cannot have.
READ_ONLY = (
    "created",
    "updated",
    "analysis",
    "notice",
    "generation",
    "filling",
    "index_number",
    "rebuild",
    "former",
)


class Vectorizer(StrEnum):
    """Where vectors come from."""

    BEDROCK = "bedrock"
    SAGEMAKER = "sagemaker"
    NONE = "none"


class Distance(StrEnum):
    """How far two vectors are from each other."""

    COSINE = "cosine"
    DOT = "dot"
    L2_SQUARED = "l2_squared"


@dataclass(frozen=True, slots=True)
class VectorFlags:
    """The options for the vector of a collection."""

    vectorizer: Vectorizer | None = None
    region: str | None = None
    model: str | None = None
    endpoint: str | None = None
    dimensions: int | None = None
    sources: Sequence[str] = ()
    distance: Distance | None = None
    name: str = "default"

    @property
    def is_given(self) -> bool:
        """Whether an option other than the vectorizer was given, which then is missing."""
        return any((self.model, self.endpoint, self.dimensions, self.sources, self.distance))


def property_of(text: str) -> dict[str, Any]:
    """A property from `name`, `name:type` or `name:type:tokenization`, each with `:folding` behind it."""
    parts = text.split(":")
    # A property may be named so.
    is_folding = len(parts) > 1 and parts[-1] == "folding"
    if is_folding:
        parts.pop()
    if not parts[0] or len(parts) > 3 or not all(parts):
        raise CommandError(
            f"--property '{text}': write name:type, as in year:int, or name:type:tokenization, as in title:text:word; "
            "and :folding behind either if accents are not to count, as in title:text:folding.",
            ExitCode.USAGE,
        )
    names = ("name", "type", "tokenization")
    return {"type": "text"} | dict(zip(names, parts, strict=False)) | ({"folding": True} if is_folding else {})


def vector_of(flags: VectorFlags) -> dict[str, Any]:
    """The API's `vectors`; empty when there is to be none."""
    if flags.vectorizer is None:
        if flags.is_given:
            raise CommandError(
                "--vectorizer is missing: bedrock, sagemaker, or none for your own vectors.", ExitCode.USAGE
            )
        return {}
    if flags.vectorizer is Vectorizer.NONE:
        needed: dict[str, object] = {"--dimensions": flags.dimensions}
        made: dict[str, Any] = {"vectorizer": "none"}
    else:
        bedrock = flags.vectorizer is Vectorizer.BEDROCK
        needed = {"--model": flags.model} if bedrock else {"--endpoint": flags.endpoint}
        made = {"vectorizer": "text2vec-aws", "service": flags.vectorizer.value, "region": flags.region}
    for option, value in needed.items():
        if not value:
            raise CommandError(f"--vectorizer {flags.vectorizer.value} needs {option}.", ExitCode.USAGE)
    made |= {
        "model": flags.model,
        "endpoint": flags.endpoint,
        "dimensions": flags.dimensions,
        "source_properties": list(flags.sources) or None,
        "index": flags.distance and {"distance": flags.distance.value},
    }
    return {flags.name: {key: value for key, value in made.items() if value is not None}}


def collection_body(
    file: dict[str, Any], name: str | None, description: str | None, properties: Sequence[str], flags: VectorFlags
) -> dict[str, Any]:
    """The collection of a file, and what the options add to it or change."""
    made = {key: value for key, value in file.items() if key not in READ_ONLY}
    if name:
        made["name"] = name
    if not made.get("name"):
        raise CommandError("Give the collection a name: alto collections create NAME …", ExitCode.USAGE)
    if description is not None:
        made["description"] = description
    if properties:
        made["properties"] = [*made.get("properties", []), *(property_of(each) for each in properties)]
    if vectors := vector_of(flags):
        made["vectors"] = made.get("vectors", {}) | vectors
    return made
