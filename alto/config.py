"""The settings of a client, under Weaviate's name of the module."""

from alto.settings import AdditionalConfig, Timeout
from alto.weaviate_names import refused_names

__all__ = ["AdditionalConfig", "Timeout"]

__getattr__ = refused_names(__name__)
