"""Packing texts into calls: as many as the model takes, by number and by size."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.families import Family


class Text(NamedTuple):
    """A text on its way to the model, and its place among the texts that were asked for."""

    place: int
    content: str


def packed(texts: Iterable[Text], family: Family) -> Iterator[list[Text]]:
    """The texts in order, in the fullest calls that the family allows."""
    batch: list[Text] = []
    size = 0
    for text in texts:
        length = len(text.content)
        if batch and (len(batch) == family.texts_per_call or size + length > family.characters_per_call):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += length
    if batch:
        yield batch


def is_too_long(text: str, family: Family) -> bool:
    """Whether the text is longer than the limit that is known in characters."""
    return family.characters_per_text is not None and len(text) > family.characters_per_text


def cut(text: str, characters: int, config: Text2VecAws) -> str:
    """The text without its end, or without its start, as the configuration says."""
    return text[-characters:] if config.truncate == "start" else text[:characters]


def estimated_tokens(texts: Iterable[Text]) -> int:
    """About four bytes a token; corrected by the model's own count in its response."""
    return sum(1 + len(text.content.encode("utf-8", "surrogatepass")) // 4 for text in texts)
