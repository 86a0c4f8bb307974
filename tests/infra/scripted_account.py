"""An account whose responses are written down: `{"service.operation": response, exception, or list of pages}`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError


def error(code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message or code}}, "Operation")


def denied(operation: str) -> ClientError:
    return error("AccessDeniedException", f"User is not authorized to perform: {operation}")


class ScriptedAccount:
    """Makes clients of a scripted account; `calls` has the operations in order, with their parameters."""

    def __init__(self, responses: Mapping[str, Any]) -> None:
        self.responses = dict(responses)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def client(self, service: str, _region: str) -> Any:
        return _Client(self, service)

    def respond(self, operation: str, given: dict[str, Any]) -> Any:
        self.calls.append((operation, given))
        response = self.responses[operation]
        if isinstance(response, ClientError):
            response.operation_name = "".join(word.title() for word in operation.partition(".")[2].split("_"))
        if isinstance(response, Exception):
            raise response
        return response


class _Client:
    def __init__(self, account: ScriptedAccount, service: str) -> None:
        self._account = account
        self._service = service

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **given: self._account.respond(f"{self._service}.{operation}", given)

    def get_waiter(self, _name: str) -> Any:
        return self._account.respond(f"{self._service}.get_waiter", {})

    def get_paginator(self, operation: str) -> "_Paginator":
        return _Paginator(self._account, f"{self._service}.{operation}")


class _Paginator:
    def __init__(self, account: ScriptedAccount, operation: str) -> None:
        self._account = account
        self._operation = operation

    def paginate(self, **given: Any) -> Iterator[Any]:
        response = self._account.respond(self._operation, given)
        yield from response if isinstance(response, list) else [response]
