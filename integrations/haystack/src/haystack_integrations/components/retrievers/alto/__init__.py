"""Haystack's retrievers over Alto."""

from haystack_integrations.components.retrievers.alto.retrievers import (
    AltoBM25Retriever,
    AltoEmbeddingRetriever,
    AltoHybridRetriever,
)

__all__ = ["AltoBM25Retriever", "AltoEmbeddingRetriever", "AltoHybridRetriever"]
