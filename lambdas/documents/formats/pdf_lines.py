"""The lines of PDF pages: pieces of text with their boxes, in reading order. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

# A blank of more than this, in sizes of the font, divides cells and columns.
WIDE_BLANK = 1.2
# Columns of a page: enough lines on both sides, whose ranges overlap, and most letters in lines of several words. The
# cells of a table have few words.
MIN_COLUMN_LINES = 4
MIN_LINE_WORDS = 4
MIN_LINE_SHARE = 0.5
MAX_CROSSING_SHARE = 0.35
MIN_OVERLAP = 0.5
# Where the gutter between columns may lie, as shares of the text's width.
GUTTER_FROM, GUTTER_TO = 0.15, 0.85
MIN_GUTTER = 6.0
MAX_COLUMN_DEPTH = 3


class Piece(NamedTuple):
    """Text on one line that no wide blank divides. `top` and `bottom` count downwards from the top of the page."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    is_bold: bool = False
    is_mono: bool = False

    @property
    def middle(self) -> float:
        """Half-way between top and bottom."""
        return (self.top + self.bottom) / 2


class Line(NamedTuple):
    """The pieces that stand side by side in one column. More than one are cells of a table."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The text of all pieces."""
        return " ".join(piece.text for piece in self.pieces)

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.pieces[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.pieces[-1].right

    @property
    def top(self) -> float:
        """Its upper edge."""
        return min(piece.top for piece in self.pieces)

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return max(piece.bottom for piece in self.pieces)

    @property
    def size(self) -> float:
        """The size of most of its letters."""
        return max(self.pieces, key=lambda piece: len(piece.text)).size

    @property
    def is_bold(self) -> bool:
        """Whether all of it is bold."""
        return all(piece.is_bold for piece in self.pieces)

    @property
    def is_mono(self) -> bool:
        """Whether all of it is in a font whose letters have one width."""
        return all(piece.is_mono for piece in self.pieces)


def in_reading_order(pieces: Sequence[Piece], depth: int = 0) -> list[Line]:
    """Return the lines of a page: left column before right column, between lines that span both."""
    gutter = find_gutter(pieces) if depth < MAX_COLUMN_DEPTH else None
    if gutter is None:
        return join_lines(pieces)
    lines: list[Line] = []
    held: list[Piece] = []

    def flush() -> None:
        for side in (
            [piece for piece in held if piece.right <= gutter],
            [piece for piece in held if piece.right > gutter],
        ):
            lines.extend(in_reading_order(side, depth + 1))
        held.clear()

    for piece in sorted(pieces, key=lambda piece: piece.middle):
        if piece.left < gutter < piece.right:
            flush()
            lines.extend(join_lines([piece]))
        else:
            held.append(piece)
    flush()
    return lines


def find_gutter(pieces: Sequence[Piece]) -> float | None:
    """Return the middle of the blank between two columns of text, if there are two."""
    if len(pieces) < 2 * MIN_COLUMN_LINES:
        return None
    left, right = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    width = right - left
    best: tuple[int, float] | None = None
    for start, end in _gaps(pieces, left + GUTTER_FROM * width, left + GUTTER_TO * width):
        at = (start + end) / 2
        crossing = [piece for piece in pieces if piece.left < at < piece.right]
        if len(crossing) > MAX_CROSSING_SHARE * len(pieces):
            continue
        if (best is None or len(crossing) < best[0]) and _are_columns(pieces, at):
            best = (len(crossing), at)
    return None if best is None else best[1]


def _gaps(pieces: Sequence[Piece], start: float, end: float) -> list[tuple[float, float]]:
    """The places where many lines end before many others begin."""
    ends = Counter(round(piece.right) for piece in pieces)
    begins = Counter(round(piece.left) for piece in pieces)
    common = [place for place, count in begins.items() if count >= MIN_COLUMN_LINES and start < place < end]
    gaps: list[tuple[float, float]] = []
    for begin in common:
        before = [place for place in ends if place <= begin - MIN_GUTTER]
        if before:
            gaps.append((max(before), float(begin)))
    return gaps


def _are_columns(pieces: Sequence[Piece], at: float) -> bool:
    sides = ([piece for piece in pieces if piece.right <= at], [piece for piece in pieces if piece.left >= at])
    if min(len(side) for side in sides) < MIN_COLUMN_LINES:
        return False
    if any(_share_of_lines(side) < MIN_LINE_SHARE for side in sides):
        return False
    spans = [(min(piece.top for piece in side), max(piece.bottom for piece in side)) for side in sides]
    overlap = min(spans[0][1], spans[1][1]) - max(spans[0][0], spans[1][0])
    return overlap >= MIN_OVERLAP * min(bottom - top for top, bottom in spans)


def _share_of_lines(pieces: Sequence[Piece]) -> float:
    """The share of the letters that are in pieces of several words."""
    letters = sum(len(piece.text) for piece in pieces)
    in_lines = sum(len(piece.text) for piece in pieces if len(piece.text.split()) >= MIN_LINE_WORDS)
    return in_lines / max(1, letters)


def join_lines(pieces: Sequence[Piece]) -> list[Line]:
    """Put pieces with one base line side by side."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.middle, piece.left)):
        row = rows[-1] if rows else None
        if row and _is_beside(row, piece):
            row.append(piece)
        else:
            rows.append([piece])
    return [Line(tuple(_joined(sorted(row, key=lambda piece: piece.left)))) for row in rows]


def _is_beside(row: list[Piece], piece: Piece) -> bool:
    first = max(row, key=lambda each: each.bottom - each.top)
    height = min(first.bottom - first.top, piece.bottom - piece.top)
    overlap = min(first.bottom, piece.bottom) - max(first.top, piece.top)
    return overlap > height / 2 and all(piece.left >= each.right - 1 or piece.right <= each.left + 1 for each in row)


def _joined(row: list[Piece]) -> list[Piece]:
    """Join pieces that no wide blank divides: words in another font, marks above the line."""
    joined = [row[0]]
    for piece in row[1:]:
        last = joined[-1]
        gap, size = piece.left - last.right, max(last.size, piece.size)
        if gap > WIDE_BLANK * size:
            joined.append(piece)
            continue
        blank = " " if gap > 0.12 * size and not last.text.endswith(" ") else ""
        longer = last if len(last.text) >= len(piece.text) else piece
        joined[-1] = longer._replace(
            text=last.text + blank + piece.text,
            left=last.left,
            right=piece.right,
            top=min(last.top, piece.top),
            bottom=max(last.bottom, piece.bottom),
            is_bold=last.is_bold and piece.is_bold,
            is_mono=last.is_mono and piece.is_mono,
        )
    return joined
