"""Tests of role-based access control."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import Forbidden
from kactors.api.objects import Object
from kactors.apiserver.authentication.user import (
    User,
    admin_user,
    component_user,
    service_account_user,
)
from kactors.apiserver.authorization.attributes import Attributes
from kactors.apiserver.authorization.rbac import rule_allows
from kactors.apiserver.policy.rule import (
    account_subject,
    cluster_role,
    cluster_role_binding,
    group_subject,
    role,
    role_binding,
    rule,
    user_subject,
)
from tests.apiserver.authorization.world import Objects

BOB = component_user("bob")


def may(
    objects: Objects, user: User, verb: str, resource: str, namespace: str = "", name: str = ""
) -> bool:
    """Tell whether a user may do something; the resource may name a subresource."""
    resource, _, subresource = resource.partition("/")
    asked = Attributes(user, verb, "", resource, namespace, name, subresource)
    return objects.authorizer.allows(asked)


def test_nobody_may_do_anything_unless_a_role_allows_it() -> None:
    """Except those who may do everything."""
    objects = Objects()

    assert not may(objects, BOB, "get", "pods", namespace="team", name="p")
    assert may(objects, admin_user(), "delete", "nodes")


def test_a_role_counts_in_its_namespace() -> None:
    """A binding gives the rights of a role where it is, and nowhere else."""
    objects = Objects(
        [
            role("team", "reader", rule("get list", "", "pods")),
            role_binding("team", "reader", user_subject("bob")),
        ]
    )

    assert may(objects, BOB, "get", "pods", namespace="team", name="p")
    assert may(objects, BOB, "list", "pods", namespace="team")
    assert not may(objects, BOB, "delete", "pods", namespace="team", name="p")
    assert not may(objects, BOB, "get", "pods/log", namespace="team", name="p")
    assert not may(objects, BOB, "get", "pods", namespace="other", name="p")
    assert not may(objects, BOB, "list", "pods")
    assert not may(objects, component_user("eve"), "get", "pods", namespace="team", name="p")


def test_a_cluster_role_can_be_given_in_one_namespace_or_everywhere() -> None:
    """What counts is the binding, not the role."""
    reader = cluster_role("reader", rule("get", "", "pods"))
    local = role_binding("team", "reader", user_subject("bob"), kind="ClusterRole")
    everywhere = cluster_role_binding("reader", user_subject("eve"))
    objects = Objects([reader, local, everywhere])
    eve = component_user("eve")

    assert may(objects, BOB, "get", "pods", namespace="team", name="p")
    assert not may(objects, BOB, "get", "pods", namespace="other", name="p")
    assert may(objects, eve, "get", "pods", namespace="other", name="p")


def test_subjects_are_users_groups_and_service_accounts() -> None:
    """An account without a namespace is one of the binding's namespace."""
    objects = Objects(
        [
            cluster_role("reader", rule("get", "", "pods")),
            cluster_role_binding("reader", group_subject("devs"), account_subject("one", "robot")),
            role_binding(
                "two", "reader", {"kind": "ServiceAccount", "name": "robot"}, kind="ClusterRole"
            ),
        ]
    )

    assert may(objects, User("kim", ("devs",)), "get", "pods", namespace="x")
    assert may(objects, service_account_user("one", "robot"), "get", "pods", namespace="x")
    assert not may(objects, service_account_user("two", "robot"), "get", "pods", namespace="x")
    assert may(objects, service_account_user("two", "robot"), "get", "pods", namespace="two")
    assert not may(objects, User("robot"), "get", "pods", namespace="two")


def test_names_narrow_a_rule() -> None:
    """A rule with names is about those objects only, and about no list of all."""
    objects = Objects(
        [
            cluster_role("one", rule("get list update", "", "configmaps", "a b")),
            cluster_role_binding("one", user_subject("bob")),
        ]
    )

    assert may(objects, BOB, "get", "configmaps", namespace="x", name="a")
    assert may(objects, BOB, "update", "configmaps", namespace="x", name="b")
    assert not may(objects, BOB, "get", "configmaps", namespace="x", name="c")
    assert not may(objects, BOB, "list", "configmaps", namespace="x")


def test_changes_count_at_once() -> None:
    """A right ends with its binding, its role, or its rule."""
    binding = cluster_role_binding("reader", user_subject("bob"))
    reader = cluster_role("reader", rule("get", "", "pods"))
    objects = Objects([binding])

    def allowed() -> bool:
        return may(objects, BOB, "get", "pods", namespace="x", name="p")

    assert not allowed()
    objects.put(reader)
    assert allowed()
    objects.put(cluster_role("reader", rule("list", "", "pods")))
    assert not allowed()
    objects.put(reader)
    objects.put(binding, gone=True)
    assert not allowed()


def test_a_refusal_says_what_was_asked() -> None:
    """In upstream's words."""
    objects = Objects()
    asked = Attributes(BOB, "list", "", "pods", "default")

    with pytest.raises(Forbidden) as caught:
        objects.authorizer.check(asked)

    assert str(caught.value) == (
        'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the '
        'namespace "default"'
    )


verbs, groups = st.sampled_from(["get", "list", "update"]), st.sampled_from(["", "apps"])
resources = st.sampled_from(["pods", "deployments", "pods/status", "deployments/scale"])
rules = st.fixed_dictionaries(
    {
        "verbs": st.lists(st.sampled_from(["get", "list", "*"]), min_size=1, max_size=2),
        "apiGroups": st.lists(st.sampled_from(["", "apps", "*"]), min_size=1, max_size=2),
        "resources": st.lists(
            st.sampled_from(["pods", "pods/status", "*/scale", "*", "deployments"]),
            min_size=1,
            max_size=2,
        ),
    },
    optional={"resourceNames": st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2)},
)


@given(
    given_rules=st.lists(rules, max_size=4),
    verb=verbs,
    group=groups,
    resource=resources,
    name=st.sampled_from(["", "a", "c"]),
)
def test_what_is_remembered_says_what_the_rules_say(
    given_rules: list[Object], verb: str, group: str, resource: str, name: str
) -> None:
    """The gathered answers are those of trying each rule, also when asked again."""
    objects = Objects(
        [cluster_role("r", *given_rules), cluster_role_binding("r", user_subject("bob"))]
    )
    plural, _, subresource = resource.partition("/")
    asked = Attributes(BOB, verb, group, plural, "team", name, subresource)
    expected = any(rule_allows(each, asked) for each in given_rules)

    assert objects.authorizer.allows(asked) is expected
    other = Attributes(BOB, verb, group, plural, "team", "b", subresource)
    assert objects.authorizer.allows(other) is any(rule_allows(r, other) for r in given_rules)
    assert objects.authorizer.allows(asked) is expected
