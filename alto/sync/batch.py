"""`collection.batch` and `client.batch` of the synchronous client."""

from alto.batches.client_batch import ClientBatchFactory
from alto.batches.collection_batch import CollectionBatchFactory
from alto.sync.transport import Transport
from alto.sync.writer import Writer


class Batches(CollectionBatchFactory):
    """Begins batches of one collection."""

    def __init__(self, transport: Transport, collection: str) -> None:
        def make_writer() -> Writer:
            transport.require_open()
            return Writer(transport, collection)

        super().__init__(make_writer)


class ClientBatches(ClientBatchFactory):
    """Begins batches of several collections."""

    def __init__(self, transport: Transport) -> None:
        def make_writer(collection: str) -> Writer:
            transport.require_open()
            return Writer(transport, collection)

        super().__init__(make_writer)
