"""The benchmarks of searches run: the real code with a handful of objects, their results aside."""

import os
from typing import Any

import httpx
import numpy as np
import pytest

from benchmarks import content_field, passages, quality
from benchmarks import search as latency
from benchmarks.in_process import Alto
from benchmarks.judged import DIMENSIONS, Judged, collection_body, current_commit, objects
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


def test_recall_is_measured(alto: Alto) -> None:
    asked = [("", vector) for vector in VECTORS]

    # Four objects are found of the ten that it looks for.
    found = latency.recall_at_10(alto, asked, np.repeat(VECTORS, 3, axis=0), np.ndarray.tolist)
    assert found == pytest.approx(0.4)


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


def test_kept_results_name_their_commit() -> None:
    assert current_commit() is None or len(current_commit() or "") >= 12
