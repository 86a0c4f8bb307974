"""Counts chunks exactly once: the transactions that add a chunk to its job, or mark it as dead. Pure.

An item `chunk#...` means that a part is counted, `dead#...` that it is dead, `live#...` that it is being loaded. A part
is counted or dead, never both, and the counts of its job change in the transaction that writes or removes the item.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lambdas.jobs.chunk import Chunk, ChunkReport, Problem
from lambdas.jobs.dynamodb_items import attributes, chunk_key, job_key, names_in
from lambdas.jobs.job import Job
from lambdas.jobs.job_response import MAX_ERROR_FILES, MAX_FIRST_ERRORS

ABSENT = "attribute_not_exists(pk)"
PRESENT = "attribute_exists(pk)"


class Transactions:
    """The transactions of one table."""

    def __init__(self, table: str) -> None:
        self._table = table

    def create(self, job: Job, item: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Store a job and its entries in lists. Its first condition: no job has this id."""
        stored = job_key(job.id) | attributes(item)
        return [
            {"Put": {"TableName": self._table, "Item": stored, "ConditionExpression": ABSENT}},
            *({"Put": {"TableName": self._table, "Item": attributes(entry)}} for entry in entries),
        ]

    def count(
        self, job: Job, chunk: Chunk, report: ChunkReport, *, now: datetime, expires: int, was_dead: bool
    ) -> list[dict[str, Any]]:
        """Count a part. Its conditions, in order: it was never counted; the job exists; it is (not) dead."""
        item = {
            "start": chunk.start,
            "end": chunk.end,
            "read": report.read,
            "loaded": report.loaded,
            "unchanged": report.unchanged,
            "failed": report.failed,
            "updated": now.isoformat(),
            "expires": expires,
        }
        item |= {} if report.error_file is None else {"error_file": report.error_file}
        item |= {} if report.rest_start is None else {"rest_start": report.rest_start, "rest_line": report.rest_line}
        item |= {} if report.lines is None else {"lines": report.lines}
        item |= {} if chunk.batch is None else {"batch": chunk.batch.model_dump(mode="json")}
        dead = self._at(chunk_key(chunk, "dead"))
        return [
            {"Put": self._new(chunk_key(chunk), item)},
            {"Update": self._counts(job, report, now, was_dead=was_dead)},
            {"Delete": dead | {"ConditionExpression": PRESENT}}
            if was_dead
            else {"ConditionCheck": dead | {"ConditionExpression": ABSENT}},
            # From now on its records are in the job's own counts.
            {"Delete": self._at(chunk_key(chunk, "live"))},
        ]

    def mark_dead(self, chunk: Chunk, problem: Problem | None, *, now: datetime, expires: int) -> list[dict[str, Any]]:
        """Mark a part as dead. Its conditions, in order: it is not dead yet; the job exists; it was never counted."""
        item = {
            "chunk": chunk.model_dump(mode="json", exclude_none=True),
            "updated": now.isoformat(),
            "expires": expires,
        }
        item |= {} if problem is None else {"problem": problem.model_dump(mode="json")}
        return [
            {"Put": self._new(chunk_key(chunk, "dead"), item)},
            {"Update": self._add(chunk.job_id, {"chunks_dead": 1}, now)},
            {"ConditionCheck": self._at(chunk_key(chunk)) | {"ConditionExpression": ABSENT}},
        ]

    def revive(self, job: Job, chunk: Chunk, *, now: datetime) -> list[dict[str, Any]]:
        """Mark a dead part as pending. Its conditions, in order: it is dead; the job is still as given."""
        update = self._add(job.id, {"chunks_dead": -1}, now)
        update["ConditionExpression"] = "#state = :state AND #run = :run"
        update["ExpressionAttributeNames"] |= {"#state": "state", "#run": "run"}
        update["ExpressionAttributeValues"] |= attributes({":state": job.state.value, ":run": job.run})
        return [
            {"Delete": self._at(chunk_key(chunk, "dead")) | {"ConditionExpression": PRESENT}},
            {"Update": update},
        ]

    def _counts(self, job: Job, report: ChunkReport, now: datetime, *, was_dead: bool) -> dict[str, Any]:
        # A chunk is done when its last part is.
        numbers = {
            "chunks_done": int(report.rest_start is None),
            "loaded": report.loaded,
            "unchanged": report.unchanged,
            "failed": report.failed,
        } | ({"chunks_dead": -1} if was_dead else {})
        numbers |= {"passages": report.passages} if report.passages else {}
        lists: dict[str, list[Any]] = {}
        # Two loaders may both find room, so a list can grow a little beyond its bound; nothing else can.
        if report.first_errors and len(job.errors) < MAX_FIRST_ERRORS:
            lists["errors"] = [error.model_dump(mode="json") for error in report.first_errors]
        if report.error_file and len(job.error_files) < MAX_ERROR_FILES:
            lists["error_files"] = [report.error_file]
        return self._add(job.id, numbers, now, lists)

    def _add(
        self, job_id: str, numbers: Mapping[str, int], now: datetime, lists: Mapping[str, list[Any]] | None = None
    ) -> dict[str, Any]:
        sets = ["#updated = :updated", *(f"#{name} = list_append(#{name}, :{name})" for name in lists or {})]
        adds = [f"#{name} :{name}" for name in numbers]
        expression = f"SET {', '.join(sets)} ADD {', '.join(adds)}"
        given = {":updated": now.isoformat()} | {
            f":{name}": value for name, value in {**numbers, **(lists or {})}.items()
        }
        return self._at(job_key(job_id)) | {
            "UpdateExpression": expression,
            "ConditionExpression": PRESENT,
            "ExpressionAttributeNames": names_in(expression),
            "ExpressionAttributeValues": attributes(given),
        }

    def _new(self, key: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
        return {"TableName": self._table, "Item": key | attributes(item), "ConditionExpression": ABSENT}

    def _at(self, key: dict[str, Any]) -> dict[str, Any]:
        return {"TableName": self._table, "Key": key}
