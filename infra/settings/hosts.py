"""Host names in URLs: which are on this machine, and which are endpoints of OpenSearch Service."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

AWS_ENDPOINT_HOST = re.compile(r"(?P<place>search|vpc)-(?P<name>[a-z][a-z0-9-]{2,27})-[a-z0-9]{20,}\.[a-z0-9.-]+")


def host(url: str | None) -> str:
    """The host name in a URL, or an empty string without a URL."""
    return urlsplit(url or "").hostname or ""


def is_loopback(name: str) -> bool:
    """Whether a host name or address is this machine."""
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
