"""Files that go to S3, and come from it, by signed URLs."""

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from alto.cli.exits import CommandError, ExitCode
from alto.cli.progress import Kind, Show, bar

BLOCK_BYTES = 262_144
ATTEMPTS = 3
FIRST_WAIT_SECONDS = 1.0
# S3 takes no larger object in one request.
MAX_BYTES = 5_368_709_120


def send(upload: dict[str, Any], file: IO[bytes], size: int, transport: httpx.BaseTransport | None) -> None:
    """Send a file to where Alto says, with a bar. A connection that breaks is tried again, from the beginning.

    Raises `CommandError` when S3 does not take it.
    """
    headers = upload["headers"] | {"Content-Length": str(size)}
    with bar("Uploading", Kind.BYTES) as show, _client(upload["url"], transport) as client:
        for attempt in range(1, ATTEMPTS + 1):
            file.seek(0)
            try:
                answer = client.request(
                    upload["method"], upload["url"], headers=headers, content=_blocks(file, size, show)
                )
            except httpx.TransportError as error:
                why, lasting = f"{type(error).__name__}: {error}", False
            else:
                if answer.is_success:
                    return
                why, lasting = _said(answer), answer.status_code < 500
            if lasting or attempt == ATTEMPTS:
                code = ExitCode.FAILED if lasting else ExitCode.UNREACHABLE
                text = f"S3 did not take the file ({why}). Nothing is imported; run the command again."
                raise CommandError(text, code) from None
            time.sleep(random.random() * FIRST_WAIT_SECONDS * 2**attempt)


def receive(url: str, path: Path, transport: httpx.BaseTransport | None) -> None:
    """Save what a signed URL answers. Raises `CommandError`."""
    with path.open("wb") as file:
        for line in lines(url, transport):
            file.write(line + b"\n")


def lines(url: str, transport: httpx.BaseTransport | None) -> Iterator[bytes]:
    """The lines of what a signed URL answers, one at a time. Raises `CommandError`."""
    try:
        with _client(url, transport) as client, client.stream("GET", url) as answer:
            if not answer.is_success:
                answer.read()
                raise CommandError(f"S3 does not give the error file ({_said(answer)}).")
            for line in answer.iter_lines():
                yield line.encode()
    except httpx.TransportError as error:
        raise CommandError(
            f"S3 does not answer ({type(error).__name__}: {error}). Try again.", ExitCode.UNREACHABLE
        ) from None


def _client(url: str, transport: httpx.BaseTransport | None) -> httpx.Client:
    is_local = urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
    return httpx.Client(transport=transport, trust_env=not is_local, timeout=httpx.Timeout(60, connect=10))


def _blocks(file: IO[bytes], size: int, show: Show) -> Iterator[bytes]:
    done = 0
    while block := file.read(BLOCK_BYTES):
        yield block
        done += len(block)
        show(done, size, f"{done / 1e6:,.0f} of {size / 1e6:,.0f} MB")


def _said(answer: httpx.Response) -> str:
    """S3's code and status; its text repeats what was signed."""
    _, _, rest = answer.text.partition("<Code>")
    code = rest.partition("</Code>")[0]
    return f"HTTP {answer.status_code} {code}".rstrip()
