"""The arguments and results of Alto's methods, under the names of Weaviate's client."""

from alto.classes import aggregate, config, data, generate, imports, init, query, search

__all__ = ["aggregate", "config", "data", "generate", "imports", "init", "query", "search"]
