"""Aliases: further names of collections."""

from dataclasses import dataclass

from alto.requests import Operation, Phase, Request, Response, segment, was_found


@dataclass(frozen=True, slots=True)
class AliasReturn:
    """An alias, and the collection that it points at."""

    alias: str
    collection: str


def list_all(collection: str | None) -> Operation[dict[str, AliasReturn]]:
    """All aliases by name, or those of one collection."""
    query = {} if collection is None else {"collection": collection}

    def read_all(response: Response) -> dict[str, AliasReturn]:
        return {each["alias"]: AliasReturn(each["alias"], each["collection"]) for each in response.body["aliases"]}

    return Operation(Request("GET", "/v1/aliases", query=query, repeatable=True), read_all)


def get(name: str) -> Operation[AliasReturn | None]:
    """One alias; None if it does not exist."""

    def read(response: Response) -> AliasReturn | None:
        if not was_found(response, "alias_not_found"):
            return None
        return AliasReturn(response.body["alias"], response.body["collection"])

    return Operation(Request("GET", _path(name), repeatable=True, accept=frozenset({404})), read)


def create(name: str, collection: str) -> Operation[None]:
    """Create an alias. Not repeated when the response is lost: it would then be there already."""
    body = {"alias": name, "collection": collection}
    return Operation(Request("POST", "/v1/aliases", body, phase=Phase.INSERT), lambda _: None)


def update(name: str, collection: str) -> Operation[bool]:
    """Point an alias at another collection. False if the alias does not exist."""
    body = {"collection": collection}
    request = Request("PUT", _path(name), body, phase=Phase.INSERT, repeatable=True, accept=frozenset({404}))
    return Operation(request, lambda response: was_found(response, "alias_not_found"))


def delete(name: str) -> Operation[bool]:
    """Delete an alias. False if it does not exist."""
    request = Request("DELETE", _path(name), phase=Phase.INSERT, repeatable=True, accept=frozenset({404}))
    return Operation(request, lambda response: was_found(response, "alias_not_found"))


def _path(name: str) -> str:
    return f"/v1/aliases/{segment(name)}"
