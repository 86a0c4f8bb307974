"""A search from the options of `alto search`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alto.classes.query import FilterExpression, HybridFusion
from alto.cli.exits import CommandError, ExitCode
from alto.cli.modes import Fusion, Mode
from alto.operations import searches
from alto.operations.searches import Page


@dataclass(frozen=True, slots=True)
class SearchFlags:
    """What the options say. None is: as the server has it by default."""

    mode: Mode = Mode.HYBRID
    alpha: float | None = None
    fusion: Fusion | None = None
    search_in: Sequence[str] = ()
    target_vector: str | None = None
    limit: int | None = None
    offset: int | None = None
    condition: dict[str, Any] | None = None
    properties: Sequence[str] = ()
    vectors: bool = False
    explain: bool = False


def search_body(query: str, flags: SearchFlags) -> dict[str, Any]:
    """The request of a search. Raises `CommandError` for an option that this kind of search has not."""
    _refuse_what_does_not_fit(flags)
    page = Page(
        limit=flags.limit,
        offset=flags.offset,
        filters=None if flags.condition is None else FilterExpression(flags.condition),
        include_vector=flags.vectors,
        return_properties=flags.properties or None,
    )
    return _mode(query, flags) | page.to_api() | ({"explain": True} if flags.explain else {})


def _mode(query: str, flags: SearchFlags) -> dict[str, Any]:
    match flags.mode:
        case Mode.BM25:
            return searches.bm25(query, query_properties=flags.search_in or None)
        case Mode.NEAR_TEXT:
            return searches.near_text(query, target_vector=flags.target_vector)
        case Mode.NEAR_OBJECT:
            return searches.near_object(query, target_vector=flags.target_vector)
        case Mode.HYBRID:
            return searches.hybrid(
                query,
                alpha=flags.alpha,
                fusion_type=HybridFusion(flags.fusion) if flags.fusion else None,
                query_properties=flags.search_in or None,
                target_vector=flags.target_vector,
            )


def _refuse_what_does_not_fit(flags: SearchFlags) -> None:
    words, vectors = {Mode.HYBRID, Mode.BM25}, {Mode.HYBRID, Mode.NEAR_TEXT, Mode.NEAR_OBJECT}
    for option, value, modes in (
        ("--alpha", flags.alpha, {Mode.HYBRID}),
        ("--fusion", flags.fusion, {Mode.HYBRID}),
        ("--explain", flags.explain or None, {Mode.HYBRID}),
        ("--in", flags.search_in or None, words),
        ("--target-vector", flags.target_vector, vectors),
    ):
        if value is not None and flags.mode not in modes:
            wanted = " or ".join(f"--mode {mode.value}" for mode in Mode if mode in modes)
            raise CommandError(f"{option} is for {wanted}: this is --mode {flags.mode.value}.", ExitCode.USAGE)
