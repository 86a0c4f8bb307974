"""What is passed to Alto's methods, under the names that Weaviate users know."""

from alto.classes import aggregate, config, data, imports, init, query, search

__all__ = ["aggregate", "config", "data", "imports", "init", "query", "search"]
