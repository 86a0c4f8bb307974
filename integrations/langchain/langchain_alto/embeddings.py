"""The embedding model of a collection of Alto."""

from langchain_core.embeddings import Embeddings

from alto import AltoClient


class AltoEmbeddings(Embeddings):
    """Embeds texts as a collection embeds its objects and queries: by its model, with the rights of Alto's role.

    Args:
        client: A connected client of Alto.
        collection: The name of a collection whose vector has a model.
        target_vector: The name of the vector, if the collection has several.
    """

    def __init__(self, client: AltoClient, collection: str, *, target_vector: str | None = None) -> None:
        self.collection = client.collections.use(collection)
        self.target_vector = target_vector

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of texts, as of objects."""
        return self.collection.embed(texts, input_type="document", target_vector=self.target_vector)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a text, as of a query."""
        [vector] = self.collection.embed([text], target_vector=self.target_vector)
        return vector
