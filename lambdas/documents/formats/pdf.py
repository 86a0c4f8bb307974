"""PDF files, read by PDFium: the letters of each page with their boxes become lines, and these become blocks."""

import ctypes
import math
from collections import defaultdict
from typing import Any

from lambdas.documents.blocks import Block, Content, DocumentError, clean
from lambdas.documents.formats.pdf_blocks import blocks_of
from lambdas.documents.formats.pdf_lines import WIDE_BLANK, Line, Piece, in_reading_order
from lambdas.documents.limits import Limits

# PDFium's codes: https://pdfium.googlesource.com/pdfium/+/main/public/fpdfview.h
_PASSWORD = 4
_SECURITY = 5
_BOLD = 600
_MONO_NAMES = ("mono", "courier", "consol", "typewriter", "cmtt")
_FIXED_PITCH = 1
_LINE_ENDS = (0x0A, 0x0D)
_BLANKS = (0x20, 0xA0, 0x09)
_MAX_LINKS = 200
# Text that is turned by more than this from a quarter of a turn is a watermark.
_MAX_SLANT = math.radians(20)
_QUARTER = math.pi / 2

ENCRYPTED = "The PDF is protected by a password: save it without one."
DAMAGED = "The file is damaged, or no PDF: PDFium cannot read it."
NO_TEXT = (
    "The PDF has no text: its {pages} pages are images, such as those of a scanner. Let an OCR program add the text, "
    "for example Amazon Textract or OCRmyPDF, and import the result."
)


def read_pdf(data: bytes, limits: Limits) -> Content:
    """Return the blocks of a PDF. Raises `DocumentError`."""
    # Late: the library is large, and the other formats do without it.
    import pypdfium2  # noqa: PLC0415

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", None) in (_PASSWORD, _SECURITY) or "assword" in str(error)
        raise DocumentError(ENCRYPTED if is_locked else DAMAGED) from None
    count = len(document)
    if count > limits.pages:
        raise DocumentError(f"The PDF has {count:,} pages, and the limit is {limits.pages:,}: split it.")
    if not count:
        raise DocumentError("The PDF has no pages.")
    pages: list[list[Line]] = []
    links: dict[int, tuple[str, ...]] = {}
    letters = 0
    for number in range(count):
        try:
            page = document[number]
            turned = _Page(page).pieces()
            links[number + 1] = _links(page, document)
            page.close()
        except pypdfium2.PdfiumError:
            raise DocumentError(f"Page {number + 1} of the PDF is damaged: it cannot be read.", number + 1) from None
        letters += sum(len(piece.text) for pieces in turned for piece in pieces)
        if letters > limits.characters:
            problem = f"The PDF has more than {limits.characters:,} characters up to page {number + 1}, the limit."
            raise DocumentError(problem, number + 1)
        pages.append([line for pieces in turned for line in in_reading_order(pieces)])
    if not letters:
        raise DocumentError(NO_TEXT.format(pages=count))
    blocks = _with_links(blocks_of(pages), links)
    title = clean(document.get_metadata_value("Title") or "")
    first = next((block.text for block in blocks if block.kind == "heading"), "")
    return Content(title if _is_title(title) else first, blocks, count)


def _is_title(title: str) -> bool:
    """Whether a title was given by a person: programs write that it is untitled."""
    return bool(title) and title.lower() not in ("untitled", "(anonymous)", "anonymous", "unspecified")


def _with_links(blocks: list[Block], links: dict[int, tuple[str, ...]]) -> list[Block]:
    """Give the links of a page to its first block: where on the page they are is not read."""
    given: set[int] = set()
    linked = []
    for block in blocks:
        first = block.page not in given
        given.add(block.page)
        linked.append(block._replace(links=links.get(block.page, ())) if first else block)
    return linked


def _links(page: Any, document: Any) -> tuple[str, ...]:
    import pypdfium2.raw as pdfium  # noqa: PLC0415

    found: list[str] = []
    position, link = ctypes.c_int(0), pdfium.FPDF_LINK()
    while len(found) < _MAX_LINKS and pdfium.FPDFLink_Enumerate(page, position, link):
        action = pdfium.FPDFLink_GetAction(link)
        size = pdfium.FPDFAction_GetURIPath(document, action, None, 0) if action else 0
        if size > 1:
            buffer = ctypes.create_string_buffer(size)
            pdfium.FPDFAction_GetURIPath(document, action, buffer, size)
            found.append(buffer.value.decode(errors="replace"))
    return tuple(dict.fromkeys(found))


class _Page:
    """The letters of one page."""

    def __init__(self, page: Any) -> None:
        import pypdfium2.raw as pdfium  # noqa: PLC0415

        self._pdfium = pdfium
        self._page = page
        self._text = page.get_textpage()
        self._height = page.get_height()
        self._box = [ctypes.c_double() for _ in range(4)]
        self._fonts: dict[tuple[str, int], tuple[bool, bool]] = {}

    def pieces(self) -> list[list[Piece]]:
        """Return the pieces of text in the order of the file, those that are turned alike together: most first.

        Boxes are as if the page were turned so that the text is upright. Watermarks are left out.
        """
        by_turn: defaultdict[int | None, list[Piece]] = defaultdict(list)
        pieces: list[Piece] = []
        letters: list[str] = []
        box: list[float] = []
        first = size = 0.0
        turn: int | None = 0
        raw, unicode_of = self._text.raw, self._pdfium.FPDFText_GetUnicode
        generated = self._pdfium.FPDFText_IsGenerated
        for index in range(self._text.count_chars()):
            code = unicode_of(raw, index)
            if code in _LINE_ENDS:
                self._add(pieces, letters, box, int(first), size)
                continue
            if code in _BLANKS or not code or generated(raw, index) == 1:
                if letters:
                    letters.append(" " if code in _BLANKS else chr(code) if code else "")
                continue
            left, right, bottom, top = self._box_of(index, turn or 0)
            if letters and self._is_apart(box, (left, right, bottom, top)):
                self._add(pieces, letters, box, int(first), size)
            if not letters:
                turn = self._turn_of(index)
                pieces = by_turn[turn]
                left, right, bottom, top = self._box_of(index, turn or 0)
                first, size = index, self._pdfium.FPDFText_GetFontSize(raw, index) or 1.0
                box[:] = [left, right, bottom, top]
            else:
                box[:] = [min(box[0], left), max(box[1], right), min(box[2], bottom), max(box[3], top)]
            letters.append(chr(code))
        self._add(pieces, letters, box, int(first), size)
        self._text.close()
        by_turn.pop(None, None)
        return sorted(by_turn.values(), key=lambda each: -sum(len(piece.text) for piece in each))

    def _turn_of(self, index: int) -> int | None:
        """Return by how many quarters of a turn a letter is turned to the right; None if it is written at a slant."""
        angle = self._pdfium.FPDFText_GetCharAngle(self._text.raw, index)
        quarters = round(angle / _QUARTER)
        return None if abs(angle - quarters * _QUARTER) > _MAX_SLANT else quarters % 4

    def _is_apart(self, box: list[float], letter: tuple[float, float, float, float]) -> bool:
        """Whether a letter is on another line, or behind a wide blank."""
        left, right, bottom, top = letter
        height = max(top - bottom, box[3] - box[2], 1.0)
        is_other_line = bottom > box[3] or top < box[2] - 0.2 * height
        return is_other_line or left > box[1] + WIDE_BLANK * max(height, 1.0) or right < box[0] - height

    def _box_of(self, index: int, turn: int) -> tuple[float, float, float, float]:
        """Return left, right, bottom and top of a letter, on a page that is turned back by so many quarters."""
        left, right, bottom, top = self._box
        self._pdfium.FPDFText_GetCharBox(self._text.raw, index, left, right, bottom, top)
        match turn:
            case 3:
                return bottom.value, top.value, -right.value, -left.value
            case 2:
                return -right.value, -left.value, -top.value, -bottom.value
            case 1:
                return -top.value, -bottom.value, left.value, right.value
            case _:
                return left.value, right.value, bottom.value, top.value

    def _add(self, pieces: list[Piece], letters: list[str], box: list[float], first: int, size: float) -> None:
        text = "".join(letters).strip()
        letters.clear()
        if not text:
            return
        is_bold, is_mono = self._font(first)
        # A real height: the size in the file counts before its page is scaled.
        height = max(box[3] - box[2], 1.0)
        size = size if size > 2 else height
        pieces.append(Piece(text, box[0], box[1], self._height - box[3], self._height - box[2], size, is_bold, is_mono))

    def _font(self, index: int) -> tuple[bool, bool]:
        buffer, flags = ctypes.create_string_buffer(128), ctypes.c_int(0)
        self._pdfium.FPDFText_GetFontInfo(self._text.raw, index, buffer, 128, flags)
        name = buffer.value.decode(errors="replace").lower()
        key = (name, flags.value)
        if key not in self._fonts:
            weight = self._pdfium.FPDFText_GetFontWeight(self._text.raw, index)
            is_bold = "bold" in name or "black" in name or weight >= _BOLD
            is_mono = any(part in name for part in _MONO_NAMES) or bool(flags.value & _FIXED_PITCH)
            self._fonts[key] = (is_bold, is_mono)
        return self._fonts[key]
