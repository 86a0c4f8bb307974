"""httpx's exceptions as Alto's. Pure."""

import httpx

from alto.errors import AltoConnectionError, AltoError, AltoServerError, AltoTimeoutError
from alto.requests import Request
from alto.settings import Timeout

# Every exception of a request that httpx has, and whether the server may have got the request when it is raised.
# A test compares this table with httpx: a new exception must be judged, not guessed.
WAS_SENT: dict[type[httpx.RequestError], bool] = {
    httpx.ConnectError: False,
    httpx.ConnectTimeout: False,
    httpx.PoolTimeout: False,
    # Raised when a proxy does not open a tunnel.
    httpx.ProxyError: False,
    httpx.UnsupportedProtocol: False,
    httpx.CloseError: True,
    httpx.DecodingError: True,
    httpx.LocalProtocolError: True,
    httpx.ReadError: True,
    httpx.ReadTimeout: True,
    httpx.RemoteProtocolError: True,
    httpx.TooManyRedirects: True,
    httpx.WriteError: True,
    httpx.WriteTimeout: True,
}


def was_sent(error: httpx.RequestError) -> bool:
    """Whether the server may have got the request. An unknown exception counts as yes: that repeats no write."""
    return WAS_SENT.get(type(error), True)


def error_without_response(error: httpx.RequestError, request: Request, url: str, timeout: Timeout) -> AltoError:
    """The error of a request without a response that can be read."""
    what = f"{request.method} {request.path}"
    if not was_sent(error):
        return AltoConnectionError(
            f"{what}: no connection to {url} ({type(error).__name__}: {error}). Is Alto running there? "
            "`make up` starts one on this machine.",
            code="no_connection",
        )
    if isinstance(error, httpx.TimeoutException):
        return AltoTimeoutError(
            f"{what}: no response from {url} within {timeout.of(request.phase):g} s. Allow more with "
            f"AdditionalConfig(timeout=Timeout({request.phase.value}=…)).",
            code="timeout",
        )
    if isinstance(error, httpx.DecodingError):
        return AltoServerError(f"{what}: the response of {url} cannot be decoded: {error}", code="unreadable_response")
    return AltoConnectionError(
        f"{what}: the connection to {url} broke before the response arrived ({type(error).__name__}).",
        code="connection_lost",
    )
