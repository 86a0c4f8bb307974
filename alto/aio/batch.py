"""The asynchronous client has no `collection.batch`: `insert_many` writes any number of objects."""

from typing import NoReturn

from alto.aio.transport import AsyncTransport
from alto.unsupported import raise_unsupported


class BatchesAsync:
    """Raises `AltoNotSupportedError` with the alternative."""

    def __init__(self, transport: AsyncTransport, collection: str) -> None:
        """Takes the arguments of the synchronous one."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise_unsupported(f"batch.{name} in the asynchronous client", "await collection.data.insert_many(objects)")


class ClientBatchesAsync:
    """As of a collection."""

    def __init__(self, transport: AsyncTransport) -> None:
        """Takes the arguments of the synchronous one."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise_unsupported(f"batch.{name} in the asynchronous client", "await collection.data.insert_many(objects)")
