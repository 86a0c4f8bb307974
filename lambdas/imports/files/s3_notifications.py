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
# The lists of objects that fills read, each in the folder of its job.
LISTS_PREFIX = f"{OWN_PREFIX}fills/"
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


def list_key(job_id: str) -> str:
    """Return the key of the list of a fill's objects. Its ending makes S3 announce it."""
    return f"{LISTS_PREFIX}{job_id}/objects.jsonl"


def job_of_list(key: str) -> str | None:
    """Return the id of the fill whose list of objects has this key."""
    job_id = key.removeprefix(LISTS_PREFIX).partition("/")[0]
    return job_id if key == list_key(job_id) else None


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
