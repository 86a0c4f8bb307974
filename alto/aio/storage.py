"""S3, by signed URLs; Alto's headers are not sent there."""

import asyncio
import itertools
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping

import httpx

from alto.errors import AltoConnectionError, AltoError, AltoTimeoutError, error_from_response
from alto.operations.uploads import FilePart
from alto.requests import Request, Response
from alto.settings import AdditionalConfig
from alto.signed_urls import hide_in_logs

PUT = Request("PUT", "", repeatable=True)
# Sending a part has no time limit; no progress for so long is a fault.
STALLED_SECONDS = 60.0
_CODE, _MESSAGE = (re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL) for name in ("Code", "Message"))


class AsyncStorage:
    """Sends and reads S3 objects. Safe to share."""

    def __init__(self, config: AdditionalConfig, transport: httpx.AsyncBaseTransport | None) -> None:
        hide_in_logs()
        self._config = config
        self._transport = transport
        self._client = self._make_client()

    def open(self) -> None:
        """Make new connections after `close`."""
        if self._client.is_closed:
            self._client = self._make_client()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def put(
        self, url: str, headers: Mapping[str, str], part: FilePart, show: Callable[[int], None] = lambda _: None
    ) -> str:
        """Send a part of a file, with retries; returns its ETag.

        `show` is called with the number of bytes sent and, as a negative number, of those that must be sent again.
        Raises the `AltoError` that S3's response is, or `AltoConnectionError` without one.
        """
        sent = dict(headers) | {"Content-Length": str(part.size), "Content-MD5": await asyncio.to_thread(part.digest)}
        for attempt in itertools.count(1):
            shown = Shown(show)
            try:
                response = await self._client.put(url, headers=sent, content=_blocks(part, shown))
            except httpx.RequestError as error:
                wait = self._config.retries.wait_after_failure(PUT, attempt, random.random(), was_sent=True)
                if wait is None:
                    raise _without_response(error) from None
            else:
                if response.is_success:
                    return str(response.headers.get("etag", ""))
                summary = Response(response.status_code, response.headers, None)
                wait = self._config.retries.wait_after_response(PUT, summary, attempt, random.random())
                if wait is None:
                    raise _s3_error(response)
            shown.take_back()
            await asyncio.sleep(wait)
        raise AssertionError  # an endless count

    async def lines(self, url: str) -> AsyncIterator[bytes]:
        """The lines of an object, as they arrive. Raises as `put` does."""
        try:
            async with self._client.stream("GET", url) as response:
                if not response.is_success:
                    await response.aread()
                    raise _s3_error(response)
                # Not by httpx's own lines, which end at other characters too.
                held = b""
                async for block in response.aiter_bytes():
                    *lines, held = (held + block).split(b"\n")
                    for line in lines:
                        yield line
                yield held
        except httpx.RequestError as error:
            raise _without_response(error) from None

    def _make_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self._transport,
            trust_env=self._config.trust_env,
            timeout=httpx.Timeout(STALLED_SECONDS, connect=self._config.timeout.connect),
        )


class Shown:
    """The bytes of one attempt that were shown as sent."""

    def __init__(self, show: Callable[[int], None]) -> None:
        self._show = show
        self._bytes = 0

    def add(self, count: int) -> None:
        """Show so many more bytes as sent."""
        self._bytes += count
        self._show(count)

    def take_back(self) -> None:
        """Show that none of them has arrived."""
        self._show(-self._bytes)


async def _blocks(part: FilePart, shown: Shown) -> AsyncIterator[bytes]:
    blocks = part.blocks()
    while True:
        block = await asyncio.to_thread(next, blocks, b"")
        if not block:
            return
        yield block
        shown.add(len(block))


def _s3_error(response: httpx.Response) -> AltoError:
    """S3's error, without the URL, which is signed."""
    code, message = (found[1] if (found := each.search(response.text)) else None for each in (_CODE, _MESSAGE))
    error = {
        "code": code or f"http_{response.status_code}",
        "message": f"S3: {message or 'no reason given'}",
        "request_id": response.headers.get("x-amz-request-id"),
    }
    return error_from_response(response.status_code, response.headers, {"error": error})


def _without_response(error: httpx.RequestError) -> AltoError:
    if isinstance(error, httpx.TimeoutException):
        return AltoTimeoutError(f"S3: nothing moved for {STALLED_SECONDS:g} s.", code="timeout")
    return AltoConnectionError(f"S3: the connection broke ({type(error).__name__}).", code="no_connection")
