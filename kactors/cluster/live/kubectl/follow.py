"""What happens to objects, for as long as somebody looks."""

from collections.abc import AsyncIterator

from kactors.client.errors import WatchBroken
from kactors.client.resource_client import ResourceClient
from kactors.client.watch import BOOKMARK, Event
from kactors.runtime import sleep

__all__ = ["follow"]

_PAUSE_SECONDS = 0.5


async def follow(
    objects: ResourceClient,
    namespace: str,
    *,
    revision: int,
    label_selector: str = "",
    field_selector: str = "",
) -> AsyncIterator[Event]:
    """Yield each change after a revision, across replicas that come and go; does not end.

    Raises:
        ApiError: an apiserver refuses; `Expired`, if it does not remember the revision.
    """
    while True:
        try:
            async with objects.watch(
                namespace,
                revision=revision,
                label_selector=label_selector,
                field_selector=field_selector,
            ) as watch:
                async for event in watch:
                    revision = event.revision
                    if event.type != BOOKMARK:
                        yield event
        except WatchBroken:
            await sleep(_PAUSE_SECONDS)
