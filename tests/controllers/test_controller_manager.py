"""Tests of the manager: one of two works, and the other takes over."""

from functools import partial

from kactors.actors import Address, System
from kactors.client.config import ClientConfig
from kactors.client.controller import ControllerContext
from kactors.client.leader_election import LeaderElectionConfig
from kactors.controllers.controller_manager import (
    CONTROLLERS,
    NAME,
    ControllerManager,
    InspectManager,
    ManagerConfig,
    ManagerReport,
)
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import deployment

HOSTS = ("m1", "m2")


def start(plane: ControlPlane) -> None:
    """Start two managers."""
    election = LeaderElectionConfig(
        name=NAME, retry_period=0.5, renew_deadline=2.0, lease_duration=4.0
    )
    config = ManagerConfig(
        client=plane.config, as_account=lambda _: plane.config, election=election
    )
    for host in HOSTS:
        plane.world.add_host(host).deploy(partial(ControllerManager, config), NAME)


def report(plane: ControlPlane, host: str) -> ManagerReport:
    """Ask a manager what it does."""

    async def main(system: System) -> ManagerReport:
        return await system.ref(Address(host, NAME)).request(InspectManager())

    found: ManagerReport = plane.world.call("c", main)
    return found


def leaders(plane: ControlPlane) -> list[str]:
    """Return which managers lead."""
    return [host for host in HOSTS if plane.world.hosts[host].machine.up
            and report(plane, host).leading]  # fmt: skip


def test_a_standby_takes_over() -> None:
    """Work goes on after the host of the leader has crashed, and when it is back, one leads."""
    with ControlPlane() as plane:
        start(plane)
        plane.settle(2.0)
        (first,) = leaders(plane)
        plane.create("deployments", deployment("web", replicas=3))
        plane.settle()
        assert len(plane.names("pods")) == 3
        plane.world.hosts[first].machine.crash()
        plane.set("deployments", "default/web", 5, "spec", "replicas")
        plane.settle(10.0)
        (second,) = leaders(plane)
        assert second != first
        assert len(plane.names("pods")) == 5
        plane.world.hosts[first].machine.restart()
        plane.settle(5.0)
        assert leaders(plane) == [second]
        assert report(plane, first).leader == report(plane, second).leader


def test_a_leader_that_is_cut_off_stops_and_begins_anew() -> None:
    """Cut off from the apiservers a manager ends its term; later it leads again."""
    with ControlPlane() as plane:
        start(plane)
        plane.settle(2.0)
        (first,) = leaders(plane)
        (other,) = set(HOSTS) - {first}
        plane.world.hosts[other].machine.crash()
        plane.world.hosts["api-1"].machine.crash()
        plane.settle(10.0)
        assert leaders(plane) == []
        plane.world.hosts["api-1"].machine.restart()
        plane.settle(40.0)
        assert leaders(plane) == [first]
        assert report(plane, first).terms == 2
        plane.create("deployments", deployment("web", replicas=2))
        plane.settle(5.0)
        assert len(plane.names("pods")) == 2
        assert report(plane, first).unsynced == {}


def test_every_controller_is_there_under_upstreams_name() -> None:
    """Names are upstream's; most have an account of their own."""
    assert len(CONTROLLERS) == 17
    assert [name for name, kind in CONTROLLERS.items() if not kind.account] == [
        "serviceaccount-token-controller"
    ]


#: ``v1.EventSource{Component: ...}`` in kubernetes pkg/controller/*; the others tell nothing.
COMPONENTS = {
    "replicaset-controller": "replicaset-controller",
    "deployment-controller": "deployment-controller",
    "statefulset-controller": "statefulset-controller",
    "daemonset-controller": "daemonset-controller",
    "job-controller": "job-controller",
    "cronjob-controller": "cronjob-controller",
    "node-lifecycle-controller": "node-controller",
    "taint-eviction-controller": "taint-eviction-controller",
    "endpointslice-controller": "endpoint-slice-controller",
    "endpoints-controller": "endpoint-controller",
    "garbage-collector-controller": "garbage-collector-controller",
    "disruption-controller": "controllermanager",
}


def test_events_come_from_upstreams_components() -> None:
    """Whoever reads events knows the controllers by these names, not by those of our actors."""
    context = ControllerContext(config=ClientConfig(replicas=[Address("a", "apiserver")]))
    named = {name: kind.factory(context).component for name, kind in CONTROLLERS.items()}

    assert {name: component for name, component in named.items() if component} == COMPONENTS


def test_a_controller_in_the_manager_tells_events_under_its_own_name() -> None:
    """Both in the source and as the reporting controller."""
    with ControlPlane() as plane:
        start(plane)
        plane.settle(2.0)
        plane.create("deployments", deployment("web", replicas=1))
        plane.settle()
        events = plane.objects("events").values()
        told = {(each["source"]["component"], each["reason"]) for each in events}

    assert ("deployment-controller", "ScalingReplicaSet") in told
    assert ("replicaset-controller", "SuccessfulCreate") in told
    assert all(each["reportingComponent"] == each["source"]["component"] for each in events)
