"""Every example of the API's description is sent, in its order, and has the response that the description shows.

`make api-responses` writes these responses to docs/api-responses.json, from where docs/openapi.json has them.
"""

import json
import os
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from lambdas.api_examples import EXAMPLES, IMPORT, NAME
from lambdas.openapi import RESPONSES, document
from tests.api import Api, Response
from tests.functions import Functions

RENEW = os.environ.get("ALTO_RENEW_SNAPSHOTS") == "1"
# The second record has no number: there is something to retry.
FILE = b"title,pages\nPersuasion,249\nSanditon,few\n"
# These have no 2xx here: a rebuild that was given up leaves nothing to finish, and the vectors of these books are the
# caller's own.
REFUSED = {
    "finish_rebuild": (409, "conflict"),
    "embed_texts": (400, "invalid_request"),
}
# The account of the tests, and signatures, as they look in AWS.
SHOWN = (
    (re.compile(r"http://127\.0\.0\.1:\d+/alto-imports"), "https://alto-imports.s3.us-east-1.amazonaws.com"),
    (re.compile(r"([?&])X-Amz-[^\s\"]+"), r"\1X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=..."),
)


def test_the_examples_work_one_after_the_other(api: Api, functions: Functions) -> None:
    api("DELETE", f"/v1/collections/{NAME}")  # that of other examples
    responses: dict[str, Any] = {}
    job = IMPORT
    for name, example in EXAMPLES.items():
        if name == "retry_import":
            functions.work()
        response = send(api, name, {"import_id": job} if "import_id" in example.parameters else {})
        if name == "start_import":
            job = response.body["id"]
            upload = response.body["upload"]
            httpx.put(upload["url"], content=FILE, headers=upload["headers"]).raise_for_status()
            functions.announce(urlsplit(upload["url"]).path.split("/", 2)[2])
            functions.split()
        if name in REFUSED:
            assert (response.status, response.error["code"]) == REFUSED[name], (name, response.body)
            continue
        assert response.status < 300, (name, response.body)
        if response.body is not None:
            responses[name] = {"status": response.status, "body": shown(own_entries(response.body, job))}

    if RENEW:
        RESPONSES.write_text(json.dumps(responses, indent=2, ensure_ascii=False) + "\n")
    assert shapes_of(responses) == shapes_of(json.loads(RESPONSES.read_text()))


def test_an_import_that_does_not_exist_is_not_found(api: Api) -> None:
    for name, example in EXAMPLES.items():
        if "import_id" in example.parameters and "upload_id" not in (example.body or {}):
            response = send(api, name, {})
            assert (response.status, response.error["code"]) == (404, "import_not_found"), name


@cache
def list_operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and parameters of every operation."""
    return {
        operation["operationId"]: (
            method.upper(),
            path,
            {each["name"]: each for each in operation.get("parameters", [])},
        )
        for path, item in document()["paths"].items()
        for method, operation in item.items()
    }


def send(api: Api, name: str, parameters: dict[str, str]) -> Response:
    """Send an operation's example, with these parameters in place of its own."""
    method, template, described = list_operations()[name]
    example = EXAMPLES[name]
    given = example.parameters | parameters
    query = {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in given.items()
        if described[key]["in"] == "query"
    }
    return api(method, template.format(**given), example.body, query=query)


def own_entries(body: Any, job: str) -> Any:
    """The body; of a list of collections or imports, those of the examples alone, as in an empty account."""
    if "collections" in body:
        return body | {"collections": [each for each in body["collections"] if each["name"] == NAME], "next": None}
    if "imports" in body:
        return body | {"imports": [each for each in body["imports"] if each["id"] == job], "next": None}
    return body


def shown(body: Any) -> Any:
    """The body with addresses of AWS in place of those of the tests."""
    text = json.dumps(body)
    for pattern, replacement in SHOWN:
        text = pattern.sub(replacement, text)
    return json.loads(text)


def shapes_of(responses: dict[str, Any]) -> dict[str, Any]:
    """The status of each response, and the shape of its body."""
    return {name: (each["status"], shape_of(each["body"])) for name, each in responses.items()}


def shape_of(value: Any) -> Any:
    """The value with the types of its leaves in their place: times, versions and ids differ from run to run."""
    if isinstance(value, dict):
        return {key: shape_of(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape_of(each) for each in value]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
