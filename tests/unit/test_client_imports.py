"""Import jobs as the client reads them, from what the server itself says."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

import alto
from lambdas.imports.job import Job, JobState, Source
from tests.builders import NOW

SOURCE = Source(bucket="films", key="Film/films.jsonl", etag="e")


def answered(state: JobState) -> dict[str, Any]:
    job = Job(
        id=str(uuid4()), collection="Film", source=SOURCE, state=state, loaded=5, failed=2, created=NOW, updated=NOW
    )
    body: dict[str, Any] = json.loads(job.to_response(NOW).model_dump_json())
    return body


def client(*states: JobState) -> alto.AltoClient:
    left = iter(states)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answered(next(left))))
    return alto.AltoClient("http://localhost:1", transport=transport)


def test_a_jobs_counts_add_up() -> None:
    job = client(JobState.COMPLETED).imports.get(uuid4())

    assert (job.read, job.loaded, job.unchanged, job.failed) == (7, 5, 0, 2)
    assert (job.bucket, job.key, job.created) == ("films", "Film/films.jsonl", NOW)


@pytest.mark.parametrize("state", [JobState.COMPLETED, JobState.FAILED, JobState.INCOMPLETE, JobState.CANCELLED])
def test_waiting_ends_when_nothing_more_will_happen(state: JobState) -> None:
    job = client(JobState.SPLITTING, JobState.LOADING, state).imports.wait(uuid4(), poll=0)

    assert job.state == state


def test_waiting_has_an_end() -> None:
    with pytest.raises(alto.AltoTimeoutError, match="It goes on"):
        client(JobState.LOADING).imports.wait(uuid4(), timeout=0, poll=1)
