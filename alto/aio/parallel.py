"""Several calls at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def in_parallel(call: Callable[[A], Awaitable[B]], values: Sequence[A], at_once: int) -> list[B]:
    """The result for each value, in order. After the first failure none is begun, and it is raised."""
    free = asyncio.Semaphore(at_once)
    failed = False

    async def one(value: A) -> B:
        nonlocal failed
        async with free:
            if failed:
                raise asyncio.CancelledError
            try:
                return await call(value)
            except BaseException:
                failed = True
                raise

    tasks = [asyncio.ensure_future(one(value)) for value in values]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
