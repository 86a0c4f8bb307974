"""Routes that work on one collection."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Protocol

from lambdas.collections.model import Collection
from lambdas.collections.registry import CollectionRegistry
from lambdas.handlers.routes.parameters import Name
from lambdas.search.clauses.unknown_properties import relies_on_absence


class RouteDecorator(Protocol):
    """Turns a function of a collection into a function of its name."""

    def __call__[**P, T](self, route: Callable[Concatenate[Collection, P], T], /) -> Callable[Concatenate[str, P], T]:
        """Return the decorated route."""


def on_collection(
    registry: Callable[[], CollectionRegistry], may_be_stale: Callable[[Any], bool] = lambda _: False
) -> RouteDecorator:
    """Turn `def route(collection, ...)` into the route of a path with a `<name>`.

    The route gets the cached collection of that name. If it fails in a way that a stale cache explains, or if its
    response `may_be_stale`, and the collection has changed, the route is called again with the current collection.
    A route must therefore have no effect in these cases (see `CollectionRegistry.serve`). A request whose filters treat
    a property as unknown gets the current collection at once.
    """

    def decorate[**P, T](route: Callable[Concatenate[Collection, P], T], /) -> Callable[Concatenate[str, P], T]:
        @wraps(route)
        def serve(name: str, *args: P.args, **kwargs: P.kwargs) -> T:
            result: T = registry().serve(
                name,
                lambda collection: route(collection, *args, **kwargs),
                may_be_stale,
                lambda collection: relies_on_absence(collection, [*args, *kwargs.values()]),
            )
            return result

        # The framework reads a route's parameters from its signature: the path has the name, not the collection.
        signature = inspect.signature(route)
        _, *others = signature.parameters.values()
        name = inspect.Parameter("name", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Name)
        serve.__signature__ = signature.replace(parameters=[name, *others])  # type: ignore[attr-defined]
        return serve  # type: ignore[return-value]  # the framework passes `name` by keyword

    return decorate
