"""Cuts the blocks of a document into passages. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lambdas.documents.blocks import Block
from lambdas.documents.settings import DocumentSettings

HEADING_SEPARATOR = " > "
MAX_HEADING_PATH = 500
MAX_LINKS = 20
# A passage that has so much of its size may end with its page.
PAGE_SHARE = 3
_SENTENCE_END = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)\]]*\s+(?=[^\sa-z])|(?<=[\u3002\uff01\uff1f])")
_MONTHS_AND_TITLES = re.compile(r"\b(?:e\.g|i\.e|cf|vs|Dr|Mr|Mrs|Ms|Prof|St|No|Fig|Nr|z\.B|bzw|etc|al|approx|[A-Z])\.$")


class Passage(NamedTuple):
    """A part of a document that is found and cited on its own."""

    text: str
    heading: str
    page: int
    links: tuple[str, ...] = ()


class _Part(NamedTuple):
    """Text that is not cut further. `is_open`: the next part continues the same paragraph."""

    text: str
    page: int
    joint: str = "\n\n"
    links: tuple[str, ...] = ()


def cut(blocks: Sequence[Block], settings: DocumentSettings) -> list[Passage]:
    """Return the passages of a document, in order."""
    passages: list[Passage] = []
    for heading, section in _sections(blocks):
        parts = [part for block in section for part in _parts(block, settings)]
        passages += [
            Passage(text, heading, page, links) for text, page, links in _packed(parts, settings) if text.strip()
        ]
    return passages


def _sections(blocks: Sequence[Block]) -> Iterator[tuple[str, list[Block]]]:
    """The blocks below each heading, with the path of headings. A heading without text stands for itself."""
    path: list[tuple[int, str]] = []
    section: list[Block] = []
    bare: Block | None = None
    for block in blocks:
        if block.kind != "heading":
            section.append(block)
            bare = None
            continue
        if section:
            yield _written(path), section
        elif bare is not None and block.level <= bare.level:
            yield _written(path), [bare]
        section = []
        path = [(level, text) for level, text in path if level < block.level] + [(block.level, block.text)]
        bare = block
    if section:
        yield _written(path), section
    elif bare is not None:
        yield _written(path), [bare]


def _written(path: list[tuple[int, str]]) -> str:
    return HEADING_SEPARATOR.join(text for _, text in path)[-MAX_HEADING_PATH:]


def _parts(block: Block, settings: DocumentSettings) -> Iterator[_Part]:
    """A block, cut where it may be cut: whole if it fits, at lines, sentences, words, or anywhere."""
    joint = "\n" if block.kind == "list" else "\n\n"
    if settings.chunking == "structure" and len(block.text) <= settings.size:
        yield _Part(block.text, block.page, joint, block.links)
        return
    is_lines = block.kind in ("code", "table")
    inner = "\n" if is_lines else " "
    pieces = block.text.split("\n") if is_lines else sentences(block.text)
    if settings.chunking == "fixed":
        pieces = block.text.split(" ")
        inner = " "
    first = True
    for piece in pieces:
        for text in _hard_cut(piece, settings.size):
            yield _Part(text, block.page, joint if first else inner, block.links if first else ())
            first = False


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph. A full stop after an abbreviation ends none."""
    found: list[str] = []
    for piece in _SENTENCE_END.split(text):
        if found and _MONTHS_AND_TITLES.search(found[-1]):
            found[-1] += f" {piece}"
        elif piece:
            found.append(piece)
    return found


def _hard_cut(text: str, size: int) -> Iterator[str]:
    """Pieces of at most `size` characters, between words where there are some."""
    while len(text) > size:
        at = text.rfind(" ", size // 2, size + 1)
        at = size if at < 0 else at
        yield text[:at]
        text = text[at:].lstrip(" ")
    if text:
        yield text


def _packed(parts: Iterable[_Part], settings: DocumentSettings) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Put parts together up to the size. A page ends a passage that is long enough to stand alone."""
    held: list[_Part] = []
    length = 0
    for part in parts:
        added = len(part.text) + (len(part.joint) if held else 0)
        ends_page = bool(held) and part.page != held[-1].page and length * PAGE_SHARE >= settings.size
        if held and (length + added > settings.size or ends_page):
            yield _joined(held)
            held = _tail(held, settings.overlap, settings.size - len(part.text))
            length = sum(len(each.text) + len(each.joint) for each in held)
        length += len(part.text) + (len(part.joint) if held else 0)
        held.append(part)
    if held:
        yield _joined(held)


def _joined(parts: Sequence[_Part]) -> tuple[str, int, tuple[str, ...]]:
    text = parts[0].text + "".join(part.joint + part.text for part in parts[1:])
    links = tuple(dict.fromkeys(link for part in parts for link in part.links))[:MAX_LINKS]
    return text, parts[0].page, links


def _tail(parts: Sequence[_Part], overlap: int, room: int) -> list[_Part]:
    """The last parts that fit into the overlap, or the last words of the last one."""
    kept: list[_Part] = []
    length = 0
    limit = min(overlap, room - len("\n\n"))
    for part in reversed(parts):
        if length + len(part.text) + len(part.joint) > limit:
            break
        kept.insert(0, part)
        length += len(part.text) + len(part.joint)
    if not kept and limit > 0:
        words = parts[-1].text[-limit:].partition(" ")[2]
        kept = [parts[-1]._replace(text=words, links=())] if words else []
    return kept
