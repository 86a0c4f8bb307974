"""Chooses the weight of the vector of a hybrid search whose caller gives none. Pure. See docs/decisions/0085."""

from lambdas.collections.model import CollectionConfig
from lambdas.errors import AltoError, attempt
from lambdas.search.clauses.stop_words import list_content_words
from lambdas.search.modes import DEFAULT_ALPHA, Hybrid
from lambdas.search.request import SearchRequest
from lambdas.search.vectors.target_vectors import resolve_targets

# Measured on fourteen English collections: the words of a long query are the better evidence.
SHORT_ALPHA = 0.75
LONG_ALPHA = 0.65
SHORT_WORDS = 8


def settle_alpha(collection: CollectionConfig, request: SearchRequest) -> SearchRequest:
    """Return the request with an alpha. One that the caller gives stays."""
    mode = request.hybrid
    if mode is None or "alpha" in mode.model_fields_set:
        return request
    settled = mode.model_copy(update={"alpha": choose_alpha(collection, mode)})
    return request.model_copy(update={"hybrid": settled})


def choose_alpha(collection: CollectionConfig, mode: Hybrid) -> float:
    """Return the weight by the number of the query's content words.

    A single word is often a name or a part number, and ranks and dot products have no scale with a perfect match:
    these keep the fixed weight.
    """
    targets = attempt(resolve_targets, collection, mode)
    # A wrong target is rejected where the vector is computed.
    if mode.fusion == "ranked" or isinstance(targets, AltoError) or targets.highest_score is None:
        return DEFAULT_ALPHA
    words = len(list_content_words(mode.query))
    if words <= 1:
        return DEFAULT_ALPHA
    return SHORT_ALPHA if words <= SHORT_WORDS else LONG_ALPHA
