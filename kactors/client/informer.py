"""A copy of a resource that tells its handlers what changes.

Handlers are plain functions, called in order, in the midst of the change: they put keys into work
queues or change caches of their own, and wait for nothing. What they are told is exact: each object
is added once, updated with what it was before, and deleted once, also if the deletion was missed
and only a later list shows that it must have happened. An object that was deleted and created anew
meanwhile is deleted and added, not updated: it is another one. (Upstream says "updated" here and
leaves it to each controller to compare uids.)

Source: client-go ``tools/cache/shared_informer.go``, ``delta_fifo.go``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, Protocol

import attrs

from kactors.api.meta import key_of, resource_version_of, uid_of
from kactors.api.objects import Object
from kactors.client.indexer import BY_NAMESPACE, Indexer, IndexFunction, index_by_namespace
from kactors.client.lister import Lister
from kactors.client.reflector import Reflector, Selection
from kactors.client.resource_client import ResourceClient
from kactors.client.watch import DELETED
from kactors.client.watch import Event as WatchEvent
from kactors.runtime import Event, Random, current_time, move_on_at, open_nursery

__all__ = ["Registration", "ResourceEventHandler", "ResourceEventHandlerFuncs", "SharedInformer"]


class ResourceEventHandler(Protocol):
    """Told what happens to the objects of an informer; must not wait, nor change an object."""

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Learn of an object that was not there.

        Args:
            obj: the object.
            is_in_initial_list: it was there before the handler or the informer was.
        """
        ...

    def on_update(self, old: Object, new: Object) -> None:
        """Learn that an object has changed; or, on a resync, that it has not."""
        ...

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Learn that an object is gone.

        Args:
            obj: as it was at last.
            final_state_unknown: the deletion was missed, so it is only the last state that was
                seen (upstream's ``DeletedFinalStateUnknown``).
        """
        ...


def _ignore(*_: Object) -> None:
    """Do nothing."""


@attrs.frozen(kw_only=True)
class ResourceEventHandlerFuncs:
    """A handler of up to three functions; what is left out is ignored."""

    add: Callable[[Object], None] = _ignore
    update: Callable[[Object, Object], None] = _ignore
    delete: Callable[[Object], None] = _ignore

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Call ``add``."""
        del is_in_initial_list
        self.add(obj)

    def on_update(self, old: Object, new: Object) -> None:
        """Call ``update``."""
        self.update(old, new)

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Call ``delete``."""
        del final_state_unknown
        self.delete(obj)


@attrs.define(eq=False)
class Registration:
    """A handler of an informer.

    Attributes:
        handler: who is told.
        resync_period: every so many seconds it is told of every object as if that had been updated;
            0 for never.
    """

    handler: ResourceEventHandler
    resync_period: float
    _informer: "SharedInformer" = attrs.field(repr=False)
    resync_at: float = attrs.field(init=False, default=0.0)

    def has_synced(self) -> bool:
        """Tell whether the handler was told of the whole initial list."""
        return self._informer.has_synced()

    def remove(self) -> None:
        """Tell the handler nothing more."""
        self._informer.remove_handler(self)


class SharedInformer:
    """One copy of one selection of a resource, for all in one process who need it.

    Args:
        client: of the resource.
        selection: which of its objects.
        random: a stream of chance of its own.
        indexes: of its store, besides that by namespace.

    Attributes:
        indexer: the copy.
        lister: reads it.
    """

    def __init__(
        self,
        client: ResourceClient,
        selection: Selection,
        random: Random,
        indexes: Mapping[str, IndexFunction] | None = None,
    ) -> None:
        self.indexer = Indexer({BY_NAMESPACE: index_by_namespace, **(indexes or {})})
        self.lister = Lister(self.indexer)
        self._reflector = Reflector(client, selection, self, random)
        self._registrations: list[Registration] = []
        self._synced = Event()
        self._resync_changed = Event()

    @property
    def revision(self) -> int:
        """Up to which revision of the store everything is shown; 0 before the first list."""
        return self._reflector.revision

    @property
    def problem(self) -> Exception | None:
        """Why the copy does not get on, if it does not."""
        return self._reflector.problem

    @property
    def lists(self) -> int:
        """How often it had to list."""
        return self._reflector.lists

    def has_synced(self) -> bool:
        """Tell whether the initial list is in the store and all handlers know of it."""
        return self._synced.is_set()

    async def wait_for_sync(self) -> None:
        """Return once `has_synced`."""
        await self._synced.wait()

    def add_handler(
        self, handler: ResourceEventHandler, *, resync_period: float = 0.0
    ) -> Registration:
        """Tell a handler of what is there, now, and of whatever happens."""
        registration = Registration(handler, resync_period, self)
        self._registrations.append(registration)
        if self.has_synced():
            for obj in self.indexer.list():
                handler.on_add(obj, is_in_initial_list=True)
        if resync_period:
            registration.resync_at = current_time() + resync_period
            self._resync_changed.set()
        return registration

    def remove_handler(self, registration: Registration) -> None:
        """Tell a handler nothing more; nothing if it was not told anything anyway."""
        if registration in self._registrations:
            self._registrations.remove(registration)

    async def run(self) -> NoReturn:
        """Keep the copy like the original until cancelled."""
        async with open_nursery() as nursery:
            nursery.start_soon(self._resync, name="resync")
            await self._reflector.run()
        raise AssertionError("a reflector runs for ever")

    # -- what the reflector says ---------------------------------------------------------------

    def replace(self, objects: Sequence[Object]) -> None:
        """Become just these; tell the handlers what that has changed."""
        found = {key_of(obj): obj for obj in objects}
        for key in self.indexer:
            if key not in found:
                self._remove(key)
        initial = not self.has_synced()
        for key, obj in found.items():
            self._put(key, obj, initial=initial)
        self._synced.set()

    def apply(self, event: WatchEvent) -> None:
        """Change by one event, and tell the handlers."""
        key = key_of(event.object)
        if event.type == DELETED:
            self._remove(key, event.object)
        else:
            self._put(key, event.object, initial=False)

    def _put(self, key: str, obj: Object, *, initial: bool) -> None:
        old = self.indexer.get(key)
        if old is not None:
            if resource_version_of(old) == resource_version_of(obj):
                return
            if uid_of(old) == uid_of(obj):
                self.indexer.put(key, obj)
                for registration in tuple(self._registrations):
                    registration.handler.on_update(old, obj)
                return
            self._remove(key)
        self.indexer.put(key, obj)
        for registration in tuple(self._registrations):
            registration.handler.on_add(obj, is_in_initial_list=initial)

    def _remove(self, key: str, final: Object | None = None) -> None:
        """Remove an object, if it is there.

        Args:
            key: its key.
            final: its last state; ``None`` if nobody has seen it go.
        """
        old = self.indexer.remove(key)
        if old is None:
            return
        for registration in tuple(self._registrations):
            registration.handler.on_delete(
                old if final is None else final, final_state_unknown=final is None
            )

    # -- resync ------------------------------------------------------------------------------

    async def _resync(self) -> NoReturn:
        """Tell each handler of every object, as often as it has asked for."""
        while True:
            waiting = [each for each in self._registrations if each.resync_period]
            if not waiting:
                await self._resync_changed.wait()
                self._resync_changed = Event()
                continue
            now = current_time()
            first = min(waiting, key=lambda each: each.resync_at)
            if first.resync_at > now:
                with move_on_at(first.resync_at):
                    await self._resync_changed.wait()
                    self._resync_changed = Event()
                continue
            first.resync_at = now + first.resync_period
            for obj in self.indexer.list():
                first.handler.on_update(obj, obj)
