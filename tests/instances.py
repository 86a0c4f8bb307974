"""Functions that run at the same time, as in Lambda: each instance is a process that serves one request."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any

from tests.api import Api, Response


def handlers() -> Api:
    """The API of the instance that this process is."""
    from lambdas.handlers import query, write

    return Api(query.lambda_handler, write.lambda_handler)


@contextmanager
def instances(count: int) -> Iterator[ProcessPoolExecutor]:
    """A pool of instances. They find the environment of this process as it is now."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        yield pool


def in_instance(call: Callable[..., Any], *values: Any) -> Callable[..., Any]:
    """`call(api, *values, ...)`, to be run by an instance."""
    return partial(_run, call, *values)


def _run(call: Callable[..., Any], *values: Any) -> Any:
    return call(handlers(), *values)


def send(api: Api, method: str, path: str, body: Any = None) -> Response:
    """One request."""
    return api(method, path, body)


def count_up(api: Api, path: str, times: int) -> int:
    """Read `pages`, add one, write it back if it is unchanged; this many times. Returns how often it was changed."""
    conflicts = 0
    for _ in range(times):
        while True:
            read = api("GET", path).body
            change = {"properties": {"pages": read["properties"]["pages"] + 1}}
            written = api("PUT", path, change, query={"if_version": read["version"]})
            if written.status == 200:
                break
            assert written.error["code"] == "version_conflict", written.body
            conflicts += 1
    return conflicts


def disturb(api: Api, objects: str, rounds: int) -> int:
    """Insert, rewrite and delete objects of one's own, half of which stay."""
    from uuid import uuid4

    for _ in range(rounds):
        others = [{"id": str(uuid4()), "properties": {"pages": 2}} for _ in range(50)]
        for _ in range(2):
            assert api("POST", f"{objects}/batch", {"objects": others}).body["failed"] == 0
        for other in others[:25]:
            assert api("DELETE", f"{objects}/{other['id']}").status == 204
    return rounds
