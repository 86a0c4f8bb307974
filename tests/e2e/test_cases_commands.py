"""Section 5 of the table of cases: what is typed, against the deployed stack."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import httpx
import pytest

import alto as client_of_alto
from alto.classes.query import Filter
from alto.util import uuid_of_key
from tests.e2e.cases import ROOT, Cases, cases
from tests.terminal import run_on_terminal

__all__ = ["cases"]

LINES = b'{"sku": "U1", "title": "Tape"}\n{"sku": "U2", "title": "Saw"}\n'


@contextmanager
def gateway_with_an_outage(url: str, refused: int) -> Iterator[str]:
    """The stack behind a gateway that refuses the first requests for a job."""
    left = [refused]

    class Handler(BaseHTTPRequestHandler):
        def forward(self) -> None:
            is_job = self.command == "GET" and "/imports/" in self.path
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if is_job and left[0] > 0:
                left[0] -= 1
                response = httpx.Response(503, json={"message": "Service Unavailable"})
            else:
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                response = httpx.request(
                    self.command, url + self.path, content=content, headers=headers, timeout=40, trust_env=False
                )
            self.send_response(response.status_code)
            self.send_header("Content-Type", response.headers.get("content-type", "application/json"))
            self.send_header("Content-Length", str(len(response.content)))
            self.end_headers()
            self.wfile.write(response.content)

        do_GET = do_POST = do_PUT = do_DELETE = forward  # noqa: N815 (the names of http.server)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def on_a_terminal(cases: Cases, columns: int, *arguments: str) -> str:
    """The output of a command on a terminal of this width."""
    environment = os.environ | {
        "ALTO_URL": cases.alto.stack.url,
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        "NO_COLOR": "1",
        "COLUMNS": str(columns),
    }
    command = [sys.executable, "-m", "alto", *arguments]
    _, shown = run_on_terminal(command, environment=environment)
    return shown.replace("\r\n", "\n")


def test_row_5_1_following_survives_an_outage(cases: Cases) -> None:
    name = cases.create()
    (cases.folder / "outage.jsonl").write_bytes(LINES)

    with gateway_with_an_outage(cases.alto.stack.url, refused=12) as url:
        done = cases.shell(f"alto import outage.jsonl -c {name} -f", url=url)

    assert done.returncode == 0, done.stderr
    assert "completed" in done.stdout


def test_row_5_2_keys_of_the_users_own_are_kept_and_found(cases: Cases) -> None:
    name = cases.create()
    (cases.folder / "keys.jsonl").write_text('{"id": "isbn/1", "sku": "U1"}\n')

    refused = cases.shell(f"alto import keys.jsonl -c {name} -f")
    done = cases.shell(f"alto import keys.jsonl -c {name} --any-ids -f && alto objects get {name} isbn/1")

    assert (refused.returncode, "--any-ids" in refused.stderr) == (3, True), refused.stderr
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert (found["key"], found["id"]) == ("isbn/1", str(uuid_of_key(name, "isbn/1")))
    exported = cases.shell(f"alto export {name}").stdout
    assert json.loads(exported) == {"key": "isbn/1", "properties": {"sku": "U1"}}
    copy = cases.create()
    (cases.folder / "copy.jsonl").write_text(exported)
    again = cases.shell(f"alto import copy.jsonl -c {copy} -f && alto objects delete {copy} isbn/1")
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize(
    "command", ["alto collections show Nope", "alto search Nope x", "alto imports show 7", "alto search Nope --limit x"]
)
def test_row_5_3_an_error_is_printed_once_in_the_words_of_the_command_line(cases: Cases, command: str) -> None:
    done = cases.shell(command)
    as_json = cases.shell(f"{command} --json")

    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode != 0
    assert len(lines) == len(set(lines))
    assert not [word for word in ("POST /v1", "alto.util", "Traceback") if word in done.stderr]
    assert json.loads(as_json.stderr or as_json.stdout)["error"]["message"], as_json


@pytest.mark.parametrize("columns", [60, 80])
def test_row_5_4_lists_of_imports_are_readable_when_narrow(cases: Cases, columns: int) -> None:
    name = cases.create()
    job = cases.load(LINES, "jsonl", name=name).job

    listed = on_a_terminal(cases, columns, "imports", "list", "--collection", name)
    shown = on_a_terminal(cases, columns, "imports", "show", str(job.id))

    assert str(job.id) in listed
    assert max(map(len, listed.splitlines())) <= columns
    assert all(word in shown for word in (name, "completed", job.key.rsplit("/", 1)[-1][:20])), shown


def test_row_5_5_an_export_continues_exactly_behind_ctrl_c(cases: Cases) -> None:
    name = cases.create([{"name": "n", "type": "int"}])
    for start in range(0, 5000, 1000):
        cases.insert(name, *({"properties": {"n": start + n}} for n in range(1000)))
    file = cases.folder / "export.jsonl"
    environment = os.environ | {"ALTO_URL": cases.alto.stack.url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "alto", "export", name, "-o", str(file)]

    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (file.exists() and file.stat().st_size):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        told = process.stderr.read()
    if "--after" in told:
        after = told.split("--after ")[1].split()[0]
        rest = cases.shell(f"alto export {name} -o {file} --after {after}")
        assert rest.returncode == 0, rest.stderr

    numbers = [json.loads(line)["properties"]["n"] for line in file.read_text().splitlines()]
    assert sorted(numbers) == list(range(5000))


def test_row_5_6_closed_streams_and_pipes_are_no_traceback(cases: Cases) -> None:
    name = cases.create()
    (cases.folder / "piped.jsonl").write_bytes(LINES)

    closed = cases.shell("alto collections list >&-")
    empty = cases.shell(f"alto import - -c {name} <&-")
    piped = cases.shell(f"gzip -kf piped.jsonl && alto import <(zcat piped.jsonl.gz) -c {name} --format jsonl -f")

    assert "Traceback" not in closed.stderr + empty.stderr
    assert closed.returncode != 0
    assert empty.returncode != 0
    assert piped.returncode == 0, piped.stderr


def test_row_5_7_help_and_options_work_everywhere(cases: Cases) -> None:
    name = cases.create()

    for command in (
        "alto -h",
        f"alto --url {cases.alto.stack.url} search {name} x --mode bm25",
        "cd / && alto up --help",
    ):
        done = cases.shell(command)
        assert done.returncode == 0, (command, done.stderr)


def test_row_5_8_missing_values_are_left_out_and_mistakes_are_altos(cases: Cases) -> None:
    films = cases.client.collections.use(cases.create())

    stored = films.data.insert_many([{"sku": "U1", "x": float("nan"), "title": "Tape"}])

    assert not stored.has_errors
    assert [dict(each.properties) for each in films.iterator()] == [{"sku": "U1", "title": "Tape"}]
    wrong: Any = {"filters": {"property": "x"}}
    with pytest.raises(client_of_alto.AltoError):
        films.query.fetch_objects(**wrong)
    properties: Any = [{"name": "a"}]
    with pytest.raises(client_of_alto.AltoError):
        cases.client.collections.create("CaseWrong", properties=properties)


def test_row_5_9_writes_can_wait_for_searches(cases: Cases) -> None:
    films = cases.client.collections.use(cases.create())

    uuid = films.data.insert({"sku": "U1"}, consistency="wait")
    counts = [len(films)]
    films.data.delete_by_id(uuid, consistency="wait")
    counts.append(len(films))
    films.data.insert_many([{"sku": "U1"}, {"sku": "U2"}])
    counts.append(len(films))
    films.data.delete_many(Filter.by_property("sku").equal("U1"), consistency="wait")
    counts.append(len(films))

    assert counts == [1, 0, 2, 1]


def test_row_5_10_progress_moves_within_a_chunk_and_ends_exact(cases: Cases) -> None:
    titan = {"vectorizer": "text2vec-aws", "region": "us-east-1", "model": "amazon.titan-embed-text-v2:0"}
    name = cases.create(vectors={"default": titan | {"dimensions": 256}})
    # One chunk, whose texts keep the model busy for some seconds.
    lines = [
        json.dumps({"id": str(UUID(int=n)), "title": f"film {n} " + "of ghosts and misers " * 8}) for n in range(2500)
    ]
    file = cases.folder / "progress.jsonl"
    file.write_text("\n".join(lines))
    job = cases.client.imports.from_file(file, collection=name)
    seen = set()

    now = job
    while not now.finished:
        time.sleep(0.2)
        # Until S3 has announced the file, its job is unknown.
        with suppress(client_of_alto.AltoNotFoundError):
            now = cases.client.imports.get(job)
            seen.add((now.read, now.chunks_done))

    assert (now.read, now.loaded, now.failed) == (2500, 2500, 0)
    assert [read for read, chunks in seen if 0 < read < 2500 and chunks == 0], seen
