"""`client.imports`: loading files from S3."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from alto.aio.parallel import in_parallel
from alto.aio.storage import AsyncStorage
from alto.aio.transport import AsyncTransport
from alto.classes.imports import ErrorRecord, ImportJob, ImportOptions
from alto.errors import AltoAuthenticationError, AltoConflictError, AltoError, AltoNotFoundError, AltoTimeoutError
from alto.operations import imports
from alto.operations.uploads import MOST_URLS, FileToUpload, Upload
from alto.outages import is_outage, while_waiting
from alto.progress import bytes_shown, job_shown
from alto.values import parse_uuid

# Parts that are sent at the same time.
PARTS_AT_ONCE = 4
# S3 notifies Alto of a file within seconds; a full queue may take minutes.
BEGIN_SECONDS = 600.0
# An outage of the API does not stop a job: `wait` outlasts one of so many seconds.
PATIENCE_SECONDS = 600.0


class ImportsAsync:
    """Import jobs. A file dropped at `s3://<bucket>/<Collection>/…` starts one, too."""

    def __init__(self, transport: AsyncTransport, storage: AsyncStorage) -> None:
        self._transport = transport
        self._storage = storage

    async def from_file(
        self,
        path: str | Path,
        *,
        collection: str,
        options: ImportOptions | None = None,
        file_name: str | None = None,
        progress: bool | Callable[[int, int], None] = False,
        idempotency_key: str | None = None,
    ) -> ImportJob:
        """Upload a file and import it. Large files are sent in parts, four at a time; memory does not grow with them.

        Args:
            path: The file.
            collection: Where its records go.
            options: How it is read.
            file_name: Its name in S3; that of the path if not given. Its ending names the format.
            progress: True shows a bar; a function is called with the bytes sent and the bytes of the file.
            idempotency_key: A text of your own, new for each import: within 24 hours the same key is the same upload.

        Returns:
            The job in the state `uploaded`: give it to `wait`.

        Raises `AltoConfigurationError` if the file does not exist, and the errors of Alto and S3: then nothing was
        imported.
        """
        file = FileToUpload.at(path, file_name, options)
        upload = await self._transport.run(imports.start_upload(collection, file, options, idempotency_key))
        with bytes_shown(progress, file.size) as show:
            show(0)
            if upload.url is not None:
                await self._storage.put(upload.url, upload.headers, file.part(0, file.size), show)
            else:
                await self._send_parts(upload, file, show)
        return imports.uploaded(upload, file, collection)

    async def from_s3(
        self,
        uri: str,
        *,
        collection: str,
        options: ImportOptions | None = None,
        repeat: bool = False,
        idempotency_key: str | None = None,
    ) -> ImportJob:
        """Import an object of S3 that Alto may read.

        Args:
            uri: `s3://bucket/key`.
            collection: Where its records go.
            options: How it is read.
            repeat: Import it again: otherwise the same content, read in the same way, is the same job.
            idempotency_key: A text of your own, new for each import: within 24 hours the same key is the same job.
        """
        return await self._transport.run(
            imports.start(collection, uri, options, repeat=repeat, idempotency_key=idempotency_key)
        )

    async def get(self, import_: ImportJob | UUID | str, *, collection: str | None = None) -> ImportJob:
        """The job as it is now.

        Args:
            import_: The job, or its id.
            collection: The collection of an id. An id alone takes the right to see the imports of all collections, and
                its job has no `error_file_url`.

        Raises `AltoNotFoundError`.
        """
        return await self._transport.run(imports.get_import(_id(import_), _collection(import_, collection)))

    async def list_all(self, *, collection: str | None = None) -> list[ImportJob]:
        """All jobs of the last 90 days, the newest first.

        Args:
            collection: Only jobs into this collection. All take the right to see those of all collections.
        """
        found: list[ImportJob] = []
        after: str | None = None
        while True:
            page, after = await self._transport.run(imports.list_imports(100, after, collection))
            found += page
            if after is None:
                return found

    async def wait(
        self,
        import_: ImportJob | UUID | str,
        *,
        timeout: float = 3600.0,
        poll: float = 1.0,
        progress: bool | Callable[[ImportJob], None] = False,
        collection: str | None = None,
    ) -> ImportJob:
        """Wait for the end of a job; then look at `.state`, `.failed` and `errors()`.

        While Alto does not respond (503, no connection) it is asked again, for at most `PATIENCE_SECONDS` in a row.

        Args:
            import_: The job, or its id.
            timeout: The longest time to wait, in seconds.
            poll: Seconds between two requests.
            progress: True shows a bar; a function is called with the job after each request.
            collection: The collection of an id, as in `get`.

        Raises `AltoTimeoutError` with the job's id; the job continues all the same.
        """
        started = heard = time.monotonic()
        awaited = isinstance(import_, ImportJob) and import_.state == "uploaded"
        with job_shown(progress) as show:
            while True:
                try:
                    job = await self._begun(import_, collection, awaited=awaited)
                except AltoError as error:
                    now = time.monotonic()
                    if not is_outage(error) or now - heard > PATIENCE_SECONDS or now - started + poll > timeout:
                        raise while_waiting(error, _id(import_)) from None
                    await asyncio.sleep(poll)
                    continue
                heard = time.monotonic()
                if job is not None:
                    show(job)
                    if job.finished:
                        return job
                waited = time.monotonic() - started
                if job is None and waited + poll > min(timeout, BEGIN_SECONDS):
                    raise AltoTimeoutError(
                        f"The import {_id(import_)} has not begun after {waited:.0f} s. Its file is in S3: look "
                        "whether the split queue is behind, and wait again.",
                        code="import_not_begun",
                    )
                if job is not None and waited + poll > timeout:
                    raise AltoTimeoutError(
                        f"The import {job.id} is not finished after {timeout:g} s: {job.chunks_done} of "
                        f"{job.chunks_total} chunks are done. It continues; wait again.",
                        code="import_not_finished",
                    )
                await asyncio.sleep(poll)

    async def errors(
        self, import_: ImportJob | UUID | str, *, collection: str | None = None
    ) -> AsyncIterator[ErrorRecord]:
        """Iterate over the records that were not loaded, with their reasons, as they arrive from S3.

        Args:
            import_: The job, or its id.
            collection: The collection of an id; it is looked up if not given.

        Raises `AltoConflictError` before the job is completed; until then `.errors` of the job has the first ten.
        """
        job = await self.get(import_, collection=await self._located(import_, collection))
        if job.error_file_url is None and job.failed:
            raise AltoConflictError(
                f"The import is {job.state}: its error file is written when it is completed. Until then .errors "
                "has the first ten.",
                code="import_not_finished",
            )
        if job.error_file_url is not None:
            async for line in self._storage.lines(job.error_file_url):
                if line:
                    yield imports.read_error(json.loads(line))

    async def cancel(self, import_: ImportJob | UUID | str, *, collection: str | None = None) -> ImportJob:
        """Stop a job; the objects that it has stored stay.

        Args:
            import_: The job, or its id.
            collection: The collection of an id; it is looked up if not given.

        Raises `AltoConflictError` if it has ended.
        """
        return await self._transport.run(
            imports.control(_id(import_), await self._located(import_, collection), "cancel")
        )

    async def resume(self, import_: ImportJob | UUID | str, *, collection: str | None = None) -> ImportJob:
        """Continue a job that is failed, cancelled or incomplete; nothing is loaded twice.

        Args:
            import_: The job, or its id.
            collection: The collection of an id; it is looked up if not given.
        """
        return await self._transport.run(
            imports.control(_id(import_), await self._located(import_, collection), "resume")
        )

    async def retry(self, import_: ImportJob | UUID | str, *, collection: str | None = None) -> ImportJob:
        """Start a new job with the failed records of a completed one, once the cause is fixed.

        Args:
            import_: The completed job, or its id.
            collection: The collection of an id; it is looked up if not given.
        """
        return await self._transport.run(imports.retry(_id(import_), await self._located(import_, collection)))

    async def _begun(
        self, import_: ImportJob | UUID | str, collection: str | None, *, awaited: bool
    ) -> ImportJob | None:
        """The job, or None while S3 has not yet notified Alto of its file."""
        try:
            return await self.get(import_, collection=collection)
        except AltoNotFoundError as error:
            if awaited and error.code == "import_not_found":
                return None
            raise

    async def _located(self, import_: ImportJob | UUID | str, collection: str | None) -> str:
        """The collection of a job. For an id alone it is asked of Alto."""
        known = _collection(import_, collection)
        return (await self.get(import_)).collection if known is None else known

    async def _send_parts(self, upload: Upload, file: FileToUpload, show: Callable[[int], None]) -> None:
        """Send all parts and put them together. When that fails, S3 forgets them."""
        etags: list[str] = []
        try:
            for first in range(1, upload.count + 1, MOST_URLS):
                numbers = range(first, min(first + MOST_URLS, upload.count + 1))
                urls = upload.urls if first == 1 else await self._transport.run(upload.sign(numbers))

                async def send(number: int, urls: dict[int, str] = urls) -> str:
                    part = file.part((number - 1) * upload.part_bytes, upload.part_bytes)
                    try:
                        return await self._storage.put(urls[number], upload.headers, part, show)
                    except AltoAuthenticationError:
                        # A signed URL lives an hour, and no longer than the credentials that signed it.
                        fresh = await self._transport.run(upload.sign([number]))
                        return await self._storage.put(fresh[number], upload.headers, part, show)

                etags += await in_parallel(send, numbers, PARTS_AT_ONCE)
            await self._transport.run(upload.complete(etags))
        except BaseException:
            with suppress(AltoError):
                await self._transport.run(upload.abort())
            raise


def _id(import_: ImportJob | UUID | str) -> UUID:
    return import_.id if isinstance(import_, ImportJob) else parse_uuid(import_)


def _collection(import_: ImportJob | UUID | str, collection: str | None) -> str | None:
    return import_.collection if isinstance(import_, ImportJob) else collection
