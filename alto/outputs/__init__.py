"""Results under Weaviate's names of modules: for annotations."""

from alto.outputs import (
    aggregate,
    backup,
    batch,
    cluster,
    config,
    data,
    export,
    query,
    replication,
    tenants,
    tokenization,
    users,
)

__all__ = [
    "aggregate",
    "backup",
    "batch",
    "cluster",
    "config",
    "data",
    "export",
    "query",
    "replication",
    "tenants",
    "tokenization",
    "users",
]
