"""From the bytes of a chunk to records, and from a record to an object. Pure: the bytes come from a callable."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import orjson

from lambdas.errors import InvalidObjectError, abbreviate
from lambdas.jobs.chunk import Chunk
from lambdas.json_text import RepeatedNameError, parse_json
from lambdas.records.byte_lines import BYTE_ORDER_MARK, MAX_LINE_BYTES, ReadRange

# One request reads a chunk of the usual size with its lookahead, and a chunk of long records in four.
CHUNK_READ_BYTES = 4_194_304
# Read at once beyond that, for a last record that is longer.
LONG_RECORD_READ_BYTES = 1_048_576
# Read beyond a chunk's end with its last block, since its last record mostly ends there.
LOOKAHEAD_BYTES = 16_384


class Line(NamedTuple):
    """One line of the file, without its end. Of a line that is too long only the beginning is kept."""

    start: int
    data: bytes
    too_long: bool = False
    # Its number in the file, from 1; 0 if unknown.
    number: int = 0
    # Its number among the lines that begin in its chunk, from 1.
    in_chunk: int = 0


def read_lines(chunk: Chunk, read: ReadRange, max_line_bytes: int = MAX_LINE_BYTES) -> Iterator[Line]:
    """The lines that begin in the chunk, in order, without blank ones.

    Reading all chunks, however the file is cut, gives every line exactly once. Holds one block and one line in memory,
    at any size of chunk and file.
    """
    for line in _all_lines(chunk, read, max_line_bytes):
        data = line.data.removeprefix(BYTE_ORDER_MARK) if line.start == 0 else line.data
        if line.too_long or data.strip():
            yield line._replace(data=data.removesuffix(b"\r"))


def json_object(line: Line, noun: str = "line") -> dict[str, Any]:
    """The JSON object that a line, or an element of an array, holds. Raises `InvalidObjectError`."""
    if line.too_long:
        raise InvalidObjectError(f"The {noun} is longer than {MAX_LINE_BYTES} bytes, the most that is imported.")
    try:
        record = parse_json(line.data)
    except RepeatedNameError as error:
        raise InvalidObjectError(f"The {noun} cannot be read: {error}. Leave out one of them.") from None
    except orjson.JSONDecodeError as error:
        raise InvalidObjectError(_why_no_json(line.data, error, noun)) from None
    if not isinstance(record, dict):
        raise InvalidObjectError(
            f"The {noun} is {abbreviate(record)}, not a JSON object. Write one object for each record, such as "
            '{"title": "..."}.'
        )
    return record


def _why_no_json(data: bytes, error: orjson.JSONDecodeError, noun: str) -> str:
    try:
        data.decode()
    except UnicodeDecodeError as damage:
        return f"The {noun} is not UTF-8 text (byte {damage.start} of it): save the file as UTF-8."
    return f"The {noun} is not JSON at character {error.pos}: {error.msg}."


def derived_id(job_id: str, start: int) -> str:
    """The id of a record that brings none: the same whenever this place of this job is read.

    So loading the record again replaces the same object.
    """
    return str(uuid5(_parse_job_id(job_id), str(start)))


@lru_cache(maxsize=8)
def _parse_job_id(job_id: str) -> UUID:
    return UUID(job_id)


def _all_lines(chunk: Chunk, read: ReadRange, max_line_bytes: int) -> Iterator[Line]:
    # `start` is where the line at hand begins, or None inside a line that is another chunk's or already reported.
    start = chunk.start if chunk.start == chunk.base else None
    in_chunk = chunk.lines_before + (start is not None)
    # Only the first chunk, and chunks of a file that was read when it was split, know their line.
    first = 1 if chunk.start == 0 else chunk.line
    offset = first - chunk.lines_before - 1
    held = bytearray()
    for position, block in _blocks(chunk, read):
        cursor = 0
        while (newline := block.find(b"\n", cursor)) >= 0:
            if start is not None:
                held += block[cursor:newline]
                yield _line(start, held, max_line_bytes, offset + in_chunk if first else 0, in_chunk)
                held.clear()
            cursor = newline + 1
            start = position + cursor
            in_chunk += 1
            if start >= chunk.end:
                return
        if start is not None:
            held += block[cursor:]
            if len(held) > max_line_bytes:
                yield _line(start, held, max_line_bytes, offset + in_chunk if first else 0, in_chunk)
                held.clear()
                start = None
        # A newline at end - 1 or later begins a line of the next chunk.
        if start is None and position + len(block) >= chunk.end - 1:
            return
    if start is not None:
        yield _line(start, held, max_line_bytes, offset + in_chunk if first else 0, in_chunk)


class LineCounter:
    """Reads a chunk through `read` and counts the lines that begin in it."""

    def __init__(self, chunk: Chunk, read: ReadRange) -> None:
        self._read = read
        # A line begins after each line end from the byte before the chunk on.
        self._start, self._end = max(chunk.start - 1, chunk.base), chunk.end - 1
        self.lines = chunk.lines_before + (chunk.start == chunk.base)

    def __call__(self, start: int, end: int) -> bytes:
        """Read bytes `start` to `end` - 1. Each byte must be read once."""
        block = self._read(start, end)
        self.lines += block.count(b"\n", max(self._start - start, 0), max(self._end - start, 0))
        return block


def _line(start: int, held: bytearray, max_line_bytes: int, number: int, in_chunk: int) -> Line:
    data = bytes(held[:max_line_bytes])
    return Line(start, data, too_long=len(held) > max_line_bytes, number=number, in_chunk=in_chunk)


def _blocks(chunk: Chunk, read: ReadRange) -> Iterator[tuple[int, bytes]]:
    """The file from the byte before the chunk (which may end a line), for as long as the caller reads."""
    position = max(chunk.start - 1, chunk.base)
    stop = min(chunk.end + LOOKAHEAD_BYTES, chunk.size)
    while position < chunk.size:
        end = min(position + CHUNK_READ_BYTES, stop)
        yield position, read(position, end)
        position = end
        if position == stop:
            stop = min(stop + LONG_RECORD_READ_BYTES, chunk.size)
