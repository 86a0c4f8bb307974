"""The benchmarks run: the real code with a handful of objects, their results aside."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import numpy as np
import pytest

from benchmarks import api as api_benchmark
from benchmarks import cli, compression, content_field, hostile, many_collections, passages, quality
from benchmarks import load as load_benchmark
from benchmarks import search as latency
from benchmarks.commit import current_commit
from benchmarks.estimates import import_constants
from benchmarks.imports.account import prepare_account
from benchmarks.imports.runs import CONTENDERS, TITAN, Case, Machine, measure
from benchmarks.in_process import Alto
from benchmarks.judged import DIMENSIONS, Judged, collection_body, objects
from local.emulator import Emulator
from tests.api import Api

VECTORS = np.eye(4, DIMENSIONS, dtype=np.float32)
DOCUMENTS = [
    {"_id": str(place), "title": f"package {word}", "text": f"text about {word}", "section": "libs"}
    for place, word in enumerate(("red", "green", "blue", "black"))
]


@pytest.fixture(scope="module")
def alto(api: Api, environment: dict[str, str]) -> Alto:
    """Alto on the node of all suites. The wired functions are those of `api`."""
    assert api("GET", "/v1/meta").status == 200
    made = Alto(environment["ALTO_OPENSEARCH_URL"])
    stored = [
        {
            "properties": {name: document[name] for name in ("title", "text", "section")},
            "vector": vector.tolist(),
        }
        for document, vector in zip(DOCUMENTS, VECTORS, strict=True)
    ]
    made.fill(latency.collection_body(DIMENSIONS), stored)
    return made


@pytest.mark.parametrize("mode", latency.MODES)
def test_the_latency_of_a_mode_is_measured(alto: Alto, mode: str) -> None:
    row = latency.timed(latency.Bare(alto), latency.MODES[mode]("package green", VECTORS[1].tolist()))

    assert {"handler", "took", "bare"} <= row.keys()


def test_the_latency_of_several_clients_is_measured(alto: Alto) -> None:
    bodies = [latency.MODES["bm25"]("package green", VECTORS[1].tolist())] * 3

    row = latency.latency(alto, bodies, 2)

    assert row["p50_ms"] > row["own_p50_ms"] > 0


def test_recall_is_measured(alto: Alto) -> None:
    asked = [("", vector) for vector in VECTORS]

    # Four objects are found of the ten that it looks for.
    found = latency.recall_at_10(alto, asked, np.repeat(VECTORS, 3, axis=0), np.ndarray.tolist)
    assert found == pytest.approx(0.4)


def test_compressed_vectors_are_measured(alto: Alto) -> None:
    vectors = np.random.default_rng(1).normal(size=(40, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    rows = compression.compare(alto, vectors, ["libs", "net"] * 20, vectors[:8])

    whole, compressed = rows["none"], rows["4x"]
    assert (compressed.recall, compressed.recall_filtered) == (whole.recall, whole.recall_filtered) == (1.0, 1.0)
    assert max(whole.distance_error, compressed.distance_error) < 1e-5
    assert compressed.searched_mb < whole.searched_mb


def test_quality_is_measured(alto: Alto) -> None:
    queries: list[dict[str, Any]] = [{"_id": "q", "text": "green"}]
    judged = Judged("Toyquality", DOCUMENTS, queries, {"q": {"1": 1}}, VECTORS, VECTORS[1:2])
    alto.fill(collection_body(judged.name), objects(judged))

    assert all(quality.measure(alto, judged, mode) == ([1.0], [1.0]) for mode in quality.MODES.values())


def test_the_passages_of_a_collection_have_their_own_vectors() -> None:
    long = [DOCUMENTS[0] | {"text": "red words " * 100}, *DOCUMENTS[1:]]
    judged = Judged("Toypassages", long, [], {}, VECTORS, VECTORS[:0])

    texts = passages.read_all_texts(judged)

    assert [len(each.passages) for each in texts] == [2, 0, 0, 0]
    with passages.serving(dict.fromkeys(texts[0].embedded, VECTORS[0])) as url:
        made = httpx.post(f"{url}/invocations", json={"inputs": texts[0].embedded}, trust_env=False).json()
    assert made == [VECTORS[0].tolist()] * 3


def test_the_second_field_of_english_text_is_measured(alto: Alto) -> None:
    judged = Judged("Toycontent", DOCUMENTS, [], {}, VECTORS, VECTORS)

    found = content_field.compare(alto, objects(judged), os.getpid(), vectors=False, rounds=1)

    assert found["bytes without"] < found["bytes with"]


def test_the_share_of_the_handler_in_reads_and_writes_is_measured(alto: Alto) -> None:
    rows = api_benchmark.measure(alto, api_benchmark.fill(alto, 4), {"get by id": 1, "batch of 100": 1})

    assert {name: row["rounds"] for name, row in rows.items()} == {"get by id": 1, "batch of 100": 1}


def test_the_cost_of_the_command_line_is_measured() -> None:
    assert {name: len(times) for name, times in cli.measure(1, warm=False).items()} == dict.fromkeys(cli.PROGRAMS, 1)


def test_expensive_requests_are_measured(alto: Alto) -> None:
    hostile.fill(alto, 8, others=2)

    run = hostile.measure(1, 1)

    assert run["hostile_requests"] == len(hostile.REQUESTS)
    assert all(status < 500 for each in run["each"] for status in each["statuses"])


def test_many_collections_are_measured(alto: Alto) -> None:
    before, after = many_collections.run(alto, 1)["measured"]

    assert after["collections"] == before["collections"] + 2
    assert after["sorted_and_distinct"]


def test_a_mixed_load_is_measured_and_its_counts_add_up(alto: Alto) -> None:
    parameters = load_benchmark.Parameters(clients=1, seconds=0.5, seeded=4)

    run = load_benchmark.Bench(alto, None, parameters).run()

    assert run["objects"]["counted"] == run["objects"]["stored"] >= 4


def test_the_constants_of_imports_are_measured(
    environment: dict[str, str], emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_constants, "OBJECTS", 2)

    found = import_constants.measure(environment["ALTO_OPENSEARCH_URL"], emulator.url)

    assert found.keys() == json.loads((import_constants.RESULT).read_text()).keys()


@pytest.fixture(scope="module")
def machine(environment: dict[str, str]) -> Iterator[Machine]:
    with Emulator(model="stub") as stub:
        account = prepare_account(environment["AWS_ENDPOINT_URL"], "bench")
        with closing(Machine(environment["ALTO_OPENSEARCH_URL"], os.getpid(), stub, account)) as machine:
            yield machine


def test_an_import_and_its_ceiling_are_measured(machine: Machine) -> None:
    kept = measure(Case("toy", TITAN, 3), CONTENDERS[:2], 1, machine)

    # Eight texts before the clock starts.
    assert {name: each["calls"] for name, each in kept["contenders"].items()} == {"alto": 3 + 8, "bulk": 0}


def test_kept_results_name_their_commit() -> None:
    assert current_commit() is None or len(current_commit() or "") >= 12
