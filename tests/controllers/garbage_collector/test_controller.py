"""Tests of the garbage collector before an apiserver."""

from kactors.api.meta import owners_of
from kactors.api.objects import Object
from kactors.controllers.garbage_collector.controller import GarbageCollector
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import make


def config_map(name: str, *owners: Object, namespace: str = "default") -> Object:
    """Return an object with owners."""
    obj = make("v1", "ConfigMap", name, namespace=namespace)
    obj["metadata"]["ownerReferences"] = [
        {"apiVersion": each["apiVersion"], "kind": each["kind"], "blockOwnerDeletion": True,
         "name": each["metadata"]["name"], "uid": each["metadata"]["uid"]}
        for each in owners
    ]  # fmt: skip
    return obj


def test_what_has_lost_its_owner_goes() -> None:
    """All the way down; what has another owner stays."""
    with ControlPlane() as plane:
        plane.run(GarbageCollector)
        top = plane.create("configmaps", config_map("top"))
        other = plane.create("configmaps", config_map("other"))
        middle = plane.create("configmaps", config_map("middle", top))
        plane.create("configmaps", config_map("bottom", middle))
        plane.create("configmaps", config_map("shared", top, other))
        plane.settle()
        plane.delete("configmaps", "default/top")
        plane.settle()
        assert plane.names("configmaps") == ["other", "shared"]
        (kept,) = owners_of(plane.objects("configmaps")["default/shared"])
        assert kept["name"] == "other"


def test_what_is_learnt_before_its_owner_is_not_asked_for() -> None:
    """A collector that begins hears of dependents first, and looks when it knows their owner."""
    with ControlPlane() as plane:
        owner = plane.create("configmaps", config_map("z"))
        for number in range(5):
            plane.create("configmaps", config_map(f"a{number}", owner))
        (server,) = plane.servers.values()
        asked = len(server.requests)

        plane.run(GarbageCollector)
        plane.settle()

        assert {each.verb for each in server.requests[asked:]} <= {"list", "watch"}
        plane.delete("configmaps", "default/z")
        plane.settle()
        assert plane.names("configmaps") == []


def test_foreground_and_orphan() -> None:
    """In the foreground the owner goes last; orphans stay without it."""
    with ControlPlane() as plane:
        plane.run(GarbageCollector)
        first = plane.create("configmaps", config_map("first"))
        held = config_map("held", first)
        held["metadata"]["finalizers"] = ["test/hold"]
        plane.create("configmaps", held)
        second = plane.create("configmaps", config_map("second"))
        plane.create("configmaps", config_map("orphan", second))
        plane.settle()
        plane.delete("configmaps", "default/first", propagationPolicy="Foreground")
        plane.delete("configmaps", "default/second", propagationPolicy="Orphan")
        plane.settle()
        assert plane.names("configmaps") == ["first", "held", "orphan"]
        assert not owners_of(plane.objects("configmaps")["default/orphan"])

        def release(it: Object) -> Object:
            metadata = {key: value for key, value in it["metadata"].items() if key != "finalizers"}
            return {**it, "metadata": metadata}

        plane.update("configmaps", "default/held", release)
        plane.settle()
        assert plane.names("configmaps") == ["orphan"]


def test_an_owner_that_never_was() -> None:
    """Who names an owner that is not there, or another of its name, goes."""
    with ControlPlane() as plane:
        plane.run(GarbageCollector)
        real = plane.create("configmaps", config_map("real"))
        plane.create("configmaps", config_map("child", real))
        namesake = {**real, "metadata": {**real["metadata"], "uid": "another"}}
        plane.create("configmaps", config_map("mistaken", namesake))
        plane.create("configmaps", config_map("elsewhere", real, namespace="other"))
        unknown = {**real, "kind": "Unknown"}
        plane.create("configmaps", config_map("cautious", unknown))
        plane.settle()
        assert plane.names("configmaps") == ["cautious", "child", "real"]
        assert plane.names("configmaps", "other") == []
