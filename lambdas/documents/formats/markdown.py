"""Markdown: headings, lists, tables and code by their marks; links apart from their text. Pure."""

import html
import re

from lambdas.documents.blocks import Block, Content, clean, clean_lines, table_text
from lambdas.documents.formats.plain_text import decode

# No pattern may need more than linear time: a file of 20 kB would keep a function busy for minutes.
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}(#{1,6})\s+(.*)$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)\s*$")
_ITEM = re.compile(r"\s*([-*+]|\d{1,9}[.)])\s+(.*)$")
# Not of a footnote, whose text is kept.
_DEFINITION = re.compile(r" {0,3}\[([^\]^][^\]]*)\]:\s*<?(\S+?)>?(\s+[\"'(].*)?$")
_RULE = re.compile(r" {0,3}([-*_])\s*(\1\s*){2,}$")
_TABLE_RULE = re.compile(r"\s*+(?:\|\s*+)?:?-{2,}+:?\s*+(?:\|\s*+:?-{2,}+:?\s*+)*+(?:\|\s*+)?$")
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_TAG_BETWEEN_WORDS = re.compile(
    r"</?(?:br|p|div|td|th|tr|li|dt|dd|h[1-6]|table|ul|ol|title|header|footer|hr)\b[^<>]{0,500}>", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_IMAGE = re.compile(r"!\[([^\[\]]*)\](?:\([^()\s]*(?:\s+\"[^\"]*\")?\)|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\[\]]*)\]\(\s*<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"\[([^\[\]]+)\]\[([^\[\]]*)\]")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]+)>")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3}|~~)(?=\S)(.{1,300}?)(?<=\S)\1(?![\w*])")
_CODE = re.compile(r"(`+)(.+?)\1")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_FRONT_TITLE = re.compile(r"title\s*[:=]\s*[\"']?(.+?)[\"']?\s*$")
# The marks around front matter, their ends, and a field: YAML, and TOML as Hugo writes it.
_FRONT_MATTER = {
    "---": (("---", "..."), re.compile(r"[\w\"'.-]+\s*:(\s|$)")),
    "+++": (("+++",), re.compile(r"[\w\"'.-]+\s*=")),
}
_MAX_FRONT_LINES = 200


def read_markdown(data: bytes) -> Content:
    """Return the blocks of a Markdown document. Its title is that of its front matter, or its first heading."""
    # NUL marks the places of code spans.
    text = _COMMENT.sub("", decode(data).replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n"))
    lines = text.split("\n")
    title, lines = _without_front_matter(lines)
    references = {found[1].lower(): found[2] for line in lines if (found := _DEFINITION.match(line))}
    blocks = _Reader(references).read(lines)
    first = next((block.text for block in blocks if block.kind == "heading"), "")
    return Content(title or first, blocks)


def _without_front_matter(lines: list[str]) -> tuple[str, list[str]]:
    ends, field = _FRONT_MATTER.get(lines[0].strip(), ((), _FRONT_TITLE))
    for number, line in enumerate(lines[1:_MAX_FRONT_LINES], start=1):
        if line.strip() in ends:
            front = lines[1:number]
            if not any(map(field.match, front)):
                break  # The first line is a rule.
            found = next((match for each in front if (match := _FRONT_TITLE.match(each))), None)
            return found[1] if found else "", lines[number + 1 :]
    return "", lines


def _without_closing_marks(heading: str) -> str:
    text = heading.rstrip()
    bare = text.rstrip("#")
    return bare.rstrip() if not bare or bare[-1].isspace() else text


class _Reader:
    """Collects lines into blocks."""

    def __init__(self, references: dict[str, str]) -> None:
        self._references = references
        self._blocks: list[Block] = []
        self._held: list[str] = []
        self._kind = "text"

    def read(self, lines: list[str]) -> list[Block]:
        number = 0
        while number < len(lines):
            number = self._take(lines, number)
        self._flush()
        return self._blocks

    def _take(self, lines: list[str], number: int) -> int:
        """Take the line of this number, and those that belong to it. Return the number of the next one."""
        line = lines[number]
        if fence := _FENCE.match(line):
            return self._take_code(lines, number, fence[1])
        if heading := _HEADING.match(line):
            self._flush()
            self._add("heading", _without_closing_marks(heading[2]), len(heading[1]))
        elif self._held and self._kind == "text" and (underline := _UNDERLINE.match(line)):
            text, self._held = " ".join(self._held), []
            self._add("heading", text, 1 if "=" in underline[1] else 2)
        elif not line.strip() or _DEFINITION.match(line) or _RULE.match(line):
            self._flush()
        elif "|" in line and number + 1 < len(lines) and _TABLE_RULE.match(lines[number + 1]):
            return self._take_table(lines, number)
        elif item := _ITEM.match(line):
            self._flush()
            self._kind, self._held = "list", [f"{item[1]} {item[2]}"]
        else:
            self._held.append(line.strip().lstrip("> ") if line.lstrip().startswith(">") else line.strip())
        return number + 1

    def _take_code(self, lines: list[str], number: int, fence: str) -> int:
        self._flush()
        end = number + 1
        while end < len(lines) and not lines[end].strip().startswith(fence):
            end += 1
        if code := clean_lines("\n".join(lines[number + 1 : end])):
            self._blocks.append(Block("code", code))
        return end + 1

    def _take_table(self, lines: list[str], number: int) -> int:
        self._flush()
        end = number + 2
        while end < len(lines) and "|" in lines[end] and lines[end].strip():
            end += 1
        links: list[str] = []
        rows = []
        for line in [lines[number], *lines[number + 2 : end]]:
            cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
            rows.append([self._inline(cell, links) for cell in cells])
        self._blocks.append(Block("table", table_text(rows), links=tuple(dict.fromkeys(links))))
        return end

    def _flush(self) -> None:
        held, self._held = self._held, []
        kind, self._kind = self._kind, "text"
        if held:
            self._add("list" if kind == "list" else "text", " ".join(held))

    def _add(self, kind: str, text: str, level: int = 0) -> None:
        links: list[str] = []
        text = clean(self._inline(text, links))
        if text:
            named = "heading" if kind == "heading" else "list" if kind == "list" else "text"
            self._blocks.append(Block(named, text, 0, level, tuple(dict.fromkeys(links))))  # type: ignore[arg-type]

    def _inline(self, text: str, links: list[str]) -> str:
        """The text without marks. Adds the addresses of its links to `links`."""
        spans: list[str] = []

        def keep_code(found: re.Match[str]) -> str:
            spans.append(found[2])
            return f"\x00{len(spans) - 1}\x00"

        def keep_link(found: re.Match[str]) -> str:
            links.append(found[2])
            return found[1]

        def keep_reference(found: re.Match[str]) -> str:
            target = self._references.get((found[2] or found[1]).lower())
            if target:
                links.append(target)
            return found[1] if target else found[0]

        text = _CODE.sub(keep_code, text)
        text = _IMAGE.sub(r"\1", text)
        text = _LINK.sub(keep_link, text)
        text = _REFERENCE.sub(keep_reference, text)
        links += [found[1] for found in _AUTOLINK.finditer(text)]
        text = _AUTOLINK.sub(r"\1", text)
        text = _TAG.sub("", _TAG_BETWEEN_WORDS.sub(" ", text))
        text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
        text = html.unescape(_ESCAPE.sub(r"\1", text))
        return re.sub("\x00(\\d+)\x00", lambda found: spans[int(found[1])], text)
