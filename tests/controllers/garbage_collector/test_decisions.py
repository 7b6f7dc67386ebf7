"""Tests of what becomes of objects when their owners go."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import owners_of
from kactors.api.objects import Object, deep_copy
from kactors.controllers.garbage_collector.decisions import (
    Delete,
    DropOwners,
    OwnerState,
    decide,
    patch_finalizers,
    patch_owners,
)
from kactors.controllers.garbage_collector.graph import FOREGROUND, ORPHAN, Graph
from tests.controllers.objects import make

SOLID, WAITING, ABSENT = OwnerState.SOLID, OwnerState.WAITING, OwnerState.ABSENT


def owned(uid: str, *owners: str, block: bool = True) -> Object:
    """Return an object with owners."""
    obj = make("v1", "ConfigMap", uid, uid=uid)
    obj["metadata"]["ownerReferences"] = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": each, "uid": each,
         "blockOwnerDeletion": block}
        for each in owners
    ]  # fmt: skip
    return obj


def test_one_solid_owner_is_enough() -> None:
    """An object stays as long as one owner does; those that are gone are forgotten."""
    obj = owned("x", "a", "b", "c")
    states = {"a": SOLID, "b": ABSENT, "c": WAITING}
    assert decide(obj, states, dependents=False, circle=False) == DropOwners(("b", "c"))
    solid = dict.fromkeys("abc", SOLID)
    assert decide(obj, solid, dependents=False, circle=False) is None
    assert decide(owned("x"), {}, dependents=True, circle=False) is None


def test_without_owners_an_object_goes() -> None:
    """How it goes is what its finalizers say; below an owner that waits, it waits as well."""
    gone = {"a": ABSENT}
    obj = owned("x", "a")
    assert decide(obj, gone, dependents=True, circle=False) == Delete("Background")
    for finalizer, policy in ((ORPHAN, "Orphan"), (FOREGROUND, "Foreground")):
        held = deep_copy(obj)
        held["metadata"]["finalizers"] = [finalizer]
        assert decide(held, gone, dependents=True, circle=False) == Delete(policy)
    waiting = {"a": WAITING}
    assert decide(obj, waiting, dependents=False, circle=False) == Delete("Background")
    assert decide(obj, waiting, dependents=True, circle=True) == Delete("Foreground", unblock=True)


def test_patches_are_for_one_version() -> None:
    """A patch names uid and version, and empties lists with null."""
    obj = owned("x", "a", "b")
    assert patch_owners(obj, without=("a",))["metadata"]["ownerReferences"] == [owners_of(obj)[1]]
    assert patch_owners(obj, without=("a", "b"))["metadata"]["ownerReferences"] is None
    unblocked = patch_owners(obj, unblock=True)["metadata"]["ownerReferences"]
    assert [each["blockOwnerDeletion"] for each in unblocked] == [False, False]
    obj["metadata"]["finalizers"] = [ORPHAN]
    assert patch_finalizers(obj, ORPHAN) == {
        "metadata": {"uid": "x", "resourceVersion": "1", "finalizers": None}
    }


class Store:
    """A store whose objects all know the garbage collector's finalizers, and the collector."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {}
        self.graph = Graph()
        self.queue: dict[str, None] = {}
        self.deleted: list[str] = []

    def put(self, obj: Object) -> None:
        """Store an object; let it go if nothing holds it."""
        metadata = obj["metadata"]
        uid = metadata["uid"]
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            del self.objects[uid]
            self.deleted.append(uid)
            self.queue |= dict.fromkeys(self.graph.remove(uid))
        else:
            self.objects[uid] = obj
            self.queue |= dict.fromkeys(self.graph.put(obj))

    def delete(self, uid: str, policy: str) -> None:
        """Delete as the apiserver does."""
        obj = deep_copy(self.objects[uid])
        finalizer = {"Orphan": ORPHAN, "Foreground": FOREGROUND}.get(policy)
        metadata = obj["metadata"]
        metadata.setdefault("finalizers", [])
        if finalizer is not None and finalizer not in metadata["finalizers"]:
            metadata["finalizers"].append(finalizer)
        metadata["deletionTimestamp"] = "2020-01-01T00:00:00Z"
        self.put(obj)

    def patch(self, uid: str, patch: Object) -> None:
        """Apply one of the patches above."""
        obj = deep_copy(self.objects[uid])
        for key, value in patch["metadata"].items():
            obj["metadata"][key] = value or []
        self.put(obj)

    def attempt(self, uid: str) -> None:
        """Look at one object, as the controller does."""
        node, obj = self.graph.get(uid), self.objects.get(uid)
        if node is None or obj is None:
            return
        if node.orphaning:
            for each in self.graph.dependents(uid):
                self.patch(each.uid, patch_owners(self.objects[each.uid], without=(uid,)))
            self.patch(uid, patch_finalizers(self.objects[uid], ORPHAN))
        elif node.waiting:
            blocking = self.graph.blocking(uid)
            if not blocking:
                self.patch(uid, patch_finalizers(obj, FOREGROUND))
            self.queue |= {each.uid: None for each in blocking if not each.waiting}
        elif not node.deleting:
            self.act(uid, obj)

    def act(self, uid: str, obj: Object) -> None:
        """Carry out a decision."""
        states = {}
        for each in owners_of(obj):
            owner = self.graph.get(each["uid"])
            states[each["uid"]] = ABSENT if owner is None else WAITING if owner.waiting else SOLID
        dependents = self.graph.dependents(uid)
        circle = any(each.waiting for each in dependents)
        match decide(obj, states, dependents=bool(dependents), circle=circle):
            case DropOwners(uids):
                self.patch(uid, patch_owners(obj, without=uids))
            case Delete(policy, unblock):
                if unblock:
                    self.patch(uid, patch_owners(obj, unblock=True))
                self.delete(uid, policy)

    def settle(self) -> None:
        """Go on until there is nothing to look at."""
        for _ in range(1000):
            if not self.queue:
                return
            uid = next(iter(self.queue))
            del self.queue[uid]
            self.attempt(uid)
        raise AssertionError("it never settles")


NAMES = "abcdefgh"
POLICIES = ("Background", "Foreground", "Orphan")
ownership = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=3))


@given(ownership, st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(POLICIES)),
                           max_size=3))  # fmt: skip
def test_what_is_left_has_an_owner_or_never_had_one(
    owners: dict[str, set[str]], deletions: list[tuple[str, str]]
) -> None:
    """At rest nobody waits, no owner is missing, and what had no owners was deleted by a user."""
    store = Store()
    for name in NAMES:
        store.put(owned(name, *sorted(owners.get(name, set()) - {name})))
    for name, policy in deletions:
        if name in store.objects and not store.graph.get(name).deleting:  # type: ignore[union-attr]
            store.delete(name, policy)
        store.settle()
    assert len(store.graph) == len(store.objects)
    for uid, obj in store.objects.items():
        assert not obj["metadata"].get("deletionTimestamp"), uid
        assert all(each["uid"] in store.objects for each in owners_of(obj))
    users = {name for name, _ in deletions}
    for uid in store.deleted:
        assert uid in users or owners.get(uid, set()) - {uid}


def test_foreground_deletes_from_below() -> None:
    """An owner that waits is the last to go; all the way down."""
    store = Store()
    for obj in (owned("a"), owned("b", "a"), owned("c", "b"), owned("d", "a", block=False)):
        store.put(obj)
    store.delete("a", "Foreground")
    store.settle()
    assert store.deleted.index("c") < store.deleted.index("b") < store.deleted.index("a")
    assert not store.objects


def test_a_circle_does_not_wait_for_ever() -> None:
    """Two objects that own each other both go when one is deleted in the foreground."""
    store = Store()
    store.put(owned("a", "b"))
    store.put(owned("b", "a"))
    store.settle()
    assert len(store.objects) == 2
    store.delete("a", "Foreground")
    store.settle()
    assert not store.objects


def test_orphans_stay() -> None:
    """With Orphan, dependents lose the owner and stay."""
    store = Store()
    store.put(owned("a"))
    store.put(owned("b", "a"))
    store.delete("a", "Orphan")
    store.settle()
    assert list(store.objects) == ["b"]
    assert not owners_of(store.objects["b"])
