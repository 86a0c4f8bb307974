"""The ceiling: Alto's documents, ready as lines of `_bulk`, sent by bare connections to a collection's index.

Nothing is parsed, embedded, looked up, judged or counted. As many requests are under way as one loader has, each of as
many documents. In Alto's environment.
"""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from import_alto import collection, with_vector
from importing import Prepare, Record, measure

TIME = "2026-01-02T03:04:05.678+00:00"


def bulk(job: dict[str, Any]) -> Prepare:
    """`_bulk` by several threads, then one refresh."""
    os.environ |= job["environment"]
    from benchmarks.in_process import Alto  # noqa: PLC0415 - wired by the environment that was just set
    from lambdas.collections.model import CollectionConfig  # noqa: PLC0415
    from lambdas.collections.names import alias_of  # noqa: PLC0415
    from lambdas.imports.loading.batch_plan import BATCH_OBJECTS, BATCHES_AT_ONCE  # noqa: PLC0415
    from lambdas.objects.bulk import BulkOperation, encode, split_by_bytes  # noqa: PLC0415
    from lambdas.objects.document import document  # noqa: PLC0415
    from lambdas.objects.model import ObjectInput  # noqa: PLC0415

    asked = collection(job["index"], "")
    Alto(job["engine_url"]).request("POST", "/v1/collections", asked)
    config, alias = CollectionConfig.model_validate(asked), alias_of(job["index"])

    def line(record: Record) -> bytes:
        made = with_vector(record)
        item = ObjectInput(id=str(uuid4()), properties=made["properties"], vectors=made["vectors"])
        # As long as the hash of a text that was embedded.
        hashes = {"default": uuid4().hex}
        source = document(config, item, vectors=item.vectors, text_hashes=hashes, created=TIME, updated=TIME)
        return encode(BulkOperation(item.id, source))

    def send(path: str, body: bytes) -> None:
        connection = HTTPConnection(urlsplit(job["engine_url"]).netloc, timeout=600)
        connection.request("POST", path, body, {"content-type": "application/x-ndjson"})
        response = connection.getresponse()
        said = response.read()
        if response.status >= 300 or (path.endswith("_bulk") and json.loads(said)["errors"]):
            raise RuntimeError(f"OpenSearch refused: {said[:500]!r}")
        connection.close()

    def prepare(_: str, records: list[Record]) -> Callable[[], None]:
        lines = [line(record) for record in records]
        bodies = [
            b"\n".join(lines[place] for place in part) + b"\n"
            for start in range(0, len(lines), BATCH_OBJECTS)
            for part in split_by_bytes(range(start, min(start + BATCH_OBJECTS, len(lines))), lines)
        ]

        def run() -> None:
            with ThreadPoolExecutor(BATCHES_AT_ONCE) as threads:
                list(threads.map(lambda body: send(f"/{alias}/_bulk", body), bodies))
            send(f"/{alias}/_refresh", b"")

        return run

    return prepare


if __name__ == "__main__":
    measure({"bulk": bulk})
