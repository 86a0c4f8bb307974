"""The clients, under Weaviate's names."""

from alto.aio.client import AltoAsyncClient as WeaviateAsyncClient
from alto.settings import AdditionalConfig, ConnectionParams
from alto.sync.client import AltoClient as WeaviateClient
from alto.weaviate_names import refused_names

__all__ = ["AdditionalConfig", "ConnectionParams", "WeaviateAsyncClient", "WeaviateClient"]

__getattr__ = refused_names(__name__)
