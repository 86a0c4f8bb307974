"""A collection of Alto as a vector store."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import BaseNode
from llama_index.core.vector_stores.types import (
    BasePydanticVectorStore,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
    VectorStoreQueryResult,
)
from llama_index.vector_stores.alto.filters import to_filter
from llama_index.vector_stores.alto.nodes import store, to_node, to_object

from alto import AltoClient
from alto.classes.config import Configure, DataType, Property, Tokenization
from alto.classes.filters import Filter, FilterExpression
from alto.classes.query import Diversity
from alto.classes.results import Object
from alto.collections import Collection

PAGE = 100
# Diverse nodes are chosen from so many times the nodes asked for.
MMR_PREFETCH = 4
WORDS = (VectorStoreQueryMode.SPARSE, VectorStoreQueryMode.TEXT_SEARCH)
HYBRID = (VectorStoreQueryMode.HYBRID, VectorStoreQueryMode.SEMANTIC_HYBRID)
VECTORS = (VectorStoreQueryMode.DEFAULT, VectorStoreQueryMode.MMR)


class AltoVectorStore(BasePydanticVectorStore):
    """Nodes in a collection of Alto, which is made with the first nodes if it does not exist.

        with alto.connect_to_local(port=8700) as client:
            store = AltoVectorStore(client, "Plays")
            index = VectorStoreIndex.from_documents(documents, StorageContext.from_defaults(vector_store=store))

    Writes and deletions return when searches see them.

    Args:
        client: A connected client of Alto.
        collection: The name of the collection: a capital letter first.
        model: A model on Bedrock. Alto embeds nodes and queries with it; LlamaIndex embeds nothing.
        region: The region of the model.
    """

    stores_text: bool = True
    collection: str
    model: str | None = None
    region: str = "us-east-1"
    _client: AltoClient = PrivateAttr()

    def __init__(
        self, client: AltoClient, collection: str = "LlamaIndex", *, model: str | None = None, region: str = "us-east-1"
    ) -> None:
        fields: dict[str, Any] = {"collection": collection, "model": model, "region": region}
        super().__init__(**fields, is_embedding_query=model is None)
        self._client = client

    @classmethod
    def class_name(cls) -> str:
        return "AltoVectorStore"

    @property
    def client(self) -> AltoClient:
        return self._client

    def add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        """Store nodes and return their ids; a node of an id that exists is replaced.

        Raises:
            ValueError: At least one node was not stored; the sentence names the first.
        """
        if not nodes:
            return []
        if not self._exists():
            self._create(0 if self.model else len(nodes[0].get_embedding()))
        store(self._objects, [to_object(each, with_vector=self.model is None) for each in nodes])
        return [each.node_id for each in nodes]

    def delete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        """Delete all nodes of a document."""
        self._delete(Filter.by_property("ref_doc_id").equal(ref_doc_id))

    def delete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        """Delete nodes by their ids, a filter, or both.

        Raises:
            ValueError: Neither is given: `clear` deletes all.
        """
        condition = self._condition(node_ids, filters)
        if condition is None:
            raise ValueError("node_ids, filters: give at least one; clear() deletes all nodes")
        self._delete(condition)

    def clear(self) -> None:
        """Delete all nodes, and the collection with them."""
        self._client.collections.delete(self.collection)

    def get_nodes(self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None) -> list[BaseNode]:
        """The nodes of these ids that match, with their embeddings; without either all."""
        return [to_node(each) for each in self._matching(self._condition(node_ids, filters))]

    def query(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        """The nodes that a search finds, with its scores: 1 - distance of vectors, BM25 of words, both fused of hybrid.

        `kwargs` are other settings of Alto's search: `query_properties`, `rerank`, `boost`.

        Raises:
            ValueError: The mode is none of `default`, `mmr`, `hybrid`, `semantic_hybrid`, `sparse` and `text_search`.
        """
        if not self._exists():
            return VectorStoreQueryResult(nodes=[], similarities=[], ids=[])
        found = self._search(query, **kwargs)
        nodes = [to_node(each) for each in found]
        return VectorStoreQueryResult(
            nodes=nodes, similarities=[_score(each) for each in found], ids=[each.node_id for each in nodes]
        )

    async def async_add(self, nodes: Sequence[BaseNode], **kwargs: Any) -> list[str]:
        return await asyncio.to_thread(self.add, nodes, **kwargs)

    async def adelete(self, ref_doc_id: str, **delete_kwargs: Any) -> None:
        await asyncio.to_thread(self.delete, ref_doc_id, **delete_kwargs)

    async def adelete_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None, **delete_kwargs: Any
    ) -> None:
        await asyncio.to_thread(self.delete_nodes, node_ids, filters, **delete_kwargs)

    async def aclear(self) -> None:
        await asyncio.to_thread(self.clear)

    async def aget_nodes(
        self, node_ids: list[str] | None = None, filters: MetadataFilters | None = None
    ) -> list[BaseNode]:
        return await asyncio.to_thread(self.get_nodes, node_ids, filters)

    async def aquery(self, query: VectorStoreQuery, **kwargs: Any) -> VectorStoreQueryResult:
        return await asyncio.to_thread(self.query, query, **kwargs)

    @property
    def _objects(self) -> Collection[dict[str, Any]]:
        return self._client.collections.use(self.collection)

    def _exists(self) -> bool:
        return self._client.collections.exists(self.collection)

    def _create(self, dimensions: int) -> None:
        if self.model:
            vector = Configure.Vectors.text2vec_aws_bedrock(
                model=self.model, region=self.region, source_properties=["text"], vectorize_collection_name=False
            )
        else:
            vector = Configure.Vectors.self_provided(dimensions=dimensions)
        self._client.collections.create(
            self.collection,
            properties=[
                Property(name="text", data_type=DataType.TEXT),
                Property(name="node", data_type=DataType.TEXT, index_filterable=False, index_searchable=False),
                Property(name="ref_doc_id", data_type=DataType.TEXT, tokenization=Tokenization.FIELD),
            ],
            vector_config=vector,
            auto_schema=True,
        )

    def _search(self, query: VectorStoreQuery, **kwargs: Any) -> list[Object]:
        documents = Filter.by_property("ref_doc_id").contains_any(query.doc_ids) if query.doc_ids else None
        condition = _joined(documents, self._condition(query.node_ids, query.filters))
        asked: dict[str, Any] = {"filters": condition, "limit": query.similarity_top_k} | kwargs
        search = self._objects.query
        if query.mode in WORDS:
            return search.bm25(_text(query), **asked | {"limit": query.sparse_top_k or asked["limit"]}).objects
        if query.mode in HYBRID:
            asked |= {"limit": query.hybrid_top_k or asked["limit"], "alpha": query.alpha}
            vector = None if query.alpha == 0 else query.query_embedding  # Words alone need no vector.
            return search.hybrid(query.query_str, vector=vector, **asked).objects
        if query.mode not in VECTORS:
            modes = ", ".join(mode.value for mode in (*VECTORS, *HYBRID, *WORDS))
            raise ValueError(f"mode: Alto has no {query.mode.value!r}: use one of {modes}")
        if query.mode == VectorStoreQueryMode.MMR:
            asked["diversity_selection"] = Diversity.mmr(limit=asked["limit"], balance=query.mmr_threshold)
            asked["limit"] *= MMR_PREFETCH
        if query.query_embedding is None:
            return search.near_text(_text(query), **asked).objects
        return search.near_vector(query.query_embedding, **asked).objects

    def _condition(self, node_ids: list[str] | None, filters: MetadataFilters | None) -> FilterExpression | None:
        chosen = Filter.by_id().contains_any(node_ids) if node_ids else None
        return _joined(chosen, to_filter(filters))

    def _matching(self, condition: FilterExpression | None) -> Iterator[Object]:
        after = None
        while self._exists():
            page = self._objects.query.fetch_objects(
                filters=condition, limit=PAGE, after=after, include_vector=True
            ).objects
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].uuid

    def _delete(self, condition: FilterExpression) -> None:
        while self._exists():
            done = self._objects.data.delete_many(condition, consistency="wait")
            if not done.successful or done.matches == done.successful:
                return


def _joined(*conditions: FilterExpression | None) -> FilterExpression | None:
    given = [each for each in conditions if each is not None]
    return Filter.all_of(given) if given else None


def _text(query: VectorStoreQuery) -> str:
    if query.query_str is None:
        raise ValueError(f"query_str: give the text of the query, which the mode {query.mode.value!r} searches by")
    return query.query_str


def _score(found: Object) -> float:
    if found.metadata.distance is not None:
        return 1.0 - found.metadata.distance
    return found.metadata.score or 0.0
