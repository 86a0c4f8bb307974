"""Weaviate's module of this name: the names of `alto.classes.data`."""

from typing import Any

from alto.classes import data as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
