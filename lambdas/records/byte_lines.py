"""From blocks of bytes to lines, with bounded memory: compressed or not. Pure."""

import codecs
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

# One line of text, or one record of CSV, may be this long.
MAX_LINE_BYTES = 5_000_000
BLOCK_BYTES = 1_048_576
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# Bytes `start` to `end` - 1 of an object.
ReadRange = Callable[[int, int], bytes]
# A header of gzip is expected, and its checksum is checked.
GZIP = 16 + zlib.MAX_WBITS
# Text shrinks to a twentieth at most. A file that grows more, above what is harmless, is made to exhaust the service.
GZIP_GROWTH = 200
HARMLESS_BYTES = 1_000_000_000


class NotGzipError(Exception):
    """The bytes are not gzip, or end too early. The text is a sentence for the user."""


class RawLine(NamedTuple):
    """A line with its end. Of one that is too long only the beginning is kept, and `is_cut` says so."""

    start: int
    data: bytes
    is_cut: bool = False


def gunzip(blocks: Iterable[bytes], growth: int = GZIP_GROWTH) -> Iterator[bytes]:
    """The content of a gzip file of any number of members, in blocks of at most 1 MiB.

    Raises `NotGzipError`, also when the content is more than 1 GB and `growth` times the file.
    """
    packed = unpacked = 0

    def counted() -> Iterator[bytes]:
        nonlocal packed
        for block in blocks:
            packed += len(block)
            yield block

    for content in _unpacked(counted()):
        unpacked += len(content)
        if unpacked > max(HARMLESS_BYTES, packed * growth):
            raise NotGzipError(
                f"It unpacks to more than {growth} times its size: import it without compression, or set "
                "ALTO_LIMIT_GZIP_GROWTH of the split function."
            )
        yield content


def from_utf16(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """UTF-16 as UTF-8, without byte order mark. What is not valid stays invalid, so that only its record fails."""
    decoder = None
    odd = b""
    for block in blocks:
        data = odd + block
        odd = data[len(data) // 2 * 2 :]
        if len(data) < 2:
            continue
        if decoder is None:
            # Without a byte order mark, the zeros of ASCII letters show the order.
            zeros = data[0:200:2].count(0), data[1:200:2].count(0)
            name = "utf-16" if data[:2] in UTF16_MARKS else "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
            decoder = codecs.getincrementaldecoder(name)("surrogatepass")
        yield decoder.decode(data[: len(data) // 2 * 2]).encode("utf-8", "surrogatepass")
    if odd:
        yield b"\xff"


def _unpacked(blocks: Iterable[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(GZIP)
    begun = False
    for block in blocks:
        rest = block
        while rest:
            if member.eof:
                # Some writers fill the end of a file with zeros.
                rest = rest.lstrip(b"\0")
                if not rest:
                    break
                member = zlib.decompressobj(GZIP)
            begun = True
            try:
                content = member.decompress(rest, BLOCK_BYTES)
            except zlib.error as error:
                # zlib: "Error -3 while decompressing data: incorrect header check".
                raise NotGzipError(f"It is not valid gzip: {str(error).rpartition(': ')[2]}.") from None
            if content:
                yield content
            if not member.eof and not member.unconsumed_tail and len(content) == BLOCK_BYTES:
                # The decompressor may hold more than it was allowed to return at once.
                yield from _drained(member)
            rest = member.unused_data if member.eof else member.unconsumed_tail
    if begun and not member.eof:
        raise NotGzipError("It ends in the middle of its gzip data: the upload was cut off, or so was the file.")


def _drained(member: "zlib._Decompress") -> Iterator[bytes]:
    while not member.eof and (content := member.decompress(b"", BLOCK_BYTES)):
        yield content


def split_lines(blocks: Iterable[bytes], start: int = 0, max_bytes: int = MAX_LINE_BYTES) -> Iterator[RawLine]:
    """The lines of blocks that begin at byte `start` of a file. Holds one block and one line."""
    held = bytearray()
    begin = position = start
    is_cut = False
    for block in blocks:
        cursor = 0
        while (newline := block.find(b"\n", cursor)) >= 0:
            if not is_cut:
                held += block[cursor : newline + 1]
            yield RawLine(begin, bytes(held), is_cut)
            held.clear()
            is_cut = False
            cursor = newline + 1
            begin = position + cursor
        if not is_cut:
            held += block[cursor:]
            if len(held) > max_bytes:
                del held[max_bytes + 1 :]
                held += b"\n"
                is_cut = True
        position += len(block)
    if held:
        yield RawLine(begin, bytes(held), is_cut)


def skipped(blocks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """The blocks without their first `count` bytes."""
    for block in blocks:
        if count >= len(block):
            count -= len(block)
        elif count:
            yield block[count:]
            count = 0
        else:
            yield block
