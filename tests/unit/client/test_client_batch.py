"""Batches against a server that is a function, in the numbers and the trouble that they are made for."""

# ruff: noqa: PT012, PT031, SIM117 (what is tested is a block)

import json
import random
import threading
import time
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

import alto
from alto.batches.pace import Dynamic, RateLimit
from alto.classes.init import AdditionalConfig, RetryPolicy
from alto.sync import writer

URL = "http://localhost:1"


class Server:
    """Stores objects, and fails as it is told."""

    def __init__(self, *, bad_objects: float = 0.0, lost_responses: float = 0.0, refusals: float = 0.0) -> None:
        self.bad_objects, self.lost_responses, self.refusals = bad_objects, lost_responses, refusals
        self.stored: dict[str, Any] = {}
        self.sizes: list[int] = []
        self.at_once = self.most_at_once = 0
        self.waited: list[bool] = []
        self.seconds = 0.0
        self._throttled: set[int] = set()
        self._random = random.Random(9)
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        time.sleep(self.seconds)
        try:
            with self._lock:
                return self._respond(request)
        finally:
            with self._lock:
                self.at_once -= 1

    def _respond(self, request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)["objects"]
        self.sizes.append(len(sent))
        self.waited.append(request.url.params.get("consistency") == "wait")
        if self._random.random() < self.refusals:
            return httpx.Response(503, json={"message": "Service Unavailable"})
        results = [self._result(each) for each in sent]
        if self._random.random() < self.lost_responses:
            raise httpx.ReadTimeout("the response is lost")
        return httpx.Response(200, json={"results": results})

    def _result(self, sent: dict[str, Any]) -> dict[str, Any]:
        # Some are bad however often they come, as many are throttled when they come first.
        number = sent["properties"].get("number", 0)
        kind = random.Random(number).random() / self.bad_objects if self.bad_objects else 1.0
        if kind < 0.5 or (kind < 1 and number not in self._throttled):
            self._throttled.add(number)
            code = "invalid_object" if kind < 0.5 else "model_throttled"
            return {"id": sent["id"], "status": "failed", "error": {"code": code, "message": "It is so."}}
        self.stored[sent["id"]] = sent["properties"]
        return {"id": sent["id"], "status": "created", "error": None}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "FIRST_WAIT_SECONDS", 0.0)


def collection(server: Any) -> Any:
    config = AdditionalConfig(retries=RetryPolicy(attempts=8, first=0.0, longest=0.0))
    return alto.AltoClient(URL, transport=httpx.MockTransport(server), additional_config=config).collections.use("Film")


@pytest.mark.filterwarnings("ignore::alto.BatchFailureWarning")
def test_each_of_20_000_objects_is_either_stored_or_failed() -> None:
    server = Server(bad_objects=0.01, lost_responses=0.01, refusals=0.01)
    films = collection(server)

    with films.batch.fixed_size(batch_size=200, concurrent_requests=4) as batch:
        added = [batch.add_object({"number": number}) for number in range(20_000)]

    failed = [error.object_.uuid for error in films.batch.failed_objects]
    stored = {UUID(each) for each in server.stored}
    assert len(set(added)) == 20_000
    assert stored | set(failed) == set(added)
    assert not stored & set(failed)
    assert len(failed) == len(set(failed)) == batch.number_errors
    assert 50 < len(failed) < 250
    assert {error.code for error in films.batch.failed_objects} == {"invalid_object"}
    assert len(stored) == batch.number_stored
    assert server.most_at_once <= 4


def test_requests_are_under_way_at_the_same_time() -> None:
    server = Server()
    both = threading.Barrier(2, timeout=30)

    def meet(request: httpx.Request) -> httpx.Response:
        # The last request waits for all others.
        if request.url.params.get("consistency") != "wait":
            both.wait()
        return server(request)

    with collection(meet).batch.fixed_size(batch_size=10, concurrent_requests=2) as batch:
        for number in range(45):
            batch.add_object({"number": number})

    assert len(server.stored) == 45


def test_a_batch_waits_for_searches_once_and_at_its_end() -> None:
    server = Server()

    with collection(server).batch.fixed_size(batch_size=10, concurrent_requests=1) as batch:
        for number in range(30):
            batch.add_object({"number": number})

    assert server.sizes == [10, 10, 10]
    assert server.waited == [False, False, True]


def test_adding_waits_for_the_server_so_that_memory_does_not_grow() -> None:
    server = Server()
    server.seconds = 0.02
    films = collection(server)

    with films.batch.fixed_size(batch_size=10, concurrent_requests=2) as batch:
        for number in range(300):
            batch.add_object({"number": number})
            # Two requests under way, and the objects of one more.
            assert number + 1 - len(server.stored) <= 40


def test_an_object_that_is_added_twice_ends_as_it_was_added_last() -> None:
    server = Server()
    same = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
    with collection(server).batch.fixed_size(batch_size=2, concurrent_requests=4) as batch:
        for number in range(50):
            batch.add_object({"number": number}, uuid=same)

    assert server.stored == {same: {"number": 49}}


def test_failures_warn_with_the_first_reason_when_the_block_ends() -> None:
    films = collection(lambda _: httpx.Response(403, json={"message": "Forbidden"}))

    with pytest.warns(alto.BatchFailureWarning, match=r"3 of 3 .*Forbidden \(forbidden\)") as caught:
        with films.batch.fixed_size() as batch:
            for number in range(3):
                batch.add_object({"number": number})

    assert [error.object_.properties["number"] for error in films.batch.failed_objects] == [0, 1, 2]
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("trouble", "code", "perhaps"),
    [
        (httpx.ReadTimeout("lost"), "timeout", True),
        (httpx.ReadError("lost"), "connection_lost", True),
        (httpx.ConnectError("refused"), "no_connection", False),
        (httpx.Response(503, json={"message": "Service Unavailable"}), "unavailable", True),
        (httpx.Response(403, json={"message": "Forbidden"}), "forbidden", False),
    ],
)
def test_an_object_that_failed_says_whether_it_may_have_been_stored(trouble: Any, code: str, perhaps: bool) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        if isinstance(trouble, Exception):
            raise trouble
        return httpx.Response(trouble.status_code, content=trouble.content, headers=trouble.headers)

    with pytest.raises(alto.AltoInsertManyFailedError) as caught:
        collection(fail).data.insert_many([{"number": 1}])

    [error] = caught.value.errors
    assert error.code == code
    assert ("may have been stored" in error.message) is perhaps


def test_objects_stored_without_a_response_are_not_failed() -> None:
    theirs = uuid4()
    stored: set[str] = set()

    def lose_responses(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/get"):
            found = [each for each in json.loads(request.content)["ids"] if each in stored]
            return httpx.Response(200, json={"objects": [stored_object(each) for each in found], "missing": []})
        sent = json.loads(request.content)["objects"]
        # Of each request half is stored when the function dies.
        stored.update(each["id"] for each in sent[: len(sent) // 2])
        return httpx.Response(504, json={"message": "Endpoint request timed out"})

    films = collection(lose_responses)
    with pytest.warns(alto.BatchFailureWarning), films.batch.fixed_size(batch_size=10) as batch:
        # It is not known whether this one existed before.
        added = [batch.add_object({"number": 0}, uuid=theirs), *(batch.add_object({"number": n}) for n in range(39))]

    failed = {error.object_.uuid for error in films.batch.failed_objects}
    assert failed == {each for each in added if str(each) not in stored} | {theirs}
    assert batch.number_stored == 19


def stored_object(uuid: str) -> dict[str, Any]:
    time = "2026-01-02T03:04:05+00:00"
    return {"id": uuid, "collection": "Film", "properties": {}, "created": time, "updated": time}


def test_a_good_batch_forgets_the_failures_of_the_one_before() -> None:
    films = collection(Server())
    films.batch.failed_objects = ["of before"]

    with films.batch.dynamic() as batch:
        batch.add_object({"number": 1})

    assert films.batch.failed_objects == []


def test_an_error_of_the_program_stores_what_was_added_before_it() -> None:
    server = Server()

    with pytest.raises(KeyError), collection(server).batch.fixed_size() as batch:
        batch.add_object({"number": 1})
        raise KeyError("a defect of the program")

    assert len(server.stored) == 1


def test_ctrl_c_ends_at_once_and_counts_what_was_not_sent() -> None:
    server = Server()
    films = collection(server)

    with pytest.warns(alto.BatchFailureWarning, match="interrupted"):
        with pytest.raises(KeyboardInterrupt), films.batch.fixed_size() as batch:
            batch.add_object({"number": 1})
            raise KeyboardInterrupt

    assert server.stored == {}
    assert [error.code for error in films.batch.failed_objects] == ["not_sent"]


def test_an_object_that_cannot_be_sent_is_an_error_where_it_is_added() -> None:
    server = Server()

    with collection(server).batch.fixed_size() as batch:
        batch.add_object({"number": 1})
        with pytest.raises(alto.AltoConfigurationError, match="JSON"):
            batch.add_object({"number": object()})
        with pytest.raises(alto.AltoNotSupportedError, match="UUID"):
            batch.add_object({}, references={"author": "x"})

    assert len(server.stored) == 1


def test_a_request_that_is_too_large_on_its_way_is_halved() -> None:
    server = Server()

    def small_only(request: httpx.Request) -> httpx.Response:
        if len(json.loads(request.content)["objects"]) > 3:
            return httpx.Response(413, json={"message": "Request Too Long"})
        return server(request)

    result = collection(small_only).data.insert_many([{"number": number} for number in range(10)])

    assert sorted(result.uuids) == list(range(10))
    assert not result.has_errors
    assert Counter(server.sizes) == {2: 2, 3: 2}


def test_large_objects_leave_in_requests_that_fit() -> None:
    lengths: list[int] = []
    server = Server()

    def measured(request: httpx.Request) -> httpx.Response:
        lengths.append(len(request.content))
        return server(request)

    with collection(measured).batch.fixed_size(batch_size=1000) as batch:
        for number in range(12):
            batch.add_object({"number": number, "text": "x" * 900_000})

    assert len(server.stored) == 12
    assert max(lengths) < 4_100_000


@pytest.mark.parametrize(("size", "concurrency"), [(0, 1), (1001, 1), (10, 0), (10, 65)])
def test_sizes_that_the_api_does_not_take_are_refused(size: int, concurrency: int) -> None:
    with pytest.raises(alto.AltoConfigurationError, match="is not from 1 to"):
        with collection(Server()).batch.fixed_size(size, concurrency):
            pass


def test_a_dynamic_batch_follows_the_servers_speed() -> None:
    pace = Dynamic()
    pace.after(48, 0.1)
    grown = pace.size
    for _ in range(10):
        pace.after(pace.size, 0.1)
    largest = pace.size
    pace.after(1000, 50.0)

    assert (grown, largest, pace.size) == (96, 1000, 200)


def test_a_rate_limit_spreads_objects_evenly() -> None:
    now = [0.0]
    slept: list[float] = []
    pace = RateLimit(600, clock=lambda: now[0], sleep=slept.append)

    for _ in range(3):
        pace.before(pace.size)

    assert pace.size == 100
    assert slept == [10.0, 20.0]


def test_a_batch_of_the_client_takes_objects_of_several_collections() -> None:
    stored: dict[str, list[int]] = {}

    def store(request: httpx.Request) -> httpx.Response:
        sent = json.loads(request.content)["objects"]
        name = request.url.path.split("/")[3]
        if name == "Missing":
            return httpx.Response(
                404, json={"error": {"code": "collection_not_found", "message": "It does not exist."}}
            )
        stored.setdefault(name, []).extend(each["properties"]["number"] for each in sent)
        return httpx.Response(200, json={"results": [{"status": "created"} for _ in sent]})

    client = alto.AltoClient(URL, transport=httpx.MockTransport(store))
    with pytest.warns(alto.BatchFailureWarning, match=r"1 of 31 .*It does not exist"):
        with client.batch.fixed_size(batch_size=4) as batch:
            for number in range(30):
                batch.add_object(collection="film" if number % 2 else "Book", properties={"number": number})
            batch.add_object(collection="Missing", properties={"number": 30})

    assert {name: sorted(numbers) for name, numbers in stored.items()} == {
        "Film": list(range(1, 30, 2)),
        "Book": list(range(0, 30, 2)),
    }
    assert [error.object_.properties["number"] for error in client.batch.failed_objects] == [30]
    assert (batch.number_errors, batch.number_stored) == (1, 30)


def test_a_stream_is_a_batch_that_paces_itself() -> None:
    server = Server()

    with collection(server).batch.stream(concurrency=3) as batch:
        for number in range(100):
            batch.add_object({"number": number})

    assert len(server.stored) == 100


def test_a_batch_that_ended_has_the_result_of_each_object() -> None:
    films = collection(Server())
    assert films.batch.results.objs.all_responses == []

    with films.batch.fixed_size(batch_size=2) as batch:
        ids = [batch.add_object({"number": number}) for number in range(3)]

    assert films.batch.results.objs.all_responses == ids
    assert not films.batch.results.objs.has_errors


def test_a_batch_rejects_objects_after_its_block() -> None:
    server = Server()
    films = collection(server)
    with films.batch.fixed_size(batch_size=2) as batch:
        batch.add_object({"number": 1})

    with pytest.raises(alto.AltoClosedClientError, match="inside the block"):
        batch.add_object({"number": 2})
    with pytest.raises(alto.AltoClosedClientError, match="inside the block"):
        batch.flush()


@pytest.mark.parametrize("added_before", [True, False])
def test_a_batch_of_a_client_rejects_objects_after_its_block(added_before: bool) -> None:
    server = Server()
    client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(server))
    with client.batch.dynamic() as batch:
        if added_before:
            batch.add_object("Film", {"number": 1})

    with pytest.raises(alto.AltoClosedClientError, match="inside the block"):
        batch.add_object("Film", {"number": 2})


def test_insert_many_raises_when_every_object_failed_and_names_each() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        count = len(json.loads(request.content)["objects"])
        failed = {"status": "failed", "error": {"code": "invalid_object", "message": "'k' is not a number."}}
        return httpx.Response(200, json={"results": [failed] * count})

    with pytest.raises(alto.AltoInsertManyFailedError, match="'k' is not a number") as caught:
        collection(fail).data.insert_many([{"k": "a"}, {"k": "b"}])

    assert [error.object_.properties["k"] for error in caught.value.errors] == ["a", "b"]


def test_insert_many_into_a_missing_collection_raises() -> None:
    missing = {"error": {"code": "collection_not_found", "message": "There is no collection 'Film'.", "details": []}}

    with pytest.raises(alto.AltoInsertManyFailedError, match="collection_not_found"):
        collection(lambda _: httpx.Response(404, json=missing)).data.insert_many([{"k": 1}])


def test_insert_many_of_nothing_stores_nothing() -> None:
    assert collection(lambda _: httpx.Response(500)).data.insert_many([]).errors == {}


def test_an_idempotency_key_fixes_ids_and_names_each_request() -> None:
    asked: list[tuple[str | None, list[str]]] = []

    def respond(request: httpx.Request) -> httpx.Response:
        objects = json.loads(request.content)["objects"]
        asked.append((request.headers.get("idempotency-key"), [each["id"] for each in objects]))
        return httpx.Response(200, json={"results": [{"status": "created"}] * len(objects)})

    objects = [{"number": number} for number in range(1001)]
    for _ in range(2):
        collection(respond).data.insert_many(objects, idempotency_key="load-7")

    assert asked[:2] == asked[2:]
    assert [key for key, _ in asked[:2]] == ["load-7-0-1", "load-7-1-1"]
    assert len({each for _, ids in asked[:2] for each in ids}) == 1001
