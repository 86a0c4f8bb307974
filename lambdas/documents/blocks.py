"""The content of a document: blocks of text in reading order. Pure."""

import re
from typing import Literal, NamedTuple

BlockKind = Literal["heading", "text", "list", "table", "code"]

_BLANKS = re.compile(r"[ \t\r\f\v\u00a0\u2000-\u200a\u202f\u3000]+")
# Invisible characters: soft hyphens, marks of width zero, byte order marks, and control characters.
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\ufffe\uffff\x00-\x08\x0e-\x1f\x7f]")


class Block(NamedTuple):
    """A heading, paragraph, list item, table or piece of code. `page` counts from 1; 0 if the format has no pages."""

    kind: BlockKind
    text: str
    page: int = 0
    level: int = 0
    links: tuple[str, ...] = ()


class Content(NamedTuple):
    """The content that was extracted from a document."""

    title: str
    blocks: list[Block]
    pages: int = 0


class DocumentError(Exception):
    """The document cannot be read. Has a sentence for the person who sent it, and the page if one is to blame."""

    def __init__(self, message: str, page: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.page = page


def clean(text: str) -> str:
    """Return a paragraph on one line, without invisible characters."""
    return " ".join(_INVISIBLE.sub("", text).split())


def clean_lines(text: str) -> str:
    """Return text whose line ends matter: trailing blanks, empty lines around it and invisible characters removed."""
    lines = [line.rstrip() for line in _INVISIBLE.sub("", text).expandtabs(4).splitlines()]
    return "\n".join(lines).strip("\n")


def collapse_blanks(text: str) -> str:
    """Return text with one blank for each run of blanks. Line ends are kept."""
    return _BLANKS.sub(" ", text)


def table_text(rows: list[list[str]]) -> str:
    """Return a table as text: a line for each row, a bar between cells."""
    cleaned = [[clean(cell) for cell in row] for row in rows]
    return "\n".join(" | ".join(row) for row in cleaned if any(row))
