"""The query function: searches, aggregations and the state of the service. It can only read."""

from typing import TYPE_CHECKING, Any

from lambdas.handlers import search_routes, service_routes
from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.http import make_app, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = make_app()
app.include_router(search_routes.router)
app.include_router(service_routes.router)


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the query function."""
    return resolve(app, event, context)
