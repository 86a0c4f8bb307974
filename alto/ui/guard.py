"""Which requests of a browser are served. Pure.

The page is served on loopback, where every program and every web page of this machine can send requests. So three
things must fit: the token in the path, which only the printed address has; the Host, which a foreign name that resolves
to this machine (DNS rebinding) does not have; and the Origin, which names another page that sends a request.
"""

import re
import secrets
from collections.abc import Mapping
from urllib.parse import unquote

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_NAMES = ("127.0.0.1", "localhost")


class RejectedError(Exception):
    """A request that is not served: the status, a code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Guard:
    """Checks requests by the token and the port of this server."""

    def __init__(self, token: str, port: int) -> None:
        self._token = token
        self._hosts = frozenset(f"{name}:{port}" for name in _NAMES)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    def path(self, target: str, headers: Mapping[str, str]) -> str:
        """The path and query behind the token, such as `/v1/meta`. Raises `RejectedError`."""
        if headers.get("host", "").lower() not in self._hosts:
            raise RejectedError(
                403, "foreign_host", "This address is for the browser of this machine: open the printed one."
            )
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins:
            raise RejectedError(403, "foreign_origin", "Another page sent this request. It was not executed.")
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise RejectedError(403, "foreign_origin", "Another page sent this request. It was not executed.")
        token, slash, rest = target.removeprefix("/").partition("/")
        if not (slash and secrets.compare_digest(token.encode(), self._token.encode())):
            raise RejectedError(
                403, "wrong_token", "The token is missing or wrong: open the address that `alto ui` printed."
            )
        return f"/{rest}"


def api_path(path: str) -> str:
    """The path of a request to Alto, unchanged. Raises `RejectedError` for one that could leave `/v1/`."""
    plain = path.partition("?")[0]
    decoded = unquote(unquote(plain))
    leaves = any(part in {".", ".."} for part in decoded.split("/"))
    if not plain.startswith("/v1/") or leaves or re.search(r"[\\\x00-\x20\x7f#]", decoded) or "//" in plain:
        raise RejectedError(400, "wrong_path", "Only requests to /v1/ are sent to Alto.")
    return path
