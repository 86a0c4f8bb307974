"""The models behind the calls: the real MiniLM, or a stub that costs nothing, for benchmarks of the caller."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from local.emulator.graph import HIDDEN, cached_graph, tokenizer_path
from local.emulator.vectors import Floats, resize, unit

MAX_PIECES = 256  # what all-MiniLM-L6-v2 was trained to read
TEXTS_PER_RUN = 16  # measured: larger runs only add padding and cache misses
TEXTS_PER_BATCH = 32  # how long a query may have to wait behind others: some 0.1 s of short texts


class Embedder(Protocol):
    """Texts to vectors. Coroutines are called from one event loop."""

    async def embed(self, texts: list[str], dimensions: int) -> Floats:
        """(texts, dimensions), unit length."""

    async def embed_tokens(self, texts: list[str], dimensions: int) -> list[Floats]:
        """Per text (tokens, dimensions): their mean points where the text's vector does."""

    def close(self) -> None:
        """Ends the threads, if any."""


class MiniLM:
    """all-MiniLM-L6-v2 on the CPU: int8 weights, 384 dimensions, 256 word pieces. Safe to use from several threads."""

    def __init__(self, threads: int | None = None) -> None:
        options = onnxruntime.SessionOptions()  # type: ignore[attr-defined]
        options.intra_op_num_threads = threads or 0
        options.log_severity_level = 3
        # Spinning workers would take the CPU from the processes that wait for the response.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(  # type: ignore[attr-defined]
            str(cached_graph()), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer_path()))
        self._tokenizer.enable_truncation(MAX_PIECES)
        self._tokenizer.no_padding()  # the file pads to 128; rows are padded per run instead

    def encode(self, texts: list[str]) -> Floats:
        """(texts, 384), unit length, in the order of the texts."""
        encodings = self._tokenizer.encode_batch(texts)
        vectors = np.zeros((len(texts), HIDDEN), np.float32)
        by_length = sorted(range(len(texts)), key=lambda row: len(encodings[row].ids))
        for start in range(0, len(texts), TEXTS_PER_RUN):
            rows = by_length[start : start + TEXTS_PER_RUN]
            states, mask = self._run([encodings[row] for row in rows])
            vectors[rows] = (states * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return unit(vectors)

    def encode_tokens(self, texts: list[str]) -> list[Floats]:
        """Per text (pieces, 384): the last layer, unpooled, special pieces included as the real containers do."""
        return [self._run([encoding])[0][0] for encoding in self._tokenizer.encode_batch(texts)]

    def _run(self, encodings: list[Encoding]) -> tuple[Floats, NDArray[np.int64]]:
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = np.zeros((len(encodings), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        states: Floats = np.asarray(self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0])
        return states, mask


class MiniLMEmbedder:
    """MiniLM behind an event loop. Titan sends one text per call, so calls that wait together share one run."""

    def __init__(self, model: MiniLM) -> None:
        self._model = model
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="minilm")
        self._batches = MicroBatcher(model.encode, self._threads)

    async def embed(self, texts: list[str], dimensions: int) -> Floats:
        return resize(await self._batches.run(texts), dimensions)

    async def embed_tokens(self, texts: list[str], dimensions: int) -> list[Floats]:
        loop = asyncio.get_running_loop()
        tokens = await loop.run_in_executor(self._threads, self._model.encode_tokens, texts)
        return [resize(states, dimensions) for states in tokens]

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)


class MicroBatcher:
    """Joins the texts of concurrent callers into one call of `encode`, which runs in a thread."""

    def __init__(
        self, encode: Callable[[list[str]], Floats], threads: ThreadPoolExecutor, limit: int = TEXTS_PER_BATCH
    ) -> None:
        self._encode = encode
        self._threads = threads
        self._limit = limit
        self._waiting: deque[tuple[list[str], asyncio.Future[Floats]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def run(self, texts: list[str]) -> Floats:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Floats] = loop.create_future()
        self._waiting.append((texts, future))
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await future

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = self._take()
            joined = [text for texts, _ in batch for text in texts]
            try:
                vectors = await loop.run_in_executor(self._threads, self._encode, joined)
            except Exception as error:  # noqa: BLE001 - every caller of the batch gets it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            start = 0
            for texts, future in batch:
                if not future.done():
                    future.set_result(vectors[start : start + len(texts)])
                start += len(texts)

    def _take(self) -> list[tuple[list[str], asyncio.Future[Floats]]]:
        batch = [self._waiting.popleft()]
        count = len(batch[0][0])
        while self._waiting and count + len(self._waiting[0][0]) <= self._limit:
            batch.append(self._waiting.popleft())
            count += len(batch[-1][0])
        return batch


class StubEmbedder:
    """A vector from the text's hash: deterministic, different for different texts, without meaning."""

    _NOISE: Floats = np.random.default_rng(0).standard_normal(1 << 16).astype(np.float32)

    async def embed(self, texts: list[str], dimensions: int) -> Floats:
        return self.vectors(texts, dimensions)

    async def embed_tokens(self, texts: list[str], dimensions: int) -> list[Floats]:
        return [np.repeat(self.vectors([text], dimensions), 1 + len(text.split()), axis=0) for text in texts]

    @classmethod
    def vectors(cls, texts: list[str], dimensions: int) -> Floats:
        """(texts, dimensions), unit length: tests compare the responses of calls with it."""
        rows = np.empty((len(texts), dimensions), np.float32)
        span = len(cls._NOISE) - dimensions
        for row, text in zip(rows, texts, strict=True):
            digest = int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())
            first = digest % span
            # Another place than the first: the difference would be a vector of zeros.
            second = (first + 1 + (digest >> 32) % (span - 1)) % span
            np.subtract(cls._NOISE[first : first + dimensions], cls._NOISE[second : second + dimensions], out=row)
        return unit(rows)

    def close(self) -> None:
        """Nothing to end."""


def make_embedder(name: str, threads: int | None = None) -> Embedder:
    """`minilm` (builds its graph on first use) or `stub`."""
    return StubEmbedder() if name == "stub" else MiniLMEmbedder(MiniLM(threads))
