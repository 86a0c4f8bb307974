"""Several calls at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_parallel(call: Callable[[A], B], values: Sequence[A], at_once: int) -> list[B]:
    """The result for each value, in order. After the first failure none is begun, and it is raised."""
    failed = Event()

    def one(value: A) -> B:
        if failed.is_set():
            raise CancelledError
        try:
            return call(value)
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(at_once, thread_name_prefix="alto-upload") as threads:
        calls = [threads.submit(one, value) for value in values]
        try:
            return [each.result() for each in calls]
        except CancelledError:
            # A later call failed first: it says why.
            raise next(found for each in calls if (found := _failure(each))) from None
        finally:
            failed.set()
            threads.shutdown(cancel_futures=True)


def _failure(call: Future[Any]) -> BaseException | None:
    found = None if call.cancelled() else call.exception()
    return None if isinstance(found, CancelledError) else found
