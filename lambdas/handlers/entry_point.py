"""The wrapper of every entry point: it sets the ids of log lines, starts the clock and publishes the metrics."""

import gc
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from lambdas.invocation import current
from lambdas.observability import logger, publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# A cold start makes a hundred thousand objects that stay. Looking for garbage among them, again and again, would take a
# twentieth of its time.
gc.set_threshold(100_000)

type Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

# Kept back from the function's time for returning the response.
MARGIN_SECONDS = 1.0


def entry_point(handler: Handler) -> Handler:
    """Wrap a handler as Lambda calls it."""
    # Events hold callers' keys and texts, so no setting of the environment may have them logged.
    with_ids = logger.inject_lambda_context(handler, clear_state=True, log_event=False)

    @wraps(handler)
    def observed(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
        current.begin(context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)
        details: dict[str, str | int] = {"function_request_id": context.aws_request_id}
        try:
            response: dict[str, Any] = with_ids(event, context)
            details |= _request_details(event, response)
        finally:
            publish(current.totals(), details)
        return response

    return observed


def _request_details(event: dict[str, Any], response: dict[str, Any]) -> dict[str, str | int]:
    """Return the loggable details of an HTTP request. Queue messages have log lines of their own."""
    if "requestContext" not in event:
        return {}
    about = event["requestContext"]
    return {
        "correlation_id": about["requestId"],
        "method": about["http"]["method"],
        "path": event["rawPath"],
        "status": response["statusCode"],
    }
