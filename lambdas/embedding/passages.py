"""Cuts the text of an object into passages, each of which gets a vector of its own. Pure. See docs/decisions/0150."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypedDict

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.text import EmbeddableProperty, embedded_properties, object_text, text_hash
from lambdas.errors import EmbeddingError, NoTextError

# Of one object. The passages of a longer text are longer, so that all of it is found.
MAX_PASSAGES = 100
# Names of the property that is put in front of each passage, in order of preference.
TITLES = ("title", "name", "headline", "subject")
# Scripts without blanks: each character counts as a word.
_WORD = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff]|[^\s\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff]+")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u201d\u2019)\]]*$")
# A passage ends with a sentence, if one ends within this share of a passage's words.
_REACH = 0.25


class ObjectText(NamedTuple):
    """The texts of an object that a vector is made from.

    Attributes:
        whole: the text of the object's own vector.
        passages: its pieces, if the vector has passages and the text is long enough for two.
        title: what is embedded in front of each passage.
    """

    whole: str
    passages: tuple[str, ...] = ()
    title: str = ""

    @property
    def embedded(self) -> list[str]:
        """All texts to embed: the whole, then the passages."""
        front = f"{self.title} " if self.title else ""
        return [self.whole, *(front + each for each in self.passages)]

    def hash(self, config: Text2VecAws) -> str:
        """Return the digits that change when one of the texts does."""
        return text_hash(config, "\n".join(self.embedded))


class StoredPassage(TypedDict):
    """A passage of a stored object."""

    text: str
    vector: list[float]


class ObjectVectors(NamedTuple):
    """The vector of an object, and its passages with theirs."""

    whole: list[float]
    passages: list[StoredPassage]


def embed_objects(
    embed: Callable[[Sequence[str]], Sequence[list[float] | EmbeddingError]], texts: Sequence[ObjectText]
) -> list[ObjectVectors | EmbeddingError]:
    """Return the vectors of objects, all made by one call of `embed`; or the first error among an object's texts."""
    made = iter(embed([text for each in texts for text in each.embedded]))
    return [_collect(each, list(islice(made, 1 + len(each.passages)))) for each in texts]


def _collect(text: ObjectText, made: Sequence[list[float] | EmbeddingError]) -> ObjectVectors | EmbeddingError:
    vectors = []
    for each in made:
        if isinstance(each, EmbeddingError):
            return each
        vectors.append(each)
    pairs = zip(text.passages, vectors[1:], strict=True)
    return ObjectVectors(vectors[0], [StoredPassage(text=passage, vector=vector) for passage, vector in pairs])


def read_texts(
    config: Text2VecAws, collection_name: str, properties: Sequence[EmbeddableProperty], values: Mapping[str, Any]
) -> ObjectText:
    """Return the texts of an object for a vector. Raises `NoTextError` when it has none."""
    whole = object_text(config, collection_name, properties, values)
    if config.passages is None:
        return ObjectText(whole)
    title = _find_title(embedded_properties(config, properties), values)
    rest = [item for item in properties if item is not title]
    try:
        text = object_text(config.model_copy(update={"vectorize_collection_name": False}), "", rest, values)
    except NoTextError:
        return ObjectText(whole)
    passages = tuple(cut_passages(text, config.passages.words))
    return ObjectText(whole, passages if len(passages) > 1 else (), values[title.name] if title else "")


def _find_title(properties: Sequence[EmbeddableProperty], values: Mapping[str, Any]) -> EmbeddableProperty | None:
    """Return the property that is put in front of passages: one that is named so and has a text."""
    titles = [item for item in properties if item.name.lower() in TITLES and isinstance(values.get(item.name), str)]
    return min(titles, key=lambda item: TITLES.index(item.name.lower()), default=None)


def cut_passages(text: str, words: int) -> Iterator[str]:
    """Yield pieces of about so many words, all of about one length, that end with sentences where possible."""
    found = list(_WORD.finditer(text))
    count = min(max(1, round(len(found) / words)), MAX_PASSAGES)
    size = len(found) / count
    start = 0
    for number in range(1, count + 1):
        end = len(found) if number == count else _find_end(found, round(number * size), round(size * _REACH))
        if end > start:
            yield text[found[start].start() : found[end - 1].end()]
        start = end


def _find_end(words: Sequence[re.Match[str]], ideal: int, reach: int) -> int:
    """Return the end of a sentence nearest to the ideal place, or that place."""
    for distance in range(reach + 1):
        for place in (ideal + distance, ideal - distance):
            if 0 < place <= len(words) and _SENTENCE_END.search(words[place - 1].group()):
                return place
    return ideal
