"""The process that reads one document: bytes come in, JSON lines go out. It has no credentials and few resources."""

import resource
import sys

import orjson

from lambdas.documents.blocks import Content, DocumentError
from lambdas.documents.limits import LIMITS, Limits
from lambdas.documents.names import DocumentFormat


def main(kind: DocumentFormat, limits: Limits) -> None:
    """Read the document from standard input and write its blocks, or its error, to standard output."""
    _limit(limits)
    try:
        from lambdas.documents.read_document import read_document  # noqa: PLC0415 - within the limits

        lines = written(read_document(sys.stdin.buffer.read(), kind, limits))
    except DocumentError as error:
        lines = [failure(error.message, error.page)]
    except (MemoryError, RecursionError) as error:
        what = "memory" if isinstance(error, MemoryError) else "depth"
        lines = [failure(f"The document needs more {what} than a document may.")]
    for line in lines:
        sys.stdout.buffer.write(line)


def written(content: Content) -> list[bytes]:
    """Return the lines of a document: first what it is, then its blocks."""
    head = {"title": content.title, "pages": content.pages}
    lines = [head, *([block.kind, block.text, block.page, block.level, block.links] for block in content.blocks)]
    return [orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines]


def failure(message: str, page: int | None = None) -> bytes:
    """Return the line of a document that cannot be read."""
    return orjson.dumps({"error": message, "page": page}, option=orjson.OPT_APPEND_NEWLINE)


def _limit(limits: Limits) -> None:
    seconds = int(limits.seconds)
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    _, kind_, *changes = sys.argv
    main(kind_, LIMITS._replace(**orjson.loads(changes[0])) if changes else LIMITS)  # type: ignore[arg-type]
