"""Puts the records of a file together until they are a chunk. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lambdas.records.byte_lines import RawLine
from lambdas.records.csv_records import CsvRecord


class Piece(NamedTuple):
    """A record, or several that must stay together: its range, its bytes, whether they are cut, and its line."""

    start: int
    end: int
    data: bytes
    is_cut: bool = False
    line: int = 0


def pieces(records: Iterable[Piece], piece_bytes: int, *, keep: bool) -> Iterator[tuple[int, int, bytes, int]]:
    """Records put together until they have `piece_bytes`: start, end, the bytes if they are to be kept, and the line.

    A record of which only the beginning was read ends its piece, so that positions in a piece are continuous.
    """
    first: Piece | None = None
    end = size = 0
    held = bytearray()
    for record in records:
        if first is not None and keep and record.start != first.start + len(held):
            yield first.start, end, bytes(held), first.line
            first, size = None, 0
            held.clear()
        first = record if first is None else first
        end = record.end
        size += record.end - record.start
        if keep:
            held += record.data
        if size >= piece_bytes or record.is_cut:
            yield first.start, end, bytes(held), first.line
            first, size = None, 0
            held.clear()
    if first is not None:
        yield first.start, end, bytes(held), first.line


def regions(records: Iterable[CsvRecord]) -> Iterator[Piece]:
    """CSV records, with the lines of a damaged region as one piece: no chunk may begin inside of it."""
    held: Piece | None = None
    for record in records:
        if held is not None and record.start == held.start:
            held = held._replace(data=held.data + record.data)
            continue
        if held is not None:
            yield held
        held = Piece(record.start, record.end, record.data, record.is_cut, record.line)
    if held is not None:
        yield held


def ends_of(lines: Iterable[RawLine], number: int) -> Iterator[Piece]:
    previous: RawLine | None = None
    for line in lines:
        # The end of a line that is cut is where the next one begins.
        if previous is not None:
            yield Piece(previous.start, line.start, previous.data, previous.is_cut, number)
            number += 1 if number else 0
        previous = line
    if previous is not None:
        yield Piece(previous.start, previous.start + len(previous.data), previous.data, previous.is_cut, number)
