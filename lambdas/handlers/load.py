"""The load function: chunks from the queue become objects, and objects that have expired are removed by a schedule."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.deadline import Deadline
from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.sqs_messages import process_messages
from lambdas.imports.loading.load_outcome import Delivery
from lambdas.invocation import current
from lambdas.jobs.chunk import Chunk
from lambdas.observability import logger
from lambdas.wiring.load import expired_remover, loader

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Kept back from the function's time for the error file, the counts and putting the chunk back.
MARGIN_SECONDS = 10.0


def load_chunk(record: SQSRecord, lambda_context: "LambdaContext") -> None:
    """Process one SQS message: load its chunk."""
    deadline = Deadline.after(lambda_context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)
    chunk = Chunk.model_validate_json(record.body)
    delivery = Delivery(record.receipt_handle, int(record.attributes.approximate_receive_count))
    logger.append_keys(job_id=chunk.job_id, collection=chunk.collection, chunk=chunk.chunk)
    outcome = loader().load(chunk, delivery, deadline)
    logger.info("load", extra=outcome._asdict())
    current.add("RecordsLoaded", outcome.records_loaded)
    current.add("RecordsUnchanged", outcome.records_unchanged)
    current.add("RecordsFailed", outcome.records_failed)


def remove_expired(lambda_context: "LambdaContext") -> dict[str, Any]:
    """Remove the objects that have expired, as the schedule asks. Returns what was removed, by collection."""
    deadline = Deadline.after(lambda_context.get_remaining_time_in_millis() / 1000 - MARGIN_SECONDS)
    removals = expired_remover().run(deadline)
    for each in removals:
        if each.error is not None:
            logger.error("remove_expired", extra=each._asdict())
        elif each.removed or each.kept or not each.complete:
            logger.info("remove_expired", extra=each._asdict())
        current.add("ObjectsExpired", each.removed)
    failed = sorted(each.collection for each in removals if each.error is not None)
    return {"removed": {each.collection: each.removed for each in removals}, "failed": failed}


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the load function. Returns the messages to deliver again."""
    if event.get("task") == "remove_expired":
        return remove_expired(context)
    return process_messages(event, context, load_chunk)
