"""Carries out what the graph of owners asks for."""

from collections.abc import Iterable
from typing import ClassVar, Final

import attrs

from kactors.api.errors import NotFound
from kactors.api.meta import is_being_deleted, namespace_of, owners_of, uid_of
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY, Resource
from kactors.client.resource_client import MERGE_PATCH, ResourceClient
from kactors.client.workqueue import WorkQueue
from kactors.controllers.garbage_collector.decisions import (
    Delete,
    DropOwners,
    OwnerState,
    decide,
    patch_finalizers,
    patch_owners,
)
from kactors.controllers.garbage_collector.graph import (
    FOREGROUND,
    ORPHAN,
    Graph,
    Identity,
    identity_of_owner,
    node_of,
)
from kactors.controllers.object_controller import ObjectController
from kactors.runtime.probes import declare, sometimes

__all__ = ["GarbageCollector"]

IGNORED: Final = ("events",)
"""Resources that own nothing and that nobody owns."""

_CIRCLE = "garbage collector: owners that wait for each other"
_ABSENT = "garbage collector: an owner that is not in the graph is absent"
_BEHIND = "garbage collector: an owner that is not in the graph is there"
declare(_ABSENT, _BEHIND)
declare(_CIRCLE, rare=True)


class GarbageCollector(ObjectController):
    """Looks at objects, by uid, whose owners or dependents have changed.

    Source: kubernetes pkg/controller/garbagecollector/garbagecollector.go.
    """

    component: ClassVar[str] = "garbage-collector-controller"
    workers: ClassVar[int] = 20

    def setup(self) -> None:
        """Look at everything."""
        self.graph = Graph()
        for resource in REGISTRY:
            if resource.plural not in IGNORED:
                informer = self.observes(resource.qualified_name, lambda _: ())
                self.listen(informer, _Grow(self.graph, self.queue))

    async def reconcile(self, key: str) -> float | None:
        """Let an object go, or let go of its owners, or of its dependents."""
        node = self.graph.get(key)
        if node is None or (node.deleting and not node.waiting and not node.orphaning):
            return None
        if not self.graph.in_question(node):
            return None
        client = self._client_of(node.identity)
        if client is None:
            return None
        try:
            latest = await client.get(node.identity.name, node.identity.namespace)
        except NotFound:
            return None  # the informer will tell
        if uid_of(latest) != node.uid:
            return None
        now = node_of(latest)
        if now.orphaning:
            await self._orphan(client, latest)
        elif now.waiting:
            await self._wait_for_dependents(client, latest)
        elif not is_being_deleted(latest):
            await self._decide(client, latest)
        return None

    # -- owners that wait ------------------------------------------------------------------------

    async def _orphan(self, client: ResourceClient, owner: Object) -> None:
        """Let go of all dependents, then of the owner.

        Source: ``attemptToOrphanWorker``.
        """
        uid = uid_of(owner)
        for dependent in self.graph.dependents(uid):
            their_client = self._client_of(dependent.identity)
            if their_client is None:
                continue
            try:
                obj = await their_client.get(dependent.identity.name, dependent.identity.namespace)
                if uid_of(obj) == dependent.uid:
                    await _patch(their_client, obj, patch_owners(obj, without=(uid,)))
            except NotFound:
                continue
        await _patch(client, owner, patch_finalizers(owner, ORPHAN))

    async def _wait_for_dependents(self, client: ResourceClient, owner: Object) -> None:
        """Let the owner go if nothing blocks it; else see that what blocks it goes.

        Source: ``processDeletingDependentsItem``.
        """
        blocking = self.graph.blocking(uid_of(owner))
        if not blocking:
            await _patch(client, owner, patch_finalizers(owner, FOREGROUND))
        for dependent in blocking:
            if not dependent.waiting:
                self.queue.add(dependent.uid)

    # -- objects whose owners are in question ------------------------------------------------------

    async def _decide(self, client: ResourceClient, obj: Object) -> None:
        """Source: ``attemptToDeleteItem``."""
        states = {each["uid"]: await self._state_of(obj, each) for each in owners_of(obj)}
        uid = uid_of(obj)
        dependents = self.graph.dependents(uid)
        circle = any(each.waiting for each in dependents)
        match decide(obj, states, dependents=bool(dependents), circle=circle):
            case DropOwners(uids):
                await _patch(client, obj, patch_owners(obj, without=uids))
            case Delete(policy, unblock):
                if unblock:
                    sometimes(_CIRCLE)
                    obj = await _patch(client, obj, patch_owners(obj, unblock=True))
                await _delete(client, obj, policy)

    async def _state_of(self, obj: Object, reference: Object) -> OwnerState:
        """Return what has become of an owner; the graph is believed only if it knows the owner."""
        found = self._find(obj, reference)
        if found is None:
            return OwnerState.SOLID
        client, identity = found
        known = self.graph.get(reference["uid"])
        if known is None or known.identity != identity:
            try:
                owner = await client.get(identity.name, identity.namespace)
            except NotFound:
                sometimes(_ABSENT)
                return OwnerState.ABSENT
            if uid_of(owner) != reference["uid"]:
                sometimes(_ABSENT)
                return OwnerState.ABSENT
            sometimes(_BEHIND)
            known = node_of(owner)
        return OwnerState.WAITING if known.waiting else OwnerState.SOLID

    def _find(self, obj: Object, reference: Object) -> tuple[ResourceClient, Identity] | None:
        """Return where an owner is, or should be; ``None`` if that cannot be said.

        What cannot be said is no reason to delete anything: a kind that nobody knows, or an owner
        that lives in a namespace while the object lives in none.
        """
        resource = REGISTRY.find_kind(reference["apiVersion"], reference["kind"])
        if resource is None:
            return None
        namespace = namespace_of(obj) if resource.namespaced else ""
        if resource.namespaced and not namespace:
            return None
        return self._client(resource), identity_of_owner(reference, namespace)

    def _client_of(self, identity: Identity) -> ResourceClient | None:
        resource = REGISTRY.find_kind(identity.api_version, identity.kind)
        return None if resource is None else self._client(resource)

    def _client(self, resource: Resource) -> ResourceClient:
        return self.client.resource(resource.qualified_name)


async def _patch(client: ResourceClient, obj: Object, patch: Object) -> Object:
    metadata = obj["metadata"]
    return await client.patch(
        metadata["name"], patch, metadata.get("namespace", ""), content_type=MERGE_PATCH
    )


async def _delete(client: ResourceClient, obj: Object, policy: str) -> None:
    """Delete just this version of just this object: owners may be added at any time."""
    metadata = obj["metadata"]
    same = {key: metadata[key] for key in ("uid", "resourceVersion")}
    options = {"propagationPolicy": policy, "preconditions": same}
    try:
        await client.delete(metadata["name"], metadata.get("namespace", ""), options=options)
    except NotFound:
        return


@attrs.frozen
class _Grow:
    """Keeps the graph up to date, and queues what needs a look."""

    graph: Graph
    queue: WorkQueue[str]

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Learn of an object."""
        del is_in_initial_list
        self._add(self.graph.put(obj))

    def on_update(self, old: Object, new: Object) -> None:
        """Learn of a change."""
        del old
        self._add(self.graph.put(new))

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Learn that an object is gone."""
        del final_state_unknown
        self._add(self.graph.remove(uid_of(obj)))

    def _add(self, uids: Iterable[str]) -> None:
        for uid in uids:
            self.queue.add(uid)
