"""Packs passages into the space that a prompt has for them. Pure.

A passage is what the model reads of one object: blocks, each a sentence of a value, verbatim. Passages come in the
order of the hits. One that does not fit is cut after a sentence: it gets all that the later ones do not need, and at
least half of what is left. The same text is sent once.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lambdas.generation.sentences import estimate_tokens, split_sentences
from lambdas.generation.template import find_values, render_value


class Block(NamedTuple):
    """A sentence of a value, or a property's name before its sentences. `start` is the place in the value."""

    text: str
    property: str
    start: int = 0
    # The place of the value among those of a list; None for a value that is not a list.
    item: int | None = None
    is_label: bool = False


class Passage(NamedTuple):
    """The text of one object that the model reads."""

    id: str
    title: str
    blocks: tuple[Block, ...]


class Context(NamedTuple):
    """The passages of one prompt, and how many objects are not, or not entirely, among them."""

    passages: tuple[Passage, ...]
    tokens: int = 0
    shortened: int = 0
    left_out: int = 0
    duplicates: int = 0
    without_text: int = 0


class Readable(NamedTuple):
    """A property that the model reads, and whether its values are text, whose sentences can be cited."""

    path: str
    is_text: bool


def make_passage(key: str, title: str, readable: Sequence[Readable], properties: Mapping[str, Any]) -> Passage:
    """Return what the model reads of an object. Without any text it has no blocks."""
    by_property = [_make_blocks(each, properties) for each in readable]
    has_labels = len(readable) > 1
    blocks: list[Block] = []
    for each, sentences in zip(readable, by_property, strict=True):
        if sentences and has_labels:
            blocks.append(Block(f"{each.path}:", each.path, is_label=True))
        blocks += sentences
    return Passage(key, title, tuple(blocks))


def _make_blocks(readable: Readable, properties: Mapping[str, Any]) -> list[Block]:
    found = find_values(properties, readable.path)
    if not readable.is_text:
        text = render_value(found[0] if len(found) == 1 else found)
        return [Block(text, readable.path)] if text.strip() else []
    is_list = len(found) != 1 or isinstance(found[0], list)
    texts = [text for value in found for text in (value if isinstance(value, list) else [value])]
    blocks = []
    for item, text in enumerate(texts):
        if not isinstance(text, str) or not text.strip():
            continue
        start = 0
        for sentence in split_sentences(text):
            blocks.append(Block(sentence, readable.path, start, item if is_list else None))
            start += len(sentence)
    return blocks


def pack_context(passages: Iterable[Passage], limit: int) -> Context:
    """Return the passages that fit into so many tokens, best first."""
    seen: set[str] = set()
    kept: list[Passage] = []
    without_text = duplicates = 0
    for passage in passages:
        text = " ".join("".join(block.text for block in passage.blocks if not block.is_label).split())
        if not text:
            without_text += 1
        elif text in seen:
            duplicates += 1
        else:
            seen.add(text)
            kept.append(passage)
    sizes = [sum(estimate_tokens(block.text) for block in passage.blocks) for passage in kept]
    packed: list[Passage] = []
    tokens = shortened = 0
    later = sum(sizes)
    for passage, size in zip(kept, sizes, strict=True):
        later -= size
        left = limit - tokens
        share = max(left // 2, left - later) if later else left
        blocks = passage.blocks
        if size > share:
            # A first sentence that needs more than its share is worth more than those of later hits.
            blocks = _shorten(blocks, share) or _shorten(blocks, min(left, _estimate_first_sentence(blocks)))
        if not blocks:
            continue
        shortened += len(blocks) < len(passage.blocks)
        tokens += sum(estimate_tokens(block.text) for block in blocks)
        packed.append(passage._replace(blocks=blocks))
    return Context(tuple(packed), tokens, shortened, len(kept) - len(packed), duplicates, without_text)


def _estimate_first_sentence(blocks: Sequence[Block]) -> int:
    """Return the tokens of a passage up to the end of its first sentence."""
    tokens = 0
    for block in blocks:
        tokens += estimate_tokens(block.text)
        if not block.is_label:
            break
    return tokens


def _shorten(blocks: Sequence[Block], limit: int) -> tuple[Block, ...]:
    """Return the first blocks that fit; none if no sentence does."""
    end = tokens = 0
    for place, block in enumerate(blocks):
        tokens += estimate_tokens(block.text)
        if tokens > limit:
            break
        if not block.is_label:
            end = place + 1
    return tuple(blocks[:end])
