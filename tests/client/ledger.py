"""What really happened in etcd, what an informer made of it, and what is wrong with that."""

from collections.abc import Sequence
from typing import Any

import attrs

from kactors.api.codec import decode
from kactors.api.meta import key_of, revision_of, uid_of
from kactors.api.objects import Object
from kactors.client.informer import SharedInformer
from kactors.client.resource_client import ObjectList, ResourceClient
from kactors.client.watch import Event
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.etcd.store import Store
from tests.apiserver.cluster import Cluster

PREFIX = b"/registry/configmaps/default/"


class Ledger:
    """Every change of a ConfigMap in ``default``, as the first member of etcd applied it.

    Attributes:
        changes: (revision, key, uid); the uid is empty if the object was deleted.
        revision: up to which it is known.
    """

    def __init__(self) -> None:
        self.changes: list[tuple[int, str, str]] = []
        self.revision = 0

    def follow(self, store: Store) -> None:
        """Take what a member has applied and no other has before."""
        mvcc = store.mvcc
        for kv, _ in mvcc.log[mvcc.position(self.revision + 1) :]:
            if kv.mod_revision > self.revision and kv.key.startswith(PREFIX):
                key = f"default/{kv.key.removeprefix(PREFIX).decode()}"
                uid = uid_of(decode(kv.value, kv.mod_revision)) if kv.version else ""
                self.changes.append((kv.mod_revision, key, uid))
        self.revision = max(self.revision, mvcc.revision)

    def between(self, after: int, until: int) -> list[tuple[int, str, str]]:
        """Return the changes after one revision, up to another."""
        return [each for each in self.changes if after < each[0] <= until]

    def at(self, revision: int) -> dict[str, int]:
        """Return which objects there were, each with the revision of its last change."""
        found: dict[str, int] = {}
        for changed, key, uid in self.between(0, revision):
            if uid:
                found[key] = changed
            else:
                found.pop(key)
        return found


class Watched(Cluster):
    """A cluster with a `Ledger`."""

    def __init__(self, **options: Any) -> None:
        self.ledger = Ledger()
        super().__init__(**options)

    def _deploy_member(self, name: str, initial: tuple[tuple[str, str], ...]) -> None:
        config = MemberConfig(name=name, initial=initial)

        def factory() -> EtcdMember:
            member = EtcdMember(config)
            member.on_applied.append(self.ledger.follow)
            return member

        self.world.add_host(name).deploy(factory, "etcd", policy=MEMBER_POLICY)


@attrs.define
class Span:
    """What an informer saw from one list to the next.

    Attributes:
        listed: the revision of the list.
        objects: what it showed after the list: the revision of each object.
        told: by watches: (revision, key, uid), the uid empty for a deletion.
        until: the revision up to which it claims to know everything.
    """

    listed: int
    objects: dict[str, int]
    told: list[tuple[int, str, str]] = attrs.field(factory=list)
    until: int = 0


class Lists(ResourceClient):
    """A client that notes the revision of each list; where bugs in watches can be planted."""

    def __init__(self, client: ResourceClient) -> None:
        super().__init__(client._session, client.resource, client._revisions)
        self.revision = 0

    async def list(self, *args: Any, **options: Any) -> ObjectList:
        """List, and note the revision."""
        found = await super().list(*args, **options)
        self.revision = found.revision
        return found


class Witness(SharedInformer):
    """An informer that notes what it was told, and what its handlers were.

    Attributes:
        spans: from list to list.
        objections: what handlers were told that makes no sense.
        lost: how many deletions were found out by a list.
    """

    def __init__(self, client: Lists, *args: Any, **options: Any) -> None:
        super().__init__(client, *args, **options)
        self.spans: list[Span] = []
        self.objections: list[str] = []
        self.lost = 0
        self._lists = client
        self._known: dict[str, Object] = {}
        self._last: dict[str, int] = {}
        self.add_handler(self)

    def replace(self, objects: Sequence[Object]) -> None:
        """Begin a new span."""
        self.close()
        super().replace(objects)
        found = {key: revision_of(self.indexer.get(key) or {}) for key in self.indexer}
        self.spans.append(Span(self._lists.revision, found))

    def apply(self, event: Event) -> None:
        """Note the event."""
        uid = "" if event.type == "DELETED" else uid_of(event.object)
        self.spans[-1].told.append((event.revision, key_of(event.object), uid))
        super().apply(event)

    def close(self) -> None:
        """End the present span."""
        if self.spans:
            self.spans[-1].until = self.revision
        if self._known != {key: self.indexer.get(key) for key in self.indexer}:
            self.objections.append("a handler knows something else than the copy shows")

    # -- what a handler is told ----------------------------------------------------------------

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Learn of a new object."""
        del is_in_initial_list
        self._note(obj, known=False)

    def on_update(self, old: Object, new: Object) -> None:
        """Learn of a change."""
        if self._known.get(key_of(new)) is not old or uid_of(old) != uid_of(new):
            self.objections.append(f"{key_of(new)} was updated from what it was not")
        self._note(new, known=True)

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Learn that an object is gone."""
        key = key_of(obj)
        old = self._known.pop(key, None)
        if old is None or uid_of(old) != uid_of(obj):
            self.objections.append(f"{key} was deleted and not there")
        self.lost += final_state_unknown

    def _note(self, obj: Object, *, known: bool) -> None:
        key, revision = key_of(obj), revision_of(obj)
        if (key in self._known) != known:
            self.objections.append(f"{key} was {'updated' if known else 'added'} out of turn")
        if revision <= self._last.get(key, 0):
            self.objections.append(f"{key} went back in time to {revision}")
        self._known[key], self._last[key] = obj, revision


def judge(ledger: Ledger, witness: Witness) -> list[str]:
    """Return everything that is wrong with what an informer has seen, against what happened."""
    witness.close()
    found = list(witness.objections)
    position = 0
    for span in witness.spans:
        if span.listed < position:
            found.append(f"a list went back from {position} to {span.listed}")
        position = span.until
        if span.objects != ledger.at(span.listed):
            found.append(f"after the list at {span.listed} the copy was not as things were then")
        true = ledger.between(span.listed, span.until)
        found += [f"{change} was never told" for change in true if change not in span.told]
        found += [f"{told} never happened" for told in span.told if told not in true]
        if span.told != sorted(set(span.told)):
            found.append(f"after the list at {span.listed} the order was not that of revisions")
    return found
