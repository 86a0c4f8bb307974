"""Annotations of typed properties."""

from typing import Any, TypeAlias

from alto.weaviate_names import refused_names

__all__ = ["Nested"]

# A TypedDict says itself what is in it.
Nested: TypeAlias = Any

__getattr__ = refused_names(__name__)
