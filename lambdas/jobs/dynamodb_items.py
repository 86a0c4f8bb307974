"""The keys of the jobs table, and its items as Python values. Pure."""

from collections.abc import Mapping
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from lambdas.jobs.chunk import Chunk


def job_partition(job_id: str) -> str:
    """Return the partition of a job and its chunks."""
    return f"job#{job_id}"


def job_key(job_id: str) -> dict[str, Any]:
    """Return the key of a job."""
    return attributes({"pk": job_partition(job_id), "sk": "job"})


def upload_key(job_id: str) -> dict[str, Any]:
    """Return the key of the note that the file of a job is about to be uploaded."""
    return attributes({"pk": job_partition(job_id), "sk": "upload"})


def chunk_key(chunk: Chunk, kind: str = "chunk") -> dict[str, Any]:
    """Return the key of a part of a chunk: `chunk` once counted, `dead` while dead, `live` while it is loaded."""
    return attributes({"pk": job_partition(chunk.job_id), "sk": f"{kind}#{chunk.chunk:08}.{chunk.part:04}"})


def names_in(expression: str) -> dict[str, str]:
    """Every attribute is named by a placeholder: DynamoDB reserves many plain words."""
    words = expression.replace(",", " ").replace("(", " ").split()
    return {word: word[1:] for word in words if word.startswith("#")}


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as DynamoDB takes it."""
    return {name: _SERIALIZER.serialize(value) for name, value in item.items()}


def values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as Python values (the inverse of `attributes`)."""
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}


class _WholeNumbers(TypeDeserializer):
    """Reads numbers as int, where boto3 reads Decimal: job items hold whole numbers only."""

    def _deserialize_n(self, value: str) -> int:
        return int(value)


_SERIALIZER = TypeSerializer()
_DESERIALIZER = _WholeNumbers()
