"""A search from the options of `alto search`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from alto.classes.query import FilterExpression, HybridFusion
from alto.classes.search import Search
from alto.classes.search_settings import (
    Fuzziness,
    PassageContext,
    Scoring,
    SearchSettings,
    WordSearchSettings,
    WordSettings,
)
from alto.cli.exits import CommandError, ExitCode
from alto.cli.search.modes import Fusion, Fuzzy, Mode, Scores

_FUZZINESS: dict[Fuzzy, Fuzziness] = {Fuzzy.AUTO: "auto", Fuzzy.NONE: 0, Fuzzy.ONE: 1, Fuzzy.TWO: 2}
MAX_CONTEXT = 10
_SCORING: dict[Scores, Scoring] = {Scores.COMBINED: "combined", Scores.SUM: "sum"}


@dataclass(frozen=True, slots=True)
class SearchFlags:
    """The options. None means the server's default."""

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
    highlight: bool = False
    min_score: float | None = None
    fuzziness: Fuzzy | None = None
    phrase_boost: float | None = None
    scoring: Scores | None = None
    context: str | None = None


def search_body(query: str, flags: SearchFlags) -> dict[str, Any]:
    """The request of a search. Raises `CommandError` for an option that this kind of search does not have."""
    _check_options(flags)
    search = _search(query, flags).to_api()
    return search | ({"explain": True} if flags.explain else {})


def _search(query: str, flags: SearchFlags) -> Search:
    page: SearchSettings = {
        "limit": flags.limit,
        "offset": flags.offset,
        "filters": None if flags.condition is None else FilterExpression(flags.condition),
        "include_vector": flags.vectors,
        "return_properties": flags.properties or None,
        "context": _context(flags.context),
    }
    words: WordSearchSettings = {**page, "highlight": flags.highlight, "min_score": flags.min_score}
    how: WordSettings = {
        "query_properties": flags.search_in or None,
        "fuzziness": _FUZZINESS[flags.fuzziness] if flags.fuzziness else None,
        "phrase_boost": flags.phrase_boost,
        "scoring": _SCORING[flags.scoring] if flags.scoring else None,
    }
    match flags.mode:
        case Mode.BM25:
            return Search.bm25(query, **how, **words)
        case Mode.NEAR_TEXT:
            return Search.near_text(query, target_vector=flags.target_vector, **page)
        case Mode.NEAR_OBJECT:
            return Search.near_object(query, target_vector=flags.target_vector, **page)
        case Mode.HYBRID:
            return Search.hybrid(
                query,
                alpha=flags.alpha,
                fusion_type=HybridFusion(flags.fusion.value) if flags.fusion else None,
                target_vector=flags.target_vector,
                **how,
                **words,
            )


def _context(given: str | None) -> PassageContext | None:
    if given is None:
        return None
    if given == "section":
        return "section"
    if given.isdecimal() and 1 <= int(given) <= MAX_CONTEXT:
        return int(given)
    raise CommandError(
        f"--context: {given!r} is neither 'section' nor a number from 1 to {MAX_CONTEXT}.", ExitCode.USAGE
    )


def _check_options(flags: SearchFlags) -> None:
    word_modes, vectors = {Mode.HYBRID, Mode.BM25}, {Mode.HYBRID, Mode.NEAR_TEXT, Mode.NEAR_OBJECT}
    for option, value, modes in (
        ("--alpha", flags.alpha, {Mode.HYBRID}),
        ("--fusion", flags.fusion, {Mode.HYBRID}),
        ("--explain", flags.explain or None, {Mode.HYBRID}),
        ("--highlight", flags.highlight or None, word_modes),
        ("--min-score", flags.min_score, word_modes),
        ("--in", flags.search_in or None, word_modes),
        ("--fuzziness", flags.fuzziness, word_modes),
        ("--phrase-boost", flags.phrase_boost, word_modes),
        ("--scoring", flags.scoring, word_modes),
        ("--target-vector", flags.target_vector, vectors),
    ):
        if value is not None and flags.mode not in modes:
            modes_of_option = " or ".join(f"--mode {mode.value}" for mode in Mode if mode in modes)
            raise CommandError(f"{option} is for {modes_of_option}: this is --mode {flags.mode.value}.", ExitCode.USAGE)
