"""A collection of Alto as a document store."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Literal

from haystack import Document, default_from_dict, default_to_dict
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.document_stores.alto.documents import store, to_document, to_object
from haystack_integrations.document_stores.alto.filters import to_filter

import alto
from alto import AltoClient
from alto.classes.aggregate import GroupByAggregate
from alto.classes.config import Configure, DataType, Property, VectorDistances
from alto.classes.filters import Filter, FilterExpression
from alto.classes.results import Object
from alto.collections import Collection

# Objects in one request; metadata values in one group.
PAGE = 100
MOST_VALUES = 1000
MOST_DELETES = 1000
EARLIEST = datetime(1970, 1, 1, tzinfo=timezone.utc)
DISTANCES = {"cosine": VectorDistances.COSINE, "dot_product": VectorDistances.DOT, "l2": VectorDistances.L2_SQUARED}


class AltoDocumentStore:
    """Documents in a collection of Alto, which is made at the first use if it does not exist.

    Writes and deletions return when searches see them. `..._async` methods run in a thread.

        store = AltoDocumentStore("http://127.0.0.1:8700", collection="Articles", embedding_dim=384)
        store.write_documents([Document(content="A ghost story", embedding=[...])])

    Args:
        url: The address of Alto.
        collection: The name of the collection: a capital letter first.
        embedding_dim: The length of the embeddings that documents bring.
        similarity: How embeddings are compared. `cosine` refuses embeddings of zeros.
        model: A model on Bedrock. Alto embeds documents and queries with it, and documents bring no embeddings.
        region: The region of the model.
        signed: Whether requests are signed with the AWS credentials of this process.
        profile: The profile of these credentials.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8700",
        *,
        collection: str = "Haystack",
        embedding_dim: int = 768,
        similarity: Literal["cosine", "dot_product", "l2"] = "cosine",
        model: str | None = None,
        region: str = "us-east-1",
        signed: bool = False,
        profile: str | None = None,
    ) -> None:
        self.url = url
        self.name = collection
        self.embedding_dim = embedding_dim
        self.similarity = similarity
        self.model = model
        self.region = region
        self.signed = signed
        self.profile = profile
        self._client: AltoClient | None = None

    def to_dict(self) -> dict[str, Any]:
        """The store as a dictionary, without credentials."""
        return default_to_dict(
            self,
            url=self.url,
            collection=self.name,
            embedding_dim=self.embedding_dim,
            similarity=self.similarity,
            model=self.model,
            region=self.region,
            signed=self.signed,
            profile=self.profile,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "AltoDocumentStore":
        """The store that `to_dict` described."""
        return default_from_dict(cls, data)

    @property
    def client(self) -> AltoClient:
        """A client that stays connected until `close`."""
        if self._client is None:
            if self.signed:
                self._client = alto.connect_to_aws(self.url, profile=self.profile)
            else:
                self._client = alto.connect_to_custom(self.url)
            self._create()
        return self._client

    @property
    def collection(self) -> Collection[dict[str, Any]]:
        """The collection of the client."""
        return self.client.collections.use(self.name)

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def count_documents(self) -> int:
        """The number of documents."""
        return len(self.collection)

    def filter_documents(self, filters: dict[str, Any] | None = None) -> list[Document]:
        """All documents that match, by id."""
        return [to_document(each) for each in self._matching(filters)]

    def write_documents(self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE) -> int:
        """Store documents and return how many. NONE means FAIL.

        FAIL and SKIP look first which ids exist: two writers of one id at the same time can both write.

        Raises:
            ValueError: A document is not one.
            DuplicateDocumentError: An id exists, and the policy is FAIL. Nothing is written.
            DocumentStoreError: At least one document was not stored; the others are.
        """
        if not isinstance(documents, list) or not all(isinstance(each, Document) for each in documents):
            raise ValueError("documents: give a list of Documents")
        if policy in (DuplicatePolicy.NONE, DuplicatePolicy.FAIL, DuplicatePolicy.SKIP):
            existing = self._existing([each.id for each in documents])
            if existing and policy != DuplicatePolicy.SKIP:
                raise DuplicateDocumentError(f"The store has documents of the ids {sorted(existing)}.")
            documents = [each for each in documents if each.id not in existing]
        self._insert(documents)
        return len(documents)

    def delete_documents(self, document_ids: list[str]) -> None:
        """Delete documents by their ids; ids without a document are no error."""
        for start in range(0, len(document_ids), MOST_DELETES):
            part = Filter.by_id().contains_any(document_ids[start : start + MOST_DELETES])
            self.collection.data.delete_many(part, consistency="wait")

    def delete_all_documents(self) -> None:
        """Delete all documents. The collection stays."""
        self._delete(Filter.by_creation_time().greater_than(EARLIEST))

    def delete_by_filter(self, filters: dict[str, Any]) -> int:
        """Delete all documents that match, and return how many."""
        condition = self._filter(filters)
        return self._delete(condition) if condition else 0

    def update_by_filter(self, filters: dict[str, Any], meta: dict[str, Any]) -> int:
        """Set metadata of all documents that match, and return how many."""
        matching = [to_document(each) for each in self._matching(filters, include_vector=self.model is None)]
        changed = [replace(each, meta=each.meta | meta) for each in matching]
        self._insert(changed)
        return len(changed)

    def count_documents_by_filter(self, filters: dict[str, Any]) -> int:
        """The number of documents that match."""
        return self.collection.aggregate.over_all(filters=self._filter(filters), total_count=True).total_count or 0

    def count_unique_metadata_by_filter(self, filters: dict[str, Any], metadata_fields: list[str]) -> dict[str, int]:
        """How many different values each field has among the documents that match."""
        return {
            field.removeprefix("meta."): self.get_metadata_field_unique_values(field, size=0, filters=filters)[1]
            for field in metadata_fields
        }

    def get_metadata_fields_info(self) -> dict[str, dict[str, Any]]:
        """The type of each field of the metadata, as Alto names it."""
        return {
            path.removeprefix("meta."): {"type": kind}
            for path, kind in self._paths().items()
            if path.startswith("meta.")
        }

    def get_metadata_field_min_max(self, metadata_field: str) -> dict[str, Any]:
        """The smallest and the largest value of a field; None if no document has one."""
        values, _ = self.get_metadata_field_unique_values(metadata_field, size=None)
        return {"min": min(values, default=None), "max": max(values, default=None)}

    def get_metadata_field_unique_values(
        self,
        metadata_field: str,
        search_term: str | None = None,
        from_: int = 0,
        size: int | None = 10,
        filters: dict[str, Any] | None = None,
    ) -> tuple[list[Any], int]:
        """The different values of a field in their order, a page of them, and how many there are.

        A whole number is an int.
        """
        path = f"meta.{metadata_field.removeprefix('meta.')}"
        if path not in self._paths():
            return [], 0
        grouped = self.collection.aggregate.over_all(
            group_by=GroupByAggregate(prop=path, limit=MOST_VALUES), filters=self._filter(filters)
        )
        values = sorted(_as_given(each.grouped_by.value) for each in grouped.groups)
        if search_term:
            values = [each for each in values if search_term.lower() in str(each).lower()]
        return values[from_:] if size is None else values[from_ : from_ + size], len(values)

    async def count_documents_async(self) -> int:
        return await asyncio.to_thread(self.count_documents)

    async def filter_documents_async(self, filters: dict[str, Any] | None = None) -> list[Document]:
        return await asyncio.to_thread(self.filter_documents, filters)

    async def write_documents_async(
        self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE
    ) -> int:
        return await asyncio.to_thread(self.write_documents, documents, policy)

    async def delete_documents_async(self, document_ids: list[str]) -> None:
        await asyncio.to_thread(self.delete_documents, document_ids)

    async def delete_all_documents_async(self) -> None:
        await asyncio.to_thread(self.delete_all_documents)

    async def delete_by_filter_async(self, filters: dict[str, Any]) -> int:
        return await asyncio.to_thread(self.delete_by_filter, filters)

    async def update_by_filter_async(self, filters: dict[str, Any], meta: dict[str, Any]) -> int:
        return await asyncio.to_thread(self.update_by_filter, filters, meta)

    async def count_documents_by_filter_async(self, filters: dict[str, Any]) -> int:
        return await asyncio.to_thread(self.count_documents_by_filter, filters)

    async def count_unique_metadata_by_filter_async(
        self, filters: dict[str, Any], metadata_fields: list[str]
    ) -> dict[str, int]:
        return await asyncio.to_thread(self.count_unique_metadata_by_filter, filters, metadata_fields)

    async def get_metadata_fields_info_async(self) -> dict[str, dict[str, Any]]:
        return await asyncio.to_thread(self.get_metadata_fields_info)

    async def get_metadata_field_min_max_async(self, metadata_field: str) -> dict[str, Any]:
        return await asyncio.to_thread(self.get_metadata_field_min_max, metadata_field)

    async def get_metadata_field_unique_values_async(
        self,
        metadata_field: str,
        search_term: str | None = None,
        from_: int = 0,
        size: int | None = 10,
        filters: dict[str, Any] | None = None,
    ) -> tuple[list[Any], int]:
        return await asyncio.to_thread(
            self.get_metadata_field_unique_values, metadata_field, search_term, from_, size, filters
        )

    def search(
        self, mode: str, query: Any, *, top_k: int, filters: dict[str, Any] | None, **settings: Any
    ) -> list[Document]:
        """The documents that a search of Alto (`near_vector`, `bm25`, `hybrid`) finds, each with its score."""
        run = getattr(self.collection.query, mode)
        found = run(query, limit=top_k, filters=self._filter(filters), **settings).objects
        return [to_document(each, _score(each)) for each in found]

    def _create(self) -> None:
        if self._client is None or self._client.collections.exists(self.name):
            return
        index = Configure.VectorIndex.hnsw(distance_metric=DISTANCES[self.similarity])
        if self.model:
            vector = Configure.Vectors.text2vec_aws_bedrock(
                model=self.model,
                region=self.region,
                source_properties=["content"],
                vectorize_collection_name=False,
                vector_index_config=index,
            )
        else:
            vector = Configure.Vectors.self_provided(dimensions=self.embedding_dim, vector_index_config=index)
        self._client.collections.create(
            self.name,
            properties=[
                Property(name="content", data_type=DataType.TEXT),
                Property(name="document", data_type=DataType.TEXT, index_filterable=False, index_searchable=False),
            ],
            vector_config=vector,
            auto_schema=True,
        )

    def _insert(self, documents: list[Document]) -> None:
        if documents:
            store(self.collection, [to_object(each) for each in documents])

    def _existing(self, ids: list[str]) -> set[str]:
        found = self.collection.query.fetch_objects_by_ids(ids).objects if ids else []
        return {each.key or str(each.uuid) for each in found}

    def _matching(self, filters: dict[str, Any] | None, *, include_vector: bool = True) -> Iterator[Object]:
        after = None
        while True:
            page = self.collection.query.fetch_objects(
                filters=self._filter(filters), limit=PAGE, after=after, include_vector=include_vector
            ).objects
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].uuid

    def _delete(self, condition: FilterExpression) -> int:
        deleted = 0
        while True:
            done = self.collection.data.delete_many(condition, consistency="wait")
            deleted += done.successful
            if not done.successful or done.matches == done.successful:
                return deleted

    def _filter(self, filters: dict[str, Any] | None) -> FilterExpression | None:
        return to_filter(filters)

    def _paths(self) -> dict[str, str]:
        """The type of each property by its path."""
        return dict(_flatten(self.client.call("GET", f"/v1/collections/{self.name}")["properties"]))


def _flatten(properties: list[dict[str, Any]], prefix: str = "") -> Iterator[tuple[str, str]]:
    for each in properties:
        path = f"{prefix}{each['name']}"
        yield path, each["type"]
        yield from _flatten(each.get("properties") or [], f"{path}.")


def _as_given(value: Any) -> Any:
    """Alto stores all numbers of metadata as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _score(found: Object) -> float | None:
    if found.metadata.score is not None:
        return found.metadata.score
    return None if found.metadata.distance is None else 1.0 - found.metadata.distance
