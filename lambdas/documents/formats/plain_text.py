"""Plain text: paragraphs between empty lines, pages between form feeds. Pure."""

import codecs
import re

from lambdas.documents.blocks import Block, Content, DocumentError, clean, clean_lines

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16, whose mark begins alike.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NUMBERED = re.compile(r"(?P<number>\d{1,3}(\.\d{1,3}){0,4})\.?\s+[A-Z\u00c0-\u00de][^.!?]{1,80}$")
_ITEM = re.compile(r"\s*([-*•o]|\d{1,3}[.)])\s+\S")
_LETTERS = re.compile(r"[^\W\d_]")
_SENTENCE_END = (".", "!", "?", ":", ";", ",")
MAX_HEADING = 80
# A document with more of these than one in fifty characters is not text.
MAX_CONTROL_SHARE = 50
# A file in UTF-16 without a mark has a zero in at least one of so many bytes.
MIN_ZERO_SHARE = 5
# Letters outside of ASCII: words of Western languages have few of them, and seldom several side by side.
_FOREIGN = re.compile(r"[\x80-\uffff]")
_FOREIGN_RUN = re.compile(r"[^\W\d_A-Za-z]{3,}")
MIN_FOREIGN = 8
# Indented lines with columns are code or a drawing, whose line ends matter.
MIN_INDENT = 2


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with a mark, or Windows-1252. Raises `DocumentError`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                raise DocumentError(f"The file says that it is {encoding.upper()} text, and is not.") from None
    if unmarked := _unmarked_utf16(data):
        return unmarked
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = _windows_1252(data)
    controls = sum(data.count(byte) for byte in range(9)) + sum(data.count(byte) for byte in range(14, 27))
    if controls * MAX_CONTROL_SHARE > len(data):
        raise DocumentError(
            "The file is not text: it has many control characters. Correct its ending, or leave it out."
        )
    return text


def _unmarked_utf16(data: bytes) -> str | None:
    """Return the text of a file in UTF-16 without a mark: every second byte of Western text is zero."""
    sample = data[:4096]
    for first, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        zeros = sample[first::2].count(0)
        if zeros and zeros * MIN_ZERO_SHARE >= len(sample) and not sample[1 - first :: 2].count(0):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                return None
    return None


def _windows_1252(data: bytes) -> str:
    """Return the text of a file in Windows-1252. Raises `DocumentError` for text in another encoding of one byte.

    Otherwise Russian or Japanese text would be stored as unrelated Western letters.
    """
    text = data.decode("windows-1252", errors="replace")
    foreign = sum(map(len, _FOREIGN.findall(text)))
    in_runs = sum(map(len, _FOREIGN_RUN.findall(text)))
    is_other = in_runs >= MIN_FOREIGN and in_runs * 2 > foreign
    is_other = is_other or (foreign >= MIN_FOREIGN and foreign * 5 > 2 * len("".join(text.split())))
    if is_other or text.count("\ufffd") * 1_000 > len(text):
        raise DocumentError("The text is in another encoding than UTF-8, UTF-16 and Windows-1252: save it as UTF-8.")
    return text


def read_text(data: bytes) -> Content:
    """Return the paragraphs of a text. Headings are short lines on their own that are numbered or in capitals."""
    text = decode(data).replace("\r\n", "\n").replace("\r", "\n")
    sheets = text.split("\f")
    has_pages = len(sheets) > 1 and any(sheet.strip() for sheet in sheets[1:])
    blocks: list[Block] = []
    for number, sheet in enumerate(sheets, start=1):
        for paragraph in re.split(r"\n[ \t]*\n", sheet):
            blocks += [_block(paragraph.strip("\n"), number if has_pages else 0)] if paragraph.strip() else []
    title = blocks[0].text if blocks and blocks[0].kind == "heading" else ""
    return Content(title, blocks, len(sheets) if has_pages else 0)


def _block(paragraph: str, page: int) -> Block:
    lines = paragraph.splitlines()
    if level := _heading_level(lines):
        return Block("heading", clean(paragraph), page, level)
    if _ITEM.match(lines[0]):
        return Block("list", clean_lines(_without_indent(lines)), page)
    if _is_layout(lines):
        return Block("code", clean_lines(_without_indent(lines)), page)
    return Block("text", _joined(lines), page)


def _joined(lines: list[str]) -> str:
    """The lines as one paragraph; a word that is divided at the end of a line is joined."""
    text = ""
    for line in (clean(line) for line in lines):
        divided = text.endswith("-") and text[-2:-1].isalpha() and line[:1].islower()
        text = text[:-1] + line if divided else f"{text} {line}"
    return text.strip()


def _heading_level(lines: list[str]) -> int:
    line = lines[0].strip()
    if len(lines) > 1 and set(lines[1].strip()) <= set("=-~") and len(lines[1].strip()) > 2:
        return 0 if len(lines) > 2 else (1 if "=" in lines[1] else 2)
    if len(lines) > 1 or len(line) > MAX_HEADING or line.endswith(_SENTENCE_END):
        return 0
    if found := _NUMBERED.match(line):
        return found["number"].count(".") + 1
    letters = "".join(_LETTERS.findall(line))
    return 1 if len(letters) > 2 and letters.isupper() and not lines[0].startswith("    ") else 0


def _is_layout(lines: list[str]) -> bool:
    """Whether blanks inside of lines put things in columns."""
    if len(lines) < 2:
        return False
    columns = sum(1 for line in lines if re.search(r"\S {3,}\S|[|+]--|\{$|;$", line.rstrip()))
    return columns * 2 > len(lines)


def _without_indent(lines: list[str]) -> str:
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return "\n".join(line[indent:] for line in lines)
