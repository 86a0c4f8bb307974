"""Nothing of a caller's credentials reaches a log, however loudly the functions are told to log.

The functions run in a process of their own, since what counts is everything that it writes: every logger of every
library at DEBUG, with the switches of Powertools on that print events.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api import Api, event

PROJECT = Path(__file__).parents[3]

SECRETS = {
    "X-AWS-Access-Key": "AKIACALLERSOWNKEY001",
    "X-AWS-Secret-Key": "callers-secret-0123456789abcdefghijklmnop",
    "X-AWS-Session-Token": "callers-session-token-0123456789",
    "Authorization": "Bearer header.callers-token-0123456789.signature",
    "X-Api-Key": "callers-api-key-0123456789",
    "Cookie": "session=callers-cookie-0123456789",
}
# The function's own, which signs what it asks of AWS.
OWN_TOKEN = "functions-own-session-token-0123456789"
LOUD = {"POWERTOOLS_LOGGER_LOG_EVENT": "true", "POWERTOOLS_LOG_LEVEL": "DEBUG", "ALTO_LOG_LEVEL": "DEBUG"}

PROGRAM = """
import importlib, json, logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr, force=True)
from tests.api import Context
for request in json.load(sys.stdin):
    if request.get("broken"):
        from lambdas.wiring import query
        def broken(*_, **__): raise RuntimeError("must not be shown: " + json.dumps(request["event"]["headers"]))
        services = query.services()
        services.engine.request = services.searcher.search = broken
    handler = importlib.import_module("lambdas.handlers." + request["function"]).lambda_handler
    response = handler(request["event"], Context())
    print("STATUS", response["statusCode"], json.loads(response["body"]).get("error", {}).get("code"), flush=True)
"""


@dataclass(frozen=True)
class Written:
    """The output of a run of the functions."""

    everything: str
    responses: list[str]


def run(environment: dict[str, str], requests: list[dict[str, Any]]) -> Written:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(requests),
        cwd=PROJECT,
        env={
            "PATH": "/usr/bin:/bin",
            "POWERTOOLS_SERVICE_NAME": "test",
            **environment,
            "AWS_SESSION_TOKEN": OWN_TOKEN,
            **LOUD,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    responses = [line.removeprefix("STATUS ") for line in done.stdout.splitlines() if line.startswith("STATUS ")]
    return Written(done.stdout + done.stderr, responses)


@pytest.fixture(scope="module")
def written(environment: dict[str, str], api: Api) -> Written:
    name = f"Log{uuid4().hex[:8]}"
    config = {
        "name": name,
        "properties": [{"name": "title", "type": "text"}],
        "vectors": {
            "default": {
                "vectorizer": "text2vec-aws",
                "service": "bedrock",
                "region": "us-east-1",
                "model": "amazon.titan-embed-text-v2:0",
                "dimensions": 256,
            }
        },
    }
    search = f"/v1/collections/{name}/search"
    generate = f"/v1/collections/{name}/generate"
    task = {"model": "amazon.nova-lite-v1:0", "grouped_task": "Which title?", "single_prompt": "Say {title}"}
    near = {"near_text": {"query": "anything"}, "limit": 1}
    part_of_them = {key: value for key, value in SECRETS.items() if key != "X-AWS-Access-Key"}
    objects = {"objects": [{"properties": {"title": "A title"}}]}
    change = {"filter": {"property": "title", "operator": "like", "value": "*"}, "set": {"title": "Another title"}}
    update, embed = f"/v1/collections/{name}/objects/update", f"/v1/collections/{name}/embed"
    alias = {"alias": f"{name}Alias", "collection": name}
    requests: list[dict[str, Any]] = [
        {"function": "write", "event": event("POST", "/v1/collections", config, headers=SECRETS)},
        {
            "function": "write",
            "event": event(
                "POST",
                f"/v1/collections/{name}/objects/batch",
                objects,
                query={"consistency": "wait"},
                headers=SECRETS,
            ),
        },
        {"function": "write", "event": event("GET", "/v1/imports", headers=SECRETS)},
        {"function": "query", "event": event("POST", search, near, headers=SECRETS)},
        {"function": "query", "event": event("POST", generate, near | {"generate": task}, headers=SECRETS)},
        {"function": "query", "event": event("POST", embed, {"texts": ["a text"]}, headers=SECRETS)},
        {"function": "write", "event": event("POST", update, change, headers=SECRETS)},
        {"function": "write", "event": event("POST", "/v1/aliases", alias, headers=SECRETS)},
        {"function": "query", "event": event("POST", search.replace(name, alias["alias"]), near, headers=SECRETS)},
        {"function": "query", "event": event("POST", search, near, headers=part_of_them)},
        {"function": "query", "event": event("POST", search, {"near_text": 1}, headers=SECRETS)},
        {"function": "query", "event": event("POST", search, "{ no JSON", headers=SECRETS)},
        {"function": "query", "event": event("GET", "/v1/nothing", headers=SECRETS)},
        {"function": "query", "event": event("PUT", search, near, headers=SECRETS)},
        {"function": "query", "broken": True, "event": event("POST", search, near, headers=SECRETS)},
    ]
    return run(environment, requests)


def test_the_requests_went_through_every_path(written: Written) -> None:
    assert written.responses == [
        "201 None",
        "200 None",
        "200 None",
        "200 None",
        "200 None",
        "200 None",
        "200 None",
        "201 None",
        "200 None",
        "400 incomplete_credentials",
        "400 invalid_request",
        "400 invalid_request",
        "404 not_found",
        "405 method_not_allowed",
        "500 internal_error",
    ]
    assert "DEBUG" in written.everything
    assert '"message":"generated"' in written.everything


@pytest.mark.parametrize("header", SECRETS)
def test_no_credential_is_written(written: Written, header: str) -> None:
    where = written.everything.find(SECRETS[header])

    assert where == -1, written.everything[max(0, where - 200) : where + 100]


def test_the_functions_own_token_is_not_written_either(written: Written) -> None:
    assert OWN_TOKEN not in written.everything
