"""The query function: searches, aggregations, texts from objects, the state of the service. It can only read."""

from functools import cache
from typing import TYPE_CHECKING, Any

from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.http import make_app, resolve
from lambdas.handlers.routes import search, service
from lambdas.wiring.query import services

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = make_app()
app.include_router(search.router)
app.include_router(service.router)

# The routes that a cold start for another request goes without.
RARE = ("/generate", "/embed")


@cache
def complete_app() -> "APIGatewayHttpResolver":
    """Return the app with the rare routes too."""
    from lambdas.handlers.routes import embed, generate  # noqa: PLC0415

    app.include_router(generate.router)
    app.include_router(embed.router)
    return app


def find_target(name: str) -> str | None:
    """Return the collection that an alias points at, or None."""
    return services().aliases().find_target(name)


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the query function."""
    chosen = complete_app() if event["rawPath"].endswith(RARE) else app
    return resolve(chosen, event, context, find_target)
