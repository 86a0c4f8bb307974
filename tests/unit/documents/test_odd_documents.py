"""Documents as strangers have them: odd encodings, wrong endings, turned pages, and what Word writes seldom."""

import io
from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.documents.files import DAMAGES, Section, Text, make_docx, make_html, make_pdf, zip_of
from lambdas.documents.blocks import DocumentError
from lambdas.documents.names import format_of
from lambdas.documents.read_document import read_document

RUSSIAN = "Колесо нужно чистить каждую неделю. Никогда не открывайте дверь."
JAPANESE = "車輪は毎週清掃しなければなりません。決して開けないでください。"
SENTENCES = [
    "The wheel must be cleaned every week by",
    "two people who know the machine and its",
    "parts, and never while it is running.",
]
GUIDE = Text("Guide", [Section("Care", ["Clean the wheel every week."])])
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def texts(data: bytes, name: str) -> list[str]:
    kind = format_of(name)
    assert kind
    return [block.text for block in read_document(data, kind).blocks]


def word(body: str, **parts: str) -> bytes:
    """A Word document of this body, and other parts."""
    files = {"document": f"<w:body>{body}</w:body>", **parts}
    return zip_of({f"word/{name}.xml": f'<w:x xmlns:w="{W}">{xml}</w:x>'.encode() for name, xml in files.items()})


def run(text: str, settings: str = "") -> str:
    return f"<w:r><w:rPr>{settings}</w:rPr><w:t>{text}</w:t></w:r>"


def paragraph(text: str) -> str:
    return f"<w:p>{run(text)}</w:p>"


def table(*rows: list[str]) -> str:
    made = ("".join(f"<w:tc>{cell}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in made)}</w:tbl>"


def pdf(draw: Callable[[Any], None], **settings: Any) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    output = io.BytesIO()
    canvas = Canvas(output, invariant=1, **settings)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return output.getvalue()


def draw_lines(canvas: Any) -> None:
    for number, line in enumerate(SENTENCES):
        canvas.drawString(0, -14 * number, line)


@pytest.mark.parametrize("is_page_turned", [True, False])
@pytest.mark.parametrize(("angle", "x", "y"), [(0, 100, 700), (90, 150, 100), (180, 500, 400), (270, 400, 700)])
def test_text_of_a_turned_page_is_read_in_its_order(angle: int, x: int, y: int, is_page_turned: bool) -> None:
    def draw(canvas: Any) -> None:
        if is_page_turned:
            canvas.setPageRotation(angle)
        canvas.translate(x, y)
        canvas.rotate(angle)
        draw_lines(canvas)

    assert texts(pdf(draw), "a.pdf") == [" ".join(SENTENCES)]


def test_a_watermark_is_left_out() -> None:
    def draw(canvas: Any) -> None:
        canvas.saveState()
        canvas.translate(200, 300)
        canvas.rotate(45)
        canvas.setFont("Helvetica", 60)
        canvas.drawString(0, 0, "DRAFT")
        canvas.restoreState()
        canvas.translate(100, 700)
        draw_lines(canvas)

    assert texts(pdf(draw), "a.pdf") == [" ".join(SENTENCES)]


def test_a_pdf_that_only_its_owner_may_change_is_read() -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    def draw(canvas: Any) -> None:
        canvas.translate(100, 700)
        draw_lines(canvas)

    locked = pdf(draw, encrypt=StandardEncryption("", ownerPassword="owner", canCopy=0))
    assert texts(locked, "a.pdf") == [" ".join(SENTENCES)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_text_of_wide_characters_is_read_without_a_mark(encoding: str) -> None:
    assert texts("Wheels, cleaned weekly".encode(encoding), "a.txt") == ["Wheels, cleaned weekly"]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [(RUSSIAN, "koi8-r"), (RUSSIAN, "windows-1251"), (JAPANESE, "shift_jis"), ("车轮必须每周清洗。", "gb18030")],
)
def test_text_in_an_unknown_encoding_is_refused(text: str, encoding: str, name: str) -> None:
    with pytest.raises(DocumentError, match="save it as UTF-8"):
        texts(text.encode(encoding), name)


@pytest.mark.parametrize(
    "text",
    ["Größe der Straße: 5 µm \u2013 \u201egut\u201c", "déjà vu \u2014\u2014\u2014\u2014 naïve", "Ærøskøbing åååh"],
)
def test_western_text_is_read(text: str) -> None:
    assert texts(text.encode("windows-1252"), "a.txt") == [text]


@pytest.mark.parametrize("charset", ["iso-8859-1", "Latin1", "us-ascii", "undefined", "unheard-of", "hex"])
def test_a_page_that_names_its_encoding_wrongly_is_read_as_browsers_do(charset: str) -> None:
    page = f"<meta charset={charset}><p>Käse \u201c5 €\u201d \u2013 gut".encode("windows-1252")

    assert texts(page, "a.html") == ["Käse \u201c5 €\u201d \u2013 gut"]


def test_a_page_is_read_in_the_encoding_that_it_names() -> None:
    assert texts(f"<meta charset=shift_jis><p>{JAPANESE}".encode("shift_jis"), "a.html") == [JAPANESE]


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (make_pdf(GUIDE), "a.txt", "a PDF"),
        (make_pdf(GUIDE), "a.docx", "a PDF"),
        (make_docx(GUIDE), "a.pdf", "a Word document"),
        (make_docx(GUIDE), "a.md", "a Word document"),
        (make_html(GUIDE), "a.txt", "an HTML page"),
        (b"\xef\xbb\xbf\r\n<HTML><p>Text", "a.md", "an HTML page"),
        (rb"{\rtf1\ansi Hello\par}", "a.txt", "Rich Text"),
        (DAMAGES["old Word"][1](GUIDE), "a.txt", "old program"),
    ],
)
def test_a_file_with_the_ending_of_another_format_is_refused(data: bytes, name: str, found: str) -> None:
    with pytest.raises(DocumentError, match=f"The file is .*{found}.*, and its ending"):
        texts(data, name)


SHOWN = '<w:vanish w:val="0"/>'
NESTED = table([paragraph("A"), table([paragraph("b"), paragraph("c")])])
MOVED = f"<w:p><w:moveFrom>{run('Moved')}</w:moveFrom></w:p><w:moveTo>{paragraph('Moved')}</w:moveTo>"
BOX = f"<w:p>{run('Around ')}<w:r><w:txbxContent>{paragraph('Inside')}</w:txbxContent></w:r>{run('it')}</w:p>"
HYPHEN = "<w:p><w:r><w:t>co</w:t><w:noBreakHyphen/><w:t>operate</w:t></w:r></w:p>"
HIDDEN = f"<w:p>{run('Hidden', '<w:vanish/>')}{run('Shown', SHOWN)}</w:p>"


@pytest.mark.parametrize(
    ("body", "notes", "expected"),
    [
        (paragraph("Before") + NESTED + paragraph("After"), {}, ["Before", "A | b | c", "After"]),
        (
            paragraph("Text"),
            {"footnotes": paragraph("A footnote."), "endnotes": paragraph("An endnote.")},
            ["Text", "A footnote.", "An endnote."],
        ),
        (MOVED, {}, ["Moved"]),
        (BOX, {}, ["Inside", "Around it"]),
        (HYPHEN, {}, ["co-operate"]),
        (HIDDEN, {}, ["Shown"]),
    ],
)
def test_word_documents_are_read_with_everything_that_is_shown(
    body: str, notes: dict[str, str], expected: list[str]
) -> None:
    assert texts(word(body, **notes), "a.docx") == expected


@pytest.mark.parametrize(("target", "is_there"), [("word/document2.xml", True), ("word/none.xml", False)])
def test_the_main_part_of_a_word_document_may_have_another_name(target: str, is_there: bool) -> None:
    relations = f'<x><Relationship Id="r" Type="http://a/officeDocument" Target="{target}"/></x>'
    body = f'<w:document xmlns:w="{W}">{paragraph("Elsewhere")}</w:document>'
    data = zip_of({"word/document2.xml": body.encode(), "_rels/.rels": relations.encode()})

    if is_there:
        assert texts(data, "a.docx") == ["Elsewhere"]
    else:
        with pytest.raises(DocumentError, match=r"no word/document\.xml"):
            texts(data, "a.docx")


@pytest.mark.parametrize(
    ("markdown", "title", "expected"),
    [
        ('---\ntitle: "A: quoted"\n---\n\nText', "A: quoted", ["Text"]),
        ('+++\ntitle = "Of Hugo"\n+++\n\nText', "Of Hugo", ["Text"]),
        ("---\n\n# Not front matter\n\nText\n\n---\n\nMore", "Not front matter", ["Not front matter", "Text", "More"]),
        ("Text[^1]\n\n[^1]: Note", "", ["Text[^1]", "[^1]: Note"]),
        ("| A | B |\n|---|---|\n| 1<br>2 | 3 |", "", ["A | B\n1 2 | 3"]),
        ("# Learn C#\n\n## Closed ##\n\n### #\n\nText", "Learn C#", ["Learn C#", "Closed", "Text"]),
        (f"{'Long enough. ' * 20}`a` \x007\x00", "", [f"{'Long enough. ' * 20}a 7"]),
    ],
)
def test_markdown_is_read_with_its_front_matter(markdown: str, title: str, expected: list[str]) -> None:
    content = read_document(markdown.encode(), "markdown")

    assert (content.title, [block.text for block in content.blocks]) == (title, expected)


# Each took minutes, because a pattern tried every way to divide it.
@pytest.mark.parametrize(
    "hostile", ["# a" + " " * 40_000 + "x", "a|b\n" + " " * 40_000 + "x", "![" * 40_000, "*a " * 4_000, "~~a " * 4_000]
)
def test_markdown_that_begins_many_things_and_ends_none_is_read(hostile: str) -> None:
    assert read_document(f"{hostile}\n\nLast".encode(), "markdown").blocks[-1].text == "Last"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<body><form><input type=hidden><p>All text of a page.</p></form>", ["All text of a page."]),
        ("<body><form><label>Find</label></form><p>The text of a page.</p>", ["The text of a page."]),
        ("<html class=menu><body class='sidebar toc'><p>Text", ["Text"]),
    ],
)
def test_a_page_is_not_taken_for_one_of_its_parts(page: str, expected: list[str]) -> None:
    assert texts(page.encode(), "a.html") == expected


def test_a_page_that_declares_entities_is_refused() -> None:
    levels = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
    page = f"<?xml version='1.0'?>\n<!DOCTYPE html [<!ENTITY e0 'lol'>{levels}]><html><body><p>&e9;</p></body></html>"

    with pytest.raises(DocumentError, match="entities"):
        texts(page.encode(), "a.xhtml")
