"""Reads S3 notifications: which objects are to be imported, and into which collection. Pure."""

import json
from typing import Any
from urllib.parse import unquote_plus

from lambdas.jobs.chunk import Source
from lambdas.jobs.import_options import ENDINGS, ending_of

# Alto's own files. Importing them would never end.
OWN_PREFIX = ".alto/"
SUFFIXES = tuple(ENDINGS)


def created_objects(notification: str) -> list[Source]:
    """Return the objects that an S3 notification announces. Test events and deletions announce none."""
    records = json.loads(notification).get("Records", [])
    return [_source(record["s3"]) for record in records if record["eventName"].startswith("ObjectCreated:")]


def collection_of(key: str) -> str | None:
    """Return the collection that a key names: its first folder. None if it names none."""
    folder, slash, name = key.partition("/")
    if key.startswith(OWN_PREFIX) or key.endswith("/") or not (folder and slash and name):
        return None
    return folder


def is_supported(key: str) -> bool:
    """Whether the key's ending names a format that can be imported."""
    return ending_of(key) is not None


def _source(s3: dict[str, Any]) -> Source:
    # S3 encodes keys as forms do; a version "null" is what an unversioned object has once versioning was on.
    entry = s3["object"]
    version = entry.get("versionId")
    return Source(
        bucket=s3["bucket"]["name"],
        key=unquote_plus(entry["key"]),
        version_id=None if version == "null" else version,
        etag=entry["eTag"],
    )
