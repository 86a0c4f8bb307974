"""The content of a file as records have it: unpacked, and as UTF-8."""

from collections.abc import Iterable, Iterator
from itertools import chain

from lambdas.deadline import Deadline
from lambdas.imports.files.s3_source import S3Source
from lambdas.jobs.chunk import Source
from lambdas.jobs.import_options import ImportOptions
from lambdas.jobs.job import JobFailedError
from lambdas.records.byte_lines import BLOCK_BYTES, GZIP_GROWTH, from_utf16, gunzip, skipped


class FileContent:
    """Reads the content of files. Compressed ones grow `gzip_growth` times at most."""

    def __init__(self, source: S3Source, gzip_growth: int = GZIP_GROWTH) -> None:
        self._source = source
        self._gzip_growth = gzip_growth

    def read_beginning(self, source: Source, options: ImportOptions, size: int) -> bytes:
        """Return the first `size` bytes, or somewhat more, or all if there are fewer. Raises `NotGzipError`."""
        if not options.is_converted:
            return self._source.read(source, 0, size)
        beginning = b""
        for block in self.stream(source, options):
            beginning += block
            if len(beginning) >= size:
                break
        return beginning

    def stream(
        self, source: Source, options: ImportOptions, start: int = 0, deadline: Deadline | None = None
    ) -> Iterable[bytes]:
        """The content from byte `start` on. A converted file has to be read from its beginning."""
        if not options.is_converted:
            return self._source.stream(source, start)
        content: Iterable[bytes] = self._source.stream(source)
        if options.gzip:
            content = gunzip(content, self._gzip_growth)
        if options.format == "csv" and options.csv.encoding == "utf-16":
            content = from_utf16(content)
        return skipped(_in_time(content, start, source, deadline), start)


def after_lines(blocks: Iterable[bytes], count: int) -> tuple[Iterator[bytes], int]:
    """The blocks without their first lines, and the byte at which the rest begins."""
    position = 0
    remaining = iter(blocks)
    for block in remaining if count else ():
        rest = block
        while count and b"\n" in rest:
            rest = rest.partition(b"\n")[2]
            count -= 1
        if not count:
            return chain([rest], remaining), position + len(block) - len(rest)
        position += len(block)
    return remaining, position


def _in_time(blocks: Iterable[bytes], start: int, source: Source, deadline: Deadline | None) -> Iterator[bytes]:
    """The blocks. Raises if the time is over before byte `start`."""
    done = 0
    for block in blocks:
        if done < start and deadline is not None and deadline.passed:
            raise JobFailedError(
                f"{source.uri} is too large for a single compressed or UTF-16 file: {done + BLOCK_BYTES} bytes were "
                "unpacked in one step, which did not reach the end of the step before. Split it into several files."
            )
        yield block
        done += len(block)
