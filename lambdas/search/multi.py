"""Several searches in one request. Pure."""

from typing import Annotated, Any

from pydantic import ConfigDict, Discriminator, Field, Tag, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic.json_schema import SkipJsonSchema

from lambdas.errors import AltoError, InvalidObjectError, InvalidRequestError, SearchEngineError
from lambdas.models import StrictModel
from lambdas.search.request import SearchRequest
from lambdas.search.response import SearchResponse
from lambdas.validation import invalid_request

MAX_QUERIES = 20
EXAMPLE: Any = {"queries": [{"bm25": {"query": "odyssey"}, "limit": 3}, {"near_vector": {"vector": [0.1, 0.2, 0.3]}}]}


def _or_its_error(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """What is wrong with one query is the answer to that query, not to all."""
    try:
        return validate(value)
    except ValidationError as error:
        return invalid_request(error.errors())


Query = Annotated[SearchRequest, WrapValidator(_or_its_error)] | SkipJsonSchema[InvalidRequestError]


class MultiSearchRequest(StrictModel):
    """Up to 20 searches of one collection, answered together: their texts are embedded in as few calls as possible."""

    model_config = ConfigDict(arbitrary_types_allowed=True, json_schema_extra={"examples": [EXAMPLE]})

    queries: list[Query] = Field(min_length=1, max_length=MAX_QUERIES)


class QueryProblem(StrictModel):
    """What is wrong with one query, as the API says it of a request."""

    status: int = Field(description="The HTTP status that the query would have been answered with by itself.")
    code: str
    message: str
    details: list[dict[str, str]]


class FailedSearch(StrictModel):
    """A query that has no answer. The others do."""

    error: QueryProblem


class MultiSearchResponse(StrictModel):
    """The answer to each query, in their order."""

    results: list[SearchResponse | FailedSearch]
    took_ms: int = Field(description="Of all queries together, as that of each: they are answered together.")


def failed(error: AltoError) -> FailedSearch:
    """The error that one query met."""
    details = [{"field": detail.field, "message": detail.message} for detail in error.details]
    return FailedSearch(
        error=QueryProblem(status=error.status, code=error.code, message=error.message, details=details)
    )


def has_doubts(answer: SearchResponse | MultiSearchResponse) -> bool:
    """Whether a query failed in a way that may come of what the function remembers of the collection."""
    results = answer.results if isinstance(answer, MultiSearchResponse) else []
    codes = {InvalidRequestError.code, InvalidObjectError.code, SearchEngineError.code}
    return any(isinstance(result, FailedSearch) and result.error.code in codes for result in results)


def body_model(body: Any) -> type[SearchRequest | MultiSearchRequest]:
    """Which of the two a body is, or is meant to be."""
    several = isinstance(body, MultiSearchRequest) or (isinstance(body, dict) and "queries" in body)
    return MultiSearchRequest if several else SearchRequest


type SearchBody = Annotated[
    Annotated[SearchRequest, Tag("SearchRequest")] | Annotated[MultiSearchRequest, Tag("MultiSearchRequest")],
    Discriminator(lambda body: body_model(body).__name__),
]
