"""Strategic merge patches: directives, merged lists, and the way from one object to another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import MalformedPatch
from kactors.api.objects import Object, deep_copy
from kactors.api.patch import apply_strategic_patch, create_strategic_patch

POD = "core.v1.Pod"


def _pod(*containers: Object, **spec: Any) -> Object:
    return {"spec": {"containers": list(containers), **spec}}


A, B, C = {"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c", "image": "3"}


def _patched(old: Object, patch: Any) -> Object:
    before, sent = deep_copy(old), deep_copy(patch)
    found = apply_strategic_patch(old, patch, POD)
    assert (old, patch) == (before, sent), "neither may be changed"
    return found


def test_lists_with_a_merge_key() -> None:
    """Items are merged by their key; new ones are added, named ones come first in their order."""
    patch = {"spec": {"containers": [{"name": "b", "image": "9"}, {"name": "d", "image": "4"}]}}
    assert _patched(_pod(A, B), patch) == _pod(
        A, {"name": "b", "image": "9"}, {"name": "d", "image": "4"}
    )


def test_other_lists_are_replaced() -> None:
    """Tolerations have no merge strategy."""
    old = _pod(A, tolerations=[{"key": "x"}])
    assert _patched(old, {"spec": {"tolerations": [{"key": "y"}]}}) == _pod(
        A, tolerations=[{"key": "y"}]
    )


def test_null_deletes() -> None:
    """As in any merge patch; in what is new it is left out."""
    old = _pod(A, nodeName="n")
    patch = {"spec": {"nodeName": None, "securityContext": {"runAsUser": None, "fsGroup": 1}}}
    assert _patched(old, patch) == _pod(A, securityContext={"fsGroup": 1})


def test_delete_an_item() -> None:
    """An item with the directive goes."""
    patch = {"spec": {"containers": [{"$patch": "delete", "name": "a"}]}}
    assert _patched(_pod(A, B), patch) == _pod(B)
    assert _patched({"spec": {}}, patch) == {"spec": {"containers": []}}


def test_replace_a_list() -> None:
    """With the directive in it, only what else is in the patch remains."""
    patch = {"spec": {"containers": [C, {"$patch": "replace"}]}}
    assert _patched(_pod(A, B), patch) == _pod(C)


def test_replace_and_delete_a_map() -> None:
    """The directive in a map is about the map."""
    old = {"metadata": {"labels": {"a": "1"}}, "spec": {"nodeSelector": {"x": "1"}}}
    patch = {"metadata": {"labels": {"$patch": "replace", "b": "2"}},
             "spec": {"nodeSelector": {"$patch": "delete"}}}  # fmt: skip
    assert _patched(old, patch) == {
        "metadata": {"labels": {"b": "2"}},
        "spec": {"nodeSelector": {}},
    }


def test_items_of_merged_items() -> None:
    """Lists within items are merged, too."""
    old = _pod({"name": "a", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]})
    patch = {"spec": {"containers": [{"name": "a", "env": [{"name": "X", "value": "3"}]}]}}
    assert _patched(old, patch) == _pod(
        {"name": "a", "env": [{"name": "X", "value": "3"}, {"name": "Y", "value": "2"}]}
    )


def test_plain_lists_are_unions() -> None:
    """Finalizers are merged; the directive deletes from them."""
    old = {"metadata": {"finalizers": ["a", "b"]}}
    assert _patched(old, {"metadata": {"finalizers": ["b", "c"]}}) == {
        "metadata": {"finalizers": ["a", "b", "c"]}
    }
    patch = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]}}
    assert _patched(old, patch) == {"metadata": {"finalizers": ["b"]}}
    assert _patched({}, patch) == {"metadata": {}}


def test_retained_keys() -> None:
    """What ``$retainKeys`` does not name is deleted: a volume has one source."""
    old = _pod(A, volumes=[{"name": "v", "emptyDir": {}}])
    volume = {"name": "v", "hostPath": {"path": "/"}, "$retainKeys": ["name", "hostPath"]}
    assert _patched(old, {"spec": {"volumes": [volume]}}) == _pod(
        A, volumes=[{"name": "v", "hostPath": {"path": "/"}}]
    )


def test_the_order_of_elements() -> None:
    """Items that the directive names are in its order, others where they were among them."""
    patch = {"spec": {"$setElementOrder/containers": [{"name": "c"}, {"name": "a"}]}}
    assert _patched(_pod(A, B, C), patch) == _pod(B, C, A)
    both = {"spec": {"$setElementOrder/containers": [{"name": "d"}, {"name": "a"}],
                     "containers": [{"name": "d"}]}}  # fmt: skip
    assert _patched(_pod(A, B), both) == _pod({"name": "d"}, A, B)
    assert _patched({"spec": {}}, patch) == {"spec": {}}


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("12", {"merge": "23"}, "123"),
        ("124", {"order": "123", "merge": "3"}, "1234"),
        ("1234", {"order": "12", "delete": "3"}, "124"),
        ("12334", {"order": "12", "delete": "3"}, "124"),
        ("123", {"order": "21", "delete": "3"}, "21"),
        ("123", {"order": "421", "merge": "4", "delete": "3"}, "421"),
        ("", {"order": "12", "merge": "12"}, "12"),
    ],
)
def test_plain_lists_as_in_upstream_s_tables(
    before: str, change: dict[str, str], after: str
) -> None:
    """Unions, deletions and orders of values, as patch_test.go has them."""
    names = {"merge": "finalizers", "order": "$setElementOrder/finalizers",
             "delete": "$deleteFromPrimitiveList/finalizers"}  # fmt: skip
    old = {"metadata": {"finalizers": list(before)}}
    patch = {"metadata": {names[key]: list(value) for key, value in change.items()}}
    assert _patched(old, patch) == {"metadata": {"finalizers": list(after)}}


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ([], "a strategic merge patch is an object"),
        ({"$patch": "sing"}, "Unknown patch type found: sing"),
        ({"spec": {"$patch": "merge"}}, "Unknown patch type found: merge"),
        ({"spec": {"containers": [{"image": "x"}]}}, "does not contain declared merge key: name"),
        ({"spec": {"containers": [{"name": "a", "$patch": "sing"}]}}, "Unknown patch type"),
        ({"spec": {"containers": [{"name": "a", "$patch": "merge"}]}}, "cannot yet be specified"),
        ({"spec": {"$retainKeys": ["a"], "b": 1}}, "the patch has the key 'b'"),
        ({"spec": {"$retainKeys": "a"}}, "must be a list"),
        ({"spec": {"$setElementOrder/containers": [], "containers": [{"name": "z"}]}},
         "the order in patch list does not have the item"),
    ],
)  # fmt: skip
def test_malformed(patch: Any, message: str) -> None:
    """Directives that make no sense are refused."""
    with pytest.raises(MalformedPatch) as caught:
        _patched(_pod(A), patch)
    assert message in str(caught.value)


def test_new_values_lose_their_directives() -> None:
    """Where there was nothing, a directive has nothing to direct."""
    patch = {"spec": {"volumes": [{"name": "v", "emptyDir": {}, "$retainKeys": ["name"]}],
                      "containers": [{"$patch": "delete", "name": "x"}, A]}}  # fmt: skip
    assert _patched({}, patch) == _pod(A, volumes=[{"name": "v", "emptyDir": {}}])


def test_items_without_a_key_of_their_own() -> None:
    """Two ports with one number cannot be told apart: the list is replaced."""
    old = _pod({"name": "a", "ports": [{"containerPort": 53, "protocol": "UDP"}]})
    new = _pod({"name": "a", "ports": [{"containerPort": 53, "protocol": "UDP"},
                                       {"containerPort": 53, "protocol": "TCP"}]})  # fmt: skip
    patch = create_strategic_patch(old, new, POD)
    assert patch["spec"]["containers"][0]["ports"][-1] == {"$patch": "replace"}
    assert _patched(old, patch) == new


SOURCES: list[Object] = [{"emptyDir": {}}, {"hostPath": {"path": "/"}}]


def test_a_volume_changes_its_source() -> None:
    """The patch says which fields stay, so that the former source goes."""
    old, new = (_pod(A, volumes=[{"name": "v", **source}])
                for source in SOURCES)  # fmt: skip
    patch = create_strategic_patch(old, new, POD)
    (volume,) = patch["spec"]["volumes"]
    assert volume["$retainKeys"] == ["hostPath", "name"]
    assert _patched(old, patch) == new


def test_a_strategy_changes_its_type() -> None:
    """The same holds for an object within an object."""
    old = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    new = {"spec": {"strategy": {"type": "Recreate"}}}
    patch = create_strategic_patch(old, new, "apps.v1.Deployment")
    assert patch["spec"]["strategy"]["$retainKeys"] == ["type"]
    assert apply_strategic_patch(old, patch, "apps.v1.Deployment") == new


def test_the_difference_of_plain_lists() -> None:
    """What is new, what is gone, and the order of all."""
    old, new = ({"metadata": {"finalizers": list(names)}} for names in ("ab", "cb"))
    assert create_strategic_patch(old, new, POD)["metadata"] == {
        "finalizers": ["c"],
        "$deleteFromPrimitiveList/finalizers": ["a"],
        "$setElementOrder/finalizers": ["c", "b"],
    }


def test_items_that_are_no_objects() -> None:
    """They cannot be told apart by a key: the list is replaced."""
    new = {"spec": {"containers": [{"image": "x"}]}}
    patch = create_strategic_patch(_pod(A), new, POD)
    assert patch["spec"]["containers"] == [{"image": "x"}, {"$patch": "replace"}]


NAMES = st.sampled_from("abcd")


def _named(item: st.SearchStrategy[Object]) -> st.SearchStrategy[list[Object]]:
    return st.lists(item, max_size=4, unique_by=lambda each: each["name"])


ENV = _named(st.fixed_dictionaries({"name": NAMES}, optional={"value": st.sampled_from("12")}))
CONTAINERS = _named(
    st.fixed_dictionaries({"name": NAMES}, optional={"image": st.sampled_from("12"), "env": ENV})
)
VOLUMES = _named(
    st.one_of(
        st.fixed_dictionaries({"name": NAMES, "emptyDir": st.just({})}),
        st.fixed_dictionaries({"name": NAMES, "hostPath": st.just({"path": "/"})}),
    )
)
LABELS = st.dictionaries(NAMES, st.sampled_from("12"), max_size=3)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.fixed_dictionaries(
            {}, optional={"labels": LABELS, "finalizers": st.lists(NAMES, unique=True)}
        ),
        "spec": st.fixed_dictionaries(
            {"containers": CONTAINERS},
            optional={"volumes": VOLUMES, "tolerations": st.lists(LABELS, max_size=2)},
        ),
    },
)


@given(PODS, PODS)
def test_round_trip(old: Object, new: Object) -> None:
    """The patch that was made of two objects leads from one to the other."""
    assert _patched(old, create_strategic_patch(old, new, POD)) == new


@given(PODS, PODS)
def test_twice_is_once(old: Object, new: Object) -> None:
    """Applied again, such a patch changes nothing more."""
    patch = create_strategic_patch(old, new, POD)
    once = _patched(old, patch)
    assert _patched(once, patch) == once


@given(PODS)
def test_equal_objects_need_no_patch(pod: Object) -> None:
    """Nothing is said where nothing changes."""
    assert create_strategic_patch(pod, deep_copy(pod), POD) == {}
