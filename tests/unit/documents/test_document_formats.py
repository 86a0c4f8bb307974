"""Documents of every format become blocks in reading order."""

import pytest

from benchmarks.documents.files import DAMAGES, FORMATS, Section, Text, make, make_pdf
from lambdas.documents.blocks import Block, DocumentError
from lambdas.documents.limits import LIMITS
from lambdas.documents.names import format_of
from lambdas.documents.read_document import read_document

WORDS = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda"
TEXT = Text(
    "A short guide",
    [
        Section("First steps", [f"Begin here. {WORDS}.", "Then go on."]),
        Section("Prices", ["They are low."], [["Name", "Price"], ["Bolt", "12"], ["Nut", "7"]]),
    ],
)


def is_edge(block: Block) -> bool:
    """The header and the number of a single page, of which nothing shows that they are not text."""
    return block.text in ("A short guide - internal copy", "Page 1")


def read(data: bytes, name: str) -> list[Block]:
    kind = format_of(name)
    assert kind
    return read_document(data, kind).blocks


@pytest.mark.parametrize("kind", FORMATS)
def test_headings_paragraphs_and_tables_come_in_order(kind: str) -> None:
    blocks = [block for block in read(make(TEXT, kind), f"a.{kind}") if not is_edge(block)]

    assert [(block.kind, block.text.lower()) for block in blocks[:4]] == [
        ("heading", "first steps"),
        ("text", f"begin here. {WORDS}."),
        ("text", "then go on."),
        ("heading", "prices"),
    ]
    assert blocks[4].text == "They are low."
    cells = blocks[5].text.replace("|", " ").split()
    assert cells == ["Name", "Price", "Bolt", "12", "Nut", "7"]
    assert len(blocks) == 6


@pytest.mark.parametrize("kind", ["pdf", "docx", "html", "md"])
def test_the_title_is_that_of_the_document(kind: str) -> None:
    named = format_of(f"a.{kind}")
    assert named
    assert read_document(make(TEXT, kind), named).title == "A short guide"


def test_two_columns_are_read_one_after_the_other() -> None:
    paragraphs = [f"Sentence {number} of the left and the right column of a page. " * 4 for number in range(30)]

    blocks = read(make_pdf(Text("Columns", [Section("All", paragraphs)]), columns=2), "a.pdf")

    found = " ".join(block.text for block in blocks[1:]).split()
    assert found == " ".join(paragraphs).split()


def test_headers_and_page_numbers_are_left_out_and_pages_are_kept() -> None:
    paragraphs = [f"Paragraph {number} is here. {WORDS} " * 5 for number in range(40)]

    blocks = read(make_pdf(Text("Journal", [Section("All", paragraphs)])), "a.pdf")

    text = " ".join(block.text for block in blocks)
    assert "internal copy" not in text
    assert "Page" not in text.split()
    assert max(block.page for block in blocks) >= 4


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_document_is_refused_with_a_sentence(name: str) -> None:
    kind, made, word = DAMAGES[name]

    with pytest.raises(DocumentError) as raised:
        read(made(TEXT), f"a.{kind}")

    assert word in raised.value.message
    assert raised.value.message.endswith(".")


def test_a_pdf_with_too_many_pages_is_refused() -> None:
    data = make_pdf(Text("Long", [Section("All", [WORDS * 20] * 40)]))

    with pytest.raises(DocumentError, match=r"and the limit is 2: split it\."):
        read_document(data, "pdf", LIMITS._replace(pages=2))


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<nav>Menu</nav><main><p>Text</p></main><footer>End</footer>", ["Text"]),
        ("<p>One <b>bold</b> word</p><p>Two</p>", ["One bold word", "Two"]),
        ("<ul><li>First</li><li>Second <a href='https://a.example/'>link</a></li></ul>", ["- First", "- Second link"]),
        ("<pre>a = 1\n  b = 2</pre>", ["a = 1\n  b = 2"]),
        ("<p hidden>No</p><p aria-hidden=true>No</p><p>Yes</p><script>no()</script>", ["Yes"]),
        ("<div>Loose<br>lines<p>and a paragraph</p>tail</div>", ["Loose lines", "and a paragraph", "tail"]),
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", ["A | B\n1 | 2"]),
    ],
)
def test_a_page_is_read_without_what_surrounds_its_text(page: str, expected: list[str]) -> None:
    assert [block.text for block in read(f"<html><body>{page}".encode(), "a.html")] == expected


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            "# One\ntext\n\n## Two ##\nmore",
            [("heading", "One"), ("text", "text"), ("heading", "Two"), ("text", "more")],
        ),
        ("Title\n=====\ntext", [("heading", "Title"), ("text", "text")]),
        ("- a\n- b\n  c", [("list", "- a"), ("list", "- b c")]),
        ("```python\n# no heading\nx = 1\n```", [("code", "# no heading\nx = 1")]),
        ("| A | B |\n|---|---|\n| 1 | 2 |", [("table", "A | B\n1 | 2")]),
        ("Some **bold**, _thin_ and `co_de_`.", [("text", "Some bold, thin and co_de_.")]),
        ("snake_case_name and 2 * 3 * 4", [("text", "snake_case_name and 2 * 3 * 4")]),
        ("<!-- no -->yes &amp; no", [("text", "yes & no")]),
    ],
)
def test_markdown_is_read_without_its_marks(markdown: str, expected: list[tuple[str, str]]) -> None:
    assert [(block.kind, block.text) for block in read(markdown.encode(), "a.md")] == expected


def test_links_are_kept_apart_from_the_text() -> None:
    [block] = read(b"See [the guide](https://a.example/guide) and [more][m].\n\n[m]: https://b.example/", "a.md")

    assert block.text == "See the guide and more."
    assert block.links == ("https://a.example/guide", "https://b.example/")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_text_is_read_in_the_encodings_that_files_have(encoding: str) -> None:
    assert [block.text for block in read("Café für zwei".encode(encoding), "a.txt")] == ["Café für zwei"]


def test_a_divided_word_is_joined() -> None:
    assert [block.text for block in read(b"An unu-\nsual word.", "a.txt")] == ["An unusual word."]
