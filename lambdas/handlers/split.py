"""The split function: S3 notifications from the queue become jobs and chunks."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.deadline import Deadline
from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.sqs_messages import process_messages
from lambdas.observability import logger
from lambdas.wiring.split import splitter

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Kept back from the function's time for storing its position.
MARGIN_SECONDS = 5.0
# With less, a message goes back to the queue: a step that cannot finish must not look like a fault of its file.
LEAST_SECONDS = 30.0
# After so many deliveries the queue makes a message a dead letter.
MAX_DELIVERIES = 10


class NoTimeLeftError(Exception):
    """The messages before this one took the invocation's time."""


class SplitGivenUpError(Exception):
    """The message was delivered for the last time; its job says so, and it becomes a dead letter."""


def split_notification(record: SQSRecord, lambda_context: "LambdaContext") -> None:
    """Process one SQS message: split the objects it announces."""
    deadline = Deadline.after(lambda_context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)
    if deadline.remaining() < LEAST_SECONDS:
        raise NoTimeLeftError
    attempt = int(record.attributes.approximate_receive_count or 1)
    # Without trying again: what ends a function for lack of time or memory leaves no chance to say so.
    is_last = attempt >= MAX_DELIVERIES
    outcomes = (
        splitter().give_up_split(record.body, attempt - 1) if is_last else splitter().split_all(record.body, deadline)
    )
    for outcome in outcomes:
        logger.info("split", extra=outcome._asdict())
    if is_last and outcomes:
        raise SplitGivenUpError


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the split function. Returns the messages to deliver again."""
    return process_messages(event, context, split_notification)
