"""The write function: collections, objects and the state of imports."""

from typing import TYPE_CHECKING, Any

from lambdas.handlers import collection_routes, imports_routes, object_routes
from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.http import make_app, resolve

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = make_app()
app.include_router(collection_routes.router)
app.include_router(object_routes.router)
app.include_router(imports_routes.router)


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the write function."""
    return resolve(app, event, context)
