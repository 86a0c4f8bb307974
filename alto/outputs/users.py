"""Weaviate's module of this name: types of a part that Alto does not have."""

from alto.weaviate_names import refused_names

__getattr__ = refused_names(__name__)
