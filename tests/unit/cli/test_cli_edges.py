"""The command line at its edges: outages, closed streams, Ctrl-C, keys, errors in its own words, narrow terminals."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.testing

from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import json_of
from alto.cli.imports.following import PATIENCE_SECONDS
from alto.cli.terminal.messages import option_of, sentence_of
from alto.errors import AltoConfigurationError, AltoError, ErrorDetail
from tests.command_line import alto, error, let_time_pass, reply

ROOT = Path(__file__).parents[3]
SNAPSHOTS = Path(__file__).parent / "snapshots"
ID = "0f0cdfc8-90e3-4a3e-8f0e-0f6f7e3f4f11"
ID_OF_HIT = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


def job(state: str = "completed", **changes: Any) -> dict[str, Any]:
    return {
        "id": ID,
        "state": state,
        "reason": None,
        "collection": "Film",
        "bucket": "alto-imports-123456789012-eu-west-1",
        "key": f"Film/uploads/{ID}/films-of-the-last-century.jsonl",
        "size": 1_234_567,
        "counts": {"read": 12_345, "loaded": 12_340, "unchanged": 3, "failed": 2},
        "chunks": {"total": 20, "done": 7, "dead": 1},
        "errors": [
            {"chunk": 0, "line_start_byte": 17, "code": "invalid_object", "message": "year: '2009' is not an int."}
        ],
        "error_files": [],
        "error_file": None,
        "error_file_url": None,
        "progress": {"records_per_second": 812.4, "done_share": 0.35, "estimated_end": "2026-01-01T00:05:00Z"},
        "problem": {"code": "model_throttled", "message": "Bedrock throttles cohere.embed-v4:0 in eu-west-1."},
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:02:00Z",
    } | changes


@pytest.fixture(autouse=True)
def _no_waiting_and_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


@pytest.fixture
def minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock is a minute later."""
    let_time_pass(monkeypatch, 60, "alto.cli.imports.following", "alto.cli.terminal.progress")


OUTAGES: list[Any] = [
    httpx.Response(503, json={"message": "Service Unavailable"}),
    httpx.Response(502, text="<html>bad gateway</html>"),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("late"),
]


@pytest.mark.parametrize("outage", OUTAGES, ids=["503", "502", "refused", "timeout"])
def test_following_survives_minutes_of_outage(outage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    let_time_pass(monkeypatch, 8, "alto.cli.imports.following")
    replies = (reply(job("loading")), *([outage] * 4 * 10), reply(job(errors=[])))

    done = alto("imports", "follow", ID, "--json", replies=replies)

    assert done.code == 3
    assert json.loads(done.out)["state"] == "completed"


def test_an_outage_is_shown_while_it_lasts(minutes: None) -> None:
    replies = (reply(job("loading")), *([OUTAGES[2]] * 4), reply(job()))

    done = alto("imports", "follow", ID, replies=replies)

    assert "Import: no response, trying again" in done.err


@pytest.mark.parametrize("outage", OUTAGES, ids=["503", "502", "refused", "timeout"])
def test_an_outage_without_end_names_the_job_and_ends_with_4(outage: Any, minutes: None) -> None:
    # Four attempts of the client a minute, and some more.
    most = int(PATIENCE_SECONDS / 60 + 10) * 4

    done = alto("imports", "follow", ID, replies=(reply(job("loading")), *([outage] * most)))

    assert done.code == 4
    assert f"The import {ID} continues. To follow it again: alto imports follow {ID}" in done.err


def test_a_lost_permission_ends_at_once_and_names_the_job() -> None:
    done = alto("imports", "follow", ID, replies=(reply(job("loading")), error(403, "forbidden")))

    assert done.code == 1
    assert f"alto imports follow {ID}" in done.err


@pytest.mark.parametrize(
    ("command", "status", "code", "message", "says"),
    [
        (
            ("collections", "show", "Nope"),
            404,
            "collection_not_found",
            "There is no collection 'Nope'. Create it with POST /v1/collections.",
            "The collection 'Nope' does not exist.",
        ),
        (
            ("imports", "show", ID),
            404,
            "import_not_found",
            f"There is no import '{ID}'. Jobs are forgotten after 90 days.",
            "`alto imports list` shows the imports.",
        ),
        (
            ("imports", "resume", ID, "-c", "Film"),
            409,
            "conflict",
            "It is loading. POST /v1/collections/Film/imports/x/resume works at its end.",
            "It is loading. `alto imports resume ID` works at its end.",
        ),
        (
            ("search", "Film", "a"),
            400,
            "invalid_request",
            "'limit' must be at most 1000.",
            "--limit must be at most 1000.",
        ),
    ],
)
def test_errors_speak_of_options_and_commands(
    command: tuple[str, ...], status: int, code: str, message: str, says: str
) -> None:
    body = {"error": {"code": code, "message": message, "details": [], "request_id": "req-1"}}

    done = alto(*command, replies=(reply(body, status),))

    assert says in done.err
    assert done.err.count("\n") == 1
    assert not any(word in done.err for word in ("POST ", "GET ", "/v1/", "HTTP", "alto.util"))


def test_a_detail_that_the_message_repeats_is_printed_once() -> None:
    repeated = AltoError(
        "'limit' must be at most 1000.", status=400, details=(ErrorDetail("limit", "must be at most 1000"),)
    )
    other = AltoError("The search is wrong.", status=400, details=(ErrorDetail("hybrid.alpha", "must be 0 to 1"),))

    assert sentence_of(repeated) == "--limit must be at most 1000. [client_error]"
    assert sentence_of(other) == "The search is wrong. --alpha: must be 0 to 1 [client_error]"


def test_advice_for_programs_is_left_out() -> None:
    message = "uuid: 'isbn-1' is not a UUID; give an id of your own as key='isbn-1'"

    assert sentence_of(AltoConfigurationError(message)) == "ID: 'isbn-1' is not a UUID."
    assert option_of("bm25.properties") == "--in"


@pytest.mark.parametrize(
    ("command", "replies", "expected"),
    [
        (("collections", "show", "Nope", "--json"), (error(404, "collection_not_found"),), ("collection_not_found", 1)),
        (("search", "Film", "a", "--json"), (httpx.ConnectError("refused"),) * 4, ("no_connection", 4)),
        (("imports", "show", "x", "--json"), (), ("client_error", 2)),
        (("import", "nowhere.csv", "-c", "A", "--errors", "e", "--json"), (), ("usage", 2)),
        (("search", "Film", "a", "--limit", "x", "--json"), (), ("usage", 2)),
        (("search", "Film", "--json"), (), ("usage", 2)),
        (("searh", "Film", "--json"), (), ("usage", 2)),
        (("imports", "list", "--no-such", "--json"), (), ("usage", 2)),
    ],
)
def test_errors_are_json_with_json(command: tuple[str, ...], replies: Any, expected: tuple[str, int]) -> None:
    done = alto(*command, replies=replies)

    body = json.loads(done.err)["error"]
    assert (body["code"], body["exit_code"], done.code) == (*expected, expected[1])
    assert body["message"]
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--limit", "x"), "expected a whole number"),
        (("--limit", "0"), "must be at least 1"),
        (("--alpha", "7"), "must be at most 1"),
        (("--alpha", "x"), "expected a number"),
        (("--mode", "x"), "'x' is not one of 'hybrid', 'bm25', 'near-text', 'near-object'"),
        (("--fuzziness", "5"), "'5' is not one of 'auto', '0', '1', '2'"),
        (("--no-such", "5"), "--no-such"),
    ],
)
def test_an_error_of_usage_is_printed_once_in_plain_words(arguments: tuple[str, ...], says: str) -> None:
    done = alto("search", "Film", "a", *arguments)

    assert done.code == 2
    assert done.err.count(says) == 1
    assert not [word for word in ("Input should", "Value error", "unable to") if word in done.err]


@pytest.mark.parametrize("command", [(), ("collections",), ("search",), ("imports", "follow"), ("up",)])
def test_short_and_long_help_are_the_same(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    short, long = alto(*command, "-h"), alto(*command, "--help")

    assert (short.code, short.out) == (0, long.out)
    assert "Usage: " in short.out


@pytest.mark.parametrize("name", ["up", "demo", "status", "down"])
def test_local_commands_outside_a_checkout_have_help(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    assert alto(name, "--help").code == 0
    assert alto(name).code == 1


def test_options_of_the_connection_may_stand_before_the_command() -> None:
    empty = reply({"collections": []})

    before = alto("--url", "http://127.0.0.1:9", "collections", "list", replies=(empty,), ALTO_URL="http://127.0.0.1:8")
    both = alto("--url", "http://127.0.0.1:9", "collections", "list", "--url", "http://127.0.0.1:7", replies=(empty,))

    assert before.server.asked[0].url.port == 9
    assert both.server.asked[0].url.port == 7


@pytest.mark.parametrize("verb", ["get", "delete"])
def test_an_object_is_found_by_its_key(verb: str) -> None:
    done = alto("objects", verb, "film", "isbn-1", "--key", replies=(reply({"id": "x"}),))

    plain = alto("objects", verb, "film", "isbn-1", replies=(reply({"id": "x"}),))

    assert done.server.paths == plain.server.paths
    assert done.server.paths[0].endswith("/v1/collections/film/objects/by-key?key=isbn-1")


def test_records_whose_ids_are_keys_name_the_option() -> None:
    failed = [{"chunk": 0, "line_start_byte": 0, "code": "invalid_object", "message": "id: 'a' is not a UUID."}]

    done = alto("imports", "follow", ID, replies=(reply(job(errors=failed)),))

    assert "--any-ids" in done.err


def run(command: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"ALTO_URL": "http://127.0.0.1:9"}
    program = command.replace("alto ", f"{sys.executable} -m alto ")
    return subprocess.run(["bash", "-c", program], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("alto collections list >&-", "Error: standard output is closed.\n"),
        ("alto import - -c Film <&-", "Error: - reads standard input, which is closed.\n"),
        ("alto collections create A --file - <&-", "Error: - reads standard input, which is closed.\n"),
    ],
)
def test_a_closed_stream_is_an_error_and_not_a_traceback(command: str, says: str) -> None:
    done = run(command)

    assert done.returncode in {1, 2}
    assert done.stderr == says


def test_a_pipe_of_the_shell_is_read_once_and_sent_whole(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = '{"title": "Up"}\n' * 1000
    writer = subprocess.Popen([sys.executable, "-c", f"open({str(pipe)!r}, 'w').write({text!r})"])
    upload = {"method": "PUT", "url": "http://127.0.0.1:4566/a", "headers": {}, "expires": "2026-01-01T00:00:00Z"}

    done = alto(
        "import", str(pipe), "-c", "Film", replies=(reply({"id": ID, "upload": upload}, 202), httpx.Response(200))
    )

    assert writer.wait() == 0
    assert done.code == 0
    assert done.server.asked[1].content.decode() == text


def test_the_dialect_of_a_csv_file_is_sent() -> None:
    options = ("--quoting", "none", "--escape", "\\", "--encoding", "latin-1", "--skip-lines", "1")

    done = alto("import", "s3://a/b.csv", "-c", "Film", *options, replies=(reply({"id": ID}, 202),))

    assert done.server.body()["options"]["csv"] == {
        "quoting": "none",
        "escape": "\\",
        "encoding": "latin-1",
        "skip_lines": 1,
    }


def page(numbers: range, *, last: bool = False) -> httpx.Response:
    objects = [{"id": f"00000000-0000-0000-0000-{number:012}", "properties": {"n": number}} for number in numbers]
    return reply({"objects": objects, "next": None if last else objects[-1]["id"]})


def test_an_export_continues_exactly_where_ctrl_c_ended_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exporting: Any = import_module("alto.cli.collections.export")

    file = tmp_path / "films.jsonl"
    written = 0
    render = exporting.to_json

    def interrupted(value: Any) -> bytes:
        nonlocal written
        written += 1
        if written == 150:
            signal.raise_signal(signal.SIGINT)
        rendered: bytes = render(value)
        return rendered

    monkeypatch.setattr(exporting, "to_json", interrupted)
    named, total = reply({"name": "Film"}), reply({"total": 300})
    first = alto("export", "Film", "-o", str(file), replies=(named, total, page(range(100)), page(range(100, 200))))
    after = first.err.rpartition("--after ")[2].split()[0]
    second = alto(
        "export", "Film", "-o", str(file), "--after", after, replies=(named, page(range(200, 300), last=True))
    )

    assert (first.code, second.code) == (130, 0)
    assert second.server.body()["after"] == after == "00000000-0000-0000-0000-000000000199"
    assert [json.loads(line)["properties"]["n"] for line in file.read_text().splitlines()] == list(range(300))


COLLECTIONS = {
    "collections": [
        {
            "name": "Film",
            "properties": [{}] * 7,
            "vectors": {
                "default": {"model": "amazon.titan-embed-text-v2:0"},
                "plot": {"model": "cohere.embed-multilingual-v3"},
            },
        },
        {"name": "Book", "properties": [{}] * 12, "vectors": {"default": {"dimensions": 384}}},
    ]
}
CONFIG = {
    "name": "Film",
    "description": "Films of the last century, with their plots",
    "properties": [
        {"name": "title", "type": "text", "tokenization": "english", "description": "The title in its own language"},
        {"name": "year", "type": "int", "tokenization": "word", "description": ""},
    ],
    "vectors": {
        "default": {
            "vectorizer": "text2vec-aws",
            "model": "amazon.titan-embed-text-v2:0",
            "region": "eu-west-1",
            "dimensions": 1024,
            "index": {"distance": "cosine"},
        }
    },
}
HITS = {
    "objects": [
        {
            "id": ID_OF_HIT,
            "score": 0.912345,
            "properties": {"title": "A Holiday Film", "plot": "Two sisters travel to the sea. " * 12, "year": 1954},
        },
        {"id": ID, "key": None, "score": 0.5, "properties": {"title": "Der Ausflug ins Grüne", "year": 1961}},
    ],
    "total": 1_234,
    "took_ms": 17,
}
KEYED: dict[str, Any] = HITS | {
    "objects": [{"id": ID_OF_HIT, "key": "isbn-978-3-16-148410-0", "score": 0.9, "properties": {"title": "Up"}}]
}
SHOWN: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = {
    "collections-list": (("collections", "list"), (reply(COLLECTIONS),)),
    "collections-show": (("collections", "show", "Film"), (reply(CONFIG), reply({"total": 1_234_567}))),
    "imports-list": (
        ("imports", "list"),
        (reply({"imports": [job(), job("loading", collection="Book")], "next": None}),),
    ),
    "imports-show": (("imports", "show", ID), (reply(job("loading")),)),
    "search": (("search", "Film", "a holiday film"), (reply(HITS),)),
    "search-keys": (("search", "Film", "a holiday film"), (reply(KEYED),)),
    "search-nothing": (("search", "Film", "a holiday film"), (reply(HITS | {"objects": [], "total": 0}),)),
    "search-properties": (("search", "Film", "a holiday film", "-p", "title"), (reply(HITS),)),
    "objects-get": (("objects", "get", "Film", "isbn-1"), (reply(KEYED["objects"][0]),)),
    "imports-follow": (("imports", "follow", ID), (reply(job("loading")), reply(job()))),
    "imports-follow-failed": (("imports", "follow", ID), (reply(job("failed")),)),
    "imports-list-empty": (("imports", "list"), (reply({"imports": [], "next": None}),)),
    "collections-list-empty": (("collections", "list"), (reply({"collections": []}),)),
    "error-throttled": (("search", "Film", "a"), (error(429, "model_throttled"),) * 4),
    "error-usage": (("search", "Film", "a", "--limit", "x"), ()),
    "error-details": (
        ("search", "Film", "a", "--alpha", "1"),
        (error(400, "invalid_request", {"field": "hybrid.alpha", "message": "must be at most 1, not 2"}),),
    ),
    "error": (("collections", "show", "Nope"), (error(404, "collection_not_found"),)),
    "help": (("import", "--help"), ()),
}


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("name", SHOWN)
def test_output_on_a_terminal_is_as_it_was_read_by_a_person(
    name: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typer.testing._NamedTextIOWrapper, "isatty", lambda _: True)
    monkeypatch.setattr("alto.cli.imports.jobs.datetime", Frozen)
    command, replies = SHOWN[name]

    done = alto(
        *command, replies=tuple(copy_of(each) for each in replies), COLUMNS=str(columns), NO_COLOR="1", TERM="xterm"
    )

    snapshot = SNAPSHOTS / f"{name}-{columns}.txt"
    # Without the frames of a bar, whose times differ.
    still = re.sub(r"\x1b\[\?25l.*?\x1b\[\?25h", "", done.out + done.err, flags=re.DOTALL)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", still)
    shown = "\n".join(line.rstrip() for line in plain.splitlines()) + "\n"
    if os.environ.get("RENEW_SNAPSHOTS"):
        snapshot.parent.mkdir(parents=True, exist_ok=True)
        snapshot.write_text(shown, encoding="utf-8")
    assert shown == snapshot.read_text(encoding="utf-8")
    # Help is as wide as click makes it. A terminal wraps errors and remarks itself, so that their commands are copied.
    assert name == "help" or max(map(len, ["", *re.sub(r"\x1b\[[0-9;]*m", "", done.out).splitlines()])) <= columns


class Frozen:
    """A clock that stands still."""

    @staticmethod
    def now(_: Any) -> Any:
        from alto.values import parse_time

        return parse_time("2026-01-01T00:02:30Z")


def copy_of(response: Any) -> Any:
    return httpx.Response(response.status_code, content=response.content, headers=response.headers)


@pytest.mark.parametrize("text", ['{"limit": 1, "limit": 2}', '{"a": [{"limit": 1, "limit": 1}]}'])
def test_json_of_an_option_has_each_name_once(text: str) -> None:
    with pytest.raises(CommandError, match='--filter: the name "limit" occurs twice in one object') as caught:
        json_of("--filter", text)

    assert caught.value.exit_code is ExitCode.USAGE
