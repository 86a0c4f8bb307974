"""Imports from the command line: sending a file, following it, and how it ends."""

import gzip
import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alto.cli.imports.following import duration, progress_text
from alto.compatibility import UTC
from tests.command_line import STORAGE, alto, error, let_time_pass, reply

ID = "0f0cdfc8-90e3-4a3e-8f0e-0f6f7e3f4f11"
NEW_ID = "9b0cdfc8-90e3-4a3e-8f0e-0f6f7e3f4f22"
FIRST_ERROR = {"chunk": 0, "line_start_byte": 17, "code": "invalid_object", "message": "year: '2009' is not an int."}
LINE = {
    "location": {"key": "Film/a.jsonl", "chunk": 0, "line_start_byte": 17},
    "id": None,
    "code": "invalid_object",
    "message": "year: '2009' is not an int.",
    "record": {"year": "2009"},
}
UPLOAD = {
    "method": "PUT",
    "url": f"{STORAGE}/alto/Film/uploads/{ID}/films.jsonl?X-Amz-Signature=s3cret",
    "headers": {"x-amz-meta-alto-import-id": ID},
    "expires": "2026-01-01T00:00:00Z",
}


def job(state: str = "completed", *, read: int = 10, failed: int = 0, **changes: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "state": state,
        "reason": None,
        "collection": "Film",
        "bucket": "alto",
        "key": f"Film/uploads/{ID}/films.jsonl",
        "size": 100,
        "counts": {"read": read, "loaded": read - failed, "unchanged": 0, "failed": failed},
        "chunks": {"total": 2, "done": 1, "dead": 0},
        "errors": [FIRST_ERROR] if failed else [],
        "error_files": [],
        "error_file": None,
        "error_file_url": f"{STORAGE}/errors?X-Amz-Signature=s3cret" if failed and state == "completed" else None,
        "progress": {"records_per_second": 5.0, "done_share": 0.5, "estimated_end": None},
        "problem": None,
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:02:00Z",
    } | changes


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def films(tmp_path: Path) -> Path:
    file = tmp_path / "films.jsonl"
    file.write_bytes(b'{"title": "Up"}\n' * 50_000)
    return file


STARTED = reply({"id": ID, "upload": UPLOAD}, 202)
STORED = httpx.Response(200)


def test_a_file_is_sent_to_where_alto_says_and_followed_to_its_end(films: Path) -> None:
    replies = (
        STARTED,
        STORED,
        error(404, "import_not_found"),
        reply(job("splitting", read=0)),
        reply(job("loading")),
        reply(job()),
    )

    done = alto("import", str(films), "--collection", "Film", "--follow", replies=replies)

    assert done.code == 0
    assert done.out == f"{ID}\tFilm\tcompleted\t10\t10\t0\t0\tfilms.jsonl\t2026-01-01 00:00\n"
    size = films.stat().st_size
    assert done.server.body(0) == {"file_name": "films.jsonl", "file_size": size}
    sent = done.server.asked[1]
    assert (sent.method, str(sent.url)) == ("PUT", UPLOAD["url"])
    assert sent.headers["x-amz-meta-alto-import-id"] == ID
    assert sent.headers["content-length"] == str(size)
    assert "transfer-encoding" not in sent.headers
    assert sent.content == films.read_bytes()
    assert done.server.paths[2:] == [f"GET /v1/collections/Film/imports/{ID}"] * 4
    assert "waiting for S3 to announce the file" in done.err


def test_without_follow_the_id_is_all_that_is_printed(films: Path) -> None:
    done = alto("import", str(films), "-c", "Film", replies=(STARTED, STORED))
    as_json = alto("import", str(films), "-c", "Film", "--json", replies=(STARTED, STORED))

    assert (done.code, done.out) == (0, f"{ID}\n")
    assert f"alto imports follow {ID}" in done.err
    assert json.loads(as_json.out) == {"id": ID, "job": None}


def test_an_object_in_s3_is_imported_where_it_is() -> None:
    started = reply({"id": ID, "job": job("splitting")}, 202)

    done = alto("import", "s3://mine/films.csv", "-c", "Film", "--delimiter", ";", "--repeat", replies=(started,))

    assert done.server.body() == {
        "source": "s3://mine/films.csv",
        "options": {"csv": {"delimiter": ";"}},
        "repeat": True,
    }


def test_a_large_file_is_sent_in_parts(films: Path) -> None:
    parts = [{"number": number, "url": f"{STORAGE}/part{number}?X-Amz-Signature=s3cret"} for number in (1, 2)]
    size = films.stat().st_size
    told = {"upload_id": "u", "part_bytes": size // 2, "count": 2, "urls": parts}
    upload = {"method": "PUT", "url": None, "headers": {}, "expires": UPLOAD["expires"], "parts": told}
    stored = httpx.Response(200, headers={"etag": '"1"'})
    replies = (reply({"id": ID, "upload": upload}, 202), stored, stored, reply({"id": ID}))

    done = alto("import", str(films), "-c", "Film", replies=replies)

    assert (done.code, done.out) == (0, f"{ID}\n")
    assert sorted(each.url.path for each in done.server.asked[1:3]) == ["/part1", "/part2"]
    assert sorted(len(each.content) for each in done.server.asked[1:3]) == [size // 2] * 2
    assert done.server.paths[3] == f"POST /v1/collections/Film/imports/{ID}/upload/complete"
    assert done.server.body(3)["etags"] == ['"1"', '"1"']


def test_what_is_piped_in_is_sent_whole() -> None:
    text = '{"title": "Up"}\n{"title": "Alien"}\n'

    done = alto("import", "-", "-c", "Film", stdin=text, replies=(STARTED, STORED))

    assert done.server.body(0) == {
        "options": {"format": "jsonl"},
        "file_name": "stdin.jsonl",
        "file_size": len(text),
    }
    assert done.server.asked[1].content.decode() == text


def test_a_broken_upload_is_sent_again_from_the_beginning(films: Path) -> None:
    replies = (STARTED, httpx.WriteError("broken pipe"), httpx.Response(503, text="<Code>SlowDown</Code>"), STORED)

    done = alto("import", str(films), "-c", "Film", replies=replies)

    assert done.code == 0
    assert [len(each.content) for each in done.server.asked[1:]] == [films.stat().st_size] * 3


@pytest.mark.parametrize(
    ("refusals", "code", "says"),
    [
        ((httpx.Response(403, text="<Error><Code>AccessDenied</Code></Error>"),), 1, "[AccessDenied]"),
        ((httpx.ConnectError("refused"),) * 4, 4, "S3: the connection broke (ConnectError)"),
    ],
)
def test_an_upload_that_fails_says_that_nothing_is_imported(
    films: Path, refusals: tuple[Any, ...], code: int, says: str
) -> None:
    done = alto("import", str(films), "-c", "Film", replies=(STARTED, *refusals))

    assert done.code == code
    assert says in done.err
    assert "Nothing is imported" in done.err
    assert "s3cret" not in done.err


def test_a_file_that_is_not_there_is_named_and_nothing_is_asked() -> None:
    done = alto("import", "nowhere.jsonl", "-c", "Film")

    assert (done.code, done.server.paths) == (1, [])
    assert done.err == "Error: nowhere.jsonl: No such file or directory\n"


def test_records_that_failed_end_with_3_and_are_named_and_saved(films: Path, tmp_path: Path) -> None:
    ended = reply(job(failed=1))
    file = httpx.Response(200, content=json.dumps(LINE).encode() + b"\n")
    saved = tmp_path / "failed.jsonl"

    named = alto("import", str(films), "-c", "Film", "-f", replies=(STARTED, STORED, ended))
    kept = alto("imports", "follow", ID, "--errors", str(saved), replies=(ended, ended, file))

    assert (named.code, kept.code) == (3, 3)
    assert "record at 17: year: '2009' is not an int. [invalid_object]" in named.err
    assert f"alto imports errors {ID} --output" in named.err
    assert f"alto imports retry {ID} --follow" in named.err
    assert json.loads(saved.read_text()) == LINE
    assert f"1 failed records are in {saved}" in kept.err
    assert "s3cret" not in named.out + named.err + kept.err


@pytest.mark.parametrize("state", ["failed", "incomplete", "cancelled"])
def test_an_import_that_did_not_complete_says_why_and_how_to_go_on(state: str) -> None:
    done = alto("imports", "follow", ID, replies=(reply(job(state, reason="The collection is missing.")),))

    ended = "failed" if state == "failed" else f"is {state}"
    assert done.code == 1
    assert (
        f"The import {ended}: The collection is missing. To continue once it is fixed: alto imports resume {ID}"
        in done.err
    )


def test_an_import_continues_after_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupt)
    left = alto("imports", "follow", ID, replies=(reply(job("loading")),))

    assert left.code == 130
    assert f"To follow it again: alto imports follow {ID}" in left.err
    assert f"alto imports cancel {ID}" in left.err


def test_a_file_that_never_arrives_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    let_time_pass(monkeypatch, 100, "alto.cli.imports.following")

    done = alto("imports", "follow", ID, replies=(error(404, "import_not_found"),) * 30)

    assert done.code == 1
    assert "[import_not_found]" in done.err


def test_imports_are_listed_and_shown() -> None:
    listed = alto("imports", "list", "-n", "5", replies=(reply({"imports": [job()], "next": None}),))
    shown = alto("imports", "show", ID, replies=(reply(job("failed", reason="It is gone.")),))

    assert listed.out == f"{ID}\tFilm\tcompleted\t10\t10\t0\t0\tfilms.jsonl\t2026-01-01 00:00\n"
    assert listed.server.paths == ["GET /v1/imports?limit=5"]
    assert "reason\tIt is gone.\n" in shown.out


def test_imports_are_cancelled_resumed_and_retried() -> None:
    cancelled = alto("imports", "cancel", ID, "-c", "Film", replies=(reply(job("cancelled")),))
    resumed = alto("imports", "resume", ID, "-c", "Film", "--follow", replies=(reply(job("loading")), reply(job())))
    retried = alto("imports", "retry", ID, "-c", "Film", replies=(reply({"id": NEW_ID, "job": job()}, 202),))
    refused = alto("imports", "retry", ID, "-c", "Film", replies=(error(409, "conflict"),))

    assert cancelled.server.paths == [f"POST /v1/collections/Film/imports/{ID}/cancel"]
    assert resumed.server.paths == [
        f"POST /v1/collections/Film/imports/{ID}/resume",
        f"GET /v1/collections/Film/imports/{ID}",
    ]
    assert retried.server.paths == [f"POST /v1/collections/Film/imports/{ID}/retry"]
    assert (cancelled.code, resumed.code, retried.code, refused.code) == (0, 0, 0, 1)
    assert retried.out == f"{NEW_ID}\n"


def test_the_collection_of_an_import_is_looked_up_unless_it_is_given() -> None:
    cancelled = alto("imports", "cancel", ID, replies=(reply(job("loading")), reply(job("cancelled"))))
    listed = alto("imports", "list", "-c", "Film", replies=(reply({"imports": [], "next": None}),))

    assert cancelled.server.paths == [f"GET /v1/imports/{ID}", f"POST /v1/collections/Film/imports/{ID}/cancel"]
    assert listed.server.paths == ["GET /v1/collections/Film/imports?limit=20"]


def test_failed_records_are_json_lines() -> None:
    file = httpx.Response(200, content=(json.dumps(LINE) + "\n").encode() * 2)

    done = alto("imports", "errors", ID, "-c", "Film", replies=(reply(job(failed=2)), file))
    none = alto("imports", "errors", ID, "-c", "Film", replies=(reply(job()),))
    early = alto("imports", "errors", ID, "-c", "Film", replies=(reply(job("loading", failed=2)),))

    assert [json.loads(line) for line in done.out.splitlines()] == [LINE, LINE]
    assert (none.code, none.out, none.err) == (0, "", "No record failed.\n")
    assert early.code == 1
    assert f"alto imports show {ID}" in early.err


def test_an_id_that_is_none_is_wrong_usage() -> None:
    assert alto("imports", "show", "seven").code == 2


def test_progress_says_counts_rate_time_left_and_what_holds_it_back() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    under_way = job(
        "loading",
        read=12_000,
        failed=3,
        progress={
            "records_per_second": 812.4,
            "done_share": 0.5,
            "estimated_end": (now + timedelta(seconds=150)).isoformat(),
        },
        problem={"code": "model_throttled"},
    )

    assert (
        progress_text(under_way, now)
        == "loading, 12,000 read, 3 failed, 812/s, 2 min left, held back by model_throttled"
    )
    assert progress_text(job("splitting", read=0), now) == "splitting, 0 read"


@pytest.mark.parametrize(("seconds", "text"), [(-3, "0 s"), (59.4, "59 s"), (60, "1 min"), (5400, "1.5 h")])
def test_a_duration_has_the_unit_that_fits(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_compressed_file_is_sent_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "films.jsonl.gz"
    file.write_bytes(gzip.compress(b'{"title": "Up"}\n'))

    done = alto("import", str(file), "-c", "Film", replies=(STARTED, STORED))

    assert done.server.asked[1].content == file.read_bytes()
    assert "content-encoding" not in done.server.asked[1].headers
