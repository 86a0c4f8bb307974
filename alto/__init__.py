"""Alto's Python client: semantic search in your own AWS account.

    import alto
    from alto.classes.config import Configure, DataType, Property

    with alto.connect_to_local() as client:
        films = client.collections.use("Film")
        for film in films.query.hybrid("A holiday film", limit=2).objects:
            print(film.properties["title"], film.metadata.score)

docs/client.md is a tutorial; docs/coming-from-weaviate.md lists the differences.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from alto.errors import (
    AltoAuthenticationError,
    AltoClosedClientError,
    AltoConfigurationError,
    AltoConflictError,
    AltoConnectionError,
    AltoEmbeddingError,
    AltoError,
    AltoInsertManyFailedError,
    AltoInvalidRequestError,
    AltoNotFoundError,
    AltoNotSupportedError,
    AltoServerError,
    AltoThrottledError,
    AltoTimeoutError,
)
from alto.version import VERSION
from alto.weaviate_names import refused_names

if TYPE_CHECKING:
    from alto import classes, util
    from alto.aio.client import AltoAsyncClient
    from alto.batches.factory import BatchFailureWarning
    from alto.connect import (
        connect_to_aws,
        connect_to_custom,
        connect_to_local,
        use_async_with_aws,
        use_async_with_custom,
        use_async_with_local,
    )
    from alto.sync.client import AltoClient

    # Weaviate's names of both clients.
    WeaviateClient = AltoClient
    WeaviateAsyncClient = AltoAsyncClient

__version__ = VERSION

__all__ = [
    "AltoAsyncClient",
    "AltoAuthenticationError",
    "AltoClient",
    "AltoClosedClientError",
    "AltoConfigurationError",
    "AltoConflictError",
    "AltoConnectionError",
    "AltoEmbeddingError",
    "AltoError",
    "AltoInsertManyFailedError",
    "AltoInvalidRequestError",
    "AltoNotFoundError",
    "AltoNotSupportedError",
    "AltoServerError",
    "AltoThrottledError",
    "AltoTimeoutError",
    "BatchFailureWarning",
    "WeaviateAsyncClient",
    "WeaviateClient",
    "__version__",
    "classes",
    "connect_to_aws",
    "connect_to_custom",
    "connect_to_local",
    "use_async_with_aws",
    "use_async_with_custom",
    "use_async_with_local",
    "util",
]

# Large modules, and those that need httpx, are imported at first use: `alto --help` needs none of them.
_LATER = {
    "AltoAsyncClient": "alto.aio.client",
    "AltoClient": "alto.sync.client",
    "BatchFailureWarning": "alto.batches.factory",
    "WeaviateAsyncClient": "alto.client",
    "WeaviateClient": "alto.client",
    "connect_to_aws": "alto.connect",
    "connect_to_custom": "alto.connect",
    "connect_to_local": "alto.connect",
    "use_async_with_aws": "alto.connect",
    "use_async_with_custom": "alto.connect",
    "use_async_with_local": "alto.connect",
}
_PARTS = frozenset(
    {
        *("auth", "backup", "classes", "client", "collections", "config", "connect", "embedded", "exceptions"),
        *("outputs", "tokenization", "types", "util"),
    }
)
_REFUSED = refused_names(__name__)


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return import_module(f"{__name__}.{name}")
    if name not in _LATER:
        return _REFUSED(name)
    value = globals()[name] = getattr(import_module(_LATER[name]), name)
    return value
