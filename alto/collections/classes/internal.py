"""Weaviate's module of this name: the names of `alto.outputs.query`."""

from typing import Any

from alto.outputs import query as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
