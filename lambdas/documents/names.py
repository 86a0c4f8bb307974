"""The formats of documents, and the names of documents and of what lies next to them. Pure."""

from pathlib import PurePosixPath
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

DocumentFormat = Literal["pdf", "docx", "html", "markdown", "text"]

DOCUMENT_ENDINGS: dict[str, DocumentFormat] = {
    ".pdf": "pdf",
    ".docx": "docx",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
}
METADATA_SUFFIX = ".metadata.json"
MAX_NAME_BYTES = 1_000
# <Collection>/uploads/<id>/<file name>
_UPLOAD_PARTS = 4


def format_of(name: str) -> DocumentFormat | None:
    """Return the format that a document's ending says. None if it says none."""
    return DOCUMENT_ENDINGS.get(PurePosixPath(name.lower()).suffix)


def is_metadata(key: str) -> bool:
    """Whether a key is that of a document's metadata: the document's own key and `.metadata.json`."""
    return key.lower().endswith(METADATA_SUFFIX) and format_of(key[: -len(METADATA_SUFFIX)]) is not None


def document_of(metadata_key: str) -> str:
    """Return the key of the document that metadata belong to."""
    return metadata_key[: -len(METADATA_SUFFIX)]


def document_name(key: str, upload_folder: str) -> str:
    """Return the name of the document at a key: below its collection, and without the folder of its upload."""
    parts = key.split("/")
    if len(parts) == _UPLOAD_PARTS and parts[1] == upload_folder and _is_uuid(parts[2]):
        return parts[3]
    return key.partition("/")[2]


def passage_id(collection_alias: str, document: str, version: str, ordinal: int) -> str:
    """Return the id of a passage: the same for the same content of the same document."""
    return str(uuid5(NAMESPACE_URL, f"alto:passage:{collection_alias}:{document}#{version}#{ordinal}"))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
