"""How text is cut into words, under Weaviate's name of the module."""

from alto.classes.config import StopwordsPreset, Tokenization
from alto.weaviate_names import refused_names

__all__ = ["StopwordsPreset", "Tokenization"]

__getattr__ = refused_names(__name__)
