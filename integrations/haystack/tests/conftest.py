"""Stores in the Alto at ALTO_URL: `make up ARGS="--port 8700"` serves one, and Alto's own suite another."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from haystack_integrations.document_stores.alto import AltoDocumentStore

URL = os.environ.get("ALTO_URL", "http://127.0.0.1:8700")


def new_name() -> str:
    return f"Haystack{uuid4().hex[:10]}"


def delete(store: AltoDocumentStore) -> None:
    store.client.collections.delete(store.name)
    store.close()


@pytest.fixture(scope="session")
def shared() -> Iterator[AltoDocumentStore]:
    """A store for embeddings of zeros too, which a cosine refuses."""
    store = AltoDocumentStore(URL, collection=new_name(), similarity="dot_product")
    yield store
    delete(store)


@pytest.fixture
def store(shared: AltoDocumentStore, request: pytest.FixtureRequest) -> Iterator[AltoDocumentStore]:
    """An empty store. Metadata fields stay when documents go: tests of the fields have a collection of their own."""
    if "fields_info" not in request.node.name:
        shared.delete_all_documents()
        yield shared
        return
    store = AltoDocumentStore(URL, collection=new_name())
    yield store
    delete(store)


@pytest.fixture
def titan() -> Iterator[AltoDocumentStore]:
    """A store whose documents and queries Titan embeds."""
    store = AltoDocumentStore(URL, collection=new_name(), model="amazon.titan-embed-text-v2:0")
    yield store
    delete(store)
