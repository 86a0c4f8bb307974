"""Slow searches are stopped by OpenSearch itself, and leave threads to others."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from lambdas import opensearch
from lambdas.errors import SearchEngineError, SearchEngineUnavailableError
from lambdas.opensearch import CONCURRENT_SEARCHES, OpenSearch
from lambdas.settings import EngineSettings
from lambdas.wiring.aws import aws_access
from lambdas.wiring.opensearch import connect

DOCUMENTS = 40_000
# Each document takes a tenth of a millisecond or so. OpenSearch looks whether to stop every few thousand documents.
SCRIPT = "long sum = 0; for (int i = 0; i < params.rounds; i++) { sum += i % 7 } return sum >= 0"
ROUNDS = 3_000


def slow() -> dict[str, Any]:
    """A search of several seconds."""
    script = {"source": SCRIPT, "params": {"rounds": ROUNDS}}
    return {"size": 1, "track_total_hits": True, "query": {"script": {"script": script}}}


QUICK = {"size": 1, "query": {"match_all": {}}}


@pytest.fixture(scope="module")
def index(opensearch_url: str) -> Iterator[str]:
    """An index of many small documents in one segment, which one thread searches."""
    address = f"{opensearch_url}/alto-slow-{uuid4().hex[:8]}"
    with httpx.Client(timeout=120) as http:
        settings = {"number_of_shards": 1, "number_of_replicas": 0, "search.concurrent_segment_search.mode": "none"}
        http.put(address, json={"settings": {"index": settings}}).raise_for_status()
        lines = '{"index":{}}\n{"a":1}\n' * DOCUMENTS
        headers = {"Content-Type": "application/x-ndjson"}
        stored = http.post(f"{address}/_bulk?refresh=true", content=lines, headers=headers).json()
        assert not stored["errors"]
        yield address.rpartition("/")[2]
        http.delete(address)


@pytest.fixture
def engine(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> OpenSearch:
    """Alto's client, which gives searches one second."""
    monkeypatch.setattr(opensearch, "LONGEST_SEARCH_SECONDS", 1.0)
    return connect(EngineSettings.from_environment(environment), aws_access(dict(os.environ) | environment))


def running(url: str, index: str) -> list[str]:
    """The searches of the index that OpenSearch works on, by their actions."""
    nodes = httpx.get(f"{url}/_tasks?actions=*search*&detailed", timeout=60).json()["nodes"]
    tasks = [task for node in nodes.values() for task in node["tasks"].values()]
    return [task["action"] for task in tasks if index in task.get("description", "")]


def wait_until(condition: Callable[[], bool]) -> bool:
    """Ask until it is so, a limited number of times."""
    return any(condition() for _ in range(2_000))


def test_a_search_that_takes_too_long_is_stopped_by_the_engine(
    engine: OpenSearch, index: str, opensearch_url: str
) -> None:
    with pytest.raises(SearchEngineUnavailableError, match="It stopped the search, which took too long"):
        engine.request("POST", f"/{index}/_search", slow())

    assert wait_until(lambda: not running(opensearch_url, index))


def test_each_slow_query_of_a_multi_search_is_stopped_and_the_others_are_served(
    engine: OpenSearch, index: str, opensearch_url: str
) -> None:
    first, second, third = engine.search_each(index, [slow(), QUICK, slow()], timeout=60)

    assert isinstance(first, SearchEngineError)
    assert isinstance(third, SearchEngineError)
    assert "stopped the search" in first.message
    assert isinstance(second, dict)
    assert second["hits"]["total"]["value"] > 0
    assert wait_until(lambda: not running(opensearch_url, index))


def test_a_search_whose_caller_has_gone_is_stopped_too(engine: OpenSearch, index: str, opensearch_url: str) -> None:
    seen: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(engine.request, "POST", f"/{index}/_search", slow(), timeout=1.0)
        while not asked.done():
            seen += running(opensearch_url, index)
        with pytest.raises(SearchEngineUnavailableError):
            asked.result()

    assert seen
    assert wait_until(lambda: not running(opensearch_url, index))


def test_a_slow_caller_leaves_threads_to_others(engine: OpenSearch, index: str, opensearch_url: str) -> None:
    at_once, served_meanwhile = list[int](), 0
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(engine.search_each, index, [slow()] * 4, timeout=60)
        while not asked.done():
            at_once.append(sum("phase/query" in action for action in running(opensearch_url, index)))
            found = httpx.post(f"{opensearch_url}/{index}/_search", json=QUICK, timeout=60).json()
            served_meanwhile += bool(found["hits"]["hits"]) and not asked.done()
        responses = asked.result()

    assert len(responses) == 4
    assert max(at_once) == CONCURRENT_SEARCHES
    assert served_meanwhile > 0
