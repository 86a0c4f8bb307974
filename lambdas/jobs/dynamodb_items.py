"""Converts values to DynamoDB's items and back. boto3's serializer has Decimal for every number. Pure."""

from collections.abc import Mapping
from typing import Any

from lambdas.jobs.chunk import Chunk


def job_key(job_id: str) -> dict[str, Any]:
    """Return the key of a job."""
    return attributes({"pk": f"job#{job_id}", "sk": "job"})


def upload_key(job_id: str) -> dict[str, Any]:
    """Return the key of the note that the file of a job is about to be uploaded."""
    return attributes({"pk": f"job#{job_id}", "sk": "upload"})


def chunk_key(chunk: Chunk, kind: str = "chunk") -> dict[str, Any]:
    """Return the key of a part of a chunk: `chunk` once counted, `dead` while dead, `live` while it is loaded."""
    return attributes({"pk": f"job#{chunk.job_id}", "sk": f"{kind}#{chunk.chunk:08}.{chunk.part:04}"})


def names_in(expression: str) -> dict[str, str]:
    """Every attribute is named by a placeholder: DynamoDB reserves many plain words."""
    words = expression.replace(",", " ").replace("(", " ").split()
    return {word: word[1:] for word in words if word.startswith("#")}


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as DynamoDB takes it."""
    return {name: _to_attribute(value) for name, value in item.items()}


def values(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as Python values (the inverse of `attributes`)."""
    return {name: _from_attribute(value) for name, value in item.items()}


def _to_attribute(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case dict():
            return {"M": attributes(value)}
        case list():
            return {"L": [_to_attribute(entry) for entry in value]}
        case None:
            return {"NULL": True}
    raise TypeError(f"An item cannot hold {value!r}.")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "M":
            return values(value)
        case "L":
            return [_from_attribute(entry) for entry in value]
        case "NULL":
            return None
    return value
