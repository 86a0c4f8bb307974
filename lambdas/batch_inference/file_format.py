"""Bedrock's batch inference: which vectors it can make, what goes into its files, and what comes out of them. Pure.

An input line is `{"recordId", "modelInput"}`, an output line has in addition either `modelOutput` or `error`
(`{"errorCode", "errorMessage"}`). The order of the output is not that of the input, so records are known by their
text's hash: a text that occurs twice is paid for once, and any record with the text finds its vector.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from lambdas.aws.http import HttpResponse
from lambdas.embedding.config import SelfProvided, Text2VecAws
from lambdas.embedding.families import FAMILIES, base_model
from lambdas.embedding.model_responses import Vector, vectors_of
from lambdas.embedding.packing import is_too_long
from lambdas.embedding.text import text_hash
from lambdas.embedding.vendor_errors import Remedy, failure_of
from lambdas.errors import EmbeddingError, ModelAnswerError, ModelInputError, TextTooLongError

# Quotas of Bedrock for one batch job: at least and at most so many records (Amazon Bedrock endpoints and quotas).
MIN_RECORDS = 100
MAX_RECORDS = 50_000
# The quota is 1 GB a file; half of it leaves time to write it.
MAX_INPUT_BYTES = 500_000_000
# Numbers of all vectors of a job, which the loader holds in memory: 400 MB.
MAX_NUMBERS = 50_000_000

# The outcome of a text: its vector, or the error that the text itself causes.
type Outcome = array[float] | EmbeddingError


def batch_problem(vectors: Mapping[str, Text2VecAws | SelfProvided], region: str) -> str | None:
    """Why batch inference in this region cannot make a collection's vectors, as a sentence; None if it can."""
    made = {name: config for name, config in vectors.items() if isinstance(config, Text2VecAws)}
    if not made:
        return "Batch inference is not possible: the collection has no vector that Alto makes."
    for name, config in made.items():
        passages = "it has passages, which are embedded on demand" if config.passages else None
        if problem := passages or _problem(config, region):
            return (
                f"Batch inference cannot make 'vectors.{name}': {problem}. Import with "
                "options.embedding 'on_demand', or into another collection."
            )
    return None


def _problem(config: Text2VecAws, region: str) -> str | None:
    if config.service != "bedrock":
        return "it is made by a SageMaker endpoint, and only Bedrock has batch inference"
    if not config.model_family.batch_inference:
        able = ", ".join(model for family in FAMILIES if family.batch_inference for model in family.models)
        return f"'{config.target}' takes no batch jobs (these do: {able})"
    if not (config.target == base_model(config.target) or ":foundation-model/" in config.target):
        return f"'{config.target}' is an inference profile, and batch jobs are run with the model's own id"
    if config.role_arn:
        return "it is made with a role of its own, and batch jobs run with the role that Alto's stack made for them"
    if config.region != region:
        return f"its model is in {config.region}, and batch jobs read and write the import bucket, which is in {region}"
    return None


def most_records(config: Text2VecAws) -> int:
    """Return the most records that one job is given."""
    return min(MAX_RECORDS, MAX_NUMBERS // (config.resolved_dimensions or 1))


def input_line(config: Text2VecAws, text: str) -> tuple[str, bytes] | None:
    """The record id of a text, and its line with its end.

    None for a text that the model would refuse as it is: an on-demand call reports why, or cuts it.
    """
    if not text.strip() or is_too_long(text, config.model_family):
        return None
    record_id = text_hash(config, text)
    payload = config.model_family.request([text], "document", config.request_settings)
    try:
        line = orjson.dumps({"recordId": record_id, "modelInput": payload}, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return None
    return record_id, line


def outcomes(lines: Iterable[bytes], config: Text2VecAws) -> Iterator[tuple[str, Outcome]]:
    """Yield the outcome of each record of an output file, with its id.

    Left out are records that failed for a transient reason, and texts that are too long where the collection cuts
    them: these are embedded on demand.
    """
    for line in lines:
        record: dict[str, Any] = orjson.loads(line)
        outcome = _outcome(record, config)
        if outcome is not None:
            yield record["recordId"], outcome


def _outcome(record: Mapping[str, Any], config: Text2VecAws) -> Outcome | None:
    if "modelOutput" in record:
        try:
            [made] = vectors_of(record["modelOutput"], 1, config.resolved_dimensions, config.pooling)
        except (ModelAnswerError, ModelInputError) as error:
            return error
        return made if isinstance(made, ModelAnswerError) else _packed(made)
    failed = record.get("error") or {}
    body = orjson.dumps({"message": str(failed.get("errorMessage", ""))})
    failure = failure_of(HttpResponse(int(failed.get("errorCode", 500)), {}, body), config)
    if failure.remedy not in (Remedy.SPLIT, Remedy.GIVE_UP):
        return None
    if isinstance(failure.error, TextTooLongError) and config.truncate != "none":
        return None
    return failure.error


def _packed(vector: Vector) -> array[float]:
    # A quarter of the memory of a list, with the same numbers.
    return array("d", vector)
