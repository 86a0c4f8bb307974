"""LlamaIndex's vector store over Alto."""

from llama_index.vector_stores.alto.base import AltoVectorStore

__all__ = ["AltoVectorStore"]
