"""The files of the page, read once: a path that is not among them does not exist."""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent / "page"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class PageFile:
    """The bytes of a file, plain and compressed."""

    content_type: str
    plain: bytes
    compressed: bytes


def page_files(folder: Path = PAGE) -> Mapping[str, PageFile]:
    """Path to file; the page itself is `/`."""
    found = {f"/{path.relative_to(folder).as_posix()}": path for path in folder.rglob("*") if path.is_file()}
    files = {name: _read(path) for name, path in found.items()}
    return files | {"/": files["/index.html"]}


def _read(path: Path) -> PageFile:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
    content = path.read_bytes()
    return PageFile(f"{kind}; charset=utf-8", content, gzip.compress(content, mtime=0))
