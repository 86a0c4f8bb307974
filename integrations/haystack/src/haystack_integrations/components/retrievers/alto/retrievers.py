"""Retrievers: by an embedding, by words, and by both."""

import asyncio
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict
from haystack.document_stores.types import FilterPolicy, apply_filter_policy
from haystack_integrations.document_stores.alto import AltoDocumentStore


class _Retriever:
    """The parameters that all retrievers have.

    Args:
        document_store: Where documents are.
        filters: A filter of every run.
        top_k: The largest number of documents.
        filter_policy: Whether the filters of a run replace these or are joined to them.
        settings: Other settings of Alto's search: `alpha`, `query_properties`, `rerank`, `boost`.
    """

    def __init__(
        self,
        document_store: AltoDocumentStore,
        *,
        filters: dict[str, Any] | None = None,
        top_k: int = 10,
        filter_policy: str | FilterPolicy = FilterPolicy.REPLACE,
        settings: dict[str, Any] | None = None,
    ) -> None:
        if not isinstance(document_store, AltoDocumentStore):
            raise TypeError("document_store: give an AltoDocumentStore")
        self.document_store = document_store
        self.filters = filters
        self.top_k = top_k
        self.filter_policy = (
            filter_policy if isinstance(filter_policy, FilterPolicy) else FilterPolicy.from_str(filter_policy)
        )
        self.settings = settings or {}

    def to_dict(self) -> dict[str, Any]:
        """The retriever as a dictionary."""
        return default_to_dict(
            self,
            document_store=self.document_store.to_dict(),
            filters=self.filters,
            top_k=self.top_k,
            filter_policy=self.filter_policy.value,
            settings=self.settings,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Any:
        """The retriever that `to_dict` described."""
        parameters = data["init_parameters"]
        parameters["document_store"] = AltoDocumentStore.from_dict(parameters["document_store"])
        return default_from_dict(cls, data)

    def _search(
        self, mode: str, query: Any, filters: dict[str, Any] | None, top_k: int | None, **settings: Any
    ) -> dict[str, list[Document]]:
        found = self.document_store.search(
            mode,
            query,
            top_k=top_k or self.top_k,
            filters=apply_filter_policy(self.filter_policy, self.filters, filters),
            **(self.settings | settings),
        )
        return {"documents": found}


@component
class AltoEmbeddingRetriever(_Retriever):
    """Documents whose embedding is near to that of the query. Scores are 1 - distance."""

    @component.output_types(documents=list[Document])
    def run(
        self, query_embedding: list[float], filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search by an embedding."""
        return self._search("near_vector", query_embedding, filters, top_k)

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query_embedding: list[float], filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search by an embedding, in a thread."""
        return await asyncio.to_thread(self.run, query_embedding, filters, top_k)


@component
class AltoBM25Retriever(_Retriever):
    """Documents that have the words of the query."""

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search by words."""
        return self._search("bm25", query, filters, top_k)

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search by words, in a thread."""
        return await asyncio.to_thread(self.run, query, filters, top_k)


@component
class AltoHybridRetriever(_Retriever):
    """Documents by words and by meaning. Without an embedding, the collection's model embeds the query."""

    @component.output_types(documents=list[Document])
    def run(
        self,
        query: str,
        query_embedding: list[float] | None = None,
        filters: dict[str, Any] | None = None,
        top_k: int | None = None,
    ) -> dict[str, list[Document]]:
        """Search by words and meaning."""
        vector = {} if query_embedding is None else {"vector": query_embedding}
        return self._search("hybrid", query, filters, top_k, **vector)

    @component.output_types(documents=list[Document])
    async def run_async(
        self,
        query: str,
        query_embedding: list[float] | None = None,
        filters: dict[str, Any] | None = None,
        top_k: int | None = None,
    ) -> dict[str, list[Document]]:
        """Search by words and meaning, in a thread."""
        return await asyncio.to_thread(self.run, query, query_embedding, filters, top_k)
