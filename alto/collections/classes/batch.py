"""Weaviate's module of this name: the names of `alto.outputs.batch`."""

from typing import Any

from alto.outputs import batch as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
