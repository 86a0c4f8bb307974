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


def _validate_or_keep_error(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return a query's error in its place instead of rejecting all queries."""
    try:
        return validate(value)
    except ValidationError as error:
        return invalid_request(error.errors(include_url=False, include_input=False), SearchRequest, value)


Query = Annotated[SearchRequest, WrapValidator(_validate_or_keep_error)] | SkipJsonSchema[InvalidRequestError]


class MultiSearchRequest(StrictModel):
    """Up to 20 searches of one collection in one request. Their texts are embedded in as few calls as possible.

    The limits of what a request may cost hold for all queries together: see docs/limits.md.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, json_schema_extra={"examples": [EXAMPLE]})

    queries: list[Query] = Field(min_length=1, max_length=MAX_QUERIES)


class QueryProblem(StrictModel):
    """The error of one query, in the form of the API's errors."""

    status: int = Field(description="The HTTP status of the query if it were sent alone.")
    code: str
    message: str
    details: list[dict[str, str]]


class FailedSearch(StrictModel):
    """A query that failed. It does not affect the others."""

    error: QueryProblem


class MultiSearchResponse(StrictModel):
    """The responses to the queries, in their order."""

    results: list[SearchResponse | FailedSearch]
    took_ms: int = Field(description="The time of all queries together, also in each of them: they run together.")


def describe_failure(error: AltoError) -> FailedSearch:
    """Render the error of one query."""
    details = [{"field": detail.field, "message": detail.message} for detail in error.details]
    return FailedSearch(
        error=QueryProblem(status=error.status, code=error.code, message=error.message, details=details)
    )


def may_be_stale(response: SearchResponse | MultiSearchResponse) -> bool:
    """Whether a failure could be due to a stale cached collection."""
    results = response.results if isinstance(response, MultiSearchResponse) else []
    codes = {InvalidRequestError.code, InvalidObjectError.code, SearchEngineError.code}
    return any(isinstance(result, FailedSearch) and result.error.code in codes for result in results)


def choose_body_model(body: Any) -> type[SearchRequest | MultiSearchRequest]:
    """Choose the model by the presence of `queries`."""
    several = isinstance(body, MultiSearchRequest) or (isinstance(body, dict) and "queries" in body)
    return MultiSearchRequest if several else SearchRequest


type SearchBody = Annotated[
    Annotated[SearchRequest, Tag("SearchRequest")] | Annotated[MultiSearchRequest, Tag("MultiSearchRequest")],
    Discriminator(lambda body: choose_body_model(body).__name__),
]
