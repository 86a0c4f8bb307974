"""Starts ministack with five corrections. Run by the Python of ministack's own environment.

1. As if a proxy in front of it had ended TLS. Alto's bucket and queues refuse requests without TLS, by policy; on the
   loopback interface there is none, and the local account, which enforces policies, would refuse everything. The
   header that is added here is how such a proxy says that its caller used TLS.
2. In IAM, the batch operations of SQS are no actions of their own: who may send a message may send a batch. ministack
   asks for an action that cannot be granted in AWS.
3. A function may answer an HTTP API without a body (204). ministack breaks the connection.
4. Of a version of an S3 object, too, a range may be read. ministack answers with the whole version.
5. Functions run on the plain interpreter, where they find what their bundle brings and nothing else, as in Lambda.
"""

import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import ministack.app as ministack
from ministack.core import iam_actions
from ministack.services import lambda_svc, s3

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]

SQS_BATCHES = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}

plain: Application = ministack.app
action_of_operation: Callable[..., str | None] = iam_actions.extract_iam_action
answer_of_result: Callable[[Any], tuple[Any, Any]] = lambda_svc.lambda_execute_result_to_api_proxy_response
get_object: Callable[..., tuple[int, dict[str, str], bytes]] = s3._get_object  # noqa: SLF001


async def behind_tls(scope: Scope, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
    await plain(scope, receive, send)


def action_in_iam(*request: Any, **more: Any) -> str | None:
    action = action_of_operation(*request, **more)
    return SQS_BATCHES.get(action, action) if action else None


def answer_with_body(result: Any) -> tuple[Any, Any]:
    answer, error = answer_of_result(result)
    if answer and answer.get("body") is None:
        answer = {**answer, "body": ""}
    return answer, error


def get_object_range(
    bucket: str, key: str, headers: dict[str, str], query: dict[str, Any] | None = None
) -> tuple[int, dict[str, str], bytes]:
    wanted = headers.get("range")
    if not wanted:
        return get_object(bucket, key, headers, query)
    # The checksum of the whole would be held against the part.
    headers = {name: value for name, value in headers.items() if name != "x-amz-checksum-mode"}
    status, answer, body = get_object(bucket, key, headers, query)
    if status != 200:
        return status, answer, body
    found = s3._parse_range(wanted, len(body))  # noqa: SLF001
    if found is None:
        return 416, {"Content-Range": f"bytes */{len(body)}"}, b""
    start, last = found
    part = body[start : last + 1]
    answer |= {"Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{last}/{len(body)}"}
    return 206, answer, part


if __name__ == "__main__":
    # What main() serves is the module's variable of this name.
    ministack.app = behind_tls
    iam_actions.extract_iam_action = action_in_iam
    s3._get_object = get_object_range  # noqa: SLF001
    lambda_svc.lambda_execute_result_to_api_proxy_response = answer_with_body
    sys.executable = str(Path(sys.executable).resolve())
    ministack.main()
