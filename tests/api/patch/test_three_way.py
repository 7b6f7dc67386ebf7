"""Three-way patches: what I do not say any more goes, what others say stays."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import MalformedPatch
from kactors.api.objects import Object, deep_copy
from kactors.api.patch import apply_strategic_patch
from kactors.api.patch.three_way import (
    LAST_APPLIED,
    create_three_way_patch,
    last_applied,
    with_last_applied,
)

DEPLOYMENT = "apps.v1.Deployment"
POD = "core.v1.Pod"


def said(before: Object, now: Object, current: Object, definition: str = POD) -> Object:
    """Return what becomes of an object when somebody says something else of it."""
    given = deep_copy([before, now, current])
    patch = create_three_way_patch(before, now, current, definition)
    assert [before, now, current] == given, "none may be changed"
    return apply_strategic_patch(current, patch, definition)


def test_what_is_not_said_any_more_goes() -> None:
    """And only that: what others have said stays, wherever it stands."""
    before = {"metadata": {"labels": {"mine": "1", "old": "1"}}}
    now = {"metadata": {"labels": {"mine": "2"}}}
    current = {"metadata": {"labels": {"mine": "1", "old": "1", "theirs": "1"}}, "status": {}}

    assert said(before, now, current) == {
        "metadata": {"labels": {"mine": "2", "theirs": "1"}},
        "status": {},
    }


def test_what_others_have_changed_is_said_again() -> None:
    """What I say holds, though I have said the same before."""
    mine = {"spec": {"replicas": 3}}
    assert said(mine, mine, {"spec": {"replicas": 5}}, DEPLOYMENT) == mine


def test_items_of_merged_lists() -> None:
    """A container that I took out goes, one that was injected stays, fields with defaults, too."""
    before = {"spec": {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]}}
    now = {"spec": {"containers": [{"name": "a", "image": "2"}]}}
    injected = {"name": "sidecar", "image": "9"}
    current = {
        "spec": {
            "containers": [
                {"name": "a", "image": "1", "imagePullPolicy": "Always"},
                {"name": "b", "image": "1"},
                injected,
            ]
        }
    }

    containers = said(before, now, current)["spec"]["containers"]

    assert containers == [{"name": "a", "image": "2", "imagePullPolicy": "Always"}, injected]


def test_keys_that_exclude_one_another() -> None:
    """A strategy of another type loses the parameters of the type before, which I never said."""
    update = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}
    now = {"spec": {"strategy": {"type": "Recreate"}}}
    assert said({}, now, {"spec": {"strategy": update}}, DEPLOYMENT) == now


def test_nothing_to_do() -> None:
    """An object that is as I say needs no patch, whatever else it is."""
    mine = {"spec": {"replicas": 3}}
    current = {"spec": {"replicas": 3, "paused": True}, "status": {"replicas": 2}}
    assert create_three_way_patch(mine, mine, current, DEPLOYMENT) == {}


NAMES = st.sampled_from("abc")
MANIFESTS = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.fixed_dictionaries(
            {"labels": st.dictionaries(NAMES, st.sampled_from("12"), max_size=3)}
        ),
        "spec": st.fixed_dictionaries(
            {
                "containers": st.lists(
                    st.fixed_dictionaries({"name": NAMES, "image": st.sampled_from("12")}),
                    max_size=3,
                    unique_by=lambda each: each["name"],
                )
            }
        ),
    },
)


@given(MANIFESTS, MANIFESTS, MANIFESTS)
def test_what_is_said_now_holds(before: Object, now: Object, current: Object) -> None:
    """And saying it once more changes nothing."""
    after = said(before, now, current)

    assert holds(now, after)
    assert create_three_way_patch(now, now, after, POD) == {}


def holds(said_now: Any, found: Any) -> bool:
    """Tell whether everything that was said is found there."""
    if isinstance(said_now, dict):
        return all(key in found and holds(value, found[key]) for key, value in said_now.items())
    if isinstance(said_now, list):
        by_name = {each["name"]: each for each in found}
        return all(holds(each, by_name[each["name"]]) for each in said_now)
    return bool(said_now == found)


def test_a_manifest_remembers_what_it_says() -> None:
    """In its annotation; the annotation does not speak of itself."""
    manifest = {"metadata": {"name": "x", "annotations": {LAST_APPLIED: "{}", "mine": "1"}}}

    written = with_last_applied(manifest)

    assert last_applied(written) == {"metadata": {"name": "x", "annotations": {"mine": "1"}}}
    assert written["metadata"]["annotations"]["mine"] == "1"


def test_objects_that_nobody_applied() -> None:
    """They remember nothing; who wrote something else into the annotation hears of it."""
    assert last_applied({"metadata": {"name": "x"}}) is None
    for text in ("[]", "{"):
        with pytest.raises(MalformedPatch, match="of 'x' holds no object"):
            last_applied({"metadata": {"name": "x", "annotations": {LAST_APPLIED: text}}})
