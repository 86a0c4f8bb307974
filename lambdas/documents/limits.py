"""The limits within which a document is read. Pure."""

from typing import NamedTuple

MIB = 1_048_576


class Limits(NamedTuple):
    """The most that one document may need. Beyond it is refused."""

    file_bytes: int = 100 * MIB
    # Of a Word document, or of a document inside of a zip file.
    unpacked_bytes: int = 200 * MIB
    pages: int = 2_000
    characters: int = 10_000_000
    blocks: int = 200_000
    seconds: float = 60.0
    # Of the process that reads it. The function has 1,769 MiB.
    memory_bytes: int = 1024 * MIB


LIMITS = Limits()
