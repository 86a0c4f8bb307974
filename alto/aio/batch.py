"""`collection.batch` of the asynchronous client, which Weaviate's has not either."""

from typing import NoReturn

from alto.aio.transport import AsyncTransport
from alto.unsupported import raise_unsupported


class BatchesAsync:
    """Refuses, and says what to do instead."""

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        """Takes what the synchronous one takes."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise_unsupported(f"batch.{name} in the asynchronous client", "await collection.data.insert_many(objects)")


class ClientBatchesAsync:
    """The same, of the client."""

    def __init__(self, transport: AsyncTransport) -> None:
        """Takes what the synchronous one takes."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise_unsupported(f"batch.{name} in the asynchronous client", "await collection.data.insert_many(objects)")
