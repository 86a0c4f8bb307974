"""What all entry points do: note the ids that every log line carries, keep the time, publish the metrics."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from lambdas.invocation import current
from lambdas.observability import logger, publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

# The last moments of an invocation are for its answer.
MARGIN_SECONDS = 1.0


def entry_point(handler: Handler) -> Handler:
    """The handler as Lambda calls it."""
    # Events hold callers' keys and texts, so no setting of the environment may have them logged.
    with_ids = logger.inject_lambda_context(handler, clear_state=True, log_event=False)

    @wraps(handler)
    def observed(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
        current.begin(context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)
        details: dict[str, str | int] = {"function_request_id": context.aws_request_id}
        try:
            answer: dict[str, Any] = with_ids(event, context)
            details |= _of_request(event, answer)
        finally:
            publish(current.totals(), details)
        return answer

    return observed


def _of_request(event: dict[str, Any], answer: dict[str, Any]) -> dict[str, str | int]:
    """What may be told of an HTTP request; nothing of a message from a queue, which has log lines of its own."""
    if "requestContext" not in event:
        return {}
    about = event["requestContext"]
    return {
        "correlation_id": about["requestId"],
        "method": about["http"]["method"],
        "path": event["rawPath"],
        "status": answer["statusCode"],
    }
