"""The addresses of objects. Pure, and quick to import."""

from uuid import UUID

from alto.requests import segment
from alto.util import is_uuid
from alto.values import parse_reference


def objects_path(collection: str) -> str:
    """The path of a collection's objects."""
    return f"/v1/collections/{segment(collection)}/objects"


def address(collection: str, reference: UUID | str) -> tuple[str, dict[str, str]]:
    """The path and the query parameters of an object, by its id or its key."""
    text = parse_reference(reference)
    if is_uuid(text):
        return f"{objects_path(collection)}/{UUID(text)}", {}
    return f"{objects_path(collection)}/by-key", {"key": text}
