"""Alto's functions in this process, on an OpenSearch of their own: requests go in as API Gateway events."""

import copy
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from benchmarks.judged import ROOT
from local.opensearch.artifacts import install
from local.opensearch.node import OpenSearchNode

EVENT = json.loads((ROOT / "events" / "http_search.json").read_text())
BATCH = 500


class Context:
    """The context of an invocation, as Lambda passes it."""

    function_name = "alto"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:alto"
    aws_request_id = "5f0c7b1e-9a57-4c89-8b34-2f6c1d0e7a3f"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """As at the start of a call through API Gateway."""
        return 29_000


@dataclass(frozen=True)
class Alto:
    """The API and the address of the engine behind it."""

    engine_url: str
    engine_pid: int | None = None

    def respond(
        self, method: str, path: str, body: Any = None, parameters: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Send a request to the function it belongs to, and return the response as API Gateway gets it."""
        from lambdas.handlers import query, write  # noqa: PLC0415 - wired by the environment that is set before

        handler = (
            query.lambda_handler if path.endswith(("/search", "/aggregate", "/generate")) else write.lambda_handler
        )
        response: dict[str, Any] = handler(event(method, path, body, parameters), Context())  # type: ignore[arg-type]
        return response

    def request(self, method: str, path: str, body: Any = None, parameters: dict[str, str] | None = None) -> Any:
        """Send a request and return its parsed body. Raises RuntimeError with the error that Alto returns."""
        response = self.respond(method, path, body, parameters)
        if response["statusCode"] >= 300:
            raise RuntimeError(f"{method} {path} returned {response['statusCode']}: {response['body']}")
        return json.loads(response["body"]) if response.get("body") else None

    def search(self, collection: str, body: dict[str, Any]) -> Any:
        """Return the response to a search."""
        return self.request("POST", f"/v1/collections/{collection}/search", body)

    def fill(self, collection: dict[str, Any], objects: Sequence[dict[str, Any]]) -> None:
        """Make a collection and put the objects into it; they can be searched when this returns."""
        self.request("POST", "/v1/collections", collection)
        name = collection["name"]
        for start in range(0, len(objects), BATCH):
            part = {"objects": list(objects[start : start + BATCH])}
            response = self.request("POST", f"/v1/collections/{name}/objects/batch", part)
            if response["failed"]:
                raise RuntimeError(f"{response['failed']} objects of {name} were refused")
        self.refresh(name)

    def refresh(self, collection: str) -> None:
        """Make every write of the collection visible to searches."""
        httpx.post(
            f"{self.engine_url}/alto-{collection.lower()}/_refresh", trust_env=False, timeout=300
        ).raise_for_status()


def event(method: str, path: str, body: Any = None, parameters: dict[str, str] | None = None) -> dict[str, Any]:
    """The API Gateway event of a request."""
    made: dict[str, Any] = copy.deepcopy(EVENT)
    made["rawPath"] = made["requestContext"]["http"]["path"] = path
    made["requestContext"]["http"]["method"] = method
    made["body"] = json.dumps(body)
    if parameters:
        made["rawQueryString"], made["queryStringParameters"] = urlencode(parameters), parameters
    return made


@contextmanager
def running(heap: str = "1g", *, optimized: bool = False, **environment: str) -> Iterator[Alto]:
    """Start OpenSearch in a temporary folder and wire the functions to it. Once a process: wiring is remembered."""
    with tempfile.TemporaryDirectory(prefix="alto-bench-") as folder:
        place = Path(folder)
        place.chmod(0o755)
        with OpenSearchNode(install(), place / "opensearch", heap=heap, optimized=optimized) as node:
            os.environ |= {
                "AWS_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "none",
                "AWS_EC2_METADATA_DISABLED": "true",
                "ALTO_OPENSEARCH_URL": node.url,
                "ALTO_JOBS_TABLE": "none",
                "ALTO_IMPORT_BUCKET": "none",
                "ALTO_SPLIT_QUEUE_URL": "none",
                "ALTO_CHUNK_QUEUE_URL": "none",
                "POWERTOOLS_LOG_LEVEL": "ERROR",
                "POWERTOOLS_METRICS_DISABLED": "true",
                **environment,
            }
            yield Alto(node.url, node.pid)
