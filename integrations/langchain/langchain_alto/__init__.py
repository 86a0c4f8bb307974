"""LangChain's vector store, retriever and embeddings over Alto."""

from langchain_alto.embeddings import AltoEmbeddings
from langchain_alto.retrievers import AltoRetriever
from langchain_alto.vectorstores import AltoVectorStore

__all__ = ["AltoEmbeddings", "AltoRetriever", "AltoVectorStore"]
