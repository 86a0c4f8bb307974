"""Every error that Alto reports, as one tree.

AltoError                          500 internal_error
├── InvalidRequestError            400 invalid_request
│   ├── InvalidObjectError         400 invalid_object
│   ├── UnreadableDocumentError    400 unreadable_document
│   └── IncompleteCredentialsError 400 incomplete_credentials
├── ForbiddenError                 403 forbidden
├── NotFoundError                  404 not_found
│   ├── CollectionNotFoundError    404 collection_not_found
│   ├── AliasNotFoundError         404 alias_not_found
│   ├── ObjectNotFoundError        404 object_not_found
│   └── ImportNotFoundError        404 import_not_found
├── ConflictError                  409 conflict
│   ├── CollectionExistsError      409 collection_exists
│   ├── ObjectExistsError          409 object_exists
│   ├── VersionConflictError       409 version_conflict
│   ├── RequestInProgressError     409 request_in_progress
│   └── IdempotencyKeyReusedError  409 idempotency_key_reused
├── MethodNotAllowedError          405 method_not_allowed
├── ResponseTooLargeError          413 answer_too_large
├── EmbeddingError                 502 embedding_failed
│   ├── NoTextError                400 no_text
│   ├── TextTooLongError           400 text_too_long
│   ├── ModelInputError            400 model_refused_input
│   ├── ModelAccessDeniedError     403 model_access_denied
│   ├── CredentialsRefusedError    403 credentials_refused
│   │   └── CredentialsExpiredError 403 credentials_expired
│   ├── RoleRefusedError           403 role_refused
│   ├── ModelNotFoundError         502 model_not_found
│   ├── EndpointNotFoundError      502 endpoint_not_found
│   ├── ModelThrottledError        429 model_throttled
│   ├── ModelQuotaError            429 model_quota_exceeded
│   ├── ModelUnavailableError      503 model_unavailable
│   ├── ModelAnswerError           502 model_answer_unusable
│   ├── BatchInferenceRefusedError 502 batch_inference_refused
│   ├── EmbeddingTimeoutError      504 embedding_timeout
│   └── GenerationTimeoutError     504 generation_timeout
└── SearchEngineError              502 search_engine_error
    ├── QueryTooLongError          400 query_too_long
    ├── ClusterFullError           409 cluster_full
    └── SearchEngineUnavailableError 503 search_engine_unavailable

`code` is stable: clients branch on it. `message` is for people and says what to do next. Vendor errors are mapped
to these at one border each: `opensearch.py` and `embedding/vendor_errors.py`.
"""

import json
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple, Self

# Longer messages repeat what the caller sent. A batch has up to 1,000 of them.
MAX_MESSAGE = 2_000


class ErrorDetail(NamedTuple):
    """One problem: the field, what is wrong with it, and the remedy."""

    field: str
    message: str


def abbreviate(value: object) -> str:
    """Render a value for an error message: as JSON (`null`, `true`, `"text"`), cut to 80 characters."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except ValueError:
        text = json.dumps(str(value), ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."


class AltoError(Exception):
    """An error that Alto reports to its caller."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, message: str, details: Sequence[ErrorDetail] = ()) -> None:
        message = message if len(message) <= MAX_MESSAGE else f"{message[: MAX_MESSAGE - 3]}..."
        super().__init__(message)
        self.message = message
        self.details = tuple(details)


class InvalidRequestError(AltoError):
    """The request can never succeed unchanged."""

    status = 400
    code = "invalid_request"

    @classmethod
    def at(cls, field: str, problem: str) -> Self:
        """Return the error for one field. `problem` continues a sentence that starts with the field's name."""
        end = "" if problem.endswith("?") else "."
        return cls(f"{field}: {problem}{end}", [ErrorDetail(field, problem)])


class InvalidObjectError(InvalidRequestError):
    """An object does not fit its collection."""

    code = "invalid_object"


class UnreadableDocumentError(InvalidRequestError):
    """A document cannot be read: it is damaged, encrypted, without text, or beyond a limit."""

    code = "unreadable_document"


class IncompleteCredentialsError(InvalidRequestError):
    """Some, but not all, of the AWS credential headers were sent."""

    code = "incomplete_credentials"


class ForbiddenError(AltoError):
    """The caller's token does not cover this request."""

    status = 403
    code = "forbidden"


class NotFoundError(AltoError):
    """No resource has this path."""

    status = 404
    code = "not_found"


class CollectionNotFoundError(NotFoundError):
    """No collection has this name."""

    code = "collection_not_found"


class AliasNotFoundError(NotFoundError):
    """There is no alias of this name."""

    code = "alias_not_found"


class ObjectNotFoundError(NotFoundError):
    """No object of the collection has this id."""

    code = "object_not_found"


class ImportNotFoundError(NotFoundError):
    """No import job has this id."""

    code = "import_not_found"


class ConflictError(AltoError):
    """The request conflicts with the current state of the resource."""

    status = 409
    code = "conflict"


class CollectionExistsError(ConflictError):
    """Another collection has this name, or one that differs only in case."""

    code = "collection_exists"


class ObjectExistsError(ConflictError):
    """The collection already has an object with this id."""

    code = "object_exists"


class VersionConflictError(ConflictError):
    """The object does not have the version given by the writer."""

    code = "version_conflict"


class RequestInProgressError(ConflictError):
    """A request with this Idempotency-Key is being carried out."""

    code = "request_in_progress"


class IdempotencyKeyReusedError(ConflictError):
    """The Idempotency-Key was used for a different request."""

    code = "idempotency_key_reused"


class MethodNotAllowedError(AltoError):
    """The path exists, but not with this method."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, allowed: Sequence[str]) -> None:
        super().__init__(message)
        self.allowed = tuple(allowed)


class ResponseTooLargeError(AltoError):
    """The response is larger than Lambda allows."""

    status = 413
    code = "answer_too_large"


class EmbeddingError(AltoError):
    """A model did not return usable vectors, scores or texts."""

    status = 502
    code = "embedding_failed"


class NoTextError(EmbeddingError):
    """The object has no text to embed."""

    status = 400
    code = "no_text"


class TextTooLongError(EmbeddingError):
    """The text is longer than the model accepts, and the collection does not have `truncate`."""

    status = 400
    code = "text_too_long"


class ModelInputError(EmbeddingError):
    """The model rejected this text for another reason than its length."""

    status = 400
    code = "model_refused_input"


class ModelAccessDeniedError(EmbeddingError):
    """The credentials are valid but may not call this model or endpoint."""

    status = 403
    code = "model_access_denied"


class CredentialsRefusedError(EmbeddingError):
    """The AWS credentials are missing or invalid: no key, unknown key, wrong signature."""

    status = 403
    code = "credentials_refused"


class CredentialsExpiredError(CredentialsRefusedError):
    """The temporary credentials have expired."""

    code = "credentials_expired"


class RoleRefusedError(EmbeddingError):
    """The collection's role could not be assumed."""

    status = 403
    code = "role_refused"


class ModelNotFoundError(EmbeddingError):
    """Bedrock does not offer this model in the region."""

    code = "model_not_found"


class EndpointNotFoundError(EmbeddingError):
    """SageMaker does not have this endpoint in the region."""

    code = "endpoint_not_found"


class ModelThrottledError(EmbeddingError):
    """The model's quota was exceeded until the deadline."""

    status = 429
    code = "model_throttled"
    retry_after_seconds = 5


class ModelQuotaError(EmbeddingError):
    """A quota of the account is used up: a short wait does not help."""

    status = 429
    code = "model_quota_exceeded"


class ModelUnavailableError(EmbeddingError):
    """The model's service failed, was not ready or closed the connection, until the deadline."""

    status = 503
    code = "model_unavailable"
    retry_after_seconds = 5


class ModelAnswerError(EmbeddingError):
    """The response of the model is unusable."""

    code = "model_answer_unusable"


class BatchInferenceRefusedError(EmbeddingError):
    """Bedrock rejected a batch job, and will again unless something is changed."""

    status = 502
    code = "batch_inference_refused"


class EmbeddingTimeoutError(EmbeddingError):
    """The request's time ended before the model responded."""

    status = 504
    code = "embedding_timeout"
    retry_after_seconds = 5


class GenerationTimeoutError(EmbeddingError):
    """The request's time ended before the model had written the text."""

    status = 504
    code = "generation_timeout"
    retry_after_seconds = 5


class SearchEngineError(AltoError):
    """OpenSearch rejected a request that Alto should not have sent."""

    status = 502
    code = "search_engine_error"


class QueryTooLongError(SearchEngineError):
    """A query has more words, times properties, than OpenSearch takes: 1,024 unless the domain says otherwise."""

    status = 400
    code = "query_too_long"


class ClusterFullError(SearchEngineError):
    """OpenSearch has no room for another collection."""

    status = 409
    code = "cluster_full"


class SearchEngineUnavailableError(SearchEngineError):
    """OpenSearch did not respond, or was too busy."""

    status = 503
    code = "search_engine_unavailable"
    retry_after_seconds = 5


def attempt[T, **P](step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | AltoError:
    """Return the result of a step, or Alto's error, for callers with several steps of which some may fail."""
    try:
        return step(*args, **kwargs)
    except AltoError as error:
        return error
