"""A stage for oracles: a cluster that nobody runs, and a store that tests write as they like."""

from collections.abc import Callable
from typing import Any

from kactors.api.codec import encode
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.apiserver.keys import key_of, prefix_of
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import Put
from kactors.etcd.store import Store
from kactors.scenario.oracle import Finding, Oracle, Scene
from kactors.scenario.truth import Truth

__all__ = ["Stage", "pod"]


class Stage:
    """What an oracle looks at, written by hand.

    Attributes:
        findings: what was objected to.
        scene: for oracles.
        store: of the one member; what `write` and `delete` change.
    """

    def __init__(self, oracle: Callable[[Scene], Oracle], nodes: int = 0) -> None:
        self.cluster = SimulatedCluster(Topology.of(masters=1, nodes=nodes))
        self.findings: list[Finding] = []
        self.truth = Truth(self.cluster)
        core = (*self.cluster.topology.master_names, *self.cluster.topology.node_names)
        self.scene = Scene(self.cluster, self.truth, self.findings.append, core)
        self.oracle = oracle(self.scene)
        self.store = Store()
        self._index = 0

    @property
    def signatures(self) -> list[str]:
        """What was objected to, in short."""
        return [finding.signature for finding in self.findings]

    def write(self, *objects: Object) -> None:
        """Let objects be stored, each at a revision of its own."""
        for obj in objects:
            self._apply(Put(self._key(obj), encode(obj)))

    def delete(self, obj: Object) -> None:
        """Let an object be gone."""
        self.store.mvcc.delete(KeyRange.of(self._key(obj), b""))
        self.store.mvcc.commit()
        self.truth.follow("m1", self.store)

    def _apply(self, command: Put) -> None:
        self._index += 1
        self.store.apply(self._index, 1, command)
        self.truth.follow("m1", self.store)

    def _key(self, obj: Object) -> bytes:
        metadata = obj["metadata"]
        prefix = prefix_of(REGISTRY.of_object(obj))
        return key_of(prefix, metadata.get("namespace", ""), metadata["name"])


def pod(name: str, **given: Any) -> Object:
    """Return a pod.

    Args:
        name: of it, and of its uid.
        given: ``node``, ``phase``, ``cpu``, ``owner`` (kind, name), ``uid``, ``ip``, ``ready``,
            ``labels``, ``deleted``.
    """
    owner = given.get("owner")
    metadata: Object = {
        "name": name,
        "namespace": "default",
        "uid": given.get("uid", f"uid-of-{name}"),
        "labels": given.get("labels", {}),
    }
    if owner is not None:
        metadata["ownerReferences"] = [
            {
                "apiVersion": "apps/v1",
                "kind": owner[0],
                "name": owner[1],
                "uid": f"uid-of-{owner[1]}",
                "controller": True,
            }
        ]
    if given.get("deleted"):
        metadata["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    requests = {"cpu": given["cpu"]} if "cpu" in given else {}
    status: Object = {"phase": given.get("phase", "Running")}
    if "ip" in given:
        status["podIP"] = given["ip"]
    if given.get("ready"):
        status["conditions"] = [{"type": "Ready", "status": "True"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {
            "nodeName": given.get("node", ""),
            "containers": [{"name": "c", "image": "c:1", "resources": {"requests": requests}}],
        },
        "status": status,
    }
