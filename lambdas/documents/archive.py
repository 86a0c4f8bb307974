"""Zip files of documents: which of their members are documents, and their bytes, within limits.

The names in a zip file are nothing but names: no file is ever written under one.
"""

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from lambdas.documents.blocks import DocumentError
from lambdas.documents.limits import MIB, Limits
from lambdas.documents.names import MAX_NAME_BYTES, METADATA_SUFFIX, is_metadata

# A zip file has its directory at its end; of a larger one the members could not be listed in time and memory.
MAX_MEMBERS = 20_000
MAX_DIRECTORY_BYTES = 16 * MIB
BLOCK_BYTES = MIB
# A member that grows more than so much is a bomb: text shrinks to a twentieth at best.
MAX_GROWTH = 250
MIN_GROWTH_BYTES = MIB
MAX_METADATA_BYTES = 100_000
_IGNORED_FOLDERS = ("__MACOSX",)
_IGNORED_NAMES = ("Thumbs.db", "desktop.ini")


class Member(NamedTuple):
    """A document in a zip file."""

    name: str
    size: int
    packed: int


class RangeFile(io.RawIOBase):
    """A file of which ranges can be read. Keeps the block that was read last."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        super().__init__()
        self._read = read
        self._size = size
        self._at = 0
        self._start = 0
        self._block = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from any place."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Read from another place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Read some bytes."""
        if self._at >= self._size:
            return 0
        if not self._start <= self._at < self._start + len(self._block):
            self._start = self._at
            self._block = self._read(self._start, min(self._start + BLOCK_BYTES, self._size))
        piece = self._block[self._at - self._start :][: len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class Archive:
    """The documents of a zip file. Raises `DocumentError` where it is damaged."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        try:
            _check_directory(read, size)
            self._file = zipfile.ZipFile(io.BufferedReader(RangeFile(read, size), BLOCK_BYTES))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise DocumentError(f"The file is damaged, or no zip file: {str(error).rstrip('.')}.") from None
        found = [item for item in self._file.infolist() if not _is_ignored(item.filename)]
        self._items = [item for item in found if not is_metadata(item.filename)]
        self._metadata = {item.filename: item for item in found if is_metadata(item.filename)}

    @property
    def members(self) -> Sequence[Member]:
        """The documents and other files in their order, without folders and the files of operating systems."""
        return [Member(item.filename, item.file_size, item.compress_size) for item in self._items]

    def read(self, number: int, limits: Limits) -> bytes:
        """Return the bytes of a member. Raises `DocumentError` if it is damaged, encrypted or too large."""
        item = self._items[number]
        check_name(item.filename)
        return self._unpacked(item, limits.file_bytes)

    def metadata_of(self, name: str) -> bytes | None:
        """Return the metadata of a member, if the file has some."""
        item = self._metadata.get(name + METADATA_SUFFIX)
        return None if item is None else self._unpacked(item, MAX_METADATA_BYTES)

    def _unpacked(self, item: zipfile.ZipInfo, limit: int) -> bytes:
        if item.flag_bits & 1:
            raise DocumentError("It is encrypted in the zip file: pack it without a password.")
        limit = min(limit, max(MIN_GROWTH_BYTES, item.compress_size * MAX_GROWTH))
        try:
            with self._file.open(item) as member:
                # What the directory says about the size may be wrong.
                data = member.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise DocumentError(f"It is damaged in the zip file: {str(error).rstrip('.')}.") from None
        if len(data) > limit:
            raise DocumentError(
                f"It unpacks to more than {limit:,} bytes, from {item.compress_size:,}: more than a document may."
            )
        return data


def _check_directory(read: Callable[[int, int], bytes], size: int) -> None:
    """Refuse a directory that would not fit into memory, before it is read."""
    tail = read(max(0, size - 65_557), size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile("it has no directory at its end")
    count, length = int.from_bytes(tail[at + 10 : at + 12], "little"), int.from_bytes(tail[at + 12 : at + 16], "little")
    if count == 0xFFFF or length > MAX_DIRECTORY_BYTES or count > MAX_MEMBERS:
        raise zipfile.BadZipFile(f"it has more than {MAX_MEMBERS:,} members: pack several smaller ones")


def check_name(name: str) -> None:
    """Raise `DocumentError` for a name that leaves its folder, or is none."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or (parts and parts[0].endswith(":")):
        raise DocumentError("Its name leaves the folder of the zip file: it is refused.")
    if len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES or not name.isprintable():
        raise DocumentError(f"Its name is longer than {MAX_NAME_BYTES:,} bytes, or has characters that are no text.")


def _is_ignored(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return (
        name.endswith("/")
        or not parts
        or parts[0] in _IGNORED_FOLDERS
        or parts[-1] in _IGNORED_NAMES
        or (parts[-1].startswith(".") and parts[-1] != "..")
    )
