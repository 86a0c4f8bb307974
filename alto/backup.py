"""Weaviate's backups, which are OpenSearch's snapshots here."""

from alto.weaviate_names import refused_names

__getattr__ = refused_names(__name__)
