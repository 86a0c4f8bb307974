"""Documents in five formats, made from paragraphs, and damaged ones: for tests and for `make bench-documents`."""

import html
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

FORMATS = ("pdf", "docx", "html", "md", "txt")


class Section(NamedTuple):
    """A heading with its paragraphs. With `table`, rows that follow them."""

    heading: str
    paragraphs: Sequence[str]
    table: Sequence[Sequence[str]] = ()


class Text(NamedTuple):
    """The content of a document."""

    title: str
    sections: Sequence[Section]

    @property
    def words(self) -> list[str]:
        """Its words in order, without the title."""
        words: list[str] = []
        for section in self.sections:
            words += section.heading.split()
            for paragraph in section.paragraphs:
                words += paragraph.split()
            for row in section.table:
                words += " ".join(row).split()
        return words


def make(text: Text, kind: str, *, columns: int = 1) -> bytes:
    """Return a document of a format."""
    makers: dict[str, Callable[[Text], bytes]] = {
        "pdf": lambda given: make_pdf(given, columns=columns),
        "docx": make_docx,
        "html": make_html,
        "md": make_markdown,
        "txt": make_text,
    }
    return makers[kind](text)


def make_pdf(text: Text, *, columns: int = 1, password: str | None = None) -> bytes:
    """Return a PDF with a header and a page number on each page, in one column or two."""
    return _build_pdf(text, columns, password)[0]


def pages_of(text: Text, *, columns: int = 1) -> list[int]:
    """Return the pages on which the sections of a text begin in its PDF."""
    return _build_pdf(text, columns, None)[1]


def _build_pdf(text: Text, columns: int, password: str | None) -> tuple[bytes, list[int]]:
    from reportlab.lib.pagesizes import A4  # noqa: PLC0415
    from reportlab.lib.pdfencrypt import StandardEncryption  # noqa: PLC0415
    from reportlab.lib.styles import getSampleStyleSheet  # noqa: PLC0415
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Table  # noqa: PLC0415

    styles = getSampleStyleSheet()
    styles["BodyText"].hyphenationLang = ""
    margin, gap, (width, height) = 56, 22, A4
    column = (width - 2 * margin - (columns - 1) * gap) / columns
    frames = [
        Frame(margin + number * (column + gap), margin, column, height - 2 * margin, 0, 0, 0, 0)
        for number in range(columns)
    ]

    def decorate(canvas: Any, document: Any) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(margin, height - 30, f"{text.title} - internal copy")
        canvas.drawCentredString(width / 2, 24, f"Page {document.page}")

    output = io.BytesIO()
    encryption = None if password is None else StandardEncryption(password)
    pages: list[int] = []

    class Template(BaseDocTemplate):  # type: ignore[misc]
        def afterFlowable(self, flowable: Any) -> None:  # noqa: N802
            if getattr(flowable, "style", None) is styles["Heading2"]:
                pages.append(self.page)

    document = Template(output, pagesize=A4, title=text.title, encrypt=encryption, invariant=1)
    document.addPageTemplates(PageTemplate(frames=frames, onPage=decorate))
    story: list[Any] = []
    for section in text.sections:
        story.append(Paragraph(html.escape(section.heading), styles["Heading2"]))
        story += [Paragraph(html.escape(paragraph), styles["BodyText"]) for paragraph in section.paragraphs]
        if section.table:
            story.append(Table([list(row) for row in section.table]))
    document.build(story)
    return output.getvalue(), pages


def make_scan(pages: int = 2) -> bytes:
    """Return a PDF whose pages have a picture and no text."""
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    output = io.BytesIO()
    canvas = Canvas(output, invariant=1)
    for _ in range(pages):
        canvas.rect(100, 100, 300, 500, fill=1)
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def make_docx(text: Text) -> bytes:
    """Return a Word document as python-docx writes it."""
    import docx  # noqa: PLC0415

    document = docx.Document()
    document.core_properties.title = text.title
    for section in text.sections:
        document.add_heading(section.heading, level=2)
        for paragraph in section.paragraphs:
            document.add_paragraph(paragraph)
        if section.table:
            table = document.add_table(rows=0, cols=len(section.table[0]))
            for row in section.table:
                for cell, value in zip(table.add_row().cells, row, strict=True):
                    cell.text = value
    output = io.BytesIO()
    document.save(output)
    return output.getvalue()


def make_html(text: Text) -> bytes:
    """Return a page with navigation and a footer around its main part."""
    parts = [f"<!doctype html><html><head><meta charset=utf-8><title>{html.escape(text.title)}</title>"]
    parts.append("<style>p{color:red}</style></head><body><header>Site name</header>")
    parts.append("<nav><ul><li><a href='/'>Home</a></li><li><a href='/all'>All pages</a></li></ul></nav><main>")
    for section in text.sections:
        parts.append(f"<h2>{html.escape(section.heading)}</h2>")
        parts += [f"<p>{html.escape(paragraph)}</p>" for paragraph in section.paragraphs]
        if section.table:
            rows = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in section.table)
            parts.append("<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>")
    parts.append("</main><footer>All rights reserved</footer><script>track()</script></body></html>")
    return "\n".join(parts).encode()


def make_markdown(text: Text) -> bytes:
    """Return Markdown."""
    parts = [f"---\ntitle: {text.title}\n---"]
    for section in text.sections:
        parts.append(f"## {section.heading}")
        parts += section.paragraphs
        if section.table:
            head, *rows = [f"| {' | '.join(row)} |" for row in section.table]
            parts.append("\n".join([head, "|" + " --- |" * len(section.table[0]), *rows]))
    return "\n\n".join(parts).encode()


def make_text(text: Text) -> bytes:
    """Return plain text with pages: a form feed before each section but the first."""
    pages = []
    for section in text.sections:
        rows = "\n".join("    ".join(row) for row in section.table)
        pages.append("\n\n".join(part for part in [section.heading.upper(), *section.paragraphs, rows] if part))
    return "\n\f".join(pages).encode()


def zip_of(files: dict[str, bytes]) -> bytes:
    """Return a zip file."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in files.items():
            package.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return output.getvalue()


def docx_of(document_xml: bytes) -> bytes:
    """Return a Word document with this body."""
    return zip_of({"word/document.xml": document_xml})


# What can be wrong with a document, and a word of the sentence that says so.
DAMAGES: dict[str, tuple[str, Callable[[Text], bytes], str]] = {
    "encrypted": ("pdf", lambda text: make_pdf(text, password="secret"), "password"),  # noqa: S106
    "scanned": ("pdf", lambda _: make_scan(), "no text"),
    "no PDF": ("pdf", lambda _: b"<html>Not found</html>" * 20, "damaged"),
    "cut": ("docx", lambda text: make_docx(text)[:3000], "damaged"),
    "old Word": ("docx", lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "password"),
    "no Word": ("docx", lambda _: zip_of({"readme.txt": b"Hello"}), "word/document.xml"),
    "entities": (
        "docx",
        lambda _: docx_of(b'<!DOCTYPE a [<!ENTITY b "c">]><w:document xmlns:w="w"><w:t>&b;</w:t></w:document>'),
        "document type",
    ),
    "empty": ("md", lambda _: b"", "empty"),
    "blank": ("txt", lambda _: b"  \n\n \t\n", "no text"),
    "binary": ("txt", lambda _: bytes(range(32)) * 50, "not text"),
    "only scripts": ("html", lambda _: b"<html><script>alert(1)</script></html>", "no text"),
}
