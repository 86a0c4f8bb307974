"""The node as a process: what it can search, what it keeps, and how it says that something is wrong.

As root, pytest's folders and the user's cache lie below folders closed to others, so these tests also show that the
node, which then runs as another user, gets through.
"""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.errors import LocalStackError
from local.opensearch.artifacts import install
from local.opensearch.node import OpenSearchNode

INDEX = {
    "settings": {"index": {"knn": True, "number_of_shards": 1, "number_of_replicas": 0}},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "text": {"type": "text", "analyzer": "english"},
            "kind": {"type": "keyword"},
            "vector": {
                "type": "knn_vector",
                "dimension": 2,
                "space_type": "cosinesimil",
                "method": {"name": "hnsw", "engine": "lucene"},
            },
        },
    },
}
DOCUMENTS = {
    "key": {"text": "Rotating an encryption key", "kind": "kms", "vector": [1.0, 0.0]},
    "bucket": {"text": "Encrypts the objects of a bucket", "kind": "s3", "vector": [0.9, 0.3]},
    "queue": {"text": "Sends a message", "kind": "sqs", "vector": [0.0, 1.0]},
}
RELATIVE_SCORE = {
    "normalization-processor": {
        "normalization": {"technique": "min_max"},
        "combination": {"technique": "arithmetic_mean", "parameters": {"weights": [0.4, 0.6]}},
    }
}
RANKED = {"score-ranker-processor": {"combination": {"technique": "rrf"}}}


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=30, trust_env=False)


def load(http: httpx.Client, index: str) -> None:
    http.put(f"/{index}", json=INDEX).raise_for_status()
    for document_id, document in DOCUMENTS.items():
        http.put(f"/{index}/_doc/{document_id}", json=document, params={"refresh": "true"}).raise_for_status()


def found(http: httpx.Client, index: str, body: dict[str, Any]) -> list[str]:
    response = http.post(f"/{index}/_search", json=body)
    assert response.is_success, response.text
    return [hit["_id"] for hit in response.json()["hits"]["hits"]]


@pytest.fixture(scope="module")
def http(opensearch_url: str) -> Iterator[httpx.Client]:
    with client(opensearch_url) as http:
        load(http, "node-test")
        yield http
        http.delete("/node-test").raise_for_status()


def test_knn_returns_the_nearest_of_what_the_filter_lets_through(http: httpx.Client) -> None:
    knn = {"vector": [1.0, 0.0], "k": 1, "filter": {"terms": {"kind": ["s3", "sqs"]}}}

    assert found(http, "node-test", {"query": {"knn": {"vector": knn}}}) == ["bucket"]


@pytest.mark.parametrize("processor", [RELATIVE_SCORE, RANKED], ids=["relative_score", "ranked"])
def test_hybrid_is_fused_by_the_engine_and_filters_both_legs(http: httpx.Client, processor: dict[str, Any]) -> None:
    body = {
        "query": {
            "hybrid": {
                "queries": [
                    {"match": {"text": "encryption key"}},
                    {"knn": {"vector": {"vector": [1.0, 0.0], "k": 3}}},
                ],
                "filter": {"terms": {"kind": ["kms", "sqs"]}},
            }
        },
        "search_pipeline": {"phase_results_processors": [processor]},
    }

    assert found(http, "node-test", body) == ["key", "queue"]


def test_the_english_analyzer_finds_other_forms_of_a_word(http: httpx.Client) -> None:
    assert found(http, "node-test", {"query": {"match": {"text": "rotate"}}}) == ["key"]
    assert set(found(http, "node-test", {"query": {"match": {"text": "encrypted"}}})) == {"key", "bucket"}


def test_a_write_to_an_index_that_nobody_created_is_refused(http: httpx.Client) -> None:
    response = http.put("/never-created/_doc/1", json={"text": "lost"})

    assert response.status_code == 404
    assert response.json()["error"]["type"] == "index_not_found_exception"


def test_documents_survive_a_restart_and_a_work_dir_has_one_node(tmp_path: Path) -> None:
    node = OpenSearchNode(install(), tmp_path / "node")
    with node, client(node.url) as http:
        load(http, "kept")
    assert node.poll() is not None

    with node, client(node.url) as http:
        assert found(http, "kept", {"query": {"match": {"text": "messages"}}}) == ["queue"]
        with pytest.raises(LocalStackError, match=r"Another OpenSearch node runs on .*node: stop it"):
            OpenSearchNode(install(), tmp_path / "node").start()


def test_a_node_that_died_is_noticed_and_tells_its_last_lines(tmp_path: Path) -> None:
    with OpenSearchNode(install(), tmp_path / "node") as node:
        assert node.poll() is None
        assert node.pid
        os.kill(node.pid, signal.SIGKILL)

        assert node.wait() == node.poll() == -signal.SIGKILL
        notice = node.death_notice()

    assert "OpenSearch ended with exit code -9" in notice
    assert "o.o.n.Node started" in notice


def test_a_node_that_ends_during_its_start_tells_why(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match=r"(?s)ended with exit code 1.*opensearch\.log.*Invalid .* heap size"):
        OpenSearchNode(install(), tmp_path / "node", heap="plenty").start()


def test_a_taken_port_is_named_with_the_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(LocalStackError, match=f"Port {port}, .* is taken: stop what listens there, or choose anot"):
            OpenSearchNode(install(), tmp_path / "node", port=port).start()


def test_a_node_like_the_service_has_its_defaults_and_altos_domain_setting(tmp_path: Path) -> None:
    with OpenSearchNode(install(), tmp_path / "node", like_service=True) as node:
        created = httpx.put(f"{node.url}/alto-plain", json={}, timeout=60)
        shards = httpx.get(f"{node.url}/alto-plain/_settings", timeout=60).json()["alto-plain"]["settings"]["index"]
        named = httpx.post(
            f"{node.url}/_bulk",
            content='{"index": {"_index": "alto-plain"}}\n{"a": 1}\n',
            headers={"content-type": "application/x-ndjson"},
            timeout=60,
        )

    assert created.is_success
    assert shards["number_of_shards"] == "5"
    assert named.status_code == 400
    assert "explicit index" in named.text
