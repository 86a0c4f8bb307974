import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from local.emulator.model import MicroBatcher, StubEmbedder
from local.emulator.tokens import count_tokens, keep_first, keep_last
from local.emulator.vectors import Floats, bits, resize, signed_bits, signed_bytes, unit, unsigned_bits, unsigned_bytes

VECTORS = unit(np.random.default_rng(1).standard_normal((50, 384)).astype(np.float32))


@pytest.mark.parametrize("dimensions", [384, 512, 1024, 3072])
def test_a_longer_vector_keeps_every_cosine(dimensions: int) -> None:
    resized = resize(VECTORS, dimensions)
    assert resized.shape == (50, dimensions)
    np.testing.assert_allclose(resized @ resized.T, VECTORS @ VECTORS.T, atol=1e-6)


def test_a_shorter_vector_keeps_cosines_nearly_and_its_unit_length() -> None:
    resized = resize(VECTORS, 256)
    np.testing.assert_allclose(np.linalg.norm(resized, axis=1), 1, atol=1e-6)
    assert np.abs(resized @ resized.T - VECTORS @ VECTORS.T).mean() < 0.05


def test_numbers_of_other_types_point_the_same_way() -> None:
    for decoded in (signed_bytes(VECTORS).astype(float), unsigned_bytes(VECTORS).astype(float) - 128):
        assert (unit(decoded.astype(np.float32)) * VECTORS).sum(axis=1).min() > 0.999


def test_packed_signs_are_the_signs() -> None:
    np.testing.assert_array_equal(np.unpackbits(unsigned_bits(VECTORS), axis=1), bits(VECTORS))
    np.testing.assert_array_equal(signed_bits(VECTORS).astype(int) + 128, unsigned_bits(VECTORS))


def test_the_stub_tells_texts_apart_and_never_changes_its_mind() -> None:
    texts = [f"text {number}" for number in range(5_000)]
    vectors = StubEmbedder.vectors(texts, 256)
    assert len({row.tobytes() for row in vectors}) == 5_000
    np.testing.assert_array_equal(StubEmbedder.vectors(texts[7:8], 256)[0], vectors[7])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_the_stub_has_no_vector_of_zeros() -> None:
    # The halves of this text's hash name the same place.
    assert np.linalg.norm(StubEmbedder.vectors(["text 25010"], 256)[0]) == pytest.approx(1)


@pytest.mark.parametrize(("text", "count"), [("", 1), ("a film", 2), ("internationalisation", 4), ("Ho, ho!", 4)])
def test_tokens_are_counted_by_pieces_of_words(text: str, count: int) -> None:
    assert count_tokens(text) == count


def test_a_text_is_cut_at_a_token() -> None:
    assert (keep_first("one, two", 2), keep_last("one, two", 2)) == ("one,", ", two")
    assert keep_first("one", 5) == keep_last("one", 5) == "one"


class Gate:
    """Encodes a text as its length, once the gate is open; notes which texts are encoded together."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.runs: list[list[str]] = []

    def encode(self, texts: list[str]) -> Floats:
        self.open.wait(10)
        self.runs.append(texts)
        if "bad" in texts:
            raise RuntimeError("bad text")
        return np.array([[len(text)] for text in texts], np.float32)


def run_batches(gate: Gate, *calls: list[str]) -> list[Floats | BaseException]:
    async def run() -> list[Floats | BaseException]:
        with ThreadPoolExecutor(1) as threads:
            batcher = MicroBatcher(gate.encode, threads, limit=4)
            tasks = [asyncio.create_task(batcher.run(texts)) for texts in calls]
            await asyncio.sleep(0)
            gate.open.set()
            return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(run())


def test_calls_that_wait_together_share_a_run_and_get_their_own_vectors() -> None:
    gate = Gate()
    responses = run_batches(gate, ["a"], ["bb", "ccc"], ["dddd"], ["eeeee", "f"])
    assert gate.runs == [["a", "bb", "ccc", "dddd"], ["eeeee", "f"]]
    assert [np.ravel(response).tolist() for response in responses if not isinstance(response, BaseException)] == [
        [1],
        [2, 3],
        [4],
        [5, 1],
    ]


def test_a_call_larger_than_a_run_goes_alone() -> None:
    gate = Gate()
    run_batches(gate, ["a"] * 6, ["b"])
    assert gate.runs == [["a"] * 6, ["b"]]


def test_a_run_that_fails_fails_its_callers_and_not_the_next_ones() -> None:
    responses = run_batches(Gate(), ["bad", "x", "x"], ["x"], ["fine"])
    assert [isinstance(response, RuntimeError) for response in responses] == [True, True, False]
