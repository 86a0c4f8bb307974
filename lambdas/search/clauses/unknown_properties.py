"""Filters that treat a property as one without values because the collection does not have it."""

from typing import Any

from pydantic import BaseModel

from lambdas.collections.model import CollectionConfig
from lambdas.search.clauses.filter_model import Condition
from lambdas.search.clauses.filters import has_property


def relies_on_absence(collection: CollectionConfig, request: Any) -> bool:
    """Whether a filter anywhere in the request matches nothing because its property is unknown.

    A collection from a cache can lack a property that another function has just added: such a response would be wrong
    without an error, so the collection is to be read before it is given.
    """
    if isinstance(request, Condition):
        return request.unknown_property == "matches_nothing" and not has_property(collection, request.property)
    if isinstance(request, BaseModel):
        return any(relies_on_absence(collection, getattr(request, name)) for name in request.model_fields_set)
    if not isinstance(request, (list, tuple)) or (request and isinstance(request[0], float)):
        # A vector may have thousands of numbers.
        return False
    return any(relies_on_absence(collection, each) for each in request)
