"""What is passed to Alto's methods, under the names that Weaviate users know."""

from alto.classes import config, data, init, query

__all__ = ["config", "data", "init", "query"]
