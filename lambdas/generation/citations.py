"""Citations that are checked: each quote is a verbatim piece of a stored value that the model was sent. Pure.

Models with the feature say which text of which passage they cite. That text is looked for in the passage; white space
is ignored in the comparison, and what is returned is the stored text. The others write the numbers of sentences in
brackets; these become quotes of the sentences, and are taken out of the text. What cannot be found is dropped and
counted.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from lambdas.generation.context import Block, Passage
from lambdas.generation.prompts import list_sentences
from lambdas.generation.replies import RawCitation
from lambdas.generation.sentences import split_sentences

# Numbers in brackets, such as [2], [2, 5] or [2-4], with the blanks before them. A year in brackets is none.
# U+2013 is the dash of a range.
_MARKER = re.compile("[ \\t]*\\[([0-9]{1,3}(?:\\s*[,;\u2013-]\\s*[0-9]{1,3}){0,20})\\]")
_RANGE = re.compile("([0-9]+)(?:\\s*[\u2013-]\\s*([0-9]+))?")


class Citation(NamedTuple):
    """A span of the text, and the words of an object that it rests on."""

    id: str
    property: str
    quote: str
    quote_start: int
    quote_end: int
    start: int
    end: int
    item: int | None = None


class Checked(NamedTuple):
    """A text with its citations, and how many of the model's citations were dropped."""

    text: str
    citations: tuple[Citation, ...] = ()
    dropped: int = 0


def check_native(text: str, raw: Sequence[RawCitation], passages: Sequence[Passage]) -> Checked:
    """Return the citations whose quotes are in the passages that they name."""
    found: list[Citation] = []
    dropped = 0
    for each in raw:
        quotes = _find_quotes(each, passages)
        dropped += not quotes
        start, end = _trim(text, each.start, each.end)
        for passage, block, first, last in quotes:
            found.append(_cite(passage, block, (first, last), (start, end)))
    return Checked(text, tuple(dict.fromkeys(found)), dropped)


def check_prompted(text: str, passages: Sequence[Passage]) -> Checked:
    """Return the text without the numbers in brackets, and a citation of the sentence of each number."""
    sentences = list_sentences(passages)
    found: list[Citation] = []
    dropped = 0
    clean = ""
    before = 0
    span: tuple[int, int] | None = None
    for marker in _MARKER.finditer(text):
        part = text[before : marker.start()]
        before = marker.end()
        # Several markers in a row belong to one statement.
        if part.strip() or span is None:
            span = _last_statement(clean, part)
        clean += part
        for number in _numbers(marker[1]):
            if not 1 <= number <= len(sentences) or span[0] == span[1]:
                dropped += 1
                continue
            passage, block = sentences[number - 1]
            found.append(_cite(passage, block, _trim(block.text, 0, len(block.text)), span))
    return Checked(clean + text[before:], tuple(dict.fromkeys(found)), dropped)


def _last_statement(clean: str, part: str) -> tuple[int, int]:
    """Return the span of the last sentence of `part`, which is about to follow `clean`."""
    sentences = split_sentences(part)
    while len(sentences) > 1 and not any(sign.isalnum() for sign in sentences[-1]):
        sentences[-2:] = ["".join(sentences[-2:])]
    start = len(clean) + len(part) - (len(sentences[-1]) if sentences else 0)
    return _trim(clean + part, start, len(clean) + len(part))


def _numbers(text: str) -> Iterator[int]:
    for each in _RANGE.finditer(text):
        first, last = int(each[1]), int(each[2] or each[1])
        yield from range(first, last + 1) if last - first < 20 else (first, last)


def _cite(passage: Passage, block: Block, quoted: tuple[int, int], statement: tuple[int, int]) -> Citation:
    quote = block.text[slice(*quoted)]
    at = block.start + quoted[0]
    return Citation(passage.id, block.property, quote, at, at + len(quote), *statement, block.item)


def _find_quotes(raw: RawCitation, passages: Sequence[Passage]) -> list[tuple[Passage, Block, int, int]]:
    """Return the pieces of values that a citation quotes: one for each property that it covers. Empty if none."""
    passage = _passage_of(raw, passages)
    if passage is None:
        return []
    inside = None
    if raw.blocks:
        first, last = raw.blocks
        inside = range(min(first, len(passage.blocks)), min(max(last, first + 1), len(passage.blocks)))
    quotes = raw.quotes or (["".join(passage.blocks[place].text for place in inside)] if inside else [])
    pieces = [_locate(quote, passage.blocks, inside) for quote in quotes]
    if not pieces or not all(pieces):
        return []
    return [(passage, block, first, last) for found in pieces for block, first, last in found]


def _passage_of(raw: RawCitation, passages: Sequence[Passage]) -> Passage | None:
    if raw.passage is not None:
        passage = passages[raw.passage] if raw.passage < len(passages) else None
        return passage if passage and raw.source in (None, passage.id) else None
    return next((each for each in passages if each.id == raw.source), None)


def _locate(quote: str, blocks: Sequence[Block], inside: range | None) -> list[tuple[Block, int, int]]:
    """Return where a quote is: a piece for each value that it covers, as a block and a span in it."""
    wanted = _without_blanks(quote)
    if not wanted:
        return []
    # Over the sentences of several properties, a model may repeat the labels between them or not.
    return _locate_packed(wanted, blocks, inside, has_labels=True) or _locate_packed(
        wanted, blocks, inside, has_labels=False
    )


def _locate_packed(
    wanted: str, blocks: Sequence[Block], inside: range | None, *, has_labels: bool
) -> list[tuple[Block, int, int]]:
    packed = ["" if block.is_label and not has_labels else _without_blanks(block.text) for block in blocks]
    starts = [0, *accumulate(map(len, packed))]
    whole = "".join(packed)
    # Where the model says that it is, or else anywhere in the passage.
    at = whole.find(wanted, starts[inside.start], starts[inside.stop]) if inside else -1
    if at < 0:
        at = whole.find(wanted)
    if at < 0:
        return []
    end = at + len(wanted)
    found: list[tuple[Block, int, int]] = []
    for place in range(bisect_right(starts, at) - 1, len(blocks)):
        if starts[place] >= end:
            break
        block = blocks[place]
        if block.is_label or starts[place] == starts[place + 1]:
            continue
        first, last = _unpack(block.text, max(at - starts[place], 0), min(end - starts[place], len(packed[place])))
        found = _join(found, block, first, last)
    return found


def _join(found: list[tuple[Block, int, int]], block: Block, first: int, last: int) -> list[tuple[Block, int, int]]:
    """Append a piece, as one with the piece before it where both are of one value."""
    if found:
        before, start, _ = found[-1]
        # Blocks of one value follow one another: only then is their joined text a piece of it.
        is_same = (before.property, before.item) == (block.property, block.item)
        if is_same and before.start + len(before.text) == block.start:
            whole = before._replace(text=before.text + block.text)
            return [*found[:-1], (whole, start, len(before.text) + last)]
    return [*found, (block, first, last)]


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def _unpack(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the span of a text whose characters, without white space, are the first to the last."""
    places = [place for place, sign in enumerate(text) if not sign.isspace()]
    return places[first], places[last - 1] + 1


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span without white space at its ends."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), start + len(part.rstrip()) if part.strip() else start
