"""The write function: collections, objects and imports."""

from typing import TYPE_CHECKING, Any

from lambdas.handlers import collections_routes, imports_routes, objects_routes
from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.http import make_app, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = make_app()
app.include_router(collections_routes.router)
app.include_router(objects_routes.router)
app.include_router(imports_routes.router)


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the write function."""
    return resolve(app, event, context)
