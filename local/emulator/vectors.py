"""Vectors in the lengths and number formats of the emulated models. Pure functions."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def resize(vectors: Floats, dimensions: int) -> Floats:
    """(n, d) unit vectors -> (n, dimensions) unit vectors.

    Longer: zeros are appended, which leaves every cosine as it is. Shorter: a fixed orthonormal projection, which keeps
    cosines within a few hundredths.
    """
    length = vectors.shape[1]
    if dimensions == length:
        return vectors
    if dimensions > length:
        return np.pad(vectors, ((0, 0), (0, dimensions - length)))
    return unit(vectors @ _projection(length, dimensions))


def unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)


@cache
def _projection(length: int, dimensions: int) -> Floats:
    normal = np.random.default_rng(dimensions).standard_normal((length, dimensions))
    return np.linalg.qr(normal).Q.astype(np.float32)


def bits(vectors: Floats) -> NDArray[np.uint8]:
    """One 0 or 1 per dimension: the sign."""
    return (vectors > 0).astype(np.uint8)


def unsigned_bits(vectors: Floats) -> NDArray[np.uint8]:
    """Signs packed to bytes, 0..255, an eighth of the dimensions long."""
    return np.packbits(vectors > 0, axis=1)


def signed_bits(vectors: Floats) -> NDArray[np.int8]:
    """Signs packed to bytes, -128..127: the unsigned form minus 128."""
    return (unsigned_bits(vectors).astype(np.int16) - 128).astype(np.int8)


def signed_bytes(vectors: Floats) -> NDArray[np.int8]:
    """-127..127, each vector by its own largest component, so cosines stay."""
    largest = np.maximum(np.abs(vectors).max(axis=1, keepdims=True), 1e-12)
    return np.round(vectors * (127 / largest)).astype(np.int8)


def unsigned_bytes(vectors: Floats) -> NDArray[np.uint8]:
    return (signed_bytes(vectors).astype(np.int16) + 128).astype(np.uint8)


def floats(vectors: Floats) -> Floats:
    return vectors


COHERE_TYPES: dict[str, Callable[[Floats], NDArray[Any]]] = {
    "float": floats,
    "int8": signed_bytes,
    "uint8": unsigned_bytes,
    "binary": signed_bits,
    "ubinary": unsigned_bits,
}
TITAN_TYPES: dict[str, Callable[[Floats], NDArray[Any]]] = {"float": floats, "binary": bits}
