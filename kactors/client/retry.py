"""Read, change, write, until nobody has come between.

Source: client-go ``util/retry``, controller-runtime ``controllerutil.CreateOrUpdate``.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from kactors.api.errors import AlreadyExists, Conflict, NotFound
from kactors.api.meta import name_of, namespace_of
from kactors.api.objects import Object
from kactors.client.resource_client import ResourceClient
from kactors.runtime import sleep

__all__ = ["create_or_update", "retry_on_conflict"]

ResultT = TypeVar("ResultT")

TRIES_MAX: Final = 5
PAUSE_FIRST: Final = 0.01


async def retry_on_conflict(work: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Do ``work``, which reads and writes, anew while its write meets a conflict.

    Raises:
        Conflict: five times.
    """
    pause = PAUSE_FIRST
    for _ in range(TRIES_MAX - 1):
        try:
            return await work()
        except Conflict:
            await sleep(pause)
            pause *= 2
    return await work()


async def create_or_update(
    client: ResourceClient, wanted: Object, change: Callable[[Object], Object]
) -> Object:
    """Make an object be as ``change`` would have it; return it as it is stored then.

    Args:
        client: of the resource.
        wanted: to be created, after ``change``, if there is none of its name.
        change: returns the changed copy of an object; the object itself if all is well, and then
            nothing is written.

    Raises:
        Conflict: others have come between, five times.
    """

    async def once() -> Object:
        try:
            found = await client.get(name_of(wanted), namespace_of(wanted))
        except NotFound:
            try:
                return await client.create(change(wanted))
            except AlreadyExists as problem:
                raise Conflict(str(client.resource), name_of(wanted), str(problem)) from problem
        changed = change(found)
        return found if changed == found else await client.update(changed)

    return await retry_on_conflict(once)
