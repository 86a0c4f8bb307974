"""HTML: the main part of a page, without navigation, scripts and what is hidden."""

import re
from typing import TYPE_CHECKING, Any

from lambdas.documents.blocks import Block, Content, DocumentError, clean, clean_lines, table_text
from lambdas.documents.formats.plain_text import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?\s*([A-Za-z0-9_-]{2,30})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,100}encoding=[\"']([A-Za-z0-9_-]{2,30})", re.IGNORECASE)

_ENTITIES = re.compile(r"\s*(?:<\?xml[^>]*>)?\s*<!DOCTYPE[^>\[]*\[", re.IGNORECASE)
# As browsers do: pages that name these are in Windows-1252.
_BROWSER_ENCODINGS = dict.fromkeys(
    ("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "windows-1252"
)

_REMOVED = (
    "script, style, noscript, template, nav, aside, iframe, object, embed, svg, canvas, button, select, textarea, "
    "dialog, [hidden], [aria-hidden=true], [role=navigation], [role=banner], [role=contentinfo], [role=search], "
    "[role=menu], [role=complementary], .headerlink, .sphinxsidebar, .breadcrumb, .breadcrumbs, .navbar, .sidebar, "
    ".toc, .menu, .cookie-banner, #toc, #table_of_contents, #sidebar, #navigation, #nav, #menu, #footer, #header"
)
# Of a page without a part that says it is the main one.
_PAGE_PARTS = "body > header, body > footer, body > div > header, body > div > footer"
_MAIN = ("main", "[role=main]", "article", "#content", "div.body", "div.document")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_TEXT_BLOCKS = "p div section article main header footer figure figcaption blockquote address fieldset details summary"
_OTHER_BLOCKS = "dl dt dd ul ol li body center hr table thead tbody tfoot tr td th"
_BLOCKS = frozenset(f"{_TEXT_BLOCKS} {_OTHER_BLOCKS}".split())
# The text of what is nested deeper is taken as a whole.
MAX_DEPTH = 200
# A main part with a smaller share of the page's text is not the main part.
MIN_MAIN_SHARE = 0.3


def read_html(data: bytes) -> Content:
    """Return the blocks of a page. Its title is that of its head, or its first heading."""
    # Late: the other formats do without it.
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415

    text = _decode(data)
    if _ENTITIES.match(text):
        raise DocumentError("The page declares entities in its document type: it is refused.")
    tree = LexborHTMLParser(text)
    titles = tree.css("head > title")
    title = clean(titles[0].text()) if titles else ""
    # Classes of the whole page say how it is arranged.
    removed = [node for node in tree.css(_REMOVED) if node.tag not in ("html", "body")]
    whole = len(tree.body.text()) if tree.body is not None else 0
    # Some programs put the whole page into a form.
    removed += [form for form in tree.css("form") if len(form.text()) < MIN_MAIN_SHARE * whole]
    for node in removed:
        node.decompose()
    main = _main_part(tree)
    blocks = _Walk().read(main) if main is not None else []
    first = next((block.text for block in blocks if block.kind == "heading"), "")
    return Content(title or first, blocks)


def _decode(data: bytes) -> str:
    found = _CHARSET.search(data[:4096]) or _XML_ENCODING.search(data[:200])
    if found and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = found[1].decode("ascii").lower()
        try:
            return data.decode(_BROWSER_ENCODINGS.get(name, name))
        except (LookupError, UnicodeError):
            pass  # The page says it wrongly, as many do.
    return decode(data)


def _main_part(tree: Any) -> Any:
    body = tree.body
    if body is None:
        return None
    whole = len(body.text())
    for selector in _MAIN:
        found = tree.css(selector)
        if len(found) == 1 and len(found[0].text()) >= MIN_MAIN_SHARE * whole:
            return found[0]
    for node in tree.css(_PAGE_PARTS):
        node.decompose()
    return body


class _Walk:
    """Walks a tree of nodes in order and collects blocks."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._links: list[str] = []
        self._item = ""

    def read(self, root: Any) -> list[Block]:
        self._visit(root, 0)
        self._flush()
        return self._blocks

    def _visit(self, node: Any, depth: int) -> None:
        tag = node.tag
        if tag == "-text":
            self._text.append(node.text_content or "")
        elif tag in _HEADINGS:
            self._whole("heading", clean(_text_of(node)), node, _HEADINGS[tag])
        elif tag == "pre":
            self._whole("code", clean_lines(node.text()), node)
        elif tag == "table" and not node.css("table table, pre, ul, ol") and _is_data(node):
            self._whole("table", table_text(list(_rows(node))), node)
        elif tag == "br":
            self._text.append(" ")
        elif tag == "img":
            self._text.append(f" {node.attributes.get('alt') or ''} ")
        elif depth < MAX_DEPTH:
            self._inside(node, tag, depth)
        else:
            self._text.append(_text_of(node))

    def _inside(self, node: Any, tag: str, depth: int) -> None:
        is_item, is_block = tag == "li", tag in _BLOCKS
        if is_block:
            self._flush()
        if is_item:
            self._item = "- "
        if tag == "a":
            self._links += _targets([node])
        child = node.child
        while child is not None:
            self._visit(child, depth + 1)
            child = child.next
        if is_block:
            self._flush()

    def _whole(self, kind: Any, text: str, node: Any, level: int = 0) -> None:
        self._flush()
        if text:
            self._blocks.append(Block(kind, text, 0, level, tuple(dict.fromkeys(_targets(node.css("a"))))))

    def _flush(self) -> None:
        text = clean("".join(self._text))
        self._text.clear()
        if not text:
            return
        links = tuple(dict.fromkeys(self._links))
        self._links.clear()
        self._blocks.append(Block("list" if self._item else "text", self._item + text, 0, 0, links))
        self._item = ""


def _text_of(node: Any) -> str:
    return str(node.text(separator=""))


def _is_data(table: Any) -> bool:
    """Whether a table has data: tables that arrange a page have few and long cells."""
    cells = table.css("td, th")
    return bool(cells) and sum(len(cell.text()) for cell in cells) / len(cells) < 400


def _rows(table: Any) -> "Iterator[list[str]]":
    for row in table.css("tr"):
        yield [_text_of(cell) for cell in row.css("td, th")]


def _targets(anchors: list[Any]) -> list[str]:
    targets = (anchor.attributes.get("href") or "" for anchor in anchors)
    return [target for target in targets if target.startswith(("http://", "https://", "mailto:"))]
