"""The write function: collections, aliases, objects and imports."""

from typing import TYPE_CHECKING, Any

from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.http import make_app, resolve
from lambdas.handlers.routes import aliases, collections, imports, objects, one_object
from lambdas.wiring.write import services

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

app = make_app()
app.include_router(collections.router)
app.include_router(aliases.router)
app.include_router(objects.router)
app.include_router(one_object.router)
app.include_router(imports.router)


def find_target(name: str) -> str | None:
    """Return the collection that an alias points at, or None."""
    return services().aliases.find_target(name)


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the write function."""
    return resolve(app, event, context, find_target)
