"""Checks of a collection's configuration that a model alone cannot make. Pure."""

import re
from collections.abc import Iterable, Mapping

from pydantic import ValidationError

from lambdas.collections.index_body import KnnEngine
from lambdas.collections.model import Collection, IndexSettings
from lambdas.embedding.config import VectorConfig
from lambdas.errors import InvalidRequestError


def check_vector_names(names: Iterable[str]) -> None:
    """Reject capital letters in names of new vectors.

    OpenSearch's derived source does not return a vector whose field name has one: such an object could neither be read
    with its vectors nor updated. Collections that were created earlier stay readable.
    """
    for name in names:
        if name != name.lower():
            lower = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            raise InvalidRequestError.at(
                f"vectors.{name}", f"a name with capital letters cannot be read back by the engine: write '{lower}'"
            )


def check_shards(index: IndexSettings, replicas: int | None, limit: int) -> None:
    """Reject an index of more shards than a stage allows. `replicas` is the number when the index names none."""
    copies = 1 + (index.replicas if index.replicas is not None else replicas or 0)
    shards = index.shards or 1
    if shards * copies > limit:
        problem = f"{shards} shards of {copies} copies each are {shards * copies}, and a collection may have {limit}"
        raise InvalidRequestError.at("index", f"{problem}: ask for fewer shards or replicas")


def check_compression(vectors: Mapping[str, VectorConfig], engine: KnnEngine) -> None:
    """Reject a compression that the engine of the stage does not have."""
    for name, config in vectors.items():
        if config.index.compression is not None and engine != "lucene":
            problem = f'"{config.index.compression}" needs the engine lucene, and this stage has {engine}: leave it out'
            raise InvalidRequestError.at(f"vectors.{name}.index.compression", problem)


def validate(changed: Collection) -> Collection:
    """Validate the changed collection. Raises `InvalidRequestError` if the change does not fit the rest."""
    try:
        return Collection.model_validate(changed.model_dump())
    except ValidationError as error:
        raise InvalidRequestError(f"{error.errors()[0]['msg']}.") from None
