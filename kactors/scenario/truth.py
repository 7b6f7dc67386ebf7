"""What is stored, as the members of etcd apply it: the ground truth of a simulated cluster.

No message is sent to learn it, so knowing the truth changes nothing. The first member to apply a
revision decides what happened there; every other member must apply the same, in this life and in
later ones, and what contradicts is kept in `Truth.contradictions`.

Source: etcd's robustness tests validate watches by replaying persisted requests
(``tests/robustness/validate``); in one process the requests need not be reconstructed.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import attrs

from kactors.actors import Actor
from kactors.api.codec import decode
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY, Resource
from kactors.apiserver.keys import name_in, prefix_of
from kactors.cluster.simulated import SimulatedCluster
from kactors.etcd.member import EtcdMember
from kactors.etcd.messages.kv import KeyValue
from kactors.etcd.store import Store

__all__ = ["Change", "Contradiction", "Name", "Truth"]

#: Of how many changes the members' agreement is remembered: more than they ever lie apart.
_REMEMBERED: Final = 100_000

Name = tuple[str, str]
"""Namespace (maybe empty) and name."""


@attrs.frozen
class Change:
    """One object became another.

    Attributes:
        revision: of the store, from then on.
        at_ns: true time at which the first member applied it.
        resource: plural name of the kind, such as ``pods``.
        namespace, name: which object.
        before: what it was; ``None`` if it was not there.
        after: what it is; ``None`` if it is deleted.
    """

    revision: int
    at_ns: int
    resource: str
    namespace: str
    name: str
    before: Object | None
    after: Object | None


@attrs.frozen
class Contradiction:
    """A member holds something else than what was applied before.

    Attributes:
        at_ns: true time.
        member: its host.
        text: what it holds and what was applied.
    """

    at_ns: int
    member: str
    text: str


class Truth:
    """The objects of a cluster, at every instant those of the member that has applied the most.

    Make it before the cluster runs.

    Attributes:
        revision: of the latest change.
        contradictions: what members hold that differs from what was applied.
        on_change: told of each change of an object, in order, when it is first applied.
    """

    def __init__(self, cluster: SimulatedCluster) -> None:
        self.revision = 1
        self.contradictions: list[Contradiction] = []
        self.on_change: list[Callable[[Change], None]] = []
        kernel = cluster.world.simulation.kernel
        self._now_ns: Callable[[], int] = lambda: kernel.now_ns
        self._prefixes: dict[bytes, Resource] = {prefix_of(each): each for each in REGISTRY}
        self._objects: dict[str, dict[Name, Object]] = {each.plural: {} for each in REGISTRY}
        #: What was written at which revision to which key: its value; nothing for a deletion.
        self._written: OrderedDict[tuple[int, bytes], bytes | None] = OrderedDict()
        self._places: dict[str, tuple[object, int]] = {}
        self._changed: dict[str, int] = dict.fromkeys(self._objects, 0)
        cluster.observer.on_made.append(self._made)

    # -- reading -------------------------------------------------------------------------

    def objects(self, resource: str) -> dict[Name, Object]:
        """Return the objects of a resource by namespace and name; to be read only.

        Raises:
            KeyError: there is no such resource.
        """
        return self._objects[resource]

    def get(self, resource: str, namespace: str, name: str) -> Object | None:
        """Return one object; ``None`` if it is not there."""
        return self._objects[resource].get((namespace, name))

    def changed(self, resource: str) -> int:
        """Return the revision at which an object of a resource changed last; 0 if none ever did.

        Raises:
            KeyError: there is no such resource.
        """
        return self._changed[resource]

    def in_namespace(self, resource: str, namespace: str) -> Iterator[Object]:
        """Yield the objects of a namespace."""
        for (place, _), obj in self._objects[resource].items():
            if place == namespace:
                yield obj

    # -- following -----------------------------------------------------------------------

    def _made(self, host: str, actor: Actor) -> None:
        if isinstance(actor, EtcdMember):
            actor.on_applied.append(partial(self.follow, host))

    def follow(self, host: str, store: Store) -> None:
        """Take what a member has applied since it was last looked at."""
        mvcc = store.mvcc
        known, place = self._places.get(host, (None, 0))
        if known is not mvcc:  # a new life, or another's snapshot: all that it holds is looked at
            place = 0
            if mvcc.revision > self.revision and mvcc.compacted > self.revision:
                self._contradict(host, f"it begins at {mvcc.revision}, which nobody has applied")
        elif mvcc.revision == place:
            return
        for kv, _ in mvcc.log[mvcc.position(place + 1) :]:
            self._take(host, kv)
        self._places[host] = (mvcc, mvcc.revision)

    def _take(self, host: str, kv: KeyValue) -> None:
        value = kv.value if kv.version else None
        identity = (kv.mod_revision, kv.key)
        if kv.mod_revision > self.revision or (
            kv.mod_revision == self.revision and identity not in self._written
        ):
            self.revision = kv.mod_revision
            self._written[identity] = value
            if len(self._written) > _REMEMBERED:
                self._written.popitem(last=False)
            self._change(kv, value)
        elif identity not in self._written:
            oldest = next(iter(self._written))[0]
            if kv.mod_revision > oldest:
                self._contradict(host, f"it has written {kv.key!r} at {kv.mod_revision}")
        elif self._written[identity] != value:
            self._contradict(host, f"it holds another {kv.key!r} of revision {kv.mod_revision}")

    def _contradict(self, host: str, text: str) -> None:
        whole = f"member {host} contradicts what was applied before: {text}"
        self.contradictions.append(Contradiction(self._now_ns(), host, whole))

    def _change(self, kv: KeyValue, value: bytes | None) -> None:
        resource = self._resource_of(kv.key)
        if resource is None:
            return
        namespace, name = name_in(prefix_of(resource), kv.key)
        objects = self._objects[resource.plural]
        self._changed[resource.plural] = kv.mod_revision
        before = objects.get((namespace, name))
        if value is None:
            after = None
            objects.pop((namespace, name), None)
        else:
            after = objects[namespace, name] = decode(value, kv.mod_revision)
        if self.on_change:
            change = Change(
                kv.mod_revision, self._now_ns(), resource.plural, namespace, name, before, after
            )
            for listener in self.on_change:
                listener(change)

    def _resource_of(self, key: bytes) -> Resource | None:
        """Return the resource whose objects have such keys: the longest prefix there is."""
        end = key.rfind(b"/")
        while end > 0:
            found = self._prefixes.get(key[: end + 1])
            if found is not None:
                return found
            end = key.rfind(b"/", 0, end)
        return None
