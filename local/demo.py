"""The demo: imports the API documentation of AWS through S3, and searches it with questions in plain words.

At the end a model writes a text from the objects found, with its sources.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from alto.cli.search.ask_body import numbered
from local import aws_docs
from local.account import aws_client
from local.errors import LocalStackError
from local.running import RunningStack

COLLECTION = "AwsOperation"
KEY = f"{COLLECTION}/aws-operations.jsonl"
DEFINITION = {
    "name": COLLECTION,
    "description": "The operations of AWS's APIs, with their documentation.",
    "properties": [
        {"name": "service", "type": "text", "tokenization": "field"},
        {"name": "service_name", "type": "text"},
        {"name": "operation", "type": "text"},
        {"name": "title", "type": "text"},
        {"name": "documentation", "type": "text"},
    ],
    "vectors": {
        "default": {
            "vectorizer": "text2vec-aws",
            "service": "bedrock",
            "region": "us-east-1",
            "model": "amazon.titan-embed-text-v2:0",
            "dimensions": 512,
            "source_properties": ["title", "documentation"],
        }
    },
}
MODES = ("bm25", "near_text", "hybrid")
# Chosen so that one sees what each search is good at: the words of some results are not in the question, and what one
# search misses another finds.
QUESTIONS = (
    "how do I rotate an encryption key",
    "shut down a server but keep its disk",
    "restore a table to how it looked yesterday",
    "undo a failed update of my infrastructure",
    "hide a message from other readers for a while",
)
SHOWN = 3
# Asked at the end, of a model that the stage dev grants. The local one quotes; it does not write.
WRITER = "amazon.nova-lite-v1:0"
LAST_QUESTION = "How do I rotate an encryption key?"
FINAL_STATES = frozenset({"completed", "failed", "incomplete", "cancelled"})
SECONDS_BETWEEN_LOOKS = 0.5
# An import that reports nothing new for so long is given up.
SECONDS_OF_SILENCE = 180.0


def import_id(bucket: str, key: str, version: str) -> str:
    """The id of the import that S3's event of this object starts: computed by the writer of the object."""
    return str(uuid5(NAMESPACE_URL, f"s3://{bucket}/{key}#{version}"))


class Demo:
    """One run of the demo against a running stack. Raises LocalStackError when a step does not succeed."""

    def __init__(self, stack: RunningStack, console: Console, api: httpx.Client) -> None:
        """`api` sends requests to the stack's address."""
        self._stack = stack
        self._console = console
        self._api = api

    def run(self, services: Sequence[str] | None, *, fresh: bool = False) -> None:
        """Imports the operations of the services (None: of all) and asks the questions."""
        self._say(f"Alto is at {self._stack.url}")
        self.load(services, fresh=fresh)
        for question in QUESTIONS:
            self._ask(question)
        self._show_text(LAST_QUESTION)

    def load(self, services: Sequence[str] | None, *, fresh: bool = False) -> None:
        """Creates the collection and imports the operations."""
        self._create_collection(fresh)
        job, written = self._upload(services)
        self._follow(job, written)

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)

    def _call(self, method: str, path: str, body: object = None, *, expected: Sequence[int] = (200,)) -> Any:
        response = self._api.request(method, path, json=body)
        if response.status_code not in expected:
            raise LocalStackError(f"{method} {path} returned {response.status_code}: {response.text[:500]}")
        return response.json() if response.content else None

    def _create_collection(self, fresh: bool) -> None:
        if fresh:
            self._call("DELETE", f"/v1/collections/{COLLECTION}", expected=(204, 404))
        response = self._call("POST", "/v1/collections", DEFINITION, expected=(201, 409))
        kept = "error" in response
        self._say(
            f"Collection {COLLECTION}: {'there already, used as it is (--fresh starts again)' if kept else 'created'}"
        )

    def _upload(self, services: Sequence[str] | None) -> tuple[str, int]:
        """The id of the import job and the number of objects in the file."""
        s3 = aws_client("s3", self._stack.endpoint, self._stack.region)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "aws-operations.jsonl"
            written = aws_docs.write_jsonl(aws_docs.operations(services), path)
            self._say(
                f"Uploading the documentation of {written:,} AWS operations ({path.stat().st_size / 1e6:.1f} MB) "
                f"to s3://{self._stack.bucket}/{KEY}"
            )
            with path.open("rb") as file:
                written_object = s3.put_object(Bucket=self._stack.bucket, Key=KEY, Body=file)
        return import_id(
            self._stack.bucket, KEY, written_object.get("VersionId") or written_object["ETag"].strip('"')
        ), written

    def _follow(self, job_id: str, written: int) -> None:
        began = time.monotonic()
        with ImportProgress(self._console, written) as progress:
            job = self._wait_for_end(job_id, progress)
        counts, seconds = job["counts"], time.monotonic() - began
        if job["state"] != "completed":
            raise LocalStackError(f"import {job_id} ended as {job['state']!r}: {job['reason']}")
        if counts["failed"] or counts["loaded"] + counts["unchanged"] != written:
            raise LocalStackError(
                f"import {job_id} is completed, but its counts are {counts} for {written} records: {job['errors']}"
            )
        self._say(
            f"{written:,} objects are searchable after {seconds:.1f} s ({written / seconds:.0f}/s), "
            f"{counts['unchanged']:,} of them unchanged since the last run"
        )

    def _wait_for_end(self, job_id: str, progress: "ImportProgress") -> Any:
        last: object = None
        heard = time.monotonic()
        while True:
            job = self._call("GET", f"/v1/imports/{job_id}", expected=(200, 404))
            # The event needs a moment to arrive; until then the job does not exist.
            state = job.get("state")
            if state in FINAL_STATES:
                progress.show(job["counts"]["read"], state)
                return job
            if state:
                progress.show(job["counts"]["read"], state)
            moved = (state, job.get("counts"), job.get("chunks"))
            if moved != last:
                last, heard = moved, time.monotonic()
            if time.monotonic() - heard > SECONDS_OF_SILENCE:
                raise LocalStackError(
                    f"import {job_id} has not moved for {SECONDS_OF_SILENCE:g} s: {job}. Logs: {self._stack.logs}"
                )
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def _ask(self, question: str) -> None:
        columns = []
        for mode in MODES:
            body = {mode: {"query": question}, "limit": SHOWN, "return_properties": ["service", "operation"]}
            response = self._call("POST", f"/v1/collections/{COLLECTION}/search", body)
            names = [f"{hit['properties']['service']}:{hit['properties']['operation']}" for hit in response["objects"]]
            columns.append([f"{response['took_ms']} ms", *names, *[""] * (SHOWN - len(names))])
        table = Table(title=f'"{question}"', title_justify="left", title_style="bold", expand=False)
        for mode, column in zip(MODES, columns, strict=True):
            table.add_column(f"{mode} ({column[0]})", overflow="fold", min_width=28)
        for row in zip(*(column[1:] for column in columns), strict=True):
            table.add_row(*row)
        self._console.print()
        self._console.print(table)

    def _show_text(self, question: str) -> None:
        """The text that a model writes from the objects found, each statement with its source."""
        body = {
            "hybrid": {"query": question},
            "limit": 5,
            "return_properties": ["title"],
            "generate": {"grouped_task": question, "properties": ["title", "documentation"], "model": WRITER},
        }
        response = self._call("POST", f"/v1/collections/{COLLECTION}/generate", body)
        generated = response["generated"]
        if generated.get("error"):
            raise LocalStackError(f"No text was generated: {generated['error']}")
        text, sources = numbered(generated["text"], generated["citations"])
        titles = {hit["id"]: hit["properties"]["title"] for hit in response["objects"]}
        self._console.print()
        self._console.print(f'"{question}", from the {len(titles)} objects found:', style="bold", highlight=False)
        self._say(text)
        if not sources:
            self._say("  (No statement names a source.)")
        for number, source in enumerate(sources, 1):
            self._say(f"  [{number}] {titles[source['id']]} ({source['property']} of {source['id']})")


class ImportProgress:
    """A bar with rate and time left; without a terminal, a line for every tenth."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._began = time.monotonic()
        self._tenth = 0
        self._bar = (
            Progress(
                TextColumn("{task.description:<10}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=console,
            )
            if console.is_terminal
            else None
        )
        self._task = self._bar.add_task("waiting", total=total, rate="") if self._bar else None

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, read: int, state: str) -> None:
        seconds = time.monotonic() - self._began
        rate = f"{read / seconds:.0f}/s" if seconds else ""
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=read, description=state, rate=rate)
        elif read * 10 // max(self._total, 1) > self._tenth:
            self._tenth = read * 10 // self._total
            self._console.print(f"  {read:>6,} of {self._total:,}  {rate}", highlight=False)


def next_step(stack: RunningStack, *, stays: bool) -> str:
    """Say how to look at the collection of the demo in a browser."""
    look = f"alto ui --url {stack.url}"
    if stays:
        return f"\nSearch, compare and judge it in a browser: {look}"
    port = httpx.URL(stack.url).port
    return (
        "\nAlto stops now and keeps these data. To search, compare and judge them in a browser, run it again with\n"
        f'  make up ARGS="--port {port}"\nand in another terminal\n  {look}'
    )
