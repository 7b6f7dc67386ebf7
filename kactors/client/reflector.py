"""Keeps a store like a resource: lists, watches, and lists again when history is gone.

Theory of operation
===================

A list says how the resource is at a revision; a watch from that revision says all that happens
after it. A watch that ends or breaks is taken up again where it was, so nothing is read twice. Only
if the apiserver does not remember that far back (410 Expired) does it begin anew with a list. So

* the store changes only to states that the resource had, and forwards;
* when the resource rests, the store becomes equal to it, whatever has happened in between.

Which state is listed? The first time any, and later one that is not older than what the store
shows. If that cannot be had - it is compacted, no replica has come so far, or a watch cannot begin
where the list ends - then the most recent state. Before each list but the first there is a pause,
which grows as long as they come in quick succession: to list is expensive, and what made it
necessary may last.

Source: client-go ``tools/cache/reflector.go``.
"""

from collections.abc import Sequence
from typing import Final, NoReturn, Protocol

import attrs

from kactors.api.errors import (
    TOO_LARGE_RESOURCE_VERSION,
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
from kactors.client.resource_client import ObjectList, ResourceClient
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
_NOBODY_FIRST: Final = 0.1
_NOBODY_LONGEST: Final = 2.0
"""Pauses before a watch is tried again where no replica is above suspicion."""

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
        self._nobody = Backoff(random, _NOBODY_FIRST, _NOBODY_LONGEST, reset_after=_BACKOFF_FIRST)
        self._latest = False  # whether only the most recent state will do

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
        try:
            found = await self._read(None if self._latest else self.revision)
        except (Expired, Timeout) as problem:
            if self._latest or not _out_of_reach(problem):
                raise
            sometimes(_SET_BACK)
            found = await self._read(None)
        self._latest = False
        self.lists += 1
        self._store.replace(found.items)
        self.revision = found.revision
        self.problem = None

    async def _read(self, revision: int | None) -> ObjectList:
        return await self._client.list(
            self._selection.namespace,
            label_selector=self._selection.label_selector,
            field_selector=self._selection.field_selector,
            revision=revision,
        )

    async def _watch(self) -> None:
        """Watch until the history that is needed is gone; any other error is passed on."""
        listed = self.revision
        while True:
            began, before = current_time(), self.revision
            try:
                await self._follow()
            except Expired as problem:
                sometimes(_LISTED_AGAIN)
                self.problem = problem
                # If not even a watch from the list can be had, the same list is of no use again.
                self._latest = self.revision == listed
                return
            except (WatchBroken, ServiceUnavailable) as problem:
                self.problem = problem
                if self._client.nobody_serves():
                    await sleep(self._nobody.next())
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


def _out_of_reach(problem: ApiError) -> bool:
    """Tell whether no replica can show a state: it is compacted, or nobody has come so far."""
    return isinstance(problem, Expired) or problem.has_cause(TOO_LARGE_RESOURCE_VERSION)
