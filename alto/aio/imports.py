"""`client.imports`: files that Alto loads from S3."""

import asyncio
import time
from uuid import UUID

from alto.aio.transport import AsyncTransport
from alto.errors import AltoTimeoutError
from alto.operations import imports
from alto.operations.imports import ImportJob


class ImportsAsync:
    """Import jobs. A file dropped at `s3://<bucket>/<Collection>/…` starts one."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self, import_id: UUID | str) -> ImportJob:
        """How far a job is. Raises `AltoNotFoundError`."""
        return await self._transport.run(imports.get_import(import_id))

    async def wait(self, import_id: UUID | str, *, timeout: float = 3600.0, poll: float = 1.0) -> ImportJob:  # noqa: ASYNC109 (also synchronous)
        """The job once it is completed or failed: look at `.state`, `.failed` and `.errors`. Times are in seconds.

        Raises `AltoTimeoutError`; the job goes on all the same.
        """
        deadline = time.monotonic() + timeout
        while True:
            job = await self.get(import_id)
            if job.finished:
                return job
            if time.monotonic() + poll > deadline:
                raise AltoTimeoutError(
                    f"The import {import_id} is not finished after {timeout:g} s: {job.chunks_done} of "
                    f"{job.chunks_total} chunks are done. It goes on; wait again.",
                    code="import_not_finished",
                )
            await asyncio.sleep(poll)
