"""Links of Markdown pages: which are broken, and how those of pages that move are turned around."""

import posixpath
import re
from collections.abc import Callable, Mapping

# `[text](target)`, with a title or not; images too.
LINK = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<target>[^()\s]+)(?P<after>\))")
FENCE = re.compile(r"^(?P<indent> *)(?P<mark>`{3,}|~{3,}).*?^(?P=indent)(?P=mark)[ ]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
HEADING = re.compile(r"^#{1,6} +(?P<text>.+?)(?: +\{ *#(?P<id>[\w-]+) *\})? *#*$", re.MULTILINE)
IDENTIFIER = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")


def is_external(target: str) -> bool:
    """Whether a link leads to another site."""
    return re.match(r"[a-z][a-z0-9+.-]*:", target) is not None


def without_code(text: str) -> str:
    """Return a page without its programs, where brackets are no links."""
    return CODE.sub("", FENCE.sub("", text))


def links_of(text: str) -> list[str]:
    """Return the targets of a page's links that stay here."""
    return [match["target"] for match in LINK.finditer(without_code(text)) if not is_external(match["target"])]


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    text = FENCE.sub("", text)
    for match in HEADING.finditer(text):
        if match["id"]:
            found.add(match["id"])
            continue
        slug = anchor = slug_of(match["text"])
        number = 0
        while anchor in found:
            number += 1
            anchor = f"{slug}-{number}"
        found.add(anchor)
    return found | set(IDENTIFIER.findall(text))


def slug_of(heading: str) -> str:
    """Return the anchor of a heading: small letters, no marks, a dash for each space."""
    text = LINK.sub(lambda match: match["before"].strip("![]("), heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")


def broken_links(pages: Mapping[str, str], exists: Callable[[str], bool]) -> list[str]:
    """Return a line for each link of the pages, by path, that leads to no file or to no heading."""
    found = []
    for page, text in pages.items():
        for link in links_of(text):
            path, _, anchor = link.partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
            if target not in pages and not exists(target):
                found.append(f"{page}: {link} leads to no file")
            elif anchor and target in pages and anchor not in anchors_of(pages[target]):
                found.append(f"{page}: {link} leads to no heading of {target}")
    return found


def moved_links(text: str, old: str, new: str, places: Callable[[str], str | None]) -> str:
    """Return a page that moved from `old` to `new`, its links turned around.

    `places` knows where a file is in the site; a link to one that is not there becomes its text.
    """

    def turn(match: re.Match[str]) -> str:
        target = match["target"]
        if is_external(target) or target.startswith("#"):
            return match[0]
        path, mark, anchor = target.partition("#")
        place = places(posixpath.normpath(posixpath.join(posixpath.dirname(old), path)))
        if place is None:
            return match["before"].removesuffix("](").removeprefix("!").removeprefix("[")
        return (
            match["before"] + posixpath.relpath(place, posixpath.dirname(new) or ".") + mark + anchor + match["after"]
        )

    parts, end = [], 0
    for fence in FENCE.finditer(text):
        parts += [LINK.sub(turn, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, LINK.sub(turn, text[end:])])
