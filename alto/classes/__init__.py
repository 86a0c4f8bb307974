"""The arguments and results of Alto's methods, under the names of Weaviate's client."""

from alto.classes import (
    aggregate,
    backup,
    batch,
    config,
    data,
    export,
    generate,
    generics,
    imports,
    init,
    query,
    rbac,
    replication,
    search,
    tenants,
    tokenization,
)
from alto.classes.config import ConsistencyLevel

__all__ = [
    "ConsistencyLevel",
    "aggregate",
    "backup",
    "batch",
    "config",
    "data",
    "export",
    "generate",
    "generics",
    "imports",
    "init",
    "query",
    "rbac",
    "replication",
    "search",
    "tenants",
    "tokenization",
]
