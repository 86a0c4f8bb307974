"""Starts ministack with six corrections and a shortcut. Run by the Python of ministack's own environment.

1. As if a proxy in front of it had ended TLS. Alto's bucket and queues reject requests without TLS, by policy; the
   loopback interface has no TLS, and the local account, which enforces policies, would reject everything. The added
   header is how such a proxy reports that its caller used TLS.
2. In IAM, the batch operations of SQS are not actions of their own: the right to send a message covers batches.
   ministack asks for an action that cannot be granted in AWS.
3. A function may respond to an HTTP API without a body (204). ministack breaks the connection.
4. Of a version of an S3 object, too, a range may be read. ministack returns the whole version.
5. Functions run on the plain interpreter, where they find the contents of their bundle and nothing else, as in Lambda.
6. Lambda counts the invocations of a chain through SQS: a message that a function sent carries the chain's length, and
   after 16 invocations it goes to the dead-letter queue, unless the function's RecursiveLoop is Allow. ministack counts
   direct invocations only, and does not read RecursiveLoop from templates.

The shortcut: ALTO_LOCAL_LONGEST_DELAY limits by how many seconds a message is delayed, so that tests of chains that
take hours at AWS end in seconds.
"""

import contextvars
import json
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import ministack.app as ministack
from ministack.core import iam_actions
from ministack.core.lambda_runtime import INVOKE_DEPTH_HEADER
from ministack.services import lambda_svc, s3, sqs
from ministack.services.cloudformation import provisioners

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]

SQS_BATCHES = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
# The invocations of the chain in which the current request was sent; 0 outside of functions.
sent_in_chain: contextvars.ContextVar[int] = contextvars.ContextVar("sent_in_chain", default=0)
LINEAGE = "Lineage="
LONGEST_DELAY = int(os.environ.get("ALTO_LOCAL_LONGEST_DELAY", "900"))

plain: Application = ministack.app
action_of_operation: Callable[..., str | None] = iam_actions.extract_iam_action
response_of_result: Callable[[Any], tuple[Any, Any]] = lambda_svc.lambda_execute_result_to_api_proxy_response
get_object: Callable[..., tuple[int, dict[str, str], bytes]] = s3._get_object  # noqa: SLF001
send_message: Callable[[dict[str, Any], str], Any] = sqs._act_send_message  # noqa: SLF001
run_sqs_batch: Callable[..., None] = lambda_svc._run_sqs_batch  # noqa: SLF001


async def serve(scope: Scope, receive: Any, send: Any) -> None:
    """Corrections 1 and 6: TLS, and the length of the caller's chain."""
    if scope["type"] == "http":
        depth = dict(scope["headers"]).get(INVOKE_DEPTH_HEADER.lower().encode(), b"0")
        sent_in_chain.set(int(depth) if depth.isdigit() else 0)
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await plain(scope, receive, send)


def action_in_iam(*request: Any, **more: Any) -> str | None:
    action = action_of_operation(*request, **more)
    return SQS_BATCHES.get(action, action) if action else None


def response_with_body(result: Any) -> tuple[Any, Any]:
    response, error = response_of_result(result)
    if response and response.get("body") is None:
        response = {**response, "body": ""}
    return response, error


def get_object_range(
    bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None
) -> tuple[int, dict[str, str], bytes]:
    wanted = headers.get("range")
    if not wanted:
        return get_object(bucket, key, headers, query)
    # The checksum of the whole would be compared with the part.
    headers = {name: value for name, value in headers.items() if name != "x-amz-checksum-mode"}
    status, given, body = get_object(bucket, key, headers, query)
    if status != 200:
        return status, given, body
    found = s3._parse_range(wanted, len(body))  # noqa: SLF001
    if found is None:
        return 416, {"Content-Range": f"bytes */{len(body)}"}, b""
    start, last = found
    part = body[start : last + 1]
    given |= {"Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{last}/{len(body)}"}
    return 206, given, part


def send_message_in_chain(data: dict[str, Any], url: str) -> Any:
    """A message of a function carries the length of its chain, where Lambda keeps it: in the trace header."""
    if depth := sent_in_chain.get():
        header = {"DataType": "String", "StringValue": f"{LINEAGE}{depth}"}
        data = {**data, "MessageSystemAttributes": {"AWSTraceHeader": header}}
    if data.get("DelaySeconds"):
        data = {**data, "DelaySeconds": min(int(data["DelaySeconds"]), LONGEST_DELAY)}
    return send_message(data, url)


def run_sqs_batch_in_chain(mapping: dict[str, Any], function: dict[str, Any], *given: Any) -> None:
    _event, batch, url, _name = given
    depth = 1 + max(map(invocations_before, batch), default=0)
    if lambda_svc._recursive_loop_drop(mapping["FunctionName"], function, depth):  # noqa: SLF001
        drop(batch, url)
        return
    lambda_svc._invoke_depth.set(depth)  # noqa: SLF001
    run_sqs_batch(mapping, function, *given)


def invocations_before(message: dict[str, Any]) -> int:
    """The invocations of the chain in which a message was sent."""
    header = str((message.get("sys") or {}).get("AWSTraceHeader") or "")
    return int(header.removeprefix(LINEAGE)) if header.startswith(LINEAGE) else 0


def drop(batch: list[Any], url: str) -> None:
    """Move messages to the dead-letter queue of their queue, if it has one."""
    policy = json.loads(sqs._queues[url]["attributes"].get("RedrivePolicy") or "{}")  # noqa: SLF001
    if target := str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]:
        for message in batch:
            dead_letters = sqs._queue_url(target)  # noqa: SLF001
            send_message({"QueueUrl": dead_letters, "MessageBody": message["body"]}, dead_letters)
    sqs._delete_messages_for_esm(url, {message["receipt_handle"] for message in batch})  # noqa: SLF001


def with_recursive_loop(provision: Callable[..., Any], properties_at: int) -> Callable[..., Any]:
    """Applies RecursiveLoop of a template, also where an update removes it."""

    def apply(*given: Any, **more: Any) -> Any:
        result = provision(*given, **more)
        name = result[0] if isinstance(result, tuple) else result
        if name in lambda_svc._functions:  # noqa: SLF001
            loop = given[properties_at].get("RecursiveLoop", "Terminate")
            lambda_svc._functions[name]["recursive_loop"] = loop  # noqa: SLF001
        return result

    return apply


def count_chains() -> None:
    sqs._act_send_message = send_message_in_chain  # noqa: SLF001
    sqs._HANDLERS["SendMessage"] = send_message_in_chain  # noqa: SLF001
    lambda_svc._run_sqs_batch = run_sqs_batch_in_chain  # noqa: SLF001
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]  # noqa: SLF001
    handlers["create"] = with_recursive_loop(handlers["create"], 1)
    handlers["update"] = with_recursive_loop(handlers["update"], 2)


if __name__ == "__main__":
    # main() serves the module's variable of this name.
    ministack.app = serve
    iam_actions.extract_iam_action = action_in_iam
    s3._get_object = get_object_range  # noqa: SLF001
    lambda_svc.lambda_execute_result_to_api_proxy_response = response_with_body
    count_chains()
    sys.executable = str(Path(sys.executable).resolve())
    ministack.main()
