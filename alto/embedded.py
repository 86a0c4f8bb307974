"""Weaviate's embedded server."""

from alto.exceptions import WeaviateStartUpError
from alto.weaviate_names import refused_names

__all__ = ["WeaviateStartUpError"]

__getattr__ = refused_names(__name__)
