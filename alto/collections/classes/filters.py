"""Weaviate's module of this name: the names of `alto.classes.query`."""

from typing import Any

from alto.classes import query as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
