"""Work done ahead on threads, its results taken in order.

Reading a text is nearly all arithmetic outside Python, so that while one document goes through
the other stages the next ones are read on the other core.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")
R = TypeVar("R")


def ahead(
    items: Iterable[T], work: Callable[[T], R], *, threads: int = 2, depth: int = 4
) -> Iterator[tuple[T, Callable[[], R]]]:
    """Each of ``items``, in order, with a call that gives its ``work`` or raises what it raised.

    At most ``depth`` items are taken and worked on before they are asked for, so that memory
    does not grow with their number.
    """
    source = iter(items)
    waiting: deque[tuple[T, Future[R]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ahead") as pool:
        try:
            for item in islice(source, depth):
                waiting.append((item, pool.submit(work, item)))
            while waiting:
                item, found = waiting.popleft()
                for following in islice(source, 1):
                    waiting.append((following, pool.submit(work, following)))
                yield item, found.result
        finally:
            for _, found in waiting:
                found.cancel()
