"""Compressed vectors over a real OpenSearch: as whole ones, but for the memory of the graph."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from tests.api import Api
from tests.functions import Functions

COUNT, DIMENSIONS = 300, 64
CHANCE = np.random.default_rng(5)
VECTORS = CHANCE.normal(size=(COUNT, DIMENSIONS)).astype(np.float32)
EVEN = {"property": "even", "operator": "equal", "value": True}
ASKED = VECTORS[7].tolist()
Body = dict[str, Any]


def described(compression: str | None, distance: str = "cosine") -> Body:
    index = {"distance": distance, "compression": compression}
    return {
        "name": f"Compressed{uuid4().hex[:8]}",
        "properties": [{"name": "even", "type": "boolean"}, {"name": "word", "type": "text"}],
        "vectors": {"default": {"vectorizer": "none", "dimensions": DIMENSIONS, "index": index}},
    }


def make(api: Api, compression: str | None, distance: str = "cosine") -> str:
    body = described(compression, distance)
    made = api("POST", "/v1/collections", body)
    assert made.status == 201, made.body
    objects = [
        {"id": str(UUID(int=at)), "properties": {"even": at % 2 == 0, "word": "all"}, "vector": vector.tolist()}
        for at, vector in enumerate(VECTORS)
    ]
    path = f"/v1/collections/{body['name']}"
    stored = api("POST", f"{path}/objects/batch", {"objects": objects}, query={"consistency": "wait"})
    assert stored.body["created"] == COUNT, stored.body
    return path


@pytest.fixture(scope="module", params=["cosine", "dot"])
def whole_and_compressed(api: Api, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    whole, compressed = make(api, None, request.param), make(api, "4x", request.param)
    yield whole, compressed
    api("DELETE", whole)
    api("DELETE", compressed)


def find(api: Api, path: str, **body: Any) -> list[tuple[str, float, float | None]]:
    found = api("POST", f"{path}/search", {"limit": 10} | body)
    assert found.status == 200, found.body
    return [(hit["id"], hit["score"], hit.get("distance")) for hit in found.body["objects"]]


@pytest.mark.parametrize(
    "search",
    [
        {"near_vector": {"vector": ASKED}},
        {"near_vector": {"vector": ASKED}, "filter": EVEN},
        {"near_object": {"id": str(UUID(int=3))}},
        {"hybrid": {"query": "all", "vector": ASKED, "alpha": 0.7}},
        {"near_vector": {"vectors": {"default": [ASKED, VECTORS[8].tolist()]}}},
        {"near_vector": {"vector": ASKED}, "diversity": {"balance": 0.5}},
        {"hybrid": {"query": "all", "vector": ASKED}, "smoothing": {"weight": 0.5}},
    ],
    ids=["plain", "filtered", "object", "hybrid", "several", "diverse", "smoothed"],
)
def test_hits_and_distances_are_those_of_whole_vectors(
    api: Api, whole_and_compressed: tuple[str, str], search: Body
) -> None:
    whole, compressed = whole_and_compressed

    expected = find(api, whole, **search)

    assert len(expected) == 10
    assert find(api, compressed, **search) == expected


def test_a_largest_distance_is_that_of_whole_vectors(api: Api, whole_and_compressed: tuple[str, str]) -> None:
    whole, compressed = whole_and_compressed
    fourth = find(api, whole, near_vector={"vector": ASKED})[3][2]

    near = find(api, compressed, near_vector={"vector": ASKED, "distance": fourth})

    assert near == find(api, whole, near_vector={"vector": ASKED}, limit=4)


def test_a_rebuild_switches_compression_on_and_off(api: Api, functions: Functions) -> None:
    path = make(api, None)
    expected = find(api, path, near_vector={"vector": ASKED}, include_vectors=True)

    for compression in ("4x", None):
        job = api("POST", f"{path}/rebuild", {"vectors": {"default": {"index": {"compression": compression}}}})
        assert job.status == 202, job.body
        functions.work()

        assert api("GET", path).body["vectors"]["default"]["index"]["compression"] == compression
        assert find(api, path, near_vector={"vector": ASKED}) == expected
        assert api("POST", f"{path}/rebuild/finish").status == 200
    api("DELETE", path)


@pytest.mark.parametrize("unknown", ["8x", 4])
def test_an_unknown_compression_is_refused(api: Api, unknown: Any) -> None:
    refused = api("POST", "/v1/collections", described(unknown))

    assert refused.status == 400
    message = f'vectors.default.index.compression: expected "4x", not {json.dumps(unknown)}'
    assert message in refused.body["error"]["message"]
