"""Weaviate's module of this name. Arguments of replication."""

from alto.weaviate_names import refused_names

__getattr__ = refused_names(__name__)
