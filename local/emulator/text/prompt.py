"""The input of a text model: passages that can be cited, and the task. Pure functions and values."""

import re
from dataclasses import dataclass, field
from typing import Protocol

# For models that cannot cite, callers number the sentences in plain text.
_NUMBERED = re.compile(r"^\[(\d{1,4})\][ \t]*(\S.*)$", re.MULTILINE)
# A paragraph that explains how to cite does not belong to the question.
_SHOWS_MARKS = re.compile(r"\[\d{1,4}\]")
# How Alto begins passages that are not numbered.
_PASSAGES = "Passages found by the search"
_GAP = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Passage:
    """A text that may be quoted. blocks: the parts that can be cited. marks: their numbers, "" of a label."""

    source: str
    title: str
    blocks: tuple[str, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prompt:
    """cites: whether the response may name its sources."""

    task: str
    passages: tuple[Passage, ...] = ()
    system: str = ""
    cites: bool = True
    most_tokens: int = 512
    temperature: float = 0.0

    @property
    def texts(self) -> list[str]:
        """Everything that the model reads."""
        parts = [self.system, self.task, *(block for passage in self.passages for block in passage.blocks)]
        return [part for part in parts if part]


@dataclass(frozen=True)
class Quote:
    """Blocks `start` (included) to `end` (excluded) of a passage."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True)
class Piece:
    """A part of the response, with the sources of it."""

    text: str
    quotes: tuple[Quote, ...] = field(default=())


@dataclass(frozen=True)
class Written:
    """The text of a model, in pieces that belong behind each other. is_cut: it had more to write, and was stopped.

    read, written: tokens as the model counts them; None if it does not, so that they are estimated.
    """

    pieces: list[Piece]
    is_cut: bool = False
    read: int | None = None
    written: int | None = None


class Generator(Protocol):
    """A text model. Coroutines are called from one event loop."""

    async def generate(self, prompt: Prompt) -> Written:
        """Raises ServiceError if the model does not write the text."""

    def close(self) -> None:
        """Ends the threads and processes, if any."""


def read_texts(texts: list[str]) -> tuple[str, tuple[Passage, ...]]:
    """The task in the text blocks of a message, and the passages that stand in them as plain text."""
    paragraphs = [each for text in texts for each in _GAP.split(text) if each.strip()]
    numbered = [place for place, each in enumerate(paragraphs) if _NUMBERED.search(each)]
    if numbered:
        behind = paragraphs[numbered[-1] + 1 :]
        rest = [each for each in behind or paragraphs[: numbered[0]] if not _SHOWS_MARKS.search(each)]
        return "\n\n".join(rest).strip(), tuple(_numbered(paragraphs[place]) for place in numbered)
    first = next((place for place, each in enumerate(paragraphs) if each.startswith(_PASSAGES)), None)
    if first is None or first + 2 >= len(paragraphs):
        return texts[-1].strip(), ()
    passages = [each.strip().splitlines() for each in paragraphs[first + 1 : -1]]
    return paragraphs[-1].strip(), tuple(Passage(lines[0], lines[0], tuple(lines[1:] or lines)) for lines in passages)


def _numbered(paragraph: str) -> Passage:
    title, *lines = paragraph.strip().splitlines()
    blocks, marks = [], []
    for line in [title, *lines] if _NUMBERED.match(title) else lines:
        found = _NUMBERED.match(line)
        blocks.append(found[2] if found else line)  # a line without a number is a label
        marks.append(found[1] if found else "")
    return Passage(title, title, tuple(blocks), tuple(marks))
