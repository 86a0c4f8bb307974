"""Reads S3 notifications: which objects are to be imported, and into which collection. Pure."""

import json
from typing import Any
from urllib.parse import unquote_plus

from lambdas.documents.names import format_of
from lambdas.jobs.chunk import Source
from lambdas.jobs.import_options import ENDINGS

# Alto's own files. Importing them would never end.
OWN_PREFIX = ".alto/"
# Files that were uploaded with a signed URL are in <Collection>/uploads/<import id>/.
UPLOAD_FOLDER = "uploads"
SUFFIXES = tuple(ENDINGS)


def created_objects(notification: str) -> list[Source]:
    """Return the objects that an S3 notification announces. Test events and deletions announce none."""
    records = json.loads(notification).get("Records", [])
    return [_source(record["s3"]) for record in records if record["eventName"].startswith("ObjectCreated:")]


def removed_objects(notification: str) -> list[Source]:
    """Return the documents that an S3 notification says were deleted."""
    records = json.loads(notification).get("Records", [])
    removed = [_source(record["s3"]) for record in records if record["eventName"].startswith("ObjectRemoved:")]
    return [source for source in removed if format_of(source.key) and not is_ignored(source.key)]


def is_ignored(key: str) -> bool:
    """Whether a key never starts an import: Alto's own files, and the markers that consoles create for folders."""
    return key.startswith(OWN_PREFIX) or key.endswith("/")


def collection_of(key: str) -> str | None:
    """Return the collection that a key names: its first folder. None if it names none."""
    folder, _, name = key.partition("/")
    return folder if folder and name else None


def _source(s3: dict[str, Any]) -> Source:
    # S3 encodes keys as forms do; a version "null" is what an unversioned object has once versioning was on.
    entry = s3["object"]
    version = entry.get("versionId")
    return Source(
        bucket=s3["bucket"]["name"],
        key=unquote_plus(entry["key"]),
        version_id=None if version == "null" else version,
        etag=entry.get("eTag", ""),
    )
