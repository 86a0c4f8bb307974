"""The extract function: documents become text. It parses foreign bytes, and reaches neither OpenSearch nor a model."""

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.handlers.entry_point import entry_point
from lambdas.handlers.sqs_messages import process_messages
from lambdas.jobs.chunk import Chunk
from lambdas.observability import logger
from lambdas.wiring.extract import extractor

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def extract_chunk(record: SQSRecord) -> None:
    """Process one SQS message: read the documents of its chunk."""
    chunk = Chunk.model_validate_json(record.body)
    logger.append_keys(job_id=chunk.job_id, collection=chunk.collection, chunk=chunk.chunk)
    outcome = extractor().extract(chunk, int(record.attributes.approximate_receive_count or 1))
    logger.info("extract", extra=outcome._asdict())


@entry_point
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Entry point of the extract function. Returns the messages to deliver again."""
    return process_messages(event, context, extract_chunk)
