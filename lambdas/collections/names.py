"""The names of collections, and of their indices and aliases in OpenSearch. Pure."""

import re
from datetime import UTC, datetime

INDEX_PREFIX = "alto-"
# Alias names end before the dash and the six digits of an index, so that no collection's alias can be another's index.
COLLECTION_ALIAS = re.compile(rf"^{INDEX_PREFIX}[a-z][a-z0-9_]*$")


def collection_name(name: str) -> str:
    """The name as it is stored: `article` and `Article` are one collection, written `Article`."""
    return name[:1].upper() + name[1:]


def alias_of(name: str) -> str:
    """The alias by which a collection is found: whichever has this name now."""
    return f"{INDEX_PREFIX}{name.lower()}"


def unique_alias(name: str, created: datetime) -> str:
    """The alias that only the collection of this name has which was created at this time."""
    return f"{alias_of(name)}-{created.astimezone(UTC):%Y%m%dt%H%M%S%f}"


def generation_alias(identity: str, generation: int) -> str:
    """The alias of one generation of a collection. Collections that are older than generations have the first."""
    return f"{identity}-g{generation}" if generation else identity


def index_name(name: str, number: int = 1) -> str:
    """The name of an index of a collection. A new collection starts with the first; each rebuild makes another."""
    return f"{alias_of(name)}-{number:06}"
