"""Who owns whom: a graph of all objects, kept up to date by what informers tell.

An owner is known by its uid. That an owner is not in the graph does not mean that there is none:
its informer may be behind. Who wants to be sure asks the apiserver.

Source: kubernetes pkg/controller/garbagecollector/graph.go, graph_builder.go. Upstream puts a
virtual node in the place of an owner that it has not seen; here whoever looks at the dependent
finds out.
"""

from collections.abc import Iterable
from typing import Final

import attrs

from kactors.api.meta import (
    api_version_of,
    finalizers_of,
    is_being_deleted,
    kind_of,
    name_of,
    namespace_of,
    owners_of,
    uid_of,
)
from kactors.api.objects import Object

__all__ = ["FOREGROUND", "ORPHAN", "Graph", "Identity", "Node", "identity_of_owner", "node_of"]

FOREGROUND: Final = "foregroundDeletion"
ORPHAN: Final = "orphan"


@attrs.frozen
class Identity:
    """What an object is called; another may be called so after it."""

    api_version: str
    kind: str
    namespace: str
    name: str


@attrs.frozen
class Node:
    """One object, as far as ownership goes.

    Attributes:
        uid: which object.
        identity: what it is called.
        owners: its owner references.
        deleting: whether somebody has deleted it.
        waiting: it is deleted, and waits for its dependents to be gone.
        orphaning: it is deleted, and waits for its dependents to be let go.
    """

    uid: str
    identity: Identity
    owners: tuple[Object, ...] = attrs.field(eq=False)
    deleting: bool = False
    waiting: bool = False
    orphaning: bool = False

    def blocks(self, owner_uid: str) -> bool:
        """Tell whether the owner, if it waits, waits for this object."""
        return any(each.get("uid") == owner_uid and each.get("blockOwnerDeletion")
                   for each in self.owners)  # fmt: skip


def node_of(obj: Object) -> Node:
    """Return what the graph holds of an object, which must say its kind and version."""
    deleting = is_being_deleted(obj)
    finalizers = finalizers_of(obj)
    return Node(
        uid=uid_of(obj),
        identity=Identity(api_version_of(obj), kind_of(obj), namespace_of(obj), name_of(obj)),
        owners=tuple(owners_of(obj)),
        deleting=deleting,
        waiting=deleting and FOREGROUND in finalizers,
        orphaning=deleting and ORPHAN in finalizers,
    )


def identity_of_owner(reference: Object, namespace: str) -> Identity:
    """Return what an owner is called, that is in ``namespace`` or, if that is empty, in none."""
    return Identity(reference["apiVersion"], reference["kind"], namespace, reference["name"])


class Graph:
    """All objects by uid, with their dependents."""

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._dependents: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, uid: str) -> Node | None:
        """Return an object; ``None`` if it is not known."""
        return self._nodes.get(uid)

    def dependents(self, uid: str) -> list[Node]:
        """Return the objects that name this one as an owner, whether it is known or not."""
        return [self._nodes[each] for each in self._dependents.get(uid, ())]

    def put(self, obj: Object) -> list[str]:
        """Learn of an object, new or changed; return the uids of those that need a look."""
        node = node_of(obj)
        before = self._nodes.get(node.uid)
        if before is not None:
            self._disown(before)
        self._nodes[node.uid] = node
        for each in node.owners:
            self._dependents.setdefault(each["uid"], {})[node.uid] = None
        found = self._waiting_owners(before) if before is not None else {}
        found |= self._waiting_owners(node)
        if self.in_question(node):
            found[node.uid] = None
        return list(found)

    def in_question(self, node: Node) -> bool:
        """Tell whether an object needs a look: it waits itself, or one of its owners is not solid.

        Of what is learnt at the beginning, dependents may come before their owners. Upstream then
        asks for the owner, once (``addDependentToOwners``); here nothing is asked if the owner has
        come by the time of the look.
        """
        waits = node.waiting or node.orphaning
        return waits or not all(self._is_solid(node, each) for each in node.owners)

    def remove(self, uid: str) -> list[str]:
        """Learn that an object is gone; return the uids of those that need a look."""
        node = self._nodes.pop(uid, None)
        if node is None:
            return []
        self._disown(node)
        return list(self._waiting_owners(node) | self._dependents.get(uid, {}))

    def blocking(self, uid: str) -> list[Node]:
        """Return the dependents for which an owner that waits has to wait."""
        return [each for each in self.dependents(uid) if each.blocks(uid)]

    def _is_solid(self, node: Node, reference: Object) -> bool:
        """Tell whether an owner is there, is called as the reference says, and does not wait."""
        owner = self._nodes.get(reference["uid"])
        if owner is None or owner.waiting:
            return False
        identity = owner.identity
        reachable = identity.namespace in {"", node.identity.namespace}
        return reachable and identity == identity_of_owner(reference, identity.namespace)

    def _disown(self, node: Node) -> None:
        for each in node.owners:
            dependents = self._dependents.get(each["uid"])
            if dependents is not None:
                dependents.pop(node.uid, None)
                if not dependents:
                    del self._dependents[each["uid"]]

    def _waiting_owners(self, node: Node) -> dict[str, None]:
        return {owner.uid: None for owner in self._known(node.owners) if owner.waiting}

    def _known(self, references: Iterable[Object]) -> list[Node]:
        found = (self._nodes.get(each["uid"]) for each in references)
        return [each for each in found if each is not None]
