"""Searches that choose their page before documents are read, by columns and vectors of their candidates. Pure.

A boost, smoothing and diversity look at up to 200 hits, of which ten are shown. Columns and vectors are all that they
need: the documents of the page alone are read afterwards. See docs/decisions/0084.
"""

from typing import Any, Literal

from lambdas.collections.model import Collection, CollectionConfig
from lambdas.errors import InvalidRequestError
from lambdas.search.clauses.boost import is_boosted_by_columns
from lambdas.search.request import SearchRequest
from lambdas.search.results.packed_vectors import build_packed_fields
from lambdas.search.vectors.target_vectors import resolve_target_vector
from lambdas.search.vectors.vector_leg import QueryVector

# The settings of a search for columns: nothing is read of stored documents, not even their ids.
COLUMNS_ALONE: dict[str, Any] = {"_source": False, "stored_fields": "_none_", "docvalue_fields": ["id"]}

type ComparingStep = Literal["smoothing", "diversity"]
COMPARING_STEPS: tuple[ComparingStep, ...] = ("smoothing", "diversity")
EARLY_STEPS = ("boost", *COMPARING_STEPS)


def chooses_page_early(collection: Collection, request: SearchRequest) -> bool:
    """Return whether the steps of a search look at more hits than it shows, and at no documents."""
    if request.candidates is None or request.candidates <= request.limit:
        return False
    if request.rerank is not None or request.group_by is not None:
        return False
    return finds_by_columns(collection, request)


def finds_by_columns(collection: Collection, request: SearchRequest) -> bool:
    """Return whether a search can find and boost its hits without their documents."""
    if request.include_passage and request.hybrid is None:
        # The search itself finds the passages.
        return False
    return is_boosted_by_columns(collection, request.boost)


def list_compared_vectors(
    collection: CollectionConfig, request: SearchRequest, vector: QueryVector | None
) -> list[str]:
    """Return the vectors by which the steps compare hits. Raises `InvalidRequestError`."""
    steps = [step for step in COMPARING_STEPS if getattr(request, step) is not None]
    return list(dict.fromkeys(resolve_compared_vector(collection, request, step, vector) for step in steps))


def build_vectors_search(names: list[str]) -> dict[str, Any]:
    """Build the search for vectors of hits. Its query is still missing."""
    return COLUMNS_ALONE | {"script_fields": build_packed_fields(names), "track_total_hits": False}


def resolve_compared_vector(
    collection: CollectionConfig, request: SearchRequest, step: ComparingStep, vector: QueryVector | None
) -> str:
    """Return the vector by which a step compares hits: the one that is named, or else the one that is searched.

    Raises `InvalidRequestError` if neither determines one vector.
    """
    settings = request.diversity if step == "diversity" else request.smoothing
    asked = settings.target_vector if settings else None
    searched = vector.names if vector else []
    if asked is None and len(searched) > 1:
        problem = f"the search compares several vectors: choose one of {', '.join(searched)}"
        raise InvalidRequestError.at(f"{step}.target_vector", problem)
    return resolve_target_vector(collection, asked or next(iter(searched), None))
