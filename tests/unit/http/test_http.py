import json
from typing import Annotated, Any

import pytest
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from lambdas.errors import MAX_MESSAGE, AltoError, ErrorDetail, InvalidRequestError, SearchEngineUnavailableError
from lambdas.handlers.http import credentials, deadline, make_app, resolve
from lambdas.handlers.strict_json import StrictJson
from lambdas.response_size import MAX_RESPONSE_BYTES
from lambdas.search.request import SearchRequest
from tests.api import EVENT, Context, event

SECRET = "wJalrXUtnFEMI-EXAMPLEKEY"
app = make_app()


@app.post("/v1/collections/<name>/search")
def search(name: str, request: Annotated[SearchRequest, StrictJson(), Body()]) -> dict[str, Any]:
    assert credentials(app) is None
    assert 20 < deadline(app).remaining() < 29
    return {"name": name, "limit": request.limit}


@app.get("/v1/known")
def known() -> None:
    raise InvalidRequestError("'alpha' is 2.", [ErrorDetail("alpha", "must be 1 at most")])


@app.get("/v1/busy")
def busy() -> None:
    raise SearchEngineUnavailableError("OpenSearch is busy.")


@app.get("/v1/broken")
def broken() -> None:
    raise RuntimeError(SECRET)


@app.get("/v1/wrong-answer")
def wrong_response() -> SearchRequest:
    return {"limit": "no number"}  # type: ignore[return-value]


TEXTS = {
    "ascii": ("x", 6_291_000),
    "quotes": ('"', 3_145_000),
    "backslashes": ("\\", 3_145_000),
    "cjk": ("本", 2_097_000),
}


@app.get("/v1/large/<kind>/<more>", enable_validation=False)
def large(kind: str, more: str) -> Response[str]:
    character, count = TEXTS[kind]
    return Response(200, "text/plain", character * (count + int(more)))


def response(made: dict[str, Any]) -> tuple[int, Any, dict[str, Any]]:
    given = resolve(app, made, Context())  # type: ignore[arg-type]
    return given["statusCode"], json.loads(given["body"]), given["headers"]


def error(made: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    status, body, _ = response(made)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details", "request_id"}
    assert body["error"]["request_id"] == "Bz7jKgdoIAMEPRw="
    return status, body["error"]


def test_a_search_event_reaches_its_route() -> None:
    assert response(EVENT)[:2] == (200, {"name": "Film", "limit": 2})


def test_an_error_of_alto_is_answered_with_its_status_code_and_details() -> None:
    assert error(event("GET", "/v1/known")) == (
        400,
        {
            "code": "invalid_request",
            "message": "'alpha' is 2.",
            "details": [{"field": "alpha", "message": "must be 1 at most"}],
            "request_id": "Bz7jKgdoIAMEPRw=",
        },
    )


def test_what_can_be_tried_again_says_when() -> None:
    status, _, headers = response(event("GET", "/v1/busy"))

    assert status == 503
    assert headers["Retry-After"] == "5"


def test_an_unexpected_error_tells_nothing_to_the_caller_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    status, body = error(event("GET", "/v1/broken"))

    assert (status, body["code"]) == (500, AltoError.code)
    assert SECRET not in json.dumps(body)
    logged = caplog.text + str([vars(record) for record in caplog.records])
    assert "RuntimeError" in logged
    assert SECRET not in logged


def test_a_response_that_does_not_fit_its_description_is_altos_fault() -> None:
    status, body = error(event("GET", "/v1/wrong-answer"))

    assert (status, body["code"]) == (500, "internal_error")


@pytest.mark.parametrize("kind", list(TEXTS))
def test_a_response_is_measured_as_lambda_measures_it(kind: str) -> None:
    fits = resolve(app, event("GET", f"/v1/large/{kind}/0"), Context())  # type: ignore[arg-type]
    status, body = error(event("GET", f"/v1/large/{kind}/1000"))

    assert fits["statusCode"] == 200
    assert len(json.dumps(fits, ensure_ascii=False).encode()) <= MAX_RESPONSE_BYTES
    assert (status, body["code"]) == (413, "answer_too_large")
    assert "limit" in body["message"]


@pytest.mark.parametrize("value", ["clé", "\u672c", "a\u0000b"])
def test_a_key_that_no_header_can_hold_is_rejected_without_repeating_it(value: str) -> None:
    made = event("POST", "/v1/collections/Film/search", {"bm25": {"query": "x"}}, headers={"X-AWS-Secret-Key": value})

    status, found = error(made)

    assert (status, found["details"][0]["field"]) == (400, "x-aws-secret-key")
    assert value not in json.dumps(found, ensure_ascii=False)


@pytest.mark.parametrize("path", ["/v1/collections", "/v1/collections/Film", "/v1/imports", "/v1/meta"])
def test_options_without_an_authorizer_reaches_no_route(path: str) -> None:
    made = event("OPTIONS", path)
    del made["requestContext"]["authorizer"]

    status, found = error(made)

    assert (status, found["code"]) == (405, "method_not_allowed")


def test_a_message_is_cut_where_it_repeats_a_large_value() -> None:
    assert len(InvalidRequestError("x" * 1_000_000).message) == MAX_MESSAGE


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"bm25": {"query": "x"}, "limit": 0}, "limit", "must be at least 1, not 0"),
        ({"bm25": {"query": "x"}, "limmit": 1}, "limmit", 'did you mean "limit"?'),
        ({"bm25": {}}, "bm25.query", "required, but missing"),
        ({}, "body", "exactly one of near_text"),
        ("{", "body", "is not JSON at character"),
        ('{"limit": NaN}', "body", "is not JSON at character"),
        ('"text"', "body", "expected a JSON object"),
    ],
)
def test_a_body_that_does_not_fit_names_the_field(body: Any, field: str, message: str) -> None:
    status, found = error(event("POST", "/v1/collections/Film/search", body))

    assert (status, found["code"]) == (400, "invalid_request")
    assert field in found["details"][0]["field"]
    assert message in found["details"][0]["message"]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        *(("limit", value, "a whole number") for value in ("1_0", "05", "5.0", " 5", "+5", "1e1", "\u0665", "", "x")),
        *(("include_vectors", value, "true or false") for value in ("yes", "1", "TRUE", "on", "", "false ")),
    ],
)
def test_a_query_parameter_is_written_as_in_json(name: str, value: str, expected: str) -> None:
    made = event("GET", "/v1/collections/Film/objects", query={name: value})

    status, found = error(made)

    assert (status, found["message"]) == (
        400,
        f"{name}: expected {expected}, not {json.dumps(value, ensure_ascii=False)}.",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"headers": {"content-type": "text/plain"}}, "Content-Type: application/json"),
        ({"isBase64Encoded": True, "body": "/////w=="}, "not UTF-8"),
    ],
)
def test_a_body_that_is_no_json_text_is_refused(changes: dict[str, Any], message: str) -> None:
    made = event("POST", "/v1/collections/Film/search", {}) | changes

    status, found = error(made)

    assert status == 400
    assert message in found["message"]


def test_an_unknown_path_has_the_envelope_too() -> None:
    status, found = error(event("GET", "/v1/nothing"))

    assert (status, found["code"]) == (404, "not_found")
    assert "GET /v1/nothing" in found["message"]


def test_credential_headers_are_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    made = event("GET", "/v1/broken", headers={"X-AWS-Access-Key": "AKIDEXAMPLE", "X-AWS-Secret-Key": SECRET})

    error(made)

    logged = caplog.text + str([vars(record) for record in caplog.records])
    assert SECRET not in logged
    assert "AKIDEXAMPLE" not in logged
