"""Files that come from S3, by signed URLs."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from alto.cli.exits import CommandError, ExitCode


def receive(url: str, path: Path, transport: httpx.BaseTransport | None) -> None:
    """Save the response of a signed URL. Raises `CommandError`."""
    with path.open("wb") as file:
        for line in lines(url, transport):
            file.write(line + b"\n")


def lines(url: str, transport: httpx.BaseTransport | None) -> Iterator[bytes]:
    """The lines of the response of a signed URL, one at a time. Raises `CommandError`."""
    try:
        with _client(url, transport) as client, client.stream("GET", url) as response:
            if not response.is_success:
                response.read()
                raise CommandError(f"S3 does not give the error file ({_said(response)}).")
            for line in response.iter_lines():
                yield line.encode()
    except httpx.TransportError as error:
        raise CommandError(
            f"S3 does not respond ({type(error).__name__}: {error}). Try again.", ExitCode.UNREACHABLE
        ) from None


def _client(url: str, transport: httpx.BaseTransport | None) -> httpx.Client:
    is_local = urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}
    return httpx.Client(transport=transport, trust_env=not is_local, timeout=httpx.Timeout(60, connect=10))


def _said(response: httpx.Response) -> str:
    """S3's code and status; its text repeats what was signed."""
    _, _, rest = response.text.partition("<Code>")
    code = rest.partition("</Code>")[0]
    return f"HTTP {response.status_code} {code}".rstrip()
