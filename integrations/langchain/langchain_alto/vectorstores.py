"""A collection of Alto as a vector store."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import uuid4

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from typing_extensions import Self

from alto import AltoClient
from alto.classes.config import Configure, DataType, Property
from alto.classes.filters import Filter, FilterExpression
from alto.classes.query import Diversity
from alto.classes.results import Object
from langchain_alto.documents import Layout, store
from langchain_alto.filters import MetadataFilter, to_filter

# Alto deletes so many objects by one request.
MOST_DELETES = 1000


class AltoVectorStore(VectorStore):
    """Documents in a collection of Alto.

    The text of a document is one property of an object, its metadata another, and its id is the object's key: any text.
    Writes return when searches see them.

        with alto.connect_to_local(port=8700) as client:
            store = AltoVectorStore(client, "Film", text_property="description", metadata_property=None)
            store.similarity_search("a holiday film", k=3, filter={"year": {"$gt": 1990}})

    Args:
        client: A connected client of Alto.
        collection: The name of a collection that exists; `create` makes one.
        embedding: The model that embeds documents and queries here. Without it, the collection's own model does.
        text_property: The property of the text.
        metadata_property: The property of the metadata, an object. None for a collection that was not filled by a
            store like this: the metadata are all properties but the text.
        target_vector: The name of the vector, if the collection has several.
    """

    def __init__(
        self,
        client: AltoClient,
        collection: str,
        embedding: Embeddings | None = None,
        *,
        text_property: str = "text",
        metadata_property: str | None = "metadata",
        target_vector: str | None = None,
    ) -> None:
        self.client = client
        self.collection = client.collections.use(collection)
        self.layout = Layout(text_property, metadata_property)
        self.target_vector = target_vector
        self._embedding = embedding

    @classmethod
    def create(
        cls,
        client: AltoClient,
        collection: str,
        embedding: Embeddings | None = None,
        *,
        model: str | None = None,
        region: str = "us-east-1",
    ) -> Self:
        """Make the collection if it does not exist, and return its store.

        Args:
            client: A connected client of Alto.
            collection: Its name: a capital letter first.
            embedding: The model that embeds here; its vectors' length is measured by one call.
            model: Instead of `embedding`, the model on Bedrock that Alto calls.
            region: The region of the model.
        """
        if not client.collections.exists(collection):
            if model:
                vector = Configure.Vectors.text2vec_aws_bedrock(
                    model=model, region=region, source_properties=["text"], vectorize_collection_name=False
                )
            elif embedding:
                vector = Configure.Vectors.self_provided(dimensions=len(embedding.embed_query("How many numbers?")))
            else:
                raise ValueError("embedding: give a model of LangChain, or name a model on Bedrock")
            client.collections.create(
                collection,
                properties=[
                    Property(name="text", data_type=DataType.TEXT),
                    Property(name="document", data_type=DataType.TEXT, index_filterable=False, index_searchable=False),
                ],
                vector_config=vector,
                auto_schema=True,
            )
        return cls(client, collection, embedding)

    @property
    def embeddings(self) -> Embeddings | None:
        return self._embedding

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Store texts and return their ids; a text of an id that exists replaces it.

        Raises:
            ValueError: At least one text was not stored; the sentence names the first.
        """
        contents = list(texts)
        given = [each or str(uuid4()) for each in ids or [""] * len(contents)]
        described = metadatas or [{}] * len(contents)
        vectors = self._embedding.embed_documents(contents) if self._embedding else [None] * len(contents)
        objects = [
            self.layout.to_object(text, metadata, identity, self._named(vector))
            for text, metadata, identity, vector in zip(contents, described, given, vectors, strict=True)
        ]
        store(self.collection, objects)
        return given

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """Delete documents by their ids; ids without a document are no error.

        Raises:
            ValueError: No ids are given: delete the collection to delete all.
        """
        if ids is None:
            raise ValueError("ids: give the documents to delete, or delete the collection")
        for start in range(0, len(ids), MOST_DELETES):
            part = Filter.by_id().contains_any(ids[start : start + MOST_DELETES])
            self.collection.data.delete_many(part, consistency="wait")
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        found = self.collection.query.fetch_objects_by_ids(list(ids)).objects
        return [self.layout.to_document(each) for each in found]

    def similarity_search(
        self, query: str, k: int = 4, filter: MetadataFilter | None = None, **kwargs: Any
    ) -> list[Document]:
        """The documents whose meaning is nearest to a text."""
        return [document for document, _ in self.similarity_search_with_score(query, k, filter, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: MetadataFilter | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """The nearest documents, each with 1 - distance: the cosine of both vectors in a cosine collection."""
        return self._scored(self._near(query, limit=k, filters=self._filter(filter), **kwargs))

    def similarity_search_by_vector(
        self, embedding: list[float], k: int = 4, filter: MetadataFilter | None = None, **kwargs: Any
    ) -> list[Document]:
        """The documents whose vector is nearest to this one."""
        found = self._near(embedding, limit=k, filters=self._filter(filter), **kwargs)
        return [document for document, _ in self._scored(found)]

    def hybrid_search(
        self, query: str, k: int = 4, filter: MetadataFilter | None = None, **kwargs: Any
    ) -> list[Document]:
        """The documents that a text's words and meaning find. `kwargs` are those of Alto's `query.hybrid`."""
        if self._embedding and "vector" not in kwargs:
            kwargs["vector"] = self._embedding.embed_query(query)
        found = self.collection.query.hybrid(query, limit=k, filters=self._filter(filter), **self._target(), **kwargs)
        return [self.layout.to_document(each) for each in found.objects]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: MetadataFilter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """The documents that are near to a text and differ from each other, chosen by Alto from `fetch_k`."""
        return self._diverse(query, k, fetch_k, lambda_mult, filter, **kwargs)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: list[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: MetadataFilter | None = None,
        **kwargs: Any,
    ) -> list[Document]:
        """The documents that are near to a vector and differ from each other, chosen by Alto from `fetch_k`."""
        return self._diverse(embedding, k, fetch_k, lambda_mult, filter, **kwargs)

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        client: AltoClient | None = None,
        collection: str = "LangChain",
        **kwargs: Any,
    ) -> Self:
        """Make the collection if it does not exist, and store texts in it. `kwargs` are those of `create`."""
        if client is None:
            raise ValueError("client: give a connected client, for example alto.connect_to_local(port=8700)")
        store = cls.create(client, collection, embedding, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def _near(self, query: str | list[float], **settings: Any) -> list[Object]:
        if isinstance(query, str) and self._embedding:
            query = self._embedding.embed_query(query)
        settings |= self._target()
        if isinstance(query, str):
            return self.collection.query.near_text(query, **settings).objects
        return self.collection.query.near_vector(query, **settings).objects

    def _diverse(
        self,
        query: str | list[float],
        k: int,
        fetch_k: int,
        lambda_mult: float,
        given: MetadataFilter | None,
        **kwargs: Any,
    ) -> list[Document]:
        diversity = Diversity.mmr(limit=k, balance=lambda_mult)
        limit = max(k, fetch_k)
        found = self._near(query, limit=limit, filters=self._filter(given), diversity_selection=diversity, **kwargs)
        return [document for document, _ in self._scored(found)]

    def _scored(self, found: list[Object]) -> list[tuple[Document, float]]:
        return [(self.layout.to_document(each), 1.0 - (each.metadata.distance or 0.0)) for each in found]

    def _filter(self, given: MetadataFilter | None) -> FilterExpression | None:
        return to_filter(given, self.layout.path)

    def _target(self) -> dict[str, Any]:
        return {"target_vector": self.target_vector} if self.target_vector else {}

    def _named(self, vector: list[float] | None) -> Any:
        return {self.target_vector: vector} if self.target_vector and vector else vector

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda score: min(1.0, max(0.0, score))
