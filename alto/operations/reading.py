"""How the responses of searches and of reads are read. Pure."""

from typing import Any

from alto.classes.query import IncludeVector, ReturnProperties
from alto.classes.results import Properties
from alto.values import names_of


def wanted_vectors(found: dict[str, list[float]], wanted: IncludeVector) -> dict[str, list[float]]:
    """The vectors that were asked for by name, or all."""
    if isinstance(wanted, bool):
        return found
    names = {wanted} if isinstance(wanted, str) else set(wanted)
    return {name: vector for name, vector in found.items() if name in names}


def read_properties(found: dict[str, Any], wanted: ReturnProperties) -> Properties:
    """The properties that were asked for, None for one without a value; or all that have one."""
    names = names_of(wanted)
    if names is None:
        return Properties(found)
    stored = [name if name in found else name[:1].lower() + name[1:] for name in names]
    return Properties({name: found.get(name) for name in stored})
