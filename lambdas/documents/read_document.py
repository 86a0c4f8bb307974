"""Reads one document of any format into blocks, within limits."""

from lambdas.documents.blocks import Block, Content, DocumentError, clean
from lambdas.documents.formats.markdown import read_markdown
from lambdas.documents.formats.pdf import read_pdf
from lambdas.documents.formats.plain_text import read_text
from lambdas.documents.formats.web_page import read_html
from lambdas.documents.formats.word import read_docx
from lambdas.documents.limits import LIMITS, Limits
from lambdas.documents.names import DocumentFormat

MAX_TITLE = 500


def read_document(data: bytes, kind: DocumentFormat, limits: Limits = LIMITS) -> Content:
    """Return the content of a document. Raises `DocumentError` for one that cannot be read, or has no text."""
    if not data:
        raise DocumentError("The document is empty.")
    if len(data) > limits.file_bytes:
        raise DocumentError(f"The document has {len(data):,} bytes, and the limit is {limits.file_bytes:,}: split it.")
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
