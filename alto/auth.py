"""Weaviate's ways to authenticate, none of which Alto has."""

from alto.weaviate_names import refused_names

__getattr__ = refused_names(__name__)
