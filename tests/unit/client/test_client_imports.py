"""Import jobs as the client reads them, from what the server itself says."""

import dataclasses
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

import alto
from alto.classes.imports import ImportOptions
from lambdas.imports.import_service import ImportBody
from lambdas.jobs.chunk import Source
from lambdas.jobs.job import Job, JobState
from lambdas.jobs.job_response import response_of
from tests.builders import NOW

SOURCE = Source(bucket="films", key="Film/films.jsonl", etag="e")


def answered(state: JobState) -> dict[str, Any]:
    job = Job(
        id=str(uuid4()), collection="Film", source=SOURCE, state=state, loaded=5, failed=2, created=NOW, updated=NOW
    )
    body: dict[str, Any] = json.loads(response_of(job, NOW).model_dump_json())
    return body


MISSING = httpx.Response(404, json={"error": {"code": "import_not_found", "message": "It does not exist."}})


def serving(*responses: httpx.Response) -> tuple[alto.AltoClient, list[httpx.Request]]:
    """A client of a server that gives these responses in turn, and what it was asked."""
    left = iter(responses)
    asked: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return next(left)

    return alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(respond)), asked


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
    with pytest.raises(alto.AltoTimeoutError, match="It continues"):
        client(JobState.LOADING).imports.wait(uuid4(), timeout=0, poll=1)


def test_waiting_tells_of_each_look_at_the_job() -> None:
    seen: list[str] = []

    client(JobState.SPLITTING, JobState.LOADING, JobState.COMPLETED).imports.wait(
        uuid4(), poll=0, progress=lambda job: seen.append(job.state)
    )

    assert seen == ["splitting", "loading", "completed"]


def test_waiting_draws_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")

    client(JobState.LOADING, JobState.COMPLETED).imports.wait(uuid4(), poll=0, progress=True)

    assert "completed: 7 read, 2 failed" in capsys.readouterr().out


def just_uploaded(asked: alto.AltoClient) -> Any:
    job = asked.imports.get(uuid4())
    return dataclasses.replace(job, state="uploaded")


def test_a_file_that_was_just_uploaded_is_waited_for_until_alto_knows_it() -> None:
    loading = httpx.Response(200, json=answered(JobState.LOADING))
    done = httpx.Response(200, json=answered(JobState.COMPLETED))
    asked, requests = serving(loading, MISSING, MISSING, done)

    job = asked.imports.wait(just_uploaded(asked), poll=0)

    assert (job.state, len(requests)) == ("completed", 4)


def test_a_file_that_alto_never_hears_of_is_not_waited_for_forever() -> None:
    asked, _ = serving(httpx.Response(200, json=answered(JobState.LOADING)), MISSING)

    with pytest.raises(alto.AltoTimeoutError, match="has not begun") as caught:
        asked.imports.wait(just_uploaded(asked), timeout=0, poll=1)

    assert caught.value.code == "import_not_begun"


def test_an_id_that_is_not_known_is_not_waited_for() -> None:
    with pytest.raises(alto.AltoNotFoundError):
        serving(MISSING)[0].imports.wait(uuid4())


def test_all_jobs_come_page_by_page() -> None:
    jobs = [answered(JobState.COMPLETED) for _ in range(3)]
    asked, requests = serving(
        httpx.Response(200, json={"imports": jobs[:2], "next": "x"}),
        httpx.Response(200, json={"imports": jobs[2:], "next": None}),
    )

    assert [str(job.id) for job in asked.imports.list_all()] == [job["id"] for job in jobs]
    assert [request.url.params.get("after") for request in requests] == [None, "x"]


def test_jobs_are_started_cancelled_resumed_and_tried_again() -> None:
    job = answered(JobState.LOADING)
    started = httpx.Response(202, json={"id": job["id"], "job": job, "upload": None})
    steered = [httpx.Response(200, json=job) for _ in range(2)]
    asked, requests = serving(started, *steered, httpx.Response(202, json={"id": job["id"], "job": job}))

    begun = asked.imports.from_s3("s3://bucket/films.csv", collection="Film", options=ImportOptions(columns=["title"]))
    asked.imports.cancel(begun)
    asked.imports.resume(str(begun.id), collection="Film")
    again = asked.imports.retry(begun.id, collection="Film")

    assert begun == again
    assert [f"{request.method} {request.url.path}" for request in requests] == [
        "POST /v1/collections/Film/imports",
        f"POST /v1/collections/Film/imports/{job['id']}/cancel",
        f"POST /v1/collections/Film/imports/{job['id']}/resume",
        f"POST /v1/collections/Film/imports/{job['id']}/retry",
    ]
    body = json.loads(requests[0].content)
    assert body == {
        "source": "s3://bucket/films.csv",
        "repeat": False,
        "options": {"csv": {"columns": ["title"]}},
    }
    ImportBody.model_validate(body)


def error_line(number: int) -> bytes:
    """As the server writes it, with characters at which some readers of lines stop."""
    line = {
        "location": {"key": "Film/films.jsonl", "chunk": 0, "line_start_byte": number},
        "id": None,
        "code": "invalid_object",
        "message": "It is so.",
        "details": [{"field": "year", "message": "is not a number"}],
        "record": {"title": f"\u2028 {number} \x85"},
        "record_is_cut": False,
    }
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def test_the_collection_of_an_id_is_looked_up_unless_it_is_given() -> None:
    job = answered(JobState.LOADING)
    asked, requests = serving(*(httpx.Response(200, json=job) for _ in range(5)))

    asked.imports.cancel(job["id"])
    asked.imports.get(job["id"], collection="Film")
    asked.imports.get(asked.imports.get(job["id"]))

    assert [f"{request.method} {request.url.path}" for request in requests] == [
        f"GET /v1/imports/{job['id']}",
        f"POST /v1/collections/Film/imports/{job['id']}/cancel",
        f"GET /v1/collections/Film/imports/{job['id']}",
        f"GET /v1/imports/{job['id']}",
        f"GET /v1/collections/Film/imports/{job['id']}",
    ]


def test_every_failed_record_is_read_from_the_error_file() -> None:
    url = "https://s3.test/errors?X-Amz-Signature=secret"
    job = answered(JobState.COMPLETED) | {"error_file_url": url}
    asked, requests = serving(
        httpx.Response(200, json=job),
        httpx.Response(200, content=b"".join(error_line(number) for number in range(300))),
    )

    records = list(asked.imports.errors(job["id"], collection="Film"))

    assert [record.record["title"] for record in records] == [f"\u2028 {number} \x85" for number in range(300)]
    assert records[7].place == {"key": "Film/films.jsonl", "chunk": 0, "line_start_byte": 7}
    assert records[7].details == [{"field": "year", "message": "is not a number"}]
    assert str(requests[1].url) == url


def test_the_signed_address_of_the_error_file_is_in_no_repr() -> None:
    job = answered(JobState.COMPLETED) | {"error_file_url": "https://s3.test/errors?X-Amz-Signature=secret"}

    assert "secret" not in repr(serving(httpx.Response(200, json=job))[0].imports.get(job["id"]))


def test_an_unfinished_error_file_says_so_and_none_is_empty() -> None:
    loading = answered(JobState.LOADING)
    clean = answered(JobState.COMPLETED)
    clean["counts"]["failed"] = 0

    with pytest.raises(alto.AltoConflictError, match="first ten"):
        list(serving(httpx.Response(200, json=loading))[0].imports.errors(loading["id"], collection="Film"))
    assert list(serving(httpx.Response(200, json=clean))[0].imports.errors(clean["id"], collection="Film")) == []


def test_an_error_file_that_has_expired_is_an_error() -> None:
    job = answered(JobState.COMPLETED) | {"error_file_url": "https://s3.test/errors?X-Amz-Signature=secret"}
    gone = httpx.Response(403, text="<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")

    with pytest.raises(alto.AltoAuthenticationError, match="Request has expired") as caught:
        list(serving(httpx.Response(200, json=job), gone)[0].imports.errors(job["id"], collection="Film"))

    assert "secret" not in str(caught.value)


OUTAGE = httpx.Response(503, json={"message": "Service Unavailable"})


def test_waiting_survives_an_outage_of_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    loading, completed = (httpx.Response(200, json=answered(state)) for state in (JobState.LOADING, JobState.COMPLETED))
    api, asked = serving(loading, *([OUTAGE] * 4 * 30), completed)

    assert api.imports.wait(uuid4(), poll=0).state == "completed"
    assert len(asked) == 122


def test_waiting_through_an_outage_without_end_names_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    api, _ = serving(*([OUTAGE] * 4))
    import_id = uuid4()

    with pytest.raises(alto.AltoServerError, match=f"The import {import_id} continues"):
        api.imports.wait(import_id, timeout=0, poll=1)


def test_waiting_ends_at_once_for_an_error_that_is_no_outage() -> None:
    api, asked = serving(httpx.Response(403, json={"message": "Forbidden"}))

    with pytest.raises(alto.AltoAuthenticationError):
        api.imports.wait(uuid4(), poll=0)
    assert len(asked) == 1


def test_an_import_may_have_an_idempotency_key() -> None:
    api, asked = serving(httpx.Response(202, json={"id": str(uuid4()), "job": answered(JobState.SPLITTING)}))

    api.imports.from_s3("s3://films/a.csv", collection="Film", repeat=True, idempotency_key="load-7")

    assert asked[0].headers["idempotency-key"] == "load-7"


def test_every_option_of_a_file_is_one_of_the_server() -> None:
    options = ImportOptions(
        format="json",
        delimiter=";",
        quote="'",
        quoting="minimal",
        escape="\\",
        encoding="latin-1",
        skip_lines=1,
        columns=["a"],
    )

    request = ImportBody.model_validate({"source": "s3://films/b", "options": options.to_api()})

    assert request.options.model_dump(exclude_unset=True, mode="json") == options.to_api()
