"""Weaviate's module of this name: the names of `alto.classes.generate`."""

from typing import Any

from alto.classes import generate as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
