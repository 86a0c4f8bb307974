"""What the answers of searches and of reads have in common. Pure."""

from collections.abc import Sequence

from alto.classes.query import IncludeVector


def names_of(names: str | Sequence[str] | None) -> list[str] | None:
    """A name as a list of one, as Weaviate takes it. None is: all."""
    return None if names is None else [names] if isinstance(names, str) else list(names)


def wanted_vectors(found: dict[str, list[float]], wanted: IncludeVector) -> dict[str, list[float]]:
    """Those that were asked for by name, or all."""
    if isinstance(wanted, bool):
        return found
    names = {wanted} if isinstance(wanted, str) else set(wanted)
    return {name: vector for name, vector in found.items() if name in names}
