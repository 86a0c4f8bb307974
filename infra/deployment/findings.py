"""Findings of the preflight, and what its checks share."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from botocore.exceptions import ClientError

from infra.deployment.deployment import Clients
from infra.settings.settings import Settings

OK: Literal["ok"] = "ok"
WARNING: Literal["warning"] = "warning"
ERROR: Literal["error"] = "error"

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


class NotReadyError(Exception):
    """The account cannot be deployed to yet. The message contains the remedy."""


class Finding(NamedTuple):
    """The result of a check."""

    level: Literal["ok", "warning", "error"]
    text: str


class Check(NamedTuple):
    """A check, and the rights that it needs."""

    name: str
    rights: tuple[str, ...]
    run: Callable[[Clients, Settings], Iterator[Finding]]


def all_pages(operation: Callable[..., dict[str, Any]], key: str, **given: Any) -> list[Any]:
    """The items of all pages of an operation."""
    items: list[Any] = []
    token: dict[str, str] = {}
    while True:
        page = operation(**given, **token)
        items += page[key]
        if not page.get("NextToken"):
            return items
        token = {"NextToken": page["NextToken"]}


def code_of(error: ClientError) -> str:
    """The code of an error of AWS."""
    return str(error.response["Error"]["Code"])
