"""Reads one document of any format into blocks, within limits."""

import codecs
from typing import NamedTuple

from lambdas.documents.blocks import Block, Content, DocumentError, clean
from lambdas.documents.formats.markdown import read_markdown
from lambdas.documents.formats.pdf import read_pdf
from lambdas.documents.formats.plain_text import read_text
from lambdas.documents.formats.web_page import read_html
from lambdas.documents.formats.word import read_docx
from lambdas.documents.limits import LIMITS, Limits
from lambdas.documents.names import DocumentFormat

MAX_TITLE = 500
_START_BYTES = 1_024


class _Kind(NamedTuple):
    """A kind of file that its first bytes show. `read_by` are the formats that read it, or refuse it themselves."""

    name: str
    read_by: tuple[DocumentFormat, ...]
    remedy: str


_PDF = _Kind("a PDF", ("pdf",), "let its name end in .pdf")
_PAGE = _Kind("an HTML page", ("html", "pdf", "docx"), "let its name end in .html")
_MARKS = {
    b"%pdf-": _PDF,
    b"{\\rtf": _Kind("in the Rich Text Format", (), "save it as .docx or PDF"),
    b"pk\x03\x04": _Kind("a Word document, or another zip file", ("docx",), "give it the ending of its format"),
    b"\xd0\xcf\x11\xe0": _Kind("of an old program of Office", ("docx",), "save it as .docx or PDF"),
    b"<!doctype html": _PAGE,
    b"<html": _PAGE,
}
_NAMES: dict[DocumentFormat, str] = {
    "pdf": "PDF",
    "docx": "Word",
    "html": "HTML",
    "markdown": "Markdown",
    "text": "plain text",
}


def read_document(data: bytes, kind: DocumentFormat, limits: Limits = LIMITS) -> Content:
    """Return the content of a document. Raises `DocumentError` for one that cannot be read, or has no text."""
    if not data:
        raise DocumentError("The document is empty.")
    if len(data) > limits.file_bytes:
        raise DocumentError(f"The document has {len(data):,} bytes, and the limit is {limits.file_bytes:,}: split it.")
    check_kind(data, kind)
    match kind:
        case "pdf":
            content = read_pdf(data, limits)
        case "docx":
            content = read_docx(data, limits)
        case "html":
            content = read_html(data)
        case "markdown":
            content = read_markdown(data)
        case "text":
            content = read_text(data)
    return _checked(content, limits)


def check_kind(data: bytes, kind: DocumentFormat) -> None:
    """Raise `DocumentError` for a file of another format than its ending says: its marks are no text."""
    start = data[:_START_BYTES].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    found = next((each for mark, each in _MARKS.items() if start.startswith(mark)), None)
    if found is None or kind in found.read_by:
        return
    raise DocumentError(f"The file is {found.name}, and its ending or format says {_NAMES[kind]}: {found.remedy}.")


def _checked(content: Content, limits: Limits) -> Content:
    blocks = [block for block in map(_sound, content.blocks) if block.text.strip()]
    if not blocks:
        raise DocumentError("The document has no text.")
    characters = sum(len(block.text) for block in blocks)
    if characters > limits.characters:
        raise DocumentError(f"The document has {characters:,} characters, and the limit is {limits.characters:,}.")
    if len(blocks) > limits.blocks:
        raise DocumentError(f"The document has {len(blocks):,} paragraphs, and the limit is {limits.blocks:,}.")
    return content._replace(title=clean(content.title)[:MAX_TITLE], blocks=blocks)


def _sound(block: Block) -> Block:
    """The block without halves of characters, which no JSON has."""
    return block._replace(text=block.text.encode("utf-8", "replace").decode())
