"""The configuration of a collection."""

from alto.classes.config import (
    GenerativeSearches,
    ReplicationDeletionStrategy,
    Rerankers,
    VectorDistances,
    VectorIndexType,
    Vectorizers,
)
from alto.classes.stored import (
    BM25Config,
    CollectionConfig,
    GenerativeConfig,
    InvertedIndexConfig,
    MultiTenancyConfig,
    PropertyConfig,
    ReplicationConfig,
    RerankerConfig,
    ShardingConfig,
    VectorIndexConfigHNSW,
    VectorizerConfig,
)
from alto.classes.stored import CollectionConfig as CollectionConfigSimple
from alto.weaviate_names import refused_names

__all__ = [
    "BM25Config",
    "CollectionConfig",
    "CollectionConfigSimple",
    "GenerativeConfig",
    "GenerativeSearches",
    "InvertedIndexConfig",
    "MultiTenancyConfig",
    "PropertyConfig",
    "ReplicationConfig",
    "ReplicationDeletionStrategy",
    "RerankerConfig",
    "Rerankers",
    "ShardingConfig",
    "VectorDistances",
    "VectorIndexConfigHNSW",
    "VectorIndexType",
    "VectorizerConfig",
    "Vectorizers",
]

__getattr__ = refused_names(__name__)
