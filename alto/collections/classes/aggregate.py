"""Weaviate's module of this name: the names of `alto.outputs.aggregate`."""

from typing import Any

from alto.outputs import aggregate as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
