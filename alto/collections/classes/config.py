"""Weaviate's module of this name: the names of `alto.classes.config`."""

from typing import Any

from alto.classes import config as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
