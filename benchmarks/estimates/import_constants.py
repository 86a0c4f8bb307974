"""The cost of importing one object: processor time of the loader, bytes in OpenSearch, bytes of batch inference.

`python -m benchmarks.estimates.import_constants` measures and writes `results/import_constants.json`, from which
`simulate` estimates. The model is the stub in a process of its own, OpenSearch is real; only this process's own
processor time is counted.
"""

import json
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from benchmarks.judged import ROOT
from lambdas.batch_inference.file_format import input_line, outcomes
from lambdas.batch_inference.prepared_embedder import PreparedEmbedder
from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.model import Collection, CollectionConfig
from lambdas.collections.names import alias_of
from lambdas.collections.registry import CollectionRegistry
from lambdas.deadline import Deadline
from lambdas.embedding.config import Text2VecAws
from lambdas.objects.bulk import BulkWriter
from lambdas.objects.model import ObjectInput
from lambdas.objects.writer import ObjectWriter
from lambdas.opensearch import OpenSearch
from lambdas.settings import EngineSettings
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import embedder, model_caller
from lambdas.wiring.opensearch import connect
from local.emulator import Emulator
from local.emulator.model import StubEmbedder
from local.opensearch.artifacts import install
from local.opensearch.node import OpenSearchNode

RESULT = ROOT / "benchmarks" / "results" / "import_constants.json"
OBJECTS = 2_000
BATCH = 480
CHARACTERS = 1_000
DIMENSIONS = 1_024
MODELS = {"titan-text-v2": "amazon.titan-embed-text-v2:0", "cohere-v3": "cohere.embed-english-v3"}
KEYS = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def text(number: int) -> str:
    """Words that differ from object to object, about as English does."""
    words = (f"word{(number * 7919 + place * place) % 5_000}" for place in range(CHARACTERS // 9))
    return f"Object {number}: {' '.join(words)}"


def an_object(number: int) -> ObjectInput:
    """An object with one text of about 1,000 characters."""
    return ObjectInput(id=str(UUID(int=number + 1)), properties={"title": text(number), "number": number}, vectors={})


def load(writer: ObjectWriter, collection: Collection) -> float:
    """Processor seconds an object."""
    began = time.process_time()
    for start in range(0, OBJECTS, BATCH):
        batch = [an_object(number) for number in range(start, min(start + BATCH, OBJECTS))]
        results = writer.write(collection, batch, deadline=Deadline.after(300), skip_unchanged=True)
        assert all(result.error is None for result in results), results[0]
    return (time.process_time() - began) / OBJECTS


def made(admin: CollectionAdmin, name: str, model: str) -> Collection:
    """A new collection of this model."""
    vector = {"vectorizer": "text2vec-aws", "service": "bedrock", "region": "us-east-1", "model": model}
    properties = [{"name": "title", "type": "text"}, {"name": "number", "type": "int"}]
    config = {"name": name, "properties": properties, "vectors": {"default": vector}}
    return admin.create(CollectionConfig.model_validate(config), deadline=Deadline.after(60))


def stored_bytes(engine: OpenSearch, collection: Collection) -> float:
    """Bytes of an object in a merged index, without replicas."""
    alias = alias_of(collection.name)
    engine.request("POST", f"/{alias}/_forcemerge", None, {"max_num_segments": "1"}, timeout=300.0)
    engine.request("POST", f"/{alias}/_flush")
    found = engine.request("GET", f"/{alias}/_stats/store")
    size: int = found["_all"]["primaries"]["store"]["size_in_bytes"]
    return size / OBJECTS


def batch_output(line: bytes) -> bytes:
    """The output line of Bedrock for an input line."""
    record = orjson.loads(line)
    [vector] = StubEmbedder.vectors([record["modelInput"]["inputText"]], DIMENSIONS).tolist()
    tokens = CHARACTERS // 4
    output = {"embedding": vector, "embeddingsByType": {"float": vector}, "inputTextTokenCount": tokens}
    return orjson.dumps(record | {"modelOutput": output})


def measure(opensearch_url: str, bedrock_url: str) -> dict[str, Any]:
    """All constants."""
    aws = aws_access(KEYS | {"AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock_url})
    engine = connect(EngineSettings.from_environment(KEYS | {"ALTO_OPENSEARCH_URL": opensearch_url}), aws)
    model = embedder(model_caller(aws))
    admin = CollectionAdmin(engine, CollectionRegistry(engine), model, "lucene")
    on_demand, size = {}, 0.0
    for number, (family, identifier) in enumerate(MODELS.items()):
        collection = made(admin, f"Measure{number}", identifier)
        on_demand[family] = round(load(ObjectWriter(engine, BulkWriter(engine), model), collection), 6)
        size = stored_bytes(engine, collection)
    collection = made(admin, "MeasureBatch", MODELS["titan-text-v2"])
    config = collection.vectors["default"]
    assert isinstance(config, Text2VecAws)
    writer = ObjectWriter(engine, BulkWriter(engine), model)
    began = time.process_time()
    wanted = [
        wanted_text
        for start in range(0, OBJECTS, BATCH)
        for wanted_text in writer.texts_to_embed(
            collection, [an_object(number) for number in range(start, min(start + BATCH, OBJECTS))]
        )["default"]
    ]
    lines = [line[1] for wanted_text in wanted if (line := input_line(config, wanted_text))]
    prepared = (time.process_time() - began) / OBJECTS
    output = [batch_output(line) for line in lines]
    began = time.process_time()
    known = dict(outcomes(output, config))
    read = (time.process_time() - began) / OBJECTS
    written = load(ObjectWriter(engine, BulkWriter(engine), PreparedEmbedder(model, known)), collection)
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "objects": OBJECTS,
        "characters": CHARACTERS,
        "dimensions": DIMENSIONS,
        "load_cpu_seconds": on_demand,
        "batch_cpu_seconds": round(prepared + read + written, 6),
        "batch_input_bytes": round(sum(map(len, lines)) / OBJECTS),
        "batch_output_bytes": round(sum(map(len, output)) / OBJECTS),
        "index_bytes": round(size),
    }


def main() -> None:
    """Measure, show and store."""
    with (
        tempfile.TemporaryDirectory() as folder,
        OpenSearchNode(install(), Path(folder)) as node,
        Emulator(model="stub", process=True) as emulator,
    ):
        constants = measure(node.url, emulator.url)
    RESULT.write_text(json.dumps(constants, indent=2) + "\n")
    print(json.dumps(constants, indent=2))


if __name__ == "__main__":
    main()
