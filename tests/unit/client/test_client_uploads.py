"""Files on their way from the client to S3, in all that can happen to them."""

import asyncio
import base64
import hashlib
import json
import logging
import sys
import threading
import tracemalloc
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import alto
from alto.aio.parallel import in_parallel as in_parallel_async
from alto.classes.imports import ImportOptions
from alto.classes.init import AdditionalConfig, RetryPolicy
from alto.sync.parallel import in_parallel
from lambdas.imports.files.uploads import PartsRequest, UploadCompletion, UploadReference
from lambdas.imports.import_service import ImportBody

ID = uuid4()
PART = 1000
SECRET = "wJalrXUtnFEMI-very-secret"


class Cloud:
    """Alto's API and S3. `troubles` are S3's first responses, one for each part."""

    def __init__(self, *, in_parts: bool = True) -> None:
        self.in_parts = in_parts
        self.troubles: dict[int, list[httpx.Response | Exception]] = {}
        self.parts: dict[int, bytes] = {}
        self.whole: bytes | None = None
        self.completed: list[str] | None = None
        self.aborted = False
        self.signed: list[list[int]] = []
        self.started: Any = None
        self.expired: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            if request.url.host == "s3.test":
                return self.s3(request)
            assert request.headers["x-aws-secret-key"] == SECRET
            body = json.loads(request.content)
            return self.api(request.url.path, body)

    async def respond(self, request: httpx.Request) -> httpx.Response:
        """The same, to the asynchronous client, whose content comes asynchronously."""
        await request.aread()
        return self(request)

    def api(self, path: str, body: Any) -> httpx.Response:
        if path == "/v1/collections/Film/imports":
            self.started = ImportBody.model_validate(body)
            return httpx.Response(202, json={"id": str(ID), "upload": self.upload(body["file_size"])})
        match path.removeprefix(f"/v1/collections/Film/imports/{ID}/upload/"):
            case "parts":
                numbers = PartsRequest.model_validate(body).numbers
                self.signed.append(numbers)
                return httpx.Response(200, json={"urls": self.urls(numbers)})
            case "complete":
                self.completed = UploadCompletion.model_validate(body).etags
                return httpx.Response(200, json={"id": str(ID), "source": "s3://b/k"})
            case "abort":
                UploadReference.model_validate(body)
                self.aborted = True
                return httpx.Response(204)
        raise AssertionError(path)

    def upload(self, size: int) -> dict[str, Any]:
        if not self.in_parts:
            return {"method": "PUT", "url": "https://s3.test/0", "headers": {"x-amz-meta-a": "b"}}
        count = -(-size // PART)
        urls = self.urls(range(1, min(count, 100) + 1))
        parts = {"upload_id": "u", "part_bytes": PART, "count": count, "urls": urls}
        return {"method": "PUT", "url": None, "headers": {}, "parts": parts}

    def urls(self, numbers: Any) -> list[dict[str, Any]]:
        return [{"number": each, "url": f"https://s3.test/{each}?X-Amz-Signature={SECRET}"} for each in numbers]

    def s3(self, request: httpx.Request) -> httpx.Response:
        assert "x-aws-secret-key" not in request.headers
        assert "authorization" not in request.headers
        content = request.read()
        assert request.headers["content-length"] == str(len(content))
        assert base64.b64decode(request.headers["content-md5"]) == hashlib.md5(content).digest()
        number = int(request.url.path[1:])
        if self.troubles.get(number):
            trouble = self.troubles[number].pop(0)
            if isinstance(trouble, Exception):
                raise trouble
            return trouble
        if number == 0:
            assert request.headers["x-amz-meta-a"] == "b"
            self.whole = content
        else:
            self.parts[number] = content
        return httpx.Response(200, headers={"etag": f'"etag-{number}"'})

    def client(self) -> alto.AltoClient:
        config = AdditionalConfig(retries=RetryPolicy(first=0.0, longest=0.0))
        return alto.AltoClient(
            "https://alto.test",
            headers={"X-AWS-Secret-Key": SECRET},
            transport=httpx.MockTransport(self),
            additional_config=config,
        )


def denied(code: str = "AccessDenied") -> httpx.Response:
    text = f"<Error><Code>{code}</Code><Message>Request has expired</Message></Error>"
    return httpx.Response(403, text=text, headers={"x-amz-request-id": "req-s3"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "films.jsonl"
    found.write_bytes(bytes(number % 251 for number in range(12_345)))
    return found


def test_a_small_file_goes_in_one_piece(file: Path) -> None:
    cloud = Cloud(in_parts=False)

    job = cloud.client().imports.from_file(file, collection="Film", options=ImportOptions(ids="any", delimiter=";"))

    assert cloud.whole == file.read_bytes()
    assert (job.id, job.state, job.size, job.finished) == (ID, "uploaded", 12_345, False)
    assert (cloud.started.file_name, cloud.started.file_size) == ("films.jsonl", 12_345)
    assert (cloud.started.options.ids, cloud.started.options.csv.delimiter) == ("any", ";")
    assert cloud.completed is None


def test_a_large_file_goes_in_parts_that_are_put_together_in_order(file: Path) -> None:
    cloud = Cloud()
    shown: list[tuple[int, int]] = []

    cloud.client().imports.from_file(
        file, collection="Film", file_name="other.jsonl", progress=lambda done, size: shown.append((done, size))
    )

    assert b"".join(cloud.parts[number] for number in range(1, 14)) == file.read_bytes()
    assert cloud.completed == [f'"etag-{number}"' for number in range(1, 14)]
    assert cloud.started.file_name == "other.jsonl"
    assert shown[0] == (0, 12_345)
    assert shown[-1] == (12_345, 12_345)
    assert not cloud.aborted


@pytest.mark.parametrize(
    ("name", "options", "sent"),
    [
        ("films.csv", {"format": "jsonl"}, "films.csv"),
        ("FILMS.CSV", {}, "FILMS.CSV.csv"),
        ("films.JSONL.GZ", {}, "films.JSONL.GZ.jsonl.gz"),
        ("films.txt", {"format": "csv"}, "films.txt.csv"),
        ("films.gz", {"format": "csv"}, "films.gz.csv.gz"),
        ("films", {"format": "jsonl", "gzip": True}, "films.jsonl.gz"),
        ("films.txt", {}, "films.txt"),
    ],
)
def test_a_file_has_a_name_that_s3_announces(file: Path, name: str, options: Any, sent: str) -> None:
    cloud = Cloud(in_parts=False)

    cloud.client().imports.from_file(file, collection="Film", file_name=name, options=ImportOptions(**options))

    assert cloud.started.file_name == sent


def test_an_empty_file_is_uploaded_too(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    cloud = Cloud(in_parts=False)

    cloud.client().imports.from_file(tmp_path / "empty.jsonl", collection="Film")

    assert cloud.whole == b""


def test_urls_beyond_the_first_hundred_are_asked_for(tmp_path: Path) -> None:
    large = tmp_path / "large.jsonl"
    large.write_bytes(b"x" * (250 * PART - 1))
    cloud = Cloud()

    cloud.client().imports.from_file(large, collection="Film")

    assert cloud.signed == [list(range(101, 201)), list(range(201, 251))]
    assert [len(cloud.parts[number]) for number in (1, 250)] == [PART, PART - 1]
    assert cloud.completed is not None
    assert len(cloud.completed) == 250


def test_a_part_that_was_lost_or_refused_for_a_moment_is_sent_again(file: Path) -> None:
    cloud = Cloud()
    cloud.troubles = {
        1: [httpx.WriteError("broken"), httpx.Response(503), httpx.ReadTimeout("lost")],
        13: [httpx.Response(500)],
    }

    cloud.client().imports.from_file(file, collection="Film")

    assert b"".join(cloud.parts[number] for number in range(1, 14)) == file.read_bytes()


def test_a_url_that_has_expired_is_signed_anew(file: Path) -> None:
    cloud = Cloud()
    cloud.troubles = {5: [denied()]}

    cloud.client().imports.from_file(file, collection="Film")

    assert cloud.signed == [[5]]
    assert cloud.completed is not None


@pytest.mark.parametrize("trouble", [[denied(), denied()], [httpx.Response(503)] * 4, [httpx.WriteError("x")] * 4])
def test_a_failed_upload_is_aborted_and_reported_without_its_urls(file: Path, trouble: Any) -> None:
    cloud = Cloud()
    cloud.troubles = {7: list(trouble)}

    with pytest.raises(alto.AltoError) as caught:
        cloud.client().imports.from_file(file, collection="Film")

    assert "S3" in str(caught.value)
    assert SECRET not in str(caught.value) + repr(caught.value)
    assert cloud.aborted
    assert cloud.completed is None


def test_signed_urls_are_logged_without_their_signatures(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    Cloud().client().imports.from_file(file, collection="Film")

    assert "https://s3.test/13" in caplog.text
    assert "https://alto.test/v1/collections/Film/imports" in caplog.text
    assert SECRET not in caplog.text


def test_what_s3_says_is_the_error(file: Path) -> None:
    cloud = Cloud(in_parts=False)
    cloud.troubles = {0: [denied("AccessDenied")]}

    with pytest.raises(alto.AltoAuthenticationError, match="Request has expired") as caught:
        cloud.client().imports.from_file(file, collection="Film")

    assert (caught.value.code, caught.value.request_id) == ("AccessDenied", "req-s3")


def test_a_file_that_is_not_there_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    cloud = Cloud()

    with pytest.raises(alto.AltoConfigurationError, match="does not exist"):
        cloud.client().imports.from_file(tmp_path / "none.jsonl", collection="Film")

    assert cloud.started is None


def test_a_file_that_becomes_shorter_is_no_import(file: Path) -> None:
    cloud = Cloud()
    start = cloud.api

    def shortened(path: str, body: Any) -> httpx.Response:
        if path == "/v1/collections/Film/imports":
            file.write_bytes(b"short")
            body["file_size"] = 12_345
        return start(path, body)

    cloud.api = shortened  # type: ignore[method-assign]
    with pytest.raises(alto.AltoConfigurationError, match="became shorter"):
        cloud.client().imports.from_file(file, collection="Film")

    assert cloud.aborted


def test_a_bar_is_drawn_of_an_upload(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Cloud().client().imports.from_file(file, collection="Film", progress=True)

    assert "uploading" in capsys.readouterr().out


def test_the_asynchronous_client_uploads_just_so(file: Path) -> None:
    cloud = Cloud()
    cloud.troubles = {2: [httpx.ReadTimeout("lost")], 5: [denied()]}

    async def upload() -> UUID:
        config = AdditionalConfig(retries=RetryPolicy(first=0.0, longest=0.0))
        client = alto.AltoAsyncClient(
            "https://alto.test",
            headers={"X-AWS-Secret-Key": SECRET},
            transport=httpx.MockTransport(cloud.respond),
            additional_config=config,
            skip_init_checks=True,
        )
        async with client:
            return (await client.imports.from_file(file, collection="Film")).id

    assert asyncio.run(upload()) == ID
    assert b"".join(cloud.parts[number] for number in range(1, 14)) == file.read_bytes()
    assert cloud.completed == [f'"etag-{number}"' for number in range(1, 14)]


def test_after_the_first_failure_nothing_is_begun() -> None:
    begun: list[int] = []

    def call(number: int) -> int:
        begun.append(number)
        if number == 2:
            raise ValueError("two")
        return number

    async def call_async(number: int) -> int:
        await asyncio.sleep(0)
        return call(number)

    assert in_parallel(call, [3, 1], 2) == [3, 1]
    with pytest.raises(ValueError, match="two"):
        in_parallel(call, [2, *range(10, 1000)], 1)
    assert begun == [3, 1, 2]
    with pytest.raises(ValueError, match="two"):
        asyncio.run(in_parallel_async(call_async, [2, *range(10, 1000)], 1))
    assert begun == [3, 1, 2, 2]


def test_the_failure_of_a_later_call_is_the_one_that_is_raised() -> None:
    later_failed = threading.Event()

    def call(number: int) -> int:
        if number == 0:
            assert later_failed.wait(10)
            return 0
        if number == 1:
            later_failed.set()
            raise ValueError("one")
        return number

    with pytest.raises(ValueError, match="one"):
        in_parallel(call, [0, 1, 2, 3], 2)


class Sink(httpx.BaseTransport):
    """Alto's API and S3. What arrives there is counted and forgotten, block by block."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.received: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return self._cloud.api(request.url.path, json.loads(request.read()))
        assert isinstance(request.stream, httpx.SyncByteStream)
        self.received.append(sum(len(block) for block in request.stream))
        return httpx.Response(200, headers={"etag": '"etag"'})


@pytest.mark.parametrize(("in_parts", "pieces"), [(True, 5), (False, 1)])
def test_memory_does_not_grow_with_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_parts: bool, pieces: int
) -> None:
    size = 100_000_000
    large = tmp_path / "large.jsonl"
    with large.open("wb") as file:
        file.truncate(size)
    monkeypatch.setattr(sys.modules[__name__], "PART", 20_000_000)
    sink = Sink(Cloud(in_parts=in_parts))

    tracemalloc.start()
    try:
        alto.AltoClient("https://alto.test", transport=sink).imports.from_file(large, collection="Film")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert (sum(sink.received), len(sink.received)) == (size, pieces)
    assert peak < size / 5


@pytest.fixture(autouse=True)
def _no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
