"""The claim of tokens that lists the collections which they are limited to."""

import os
from functools import cache


@cache
def collections_claim() -> str | None:
    """Return the name of the claim, or None if tokens are not limited to collections."""
    return os.environ.get("ALTO_COLLECTIONS_CLAIM") or None
