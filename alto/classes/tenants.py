"""Weaviate's module of this name. Tenants."""

from alto.weaviate_names import refused_names

__getattr__ = refused_names(__name__)
