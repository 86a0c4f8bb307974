"""Several batches under way at once, their results in order: while one is embedded, others are indexed."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future


def in_order[Work, Done](
    work: Iterator[Work], do: Callable[[Work], Done], executor: Executor, at_once: int
) -> Iterator[tuple[Work, Done]]:
    """Each piece of work with what became of it, in order. At most `at_once` pieces are under way or unseen.

    So memory holds that many, however slow the slowest is. What a piece raises is raised at its turn; whoever stops
    early waits for those under way, so that nothing goes on behind the caller's back.
    """
    flying: deque[tuple[Work, Future[Done]]] = deque()
    try:
        for piece in work:
            flying.append((piece, executor.submit(do, piece)))
            if len(flying) >= at_once:
                first, future = flying.popleft()
                yield first, future.result()
        while flying:
            first, future = flying.popleft()
            yield first, future.result()
    finally:
        for _, future in flying:
            future.cancel()
        for _, future in flying:
            if not future.cancelled():
                future.exception()
