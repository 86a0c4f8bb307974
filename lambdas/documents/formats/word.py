"""Word documents (.docx): paragraphs, headings by style, lists, tables, links and footnotes.

A .docx is a zip file of XML. Its parts are read in bounded pieces by an event parser, and a document type is refused:
entities have no place in one.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

from lambdas.documents.blocks import Block, Content, DocumentError, clean, table_text
from lambdas.documents.limits import Limits

_HEADING_NAME = re.compile(r"heading (\d)", re.IGNORECASE)
_HEADING_ID = re.compile(r"heading(\d)", re.IGNORECASE)
_READ_BYTES = 65_536
_OLE_MARK = b"\xd0\xcf\x11\xe0"
_MAX_LEVEL = 9
MAIN_PART = "word/document.xml"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")

DAMAGED = "The file is damaged, or no Word document (.docx): {}."


def read_docx(data: bytes, limits: Limits) -> Content:
    """Return the blocks of a Word document. Raises `DocumentError`."""
    if data.startswith(_OLE_MARK):
        raise DocumentError(
            "The document is protected by a password, or in the format of Word before 2007 (.doc): save it as .docx "
            "without a password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return _Package(package, limits).read()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise DocumentError(DAMAGED.format(str(error).rstrip(".") or type(error).__name__)) from None
    except expat.ExpatError as error:
        raise DocumentError(DAMAGED.format(f"its XML cannot be read ({error})")) from None


class _Package:
    """The parts of one document."""

    def __init__(self, package: zipfile.ZipFile, limits: Limits) -> None:
        self._package = package
        self._names = set(package.namelist())
        self._room = limits.unpacked_bytes
        self._limits = limits

    def read(self) -> Content:
        main = self._main_part()
        levels = self._heading_levels()
        body = _Body(levels, self._targets(main), self._limits)
        self._parse(main, body)
        blocks, pages = body.blocks, body.page if body.has_pages else 0
        if not body.has_pages:
            blocks = [block._replace(page=0) for block in blocks]
        for name in _NOTES:
            if name in self._names:
                notes = _Body({}, {}, self._limits)
                self._parse(name, notes)
                blocks += [note._replace(page=0) for note in notes.blocks]
        title = self._title() or next((each.text for each in blocks if each.kind == "heading"), "")
        return Content(title, blocks, pages)

    def _parse(self, name: str, handler: "_Handler") -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = handler.start
        parser.EndElementHandler = handler.end
        parser.CharacterDataHandler = handler.characters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.buffer_text = True
        for piece in self._pieces(name):
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _pieces(self, name: str) -> Iterator[bytes]:
        with self._package.open(name) as part:
            while piece := part.read(_READ_BYTES):
                self._room -= len(piece)
                if self._room < 0:
                    raise DocumentError(
                        f"The document is more than {self._limits.unpacked_bytes:,} bytes unpacked, which is the limit."
                    )
                yield piece

    def _heading_levels(self) -> dict[str, int]:
        styles = _Styles()
        if "word/styles.xml" in self._names:
            self._parse("word/styles.xml", styles)
        return styles.levels

    def _main_part(self) -> str:
        """Return the name of the part with the text: some programs choose another one."""
        if MAIN_PART in self._names:
            return MAIN_PART
        relations = _Relations("/officeDocument")
        if "_rels/.rels" in self._names:
            self._parse("_rels/.rels", relations)
        found = [target.lstrip("/") for target in relations.targets.values() if target.startswith(("word/", "/word/"))]
        if not found or found[0] not in self._names:
            raise DocumentError(DAMAGED.format(f"it has no {MAIN_PART}"))
        return found[0]

    def _targets(self, main: str) -> dict[str, str]:
        relations = _Relations("/hyperlink")
        folder, _, name = main.rpartition("/")
        if (path := f"{folder}/_rels/{name}.rels") in self._names:
            self._parse(path, relations)
        return relations.targets

    def _title(self) -> str:
        core = _Title()
        if "docProps/core.xml" in self._names:
            self._parse("docProps/core.xml", core)
        return clean(core.title)


def _refuse_doctype(*_: Any) -> None:
    raise DocumentError("The document declares a document type, which Word never writes: it is refused.")


class _Handler:
    """Receives the events of a parser."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def characters(self, data: str) -> None:
        """Text of the current element."""


class _Styles(_Handler):
    """The levels of heading styles by their ids, whose names are those of the user's language."""

    def __init__(self) -> None:
        self.levels: dict[str, int] = {"Title": 1}
        self._style = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "style":
            self._style = _get(attributes, "styleId")
        elif local == "name" and (found := _HEADING_NAME.fullmatch(_get(attributes, "val"))):
            self.levels[self._style] = int(found[1])
        elif local == "name" and _get(attributes, "val").lower() == "title":
            self.levels[self._style] = 1


class _Relations(_Handler):
    """The targets of one type by their ids: the addresses of links, or names of parts."""

    def __init__(self, type_: str) -> None:
        self.targets: dict[str, str] = {}
        self._type = type_

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship" and _get(attributes, "Type").endswith(self._type):
            self.targets[_get(attributes, "Id")] = _get(attributes, "Target")


class _Title(_Handler):
    def __init__(self) -> None:
        self.title = ""
        self._is_title = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        self._is_title = _local(name) == "title"

    def end(self, name: str) -> None:
        del name
        self._is_title = False

    def characters(self, data: str) -> None:
        if self._is_title:
            self.title += data


class _Cell(NamedTuple):
    """A table that is being read: its rows so far."""

    rows: list[list[str]]


class _Body(_Handler):
    """Collects the blocks of a body."""

    def __init__(self, levels: dict[str, int], targets: dict[str, str], limits: Limits) -> None:
        self.blocks: list[Block] = []
        self.page = 1
        self.has_pages = False
        self._levels = levels
        self._targets = targets
        self._limits = limits
        self._text: list[str] = []
        self._links: list[str] = []
        self._level = 0
        self._is_item = False
        self._takes_text = False
        self._tables: list[_Cell] = []
        self._length = 0
        # In how many elements it is whose text is not shown.
        self._unseen = 0
        self._is_hidden = False
        # The paragraphs around text boxes.
        self._outer: list[tuple[list[str], int, bool]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "p":
                self._flush_inside_cell()
                self._level, self._is_item = 0, False
            case "pStyle" | "outlineLvl" | "numPr" as mark:
                self._style_paragraph(mark, _get(attributes, "val"))
            case "t":
                self._takes_text = True
            case "tab" | "br" | "cr" | "noBreakHyphen" as mark:
                self._text.append("-" if mark == "noBreakHyphen" else " ")
            case "r" | "vanish" | "txbxContent" | "Fallback" | "moveFrom" as mark:
                self._start_marked(mark, attributes)
            case "lastRenderedPageBreak":
                self.has_pages = True
                self.page += 1
            case "hyperlink" if target := self._targets.get(_get(attributes, "id")):
                self._links.append(target)
            case "tbl" | "tr" | "tc" as part:
                self._start_table(part)

    def _start_marked(self, mark: str, attributes: dict[str, str]) -> None:
        """Begin a run, the mark of hidden text, a text box, or text that is not shown."""
        match mark:
            case "r":
                self._is_hidden = False
            case "vanish":
                self._is_hidden = _get(attributes, "val") not in ("0", "false", "off")
            case "txbxContent":
                self._outer.append((self._text, self._level, self._is_item))
                self._text = []
            case _:
                # The same drawing once more, for older programs; the old place of text that was moved.
                self._unseen += 1

    def _style_paragraph(self, mark: str, value: str) -> None:
        if mark == "pStyle":
            found = _HEADING_ID.fullmatch(value)
            self._level = self._levels.get(value, int(found[1]) if found else 0)
            self._is_item = value.startswith("List")
        elif mark == "numPr":
            self._is_item = True
        elif not self._level:
            self._level = int(value) + 1 if value.isdecimal() and int(value) < _MAX_LEVEL else 0

    def _start_table(self, part: str) -> None:
        if part == "tbl":
            self._tables.append(_Cell([]))
        elif part == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif self._tables and self._tables[-1].rows:
            self._tables[-1].rows[-1].append("")

    def end(self, name: str) -> None:
        match _local(name):
            case "t":
                self._takes_text = False
            case "p":
                self._end_paragraph()
            case "Fallback" | "moveFrom":
                self._unseen -= 1
            case "txbxContent" if self._outer:
                self._text, self._level, self._is_item = self._outer.pop()
            case "tbl" if self._tables:
                table = self._tables.pop()
                text = table_text(table.rows)
                if self._tables:
                    self._add_to_cell(text.replace("\n", "; "))
                elif text:
                    self._add(Block("table", text, self.page, 0, self._taken_links()))

    def characters(self, data: str) -> None:
        if self._takes_text and not self._unseen and not self._is_hidden:
            self._length += len(data)
            if self._length > self._limits.characters:
                raise DocumentError(f"The document has more than {self._limits.characters:,} characters, the limit.")
            self._text.append(data)

    def _flush_inside_cell(self) -> None:
        if self._text and self._tables:
            self._end_paragraph()

    def _end_paragraph(self) -> None:
        text = clean("".join(self._text))
        self._text.clear()
        if not text:
            return
        if self._tables:
            self._add_to_cell(text)
        elif self._level:
            self._add(Block("heading", text, self.page, self._level, self._taken_links()))
        elif self._is_item:
            self._add(Block("list", f"- {text}", self.page, 0, self._taken_links()))
        else:
            self._add(Block("text", text, self.page, 0, self._taken_links()))

    def _add_to_cell(self, text: str) -> None:
        rows = self._tables[-1].rows
        if rows and rows[-1]:
            rows[-1][-1] = f"{rows[-1][-1]} {text}".strip()

    def _add(self, block: Block) -> None:
        self.blocks.append(block)

    def _taken_links(self) -> tuple[str, ...]:
        links = tuple(dict.fromkeys(self._links))
        self._links.clear()
        return links


def _local(name: str) -> str:
    """The name without its namespace; only Word's own elements count among those of other vocabularies."""
    return name.rpartition(" ")[2]


def _get(attributes: dict[str, str], name: str) -> str:
    """An attribute, whose namespace depends on the part."""
    return next((value for key, value in attributes.items() if key.rpartition(" ")[2] == name), "")
