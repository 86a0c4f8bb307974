"""Requests that name a collection by an alias: they are served as if they named the collection.

An alias costs requests to OpenSearch only where a collection of the name in the path is missing, so a request by a
collection's own name takes no longer. Rights are those on the collection, whichever name it is given.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import orjson

from lambdas.collections.names import collection_name
from lambdas.errors import ConflictError, ForbiddenError
from lambdas.handlers.rights import check_collection_rights, name_in_path

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Returns the collection that an alias points at, or None.
type FindTarget = Callable[[str], str | None]

MISSING = frozenset({"collection_not_found", "import_not_found"})


def respond(
    app: "APIGatewayHttpResolver",
    event: dict[str, Any],
    context: "LambdaContext",
    claim: str | None,
    find_target: FindTarget,
) -> dict[str, Any]:
    """Have a route respond to the event; if it names an alias, as if it named the collection.

    Raises `ForbiddenError` if a token that is limited to collections does not list the one that is used, and
    `ConflictError` for the deletion of a collection by its alias.
    """
    try:
        check_collection_rights(event, claim)
    except ForbiddenError:
        by_collection = _by_collection(event, claim, find_target)
        if by_collection is None:
            raise
        return app.resolve(by_collection, context)
    # The list of jobs has those of a deleted collection too, which may have had the name that is an alias now.
    if _is_list_of_jobs(event):
        by_collection = _by_collection(event, claim, find_target)
        return app.resolve(by_collection or event, context)
    response: dict[str, Any] = app.resolve(event, context)
    if not _is_missing(response):
        return response
    by_collection = _by_collection(event, claim, find_target)
    return response if by_collection is None else app.resolve(by_collection, context)


def _by_collection(event: dict[str, Any], claim: str | None, find_target: FindTarget) -> dict[str, Any] | None:
    """Return the event with the collection's own name in its path; None if the path does not name an alias."""
    path: str = event["rawPath"]
    name = name_in_path(path)
    if not name.isascii() or not name.isidentifier():
        return None
    target = find_target(name)
    if target is None:
        return None
    below = path.split("/")[4:]
    renamed = "/".join(["/v1/collections", target, *below])
    about = event["requestContext"]
    found = event | {
        "rawPath": renamed,
        "requestContext": about | {"http": about["http"] | {"path": renamed}},
    }
    check_collection_rights(found, claim)
    if about["http"]["method"] == "DELETE" and not below:
        raise ConflictError(
            f"'{collection_name(name)}' is an alias of the collection '{target}'. Delete the collection by its own "
            "name, or the alias by DELETE /v1/aliases/{alias}."
        )
    return found


def _is_list_of_jobs(event: Mapping[str, Any]) -> bool:
    return bool(event["requestContext"]["http"]["method"] == "GET") and event["rawPath"].endswith("/imports")


def _is_missing(response: Mapping[str, Any]) -> bool:
    """Return whether the response says that the collection, or the job in it, does not exist."""
    if response["statusCode"] != HTTPStatus.NOT_FOUND:
        return False
    # A response to HEAD has no body that says what is missing: an alias may be the reason.
    return not response["body"] or orjson.loads(response["body"])["error"]["code"] in MISSING
