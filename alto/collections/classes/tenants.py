"""Weaviate's module of this name: the names of `alto.classes.tenants`."""

from typing import Any

from alto.classes import tenants as names


def __getattr__(name: str) -> Any:
    return getattr(names, name)
