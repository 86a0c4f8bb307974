"""Tokens that are limited to some collections, by a claim that lists them."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from lambdas.collections.names import collection_name
from lambdas.errors import ForbiddenError

EVERY = "*"
OPEN_PATHS = frozenset({"/v1/meta", "/v1/openapi.json", "/v1/.well-known/live", "/v1/.well-known/ready"})


def check_collection_rights(event: Mapping[str, Any], claim: str | None) -> None:
    """Raise `ForbiddenError` unless the caller's token lists the collection of the request in this claim.

    `*` in the claim stands for every collection. Without it, only the paths below one of the listed collections can be
    used: lists of all collections and imports cover other collections too. A `claim` of None means that tokens are not
    limited.
    """
    path: str = event["rawPath"]
    if claim is None or path in OPEN_PATHS:
        return
    allowed = _listed(event, claim)
    if EVERY in allowed:
        return
    name = name_in_path(path)
    if not name:
        raise ForbiddenError(
            f"This request covers all collections: it needs a token whose claim '{claim}' has '{EVERY}'."
        )
    if collection_name(name) not in allowed:
        raise ForbiddenError(f"The claim '{claim}' of the token does not list the collection of this request.")


def check_source_rights(
    event: Mapping[str, Any], claim: str | None, key: str, find_target: Callable[[str], str | None] = lambda _: None
) -> None:
    """Raise `ForbiddenError` unless the caller's token lists the collection in whose folder the file of S3 is.

    An import stores what a file contains, and so shows it: without this a token that is limited to one collection
    could read the files of others. The folder of an alias has files of the collection that the alias points at, by
    `find_target`: the token must list that one, too.
    """
    allowed = {EVERY} if claim is None else _listed(event, claim)
    if EVERY in allowed:
        return
    folder, slash, _ = key.partition("/")
    if slash and collection_name(folder) in allowed:
        target = find_target(folder) if folder.isascii() and folder.isidentifier() else None
        if target is None or target in allowed:
            return
    raise ForbiddenError(
        f"The claim '{claim}' of the token does not list the collection of the folder that the file is in: import "
        "files whose key begins with the name of a collection in the claim, or upload the file by 'file_name'."
    )


def name_in_path(path: str) -> str:
    """Return the name of a collection or alias as a path has it; empty for a path of something else."""
    _, version, kind, name, *_ = [*path.split("/"), "", "", "", ""]
    return name if (version, kind) == ("v1", "collections") else ""


def _listed(event: Mapping[str, Any], claim: str) -> set[str]:
    """Return the names in the claim. API Gateway passes a list as `[Film Book]`."""
    authorizer = event["requestContext"].get("authorizer") or {}
    value = ((authorizer.get("jwt") or {}).get("claims") or {}).get(claim)
    names = value if isinstance(value, list) else re.split(r"[\s,]+", str(value or "").strip("[]"))
    return {collection_name(str(name)) for name in names if name}
