"""Objects by key and by other values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.labels import LabelSelector
from kactors.api.meta import key_of, name_of
from kactors.api.objects import Object, replaced
from kactors.client.indexer import (
    BY_CONTROLLER,
    BY_NAMESPACE,
    BY_NODE,
    Indexer,
    index_by_controller,
    index_by_namespace,
    index_by_node,
)
from kactors.client.lister import Lister
from tests.client.objects import pod

INDEXES = {
    BY_NAMESPACE: index_by_namespace,
    BY_NODE: index_by_node,
    BY_CONTROLLER: index_by_controller,
}


def owned(obj: Object, uid: str) -> Object:
    """Return an object with a controller."""
    owner = {"kind": "ReplicaSet", "name": "web", "uid": uid, "controller": True}
    return replaced(obj, [owner], "metadata", "ownerReferences")


def test_objects_are_found_by_what_they_are_indexed_by() -> None:
    """An index follows each change of an object."""
    store = Indexer(INDEXES)
    first = owned(pod("a", node="n1"), "u1")

    assert store.put("default/a", first) is None
    assert store.by_index(BY_NODE, "n1") == (first,)
    assert store.by_index(BY_CONTROLLER, "u1") == (first,)
    second = pod("a", node="n2")
    assert store.put("default/a", second) is first
    assert store.by_index(BY_NODE, "n1") == ()
    assert store.index_keys(BY_NODE, "n2") == ("default/a",)
    assert store.index_keys(BY_CONTROLLER, "") == ("default/a",)
    assert store.index_values(BY_NAMESPACE) == ("default",)
    assert store.remove("default/a") is second
    assert store.remove("default/a") is None
    assert store.index_values(BY_NAMESPACE) == ()


def test_an_index_that_is_added_later_knows_what_is_there() -> None:
    """The same function may be added again, another under its name may not."""
    store = Indexer()
    store.put("default/a", pod("a", node="n1"))

    store.add_index(BY_NODE, index_by_node)
    store.add_index(BY_NODE, index_by_node)

    assert store.index_keys(BY_NODE, "n1") == ("default/a",)
    with pytest.raises(ValueError, match="kept already"):
        store.add_index(BY_NODE, index_by_namespace)
    with pytest.raises(KeyError):
        store.by_index("no such index", "x")


def test_a_lister_reads_by_name_namespace_and_labels() -> None:
    """What is not there is None, or nothing."""
    store = Indexer(INDEXES)
    for obj in (pod("a", app="web"), pod("b"), pod("a", "other", app="web")):
        store.put(key_of(obj), obj)
    lister = Lister(store)
    web = LabelSelector.parse("app=web")

    assert lister.get("a", "other") == pod("a", "other", app="web")
    assert lister.get("c", "other") is None
    assert lister.get_by_key("default/b") == pod("b")
    assert [name_of(obj) for obj in lister.list("default")] == ["a", "b"]
    assert [key_of(obj) for obj in lister.list(selector=web)] == ["default/a", "other/a"]
    assert len(lister.list(selector=LabelSelector.parse(""))) == 3
    assert len(lister.controlled_by("")) == 3


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["", "n1", "n2", None])), max_size=40
)


@given(STEPS)
def test_an_index_is_what_a_look_at_every_object_would_find(
    steps: list[tuple[str, str | None]],
) -> None:
    """After any changes; ``None`` removes."""
    store = Indexer(INDEXES)

    for name, node in steps:
        if node is None:
            store.remove(name)
        else:
            store.put(name, pod(name, node=node))

    for node in ("n1", "n2"):
        expected = {key for key in store if index_by_node(store.get(key) or {}) == (node,)}
        assert set(store.index_keys(BY_NODE, node)) == expected
    assert set(store.index_keys(BY_NAMESPACE, "default")) == set(store)
    assert len(store) == len(store.list())
    assert all(key in store for key in store)
