"""Alto's Python client: semantic search in your own AWS account.

    import alto
    from alto.classes.config import Configure, DataType, Property

    with alto.connect_to_local() as client:
        films = client.collections.use("Film")
        for film in films.query.hybrid("A holiday film", limit=2).objects:
            print(film.properties["title"], film.metadata.score)

docs/client.md is a tutorial; docs/coming-from-weaviate.md says what differs.
"""

from alto import classes, util
from alto.aio.client import AltoAsyncClient
from alto.batches.access import BatchFailureWarning
from alto.connect import (
    connect_to_aws,
    connect_to_custom,
    connect_to_local,
    use_async_with_aws,
    use_async_with_custom,
    use_async_with_local,
)
from alto.errors import (
    AltoAuthenticationError,
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
from alto.sync.client import AltoClient
from alto.version import VERSION

__version__ = VERSION

__all__ = [
    "AltoAsyncClient",
    "AltoAuthenticationError",
    "AltoClient",
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
