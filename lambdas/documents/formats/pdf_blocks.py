"""From the lines of PDF pages to blocks: headers and footers removed, paragraphs, headings and tables found. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from lambdas.documents.blocks import Block, clean, table_text
from lambdas.documents.formats.pdf_lines import Line

# Lines at the top and the bottom of a page that may be its header and footer.
EDGE_LINES = 3
# On how many of the pages a header is: those of left and right pages may differ.
HEADER_SHARE = 0.35
MIN_HEADER_PAGES = 2
MAX_NUMBERS = 20
# How much larger than the text a heading is.
HEADING_SIZE = 1.08
MAX_HEADING = 150
# A blank between lines above this, in heights of a line, begins a paragraph.
PARAGRAPH_GAP = 0.75
# A first line that begins so much further to the right begins a paragraph.
INDENT = 6.0
# A line that ends so much before the others is the last one of its paragraph.
SHORT_LINE = 0.75

_NUMBER = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[-\u2013\u2014\s|]*((page|seite|pagina|página)\s*)?(\d{1,5}|[ivxlc]{1,6})(\s*(of|/|von|de)\s*\d{1,5})?[-\u2013\u2014\s|]*",
    re.IGNORECASE,
)
_ITEM = re.compile(r"([•◦▪‣∙●○■\u2013\u2014*·-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_NUMBERED = re.compile(r"(\d{1,3}(?:\.\d{1,3}){0,4})\.?\s+\S")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HYPHENS = ("-", "\u2010", "\u00ad", "\ufffe", "\x02")
_BULLET = re.compile(r"^[•◦▪‣∙●○■·]\s*")


def without_headers(pages: Sequence[list[Line]]) -> list[list[Line]]:
    """Remove the lines that the tops and bottoms of many pages share, and page numbers."""
    seen: Counter[str] = Counter()
    for number, lines in enumerate(pages):
        seen.update({shape for line in _edges(lines) for shape in _shapes(line, number)})
    least = max(MIN_HEADER_PAGES, HEADER_SHARE * sum(1 for lines in pages if lines))
    common = {shape for shape, count in seen.items() if count >= least}
    return [_inner(lines, number, common) for number, lines in enumerate(pages)]


def _by_height(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: line.top)


def _edges(lines: list[Line]) -> list[Line]:
    ordered = _by_height(lines)
    return ordered[:EDGE_LINES] + ordered[max(EDGE_LINES, len(ordered) - EDGE_LINES) :]


def _shapes(line: Line, page: int) -> set[str]:
    """The line as it may be on other pages: the same, or with its first, last or each number counting pages."""
    text = line.text.strip().lower()
    numbers = list(_NUMBER.finditer(text))[:MAX_NUMBERS]
    if not numbers:
        return {text}
    counting = [f"#{int(found[0][:9]) - page}" for found in numbers]

    def written(changed: range) -> str:
        parts, end = [], 0
        for index, found in enumerate(numbers):
            parts += [text[end : found.start()], counting[index] if index in changed else found[0]]
            end = found.end()
        return "".join(parts) + text[end:]

    count = len(numbers)
    return {written(range(0)), written(range(count)), written(range(1)), written(range(count - 1, count))}


def _inner(lines: list[Line], page: int, common: set[str]) -> list[Line]:
    """The lines but the headers and footers: from the edges inwards, up to the first line that is none."""
    removed: set[int] = set()
    for ordered in (_by_height(lines), _by_height(lines)[::-1]):
        for line in ordered[:EDGE_LINES]:
            if not _shapes(line, page) & common and not _PAGE_NUMBER.fullmatch(line.text.strip().lower()):
                break
            removed.add(id(line))
    return [line for line in lines if id(line) not in removed]


class Typography:
    """The sizes of a document's text and headings, and its words."""

    def __init__(self, pages: Sequence[list[Line]]) -> None:
        sizes: Counter[float] = Counter()
        self.words: Counter[str] = Counter()
        for lines in pages:
            for line in lines:
                sizes[_rounded(line.size)] += len(line.text)
                self.words.update(word.lower() for word in _WORD.findall(line.text))
        self.body = sizes.most_common(1)[0][0] if sizes else 0.0
        larger = sorted({size for size in sizes if size > HEADING_SIZE * self.body}, reverse=True)
        self._levels = {size: min(level, 4) for level, size in enumerate(larger, start=1)}
        self._least = max(self._levels.values(), default=0)

    def heading_level(self, line: Line) -> int:
        """Return the level of the heading that a line is; 0 if it is none."""
        text = line.text.strip()
        if len(line.pieces) > 1 or len(text) > MAX_HEADING or not any(letter.isalpha() for letter in text):
            return 0
        level = self._levels.get(_rounded(line.size), 0)
        is_bold_heading = line.is_bold and not line.is_mono and not text.endswith((".", ",", ";", ":"))
        if not level and is_bold_heading and line.size >= 0.95 * self.body:
            level = self._least + 1
        if level and (found := _NUMBERED.match(text)):
            return found[1].count(".") + 1
        return level

    def join(self, text: str, line: str) -> str:
        """Return a paragraph with its next line, a word that a hyphen divides joined."""
        if not text:
            return line
        if not text.endswith(_HYPHENS) or not line[:1].islower() or not text[-2:-1].isalpha():
            return f"{text} {line}"
        head, tail = _last_word(text[:-1]), _first_word(line)
        joined, divided = (head + tail).lower(), f"{head}-{tail}".lower()
        if text.endswith("-") and self.words[divided] > self.words[joined]:
            return text + line
        return text[:-1] + line


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _last_word(text: str) -> str:
    words = re.findall(r"[^\W\d_]+$", text)
    return words[0] if words else ""


def _first_word(text: str) -> str:
    found = re.match(r"[^\W\d_]+", text)
    return found[0] if found else ""


def blocks_of(pages: Sequence[list[Line]]) -> list[Block]:
    """Return the blocks of a document's pages, without headers and footers."""
    inner = without_headers(pages)
    typography = Typography(inner)
    blocks: list[Block] = []
    for number, lines in enumerate(inner, start=1):
        for group in _groups(lines, typography):
            block = _block(group, number, typography)
            blocks += [] if block is None else [block]
    return blocks


def _groups(lines: list[Line], typography: Typography) -> Iterator[list[Line]]:
    """Lines that belong together: a paragraph, a heading, the rows of a table, lines of code."""
    group: list[Line] = []
    for line in lines:
        if group and not _continues(group, line, typography):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _continues(group: list[Line], line: Line, typography: Typography) -> bool:
    last = group[-1]
    gap, height = line.top - last.bottom, max(last.bottom - last.top, 1.0)
    if gap < -height or gap > 3 * height:
        return False
    if len(line.pieces) > 1 or len(last.pieces) > 1:
        return len(line.pieces) > 1 and len(last.pieces) > 1
    if line.is_mono or last.is_mono:
        return line.is_mono and last.is_mono and gap < 1.5 * height
    return _continues_text(group, line, typography, gap / height)


def _continues_text(group: list[Line], line: Line, typography: Typography, gap: float) -> bool:
    """Whether a line continues a paragraph or heading. `gap` is the blank above it, in heights of a line."""
    last = group[-1]
    if typography.heading_level(line) or typography.heading_level(group[0]):
        is_alike = _rounded(line.size) == _rounded(last.size) and line.is_bold == last.is_bold
        is_next = bool(_NUMBERED.match(line.text) and _NUMBERED.match(group[0].text))
        return is_alike and not is_next and gap < PARAGRAPH_GAP
    if _ITEM.match(line.text) or gap > PARAGRAPH_GAP:
        return False
    if len(group) == 1:
        # The second line of a list item, or of a paragraph whose first line is indented, may begin anywhere.
        return True
    widest = max(each.right for each in group)
    is_short = last.right - last.left < SHORT_LINE * (widest - min(each.left for each in group))
    return not is_short and line.left - group[-1].left < INDENT


def _block(group: list[Line], page: int, typography: Typography) -> Block | None:
    if len(group[0].pieces) > 1 and len(group) > 1:
        return Block("table", table_text([[piece.text for piece in line.pieces] for line in group]), page)
    if group[0].is_mono and len(group) > 1:
        return Block("code", "\n".join(_indented(line, group) for line in group), page)
    text = ""
    for line in group:
        text = typography.join(text, line.text.strip())
    text = clean(text)
    if not text:
        return None
    level = typography.heading_level(group[0])
    if level:
        return Block("heading", text, page, level)
    if _ITEM.match(text):
        return Block("list", _BULLET.sub("- ", text), page)
    return Block("text", text, page)


def _indented(line: Line, group: list[Line]) -> str:
    letter = max(1.0, 0.6 * line.size)
    blanks = round((line.left - min(each.left for each in group)) / letter)
    return " " * min(blanks, 60) + clean(line.text)
