"""Weaviate's exports; `alto export` writes the objects of a collection."""

from alto.weaviate_names import refused_names

__getattr__ = refused_names(__name__)
