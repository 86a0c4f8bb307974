"""Messages of SQS: each is processed on its own, and those that fail are delivered again."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

from lambdas.observability import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def process_messages(event: dict[str, Any], context: "LambdaContext", process: Callable[..., None]) -> dict[str, Any]:
    """Process every message of an event and return those to deliver again.

    `process` takes the record of a message and, if it has a parameter of this name, the `lambda_context`.
    """
    processor = BatchProcessor(
        EventType.SQS,
        raise_on_entire_batch_failure=False,
        logger=logger,  # type: ignore[arg-type]  # asks for logging's Logger, and is content with Powertools' own
    )
    return dict(process_partial_response(event, process, processor, context))
