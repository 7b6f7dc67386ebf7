"""The informers of one process: one per resource and selection, shared by all who need it."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from kactors.api.fields import FieldSelector
from kactors.api.labels import LabelSelector
from kactors.client.indexer import IndexFunction
from kactors.client.informer import SharedInformer
from kactors.client.reflector import Selection
from kactors.client.resources import GroupVersionResource
from kactors.client.rest import Client
from kactors.runtime.face import AsyncFunction

__all__ = ["HasInformers", "SharedInformerFactory", "StartSoon"]


class StartSoon(Protocol):
    """Runs a task: `Actor.start_soon`, or `Nursery.start_soon`."""

    def __call__(self, async_fn: AsyncFunction, *args: object, name: str | None = None) -> None:
        """Run ``async_fn(*args)``, soon."""
        ...


class SharedInformerFactory:
    """Makes informers, starts them, and hands out those that are there already.

    Args:
        client: what they read with.
        start_soon: runs them; they end with whoever that belongs to.

    Attributes:
        client: see above.

    Source: client-go ``informers.SharedInformerFactory``.
    """

    def __init__(self, client: Client, start_soon: StartSoon) -> None:
        self.client = client
        self._start_soon = start_soon
        self._informers: dict[tuple[GroupVersionResource, Selection], SharedInformer] = {}

    def informer(
        self,
        resource: GroupVersionResource | str,
        namespace: str = "",
        *,
        label_selector: LabelSelector | str = "",
        field_selector: FieldSelector | str = "",
        indexes: dict[str, IndexFunction] | None = None,
    ) -> SharedInformer:
        """Return the informer of a selection; it runs from now on.

        Args:
            resource: as for `Client.resource`.
            namespace: whose objects; empty for all.
            label_selector: which objects, by their labels.
            field_selector: which objects, by their fields.
            indexes: that its store shall have, besides those that it has.
        """
        reader = self.client.resource(resource)
        selection = Selection.of(namespace, label_selector, field_selector)
        found = self._informers.get((reader.resource, selection))
        if found is not None:
            for name, function in (indexes or {}).items():
                found.indexer.add_index(name, function)
            return found
        random = self.client.session.asker.random(
            "informer",
            str(reader.resource),
            selection.namespace,
            selection.label_selector,
            selection.field_selector,
        )
        informer = SharedInformer(reader, selection, random, indexes)
        self._informers[reader.resource, selection] = informer
        self._start_soon(informer.run, name=f"informer of {reader.resource}")
        return informer

    async def wait_for_cache_sync(self) -> None:
        """Return once every informer that was asked for so far has its initial list."""
        for informer in tuple(self._informers.values()):
            await informer.wait_for_sync()

    def each(self) -> Iterator[tuple[GroupVersionResource, Selection, SharedInformer]]:
        """Yield the informers that were asked for so far: of what, which of it, and the copy."""
        for (resource, selection), informer in self._informers.items():
            yield resource, selection, informer

    def unsynced(self) -> dict[str, str]:
        """Return the resources whose initial list is not there, each with the last problem."""
        return {
            str(resource): str(informer.problem or "")
            for (resource, _), informer in self._informers.items()
            if not informer.has_synced()
        }


@runtime_checkable
class HasInformers(Protocol):
    """An actor whose copies can be compared with the original.

    Attributes:
        informers: of its present life.
    """

    informers: SharedInformerFactory
