"""Tests of namespaces that are emptied."""

from kactors.api.meta import get_condition
from kactors.api.objects import Object, replaced
from kactors.controllers.namespace import Content, NamespaceController, conditions_of
from kactors.controllers.serviceaccount import ServiceAccountController
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import T0, make


def namespace(name: str) -> Object:
    """Return a namespace."""
    spec = {"finalizers": ["kubernetes"]}
    return make("v1", "Namespace", name, namespace=None, spec=spec,
                status={"phase": "Active"})  # fmt: skip


def test_a_namespace_goes_with_all_it_holds() -> None:
    """Everything in it is deleted, it waits for what has finalizers, and others keep theirs."""
    with ControlPlane() as plane:
        plane.run(NamespaceController, ServiceAccountController)
        for name in ("a", "b"):
            plane.create("namespaces", namespace(name))
            plane.create("configmaps", make("v1", "ConfigMap", "x", namespace=name, data={}))
        plane.settle()
        assert plane.names("serviceaccounts", "a") == ["default"]
        plane.delete("namespaces", "a")
        plane.settle(20.0)
        assert list(plane.objects("namespaces")) == ["b"]
        assert list(plane.objects("configmaps")) == ["b/x"]
        assert list(plane.objects("serviceaccounts")) == ["b/default"]


def test_a_namespace_tells_why_it_is_there() -> None:
    """What remains, what it waits for, and what failed, are conditions."""
    content = Content({"pods": 2, "secrets": 0}, {"hold": 1}, ["jobs.batch: refused"])
    found = {"status": {"conditions": conditions_of(namespace("a"), content, T0)}}
    assert not content.gone
    remaining = get_condition(found, "NamespaceContentRemaining")
    assert remaining is not None
    assert remaining["message"] == "Some resources are remaining: pods has 2 resource instances"
    waiting = get_condition(found, "NamespaceFinalizersRemaining") or {}
    assert waiting["reason"] == "SomeFinalizersRemain"
    failed = get_condition(found, "NamespaceDeletionContentFailure") or {}
    assert failed["status"] == "True"
    empty = conditions_of(replaced(namespace("a"), found["status"], "status"), Content({}, {}), T0)
    assert [each["status"] for each in empty] == ["False"] * 3


def test_default_accounts_come_back() -> None:
    """A default account that is deleted is created again."""
    with ControlPlane() as plane:
        plane.run(ServiceAccountController)
        plane.create("namespaces", namespace("a"))
        plane.settle()
        plane.delete("serviceaccounts", "a/default")
        plane.settle()
        assert plane.names("serviceaccounts", "a") == ["default"]
