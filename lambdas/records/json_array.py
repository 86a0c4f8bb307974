"""A JSON array of objects, read as a stream: where each element begins and ends. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lambdas.records.byte_lines import BYTE_ORDER_MARK, MAX_LINE_BYTES

STRUCTURE = re.compile(rb'["\[\]{}]')
STRING_END = re.compile(rb'["\\]')
SPACE = b" \t\r\n"
# Between elements: white space, commas, and the brackets of the array.
BETWEEN = re.compile(rb"[ \t\r\n,]*")
SCALAR_END = re.compile(rb"[,\]\[{}\n]")


class NotJsonArrayError(Exception):
    """The file is not a whole JSON array. The text is a sentence for the user."""


class Element(NamedTuple):
    """One element: its range, its bytes (only the beginning if `is_cut`), and its first line (0: unknown)."""

    start: int
    end: int
    data: bytes
    line: int = 0
    is_cut: bool = False


def begins_with_array(sample: bytes) -> bool:
    """Whether the first character of a file opens an array."""
    return sample.removeprefix(BYTE_ORDER_MARK).lstrip(SPACE).startswith(b"[")


def read_elements(
    blocks: Iterable[bytes], start: int = 0, line: int = 1, *, is_whole: bool = True
) -> Iterator[Element]:
    """The elements of blocks that begin at byte `start` of a file: at its beginning, or where an element begins.

    With `is_whole`, raises `NotJsonArrayError` if the array does not end. Holds one block and one element.
    """
    reader = _Reader(start, line)
    for block in blocks:
        yield from reader.feed(block)
    yield from reader.end(is_whole=is_whole)


class _Reader:
    def __init__(self, start: int, line: int) -> None:
        self._line = line
        self._is_open = start > 0
        self._is_closed = False
        self._buffer = bytearray()
        # The byte of the file at which the buffer begins.
        self._base = start
        # Where in the buffer the scan of the element at hand continues, its depth, and whether it is inside a string.
        self._position = 0
        self._depth = 0
        self._in_string = self._is_text = False
        # Bytes of the element at hand that are dropped already, because it is too long.
        self._head: bytes | None = None
        self._element_start = start
        self._element_line = line

    def feed(self, block: bytes) -> Iterator[Element]:
        self._buffer += block
        while True:
            if not self._depth and not self._begin():
                return
            if (end := self._scan()) is None:
                self._drop_if_too_long()
                return
            yield self._element(end)

    def end(self, *, is_whole: bool) -> Iterator[Element]:
        rest = bytes(self._buffer).strip(SPACE)
        if self._depth and not is_whole:
            # A chunk that was stored: of an element that is too long only the beginning was kept.
            yield self._element(len(self._buffer))
            return
        if self._depth:
            place = f"line {self._element_line}" if self._line else f"byte {self._element_start}"
            raise NotJsonArrayError(
                f"The element of the array that begins at {place} is never closed: the file was cut off, or a bracket "
                "or quote is missing."
            )
        if rest:
            yield self._element(len(self._buffer))
        if is_whole and self._is_open and not self._is_closed:
            raise NotJsonArrayError("The JSON array is never closed: the file was cut off.")

    def _begin(self) -> bool:
        """Go to the next element. False if more of the file is needed."""
        while True:
            gap = BETWEEN.match(self._buffer)
            self._drop(gap.end() if gap else 0)
            if not self._buffer:
                return False
            first = bytes(self._buffer[:1])
            if self._base == 0 and self._buffer.startswith(BYTE_ORDER_MARK):
                self._drop(len(BYTE_ORDER_MARK))
            elif first == b"[" and not self._is_open:
                self._is_open = True
                self._drop(1)
            elif first == b"]" and self._is_open:
                self._is_closed = True
                self._drop(1)
            else:
                break
        self._element_start, self._element_line = self._base, self._line
        self._position, self._in_string, self._head = 0, False, None
        if first in (b"{", b"[", b'"'):
            self._depth = 1
            self._in_string = self._is_text = first == b'"'
            self._position = 1
            return True
        # A number, a word, or garbage: up to the next comma or line end. It fails when it is parsed.
        found = SCALAR_END.search(self._buffer, 1)
        if found is None and len(self._buffer) <= MAX_LINE_BYTES:
            return False
        self._depth = 1
        self._position = -(found.start() if found else len(self._buffer))
        return True

    def _scan(self) -> int | None:
        """The end of the element in the buffer, if it is there."""
        if self._position < 0:
            return -self._position
        while True:
            pattern = STRING_END if self._in_string else STRUCTURE
            found = pattern.search(self._buffer, self._position)
            if found is None:
                self._position = len(self._buffer)
                return None
            token = found.group()
            self._position = found.end()
            if token == b"\\":
                self._position += 1
                if self._position > len(self._buffer):
                    # The escaped character is in the next block.
                    self._position = found.start()
                    return None
            elif token == b'"':
                self._in_string = not self._in_string
                if self._is_text and not self._in_string:
                    return self._position
            elif token in b"{[":
                self._depth += 1
            else:
                self._depth -= 1
                if not self._depth:
                    return self._position

    def _drop_if_too_long(self) -> None:
        """Keep only the beginning of an element that is too long."""
        if self._head is None and len(self._buffer) <= MAX_LINE_BYTES:
            return
        if self._head is None:
            self._head = bytes(self._buffer[: MAX_LINE_BYTES + 1])
        gone = self._position
        self._drop(gone)
        self._position = 0

    def _element(self, end: int) -> Element:
        data = bytes(self._buffer[:end]) if self._head is None else self._head
        self._drop(end)
        element = Element(self._element_start, self._base, data, self._element_line, is_cut=len(data) > MAX_LINE_BYTES)
        self._depth, self._head = 0, None
        return element

    def _drop(self, count: int) -> None:
        if self._line:
            self._line += self._buffer.count(b"\n", 0, count)
        del self._buffer[:count]
        self._base += count
