"""Doing one thing to many objects, a few at a time.

Source: client-go ``util/workqueue/parallelizer.go``.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from kactors.runtime import open_nursery

__all__ = ["parallelize"]

ItemT = TypeVar("ItemT")


async def parallelize(
    workers: int, items: Iterable[ItemT], work: Callable[[ItemT], Awaitable[None]]
) -> None:
    """Do ``work`` to each item, to at most ``workers`` of them at the same time.

    They are begun in order. Returns once all are done; what one of them raises ends the others.
    """
    left = iter(items)

    async def worker() -> None:
        for item in left:
            await work(item)

    async with open_nursery() as nursery:
        for _ in range(workers):
            nursery.start_soon(worker)
