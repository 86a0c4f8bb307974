"""From what S3 says to what is to be imported. Pure."""

import json
from typing import Any
from urllib.parse import unquote_plus

from lambdas.jobs.chunk import Source
from lambdas.jobs.import_options import ENDINGS, ending_of

# Alto writes here itself; reading it back would never end.
OWN_PREFIX = ".alto/"
SUFFIXES = tuple(ENDINGS)


def created_objects(notification: str) -> list[Source]:
    """The objects that an S3 notification says were created. Test events and deletions name none."""
    records = json.loads(notification).get("Records", [])
    return [_source(record["s3"]) for record in records if record["eventName"].startswith("ObjectCreated:")]


def collection_of(key: str) -> str | None:
    """The collection that a key is meant for: its first folder. None if it is not meant for any."""
    folder, slash, name = key.partition("/")
    if key.startswith(OWN_PREFIX) or key.endswith("/") or not (folder and slash and name):
        return None
    return folder


def is_supported(key: str) -> bool:
    """Whether the format, told by the suffix, can be imported."""
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
