"""Keeps a store like a resource: lists, watches, and lists again when history is gone.

Theory of operation
===================

A list says how the resource is at a revision; a watch from that revision says all that happens
after it. A watch that ends or breaks is taken up again where it was, so nothing is read twice. Only
if the apiserver does not remember that far back (410 Expired) does it begin anew with a list. So

* the store changes only to states that the resource had, and forwards;
* when the resource rests, the store becomes equal to it, whatever has happened in between.

A replica that has just died answers no watch and does not refuse one either. Therefore, before a
broken watch is taken up again, a read finds a replica that answers.

Source: client-go ``tools/cache/reflector.go``.
"""

from collections.abc import Sequence
from typing import Final, NoReturn, Protocol

import attrs

from kactors.api.errors import (
    ApiError,
    Expired,
    InternalError,
    ServiceUnavailable,
    Timeout,
    TooManyRequests,
)
from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.api.objects import Object
from kactors.client.backoff import Backoff
from kactors.client.errors import ClientError, WatchBroken
from kactors.client.resource_client import ResourceClient
from kactors.client.watch import BOOKMARK, Event
from kactors.runtime import Random, current_time, sleep
from kactors.runtime.probes import declare, sometimes

__all__ = ["Reflector", "Selection", "Store"]

_BACKOFF_FIRST: Final = 0.8
_BACKOFF_LONGEST: Final = 30.0
_BACKOFF_RESET: Final = 120.0
_WATCH_SECONDS: Final = 300
"""A watch is asked to last so long, and up to twice that: so that watches do not end in step."""
_VERY_SHORT: Final = 1.0

_LISTED_AGAIN = "reflector: history was compacted, listed again"
_RESUMED = "reflector: a broken watch was taken up again"
_SET_BACK = "reflector: nobody has the revision that is needed, listed the latest"
declare(_LISTED_AGAIN, _RESUMED, _SET_BACK)


@attrs.frozen
class Selection:
    """Which objects of which resource; hashable.

    Attributes:
        namespace: empty for all.
        label_selector, field_selector: as text; empty for all.
    """

    namespace: str = ""
    label_selector: str = attrs.field(default="", converter=str)
    field_selector: str = attrs.field(default="", converter=str)

    @classmethod
    def of(
        cls,
        namespace: str = "",
        label_selector: LabelSelector | str = "",
        field_selector: FieldSelector | str = "",
    ) -> "Selection":
        """Return the selection of selectors in either form."""
        return cls(namespace, str(label_selector), str(field_selector))


class Store(Protocol):
    """What a reflector keeps up to date."""

    def replace(self, objects: Sequence[Object]) -> None:
        """Become just these."""
        ...

    def apply(self, event: Event) -> None:
        """Change by one event; bookmarks are not passed on."""
        ...


class Reflector:
    """Keeps one store like one selection of a resource.

    Args:
        client: of the resource.
        selection: which of its objects.
        store: to be kept.
        random: a stream of chance of its own.

    Attributes:
        revision: up to which the store shows everything; 0 before the first list.
        problem: why it does not get on, if so.
        lists: how often it has listed.
    """

    def __init__(
        self, client: ResourceClient, selection: Selection, store: Store, random: Random
    ) -> None:
        self.revision = 0
        self.problem: Exception | None = None
        self.lists = 0
        self._client = client
        self._selection = selection
        self._store = store
        self._random = random
        self._backoff = Backoff(
            random, _BACKOFF_FIRST, _BACKOFF_LONGEST, reset_after=_BACKOFF_RESET
        )
        self._latest = False  # whether a list at the last revision cannot be had

    async def run(self) -> NoReturn:
        """List and watch until cancelled."""
        while True:
            try:
                await self._list()
                await self._watch()
            except (ApiError, ClientError) as problem:
                self.problem = problem
                await sleep(self._backoff.next())

    async def _list(self) -> None:
        revision = None if self._latest else self.revision
        try:
            found = await self._client.list(
                self._selection.namespace,
                label_selector=self._selection.label_selector,
                field_selector=self._selection.field_selector,
                revision=revision,
            )
        except (Expired, Timeout):
            # The state that was asked for is compacted, or nobody has come so far. The latest
            # state is all there is to be had.
            self._latest = True
            sometimes(_SET_BACK, revision is not None)
            raise
        self.lists += 1
        self._latest = False
        self._store.replace(found.items)
        self.revision = found.revision
        self.problem = None

    async def _watch(self) -> None:
        """Watch until the history that is needed is gone; any other error is passed on."""
        while True:
            began, before = current_time(), self.revision
            try:
                await self._follow()
            except Expired:
                sometimes(_LISTED_AGAIN)
                return
            except (WatchBroken, ServiceUnavailable) as problem:
                self.problem = problem
                await self._find_replica()
                sometimes(_RESUMED)
                continue
            except (TooManyRequests, InternalError) as problem:
                self.problem = problem
                await sleep(self._backoff.next())
                continue
            if current_time() - began < _VERY_SHORT and self.revision == before:
                await sleep(self._backoff.next())

    async def _follow(self) -> None:
        """Read one watch to its end."""
        watch = self._client.watch(
            self._selection.namespace,
            label_selector=self._selection.label_selector,
            field_selector=self._selection.field_selector,
            revision=self.revision,
            timeout_seconds=_WATCH_SECONDS + self._random.below(_WATCH_SECONDS),
        )
        async with watch:
            while (events := await watch.receive()) is not None:
                self.problem = None
                for event in events:
                    if event.type != BOOKMARK:
                        self._store.apply(event)
                    self.revision = event.revision

    async def _find_replica(self) -> None:
        """Let the client find a replica that answers; raises if there is none."""
        await self._client.list_page(self._selection.namespace, revision=0, limit=1)
