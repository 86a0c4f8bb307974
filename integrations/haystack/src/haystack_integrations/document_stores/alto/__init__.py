"""Haystack's document store over Alto."""

from haystack_integrations.document_stores.alto.document_store import AltoDocumentStore

__all__ = ["AltoDocumentStore"]
