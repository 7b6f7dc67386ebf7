"""Tests of what happens to nodes that fall silent, and to their pods, before an apiserver."""

from kactors.api.meta import format_micro_time, get_condition, is_being_deleted
from kactors.api.objects import Object, replaced
from kactors.controllers.node_lifecycle.controller import NodeLifecycleController
from kactors.controllers.node_lifecycle.health import ready_status
from kactors.controllers.taint_eviction import TaintEvictionController
from kactors.transport.latency import Constant
from kactors.transport.link import LinkRule
from kactors.transport.rules import ANY
from tests.controllers.cluster import ControlPlane
from tests.controllers.objects import make, node, pod


class Nodes:
    """A control plane with nodes that renew their Leases as long as they live."""

    def __init__(self, plane: ControlPlane, *zones: str) -> None:
        self.plane = plane
        self.silent: set[str] = set()
        self.names = [f"n{number}" for number, _ in enumerate(zones)]
        plane.run(NodeLifecycleController, TaintEvictionController)
        for name, zone in zip(self.names, zones, strict=True):
            labels = {"topology.kubernetes.io/zone": zone}
            plane.create("nodes", node(name, labels=labels))
            plane.create("leases", make("coordination.k8s.io/v1", "Lease", name,
                                        namespace="kube-node-lease", spec={}))  # fmt: skip

    def live(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(int(seconds / 5)):
            now = format_micro_time(self.plane.world.hosts["c"].machine.clock.wall_ns())
            for name in self.names:
                if name not in self.silent:
                    key = ("coordination.k8s.io", "leases", "kube-node-lease", name)
                    lease = self.plane.objects("leases")[f"kube-node-lease/{name}"]
                    self.plane.store.write(key, replaced(lease, now, "spec", "renewTime"))
            self.plane.settle(5.0)

    def taints(self, name: str) -> list[tuple[str, str]]:
        """Return key and effect of a node's taints."""
        found = self.plane.objects("nodes")[name]["spec"].get("taints") or []
        return sorted((each["key"].rpartition("/")[2], each["effect"]) for each in found)

    def tainted(self) -> int:
        """Return from how many nodes pods are sent away."""
        return sum(("unreachable", "NoExecute") in self.taints(name) for name in self.names)


def bound(name: str, to: str, seconds: int | None = 300) -> Object:
    """Return a ready pod on a node that tolerates silence for some time."""
    toleration: Object = {"operator": "Exists", "effect": "NoExecute"}
    if seconds is not None:
        toleration["tolerationSeconds"] = seconds
    return pod(name, node=to, ready=True, spec={"nodeName": to, "tolerations": [toleration]})


def test_a_silent_node_loses_its_pods_in_time() -> None:
    """After 40 s of silence a node is Unknown and tainted, 300 s later its pods are deleted."""
    with ControlPlane() as plane:
        nodes = Nodes(plane, "a", "a", "a", "a")
        plane.create("pods", bound("patient", "n0"))
        plane.create("pods", bound("faithful", "n0", None))
        plane.create("pods", bound("elsewhere", "n1"))
        nodes.live(20)
        assert nodes.taints("n0") == []
        nodes.silent.add("n0")
        nodes.live(35)
        assert ready_status(plane.objects("nodes")["n0"]) == "True"
        nodes.live(15)
        assert ready_status(plane.objects("nodes")["n0"]) == "Unknown"
        assert nodes.taints("n0") == [("unreachable", "NoExecute"), ("unreachable", "NoSchedule")]
        condition = get_condition(plane.objects("pods")["default/patient"], "Ready")
        assert condition is not None
        assert condition["status"] == "False"
        nodes.live(285)
        assert not is_being_deleted(plane.objects("pods")["default/patient"])
        nodes.live(20)
        gone = plane.objects("pods")["default/patient"]
        assert is_being_deleted(gone)
        assert (get_condition(gone, "DisruptionTarget") or {})["reason"] == "DeletionByTaintManager"
        assert not is_being_deleted(plane.objects("pods")["default/faithful"])
        assert not is_being_deleted(plane.objects("pods")["default/elsewhere"])


def test_a_node_that_comes_back_keeps_its_pods() -> None:
    """Taints are taken back, and no pod is deleted later."""
    with ControlPlane() as plane:
        nodes = Nodes(plane, "a", "a", "a", "a")
        plane.create("pods", bound("patient", "n0"))
        nodes.live(10)
        nodes.silent.add("n0")
        nodes.live(60)
        assert nodes.tainted() == 1
        nodes.silent.clear()

        def well(it: Object) -> Object:
            ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
            return replaced(it, [ready], "status", "conditions")

        plane.update("nodes", "n0", well, status=True)
        nodes.live(10)
        assert nodes.taints("n0") == []
        nodes.live(400)
        assert not is_being_deleted(plane.objects("pods")["default/patient"])


def test_a_small_disrupted_zone_is_left_alone() -> None:
    """When most nodes of a small zone fall silent, none is emptied; in a healthy zone, one is."""
    with ControlPlane() as plane:
        nodes = Nodes(plane, "a", "a", "a", "a", "b", "b", "b")
        nodes.live(20)
        nodes.silent |= {"n0", "n1", "n2", "n4"}
        nodes.live(120)
        assert [("unreachable", "NoSchedule") in nodes.taints(name) for name in nodes.names] == [
            True, True, True, False, True, False, False,
        ]  # fmt: skip
        assert nodes.tainted() == 1
        assert ("unreachable", "NoExecute") in nodes.taints("n4")


def test_when_all_are_silent_nothing_happens() -> None:
    """If all nodes of all zones are silent, we are cut off: taints are taken back until we know."""
    with ControlPlane() as plane:
        nodes = Nodes(plane, "a", "a", "b", "b")
        nodes.live(10)
        nodes.silent.add("n0")
        nodes.live(60)
        assert nodes.tainted() == 1
        nodes.silent |= set(nodes.names)
        nodes.live(120)
        assert nodes.tainted() == 0
        nodes.silent -= {"n2", "n3"}

        def well(it: Object) -> Object:
            return replaced(it, [{"type": "Ready", "status": "True"}], "status", "conditions")

        for name in ("n2", "n3"):
            plane.update("nodes", name, well, status=True)
        nodes.live(60)
        assert nodes.tainted() == 2


def test_many_silent_nodes_are_told_at_the_same_time() -> None:
    """Where each write takes a second, sixteen nodes take a few, not sixteen and more."""
    with ControlPlane() as plane:
        nodes = Nodes(plane, *"ab" * 10)
        nodes.live(10)
        slow = LinkRule(latency=Constant(1.0))
        plane.world.network.rules.set("slow", "kcm", ANY, slow)
        nodes.silent |= set(nodes.names[:16])
        nodes.live(40)
        assert silent(nodes) == 0
        plane.settle(10.0)
        assert silent(nodes) == 16


def silent(nodes: Nodes) -> int:
    """Return how many nodes are said to be silent."""
    return sum(ready_status(node) == "Unknown" for node in nodes.plane.objects("nodes").values())
