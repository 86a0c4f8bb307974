"""LangChain's standard suites."""

from typing import Any

import pytest
from langchain_alto import AltoEmbeddings, AltoRetriever, AltoVectorStore
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)

from alto import AltoClient

FILMS = ["A ghost story", "A holiday film", "A film of ghosts and holidays", "A war film"]


class TestStoreWithAModelOfLangChain(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, client: AltoClient, own: str) -> VectorStore:
        return AltoVectorStore(client, own, self.get_embeddings())


class TestStoreWithTheModelOfTheCollection(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, client: AltoClient, titan: str) -> VectorStore:
        return AltoVectorStore(client, titan)


class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _films(self, client: AltoClient, titan: str) -> None:
        AltoVectorStore(client, titan).add_texts(FILMS)
        self.parameters = {"client": client, "collection": titan}

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return AltoRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return self.parameters

    @property
    def retriever_query_example(self) -> str:
        return "a film"


class TestEmbeddings(EmbeddingsIntegrationTests):
    @pytest.fixture(autouse=True)
    def _collection(self, client: AltoClient, titan: str) -> None:
        self.parameters = {"client": client, "collection": titan}

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return AltoEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return self.parameters
