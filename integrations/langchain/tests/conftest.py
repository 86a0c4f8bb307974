"""A client of the Alto at ALTO_URL: `make up ARGS="--port 8700"` serves one, and Alto's own suite another."""

import os
from collections.abc import Iterator
from datetime import datetime, timezone
from uuid import uuid4

import pytest
from langchain_alto import AltoVectorStore
from langchain_core.embeddings import DeterministicFakeEmbedding

import alto
from alto import AltoClient
from alto.classes.filters import Filter


@pytest.fixture(scope="session")
def client() -> Iterator[AltoClient]:
    url = os.environ.get("ALTO_URL", "http://127.0.0.1:8700")
    with alto.connect_to_custom(url) as connected:
        yield connected


@pytest.fixture
def collection(client: AltoClient) -> Iterator[str]:
    """A name that no collection has; the collection is deleted afterwards."""
    name = new_name()
    yield name
    client.collections.delete(name)


@pytest.fixture(scope="session")
def shared_titan(client: AltoClient) -> Iterator[str]:
    name = new_name()
    yield AltoVectorStore.create(client, name, model="amazon.titan-embed-text-v2:0").collection.name
    client.collections.delete(name)


@pytest.fixture
def titan(client: AltoClient, shared_titan: str) -> str:
    """An empty collection whose texts Titan embeds."""
    empty(client, shared_titan)
    return shared_titan


@pytest.fixture(scope="session")
def shared_own(client: AltoClient) -> Iterator[str]:
    name = new_name()
    model = DeterministicFakeEmbedding(size=6)
    yield AltoVectorStore.create(client, name, model).collection.name
    client.collections.delete(name)


@pytest.fixture
def own(client: AltoClient, shared_own: str) -> str:
    """An empty collection for vectors of six numbers."""
    empty(client, shared_own)
    return shared_own


def new_name() -> str:
    return f"LangChain{uuid4().hex[:10]}"


def empty(client: AltoClient, collection: str) -> None:
    client.collections.use(collection).data.delete_many(
        Filter.by_creation_time().greater_than(datetime(1970, 1, 1, tzinfo=timezone.utc)), consistency="wait"
    )
