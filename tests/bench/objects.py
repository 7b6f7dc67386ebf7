"""Nodes, pods and files for tests of benchmarks."""

from pathlib import Path
from typing import Any

from kactors.api.objects import Object
from kactors.bench.config import Workload
from kactors.bench.invariants import violations
from kactors.bench.operations import (
    Barrier,
    CreateNamespaces,
    CreateNodes,
    CreatePods,
    Operation,
)
from kactors.bench.record import Record
from kactors.bench.template import Template

ZONE = "topology.kubernetes.io/zone"


def node(name: str, cpu: str = "4", **labels: str) -> Object:
    """Return a node with room."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {ZONE: labels.get("zone", "")}},
        "status": {"allocatable": {"cpu": cpu, "memory": "32Gi", "pods": "110"}},
    }


def pod(name: str, on: str = "", cpu: str = "1", **spec: Any) -> Object:
    """Return a pod that is on a node, if one is named."""
    requests = {"cpu": cpu, "memory": "1Gi"}
    found = {
        "containers": [{"name": "main", "image": "pause", "resources": {"requests": requests}}],
        **spec,
    }
    if on:
        found["nodeName"] = on
    metadata = {"name": name, "namespace": "default", "labels": {"color": "blue"}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": found}


def workload(nodes: int = 3, pods: int = 5, **more: Any) -> Workload:
    """Return a workload of default nodes and default pods."""
    operations = (
        CreateNodes(index=0, count=nodes),
        CreatePods(index=1, count=pods, namespace="default", measured=True),
    )
    return Workload(case="Case", name="small", operations=operations, **more)


def written(folder: Path, text: str, name: str = "config.yaml") -> Path:
    """Return a file with a text."""
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


#: Pods that no node has room for.
LARGE = Template(Path("pod.yaml"), "", pod("", cpu="64") | {"metadata": {"generateName": "big-"}})
#: Pods that come and go.
CHURNED = Template(Path("p.yaml"), "", pod("") | {"metadata": {"generateName": "churned-"}})


def with_barriers() -> tuple[Operation, ...]:
    """Return six operations: nodes, namespaces, pods that nobody waits for, and both barriers."""
    return (
        CreateNodes(index=0, count=2),
        CreateNamespaces(index=1, prefix="ns", count=2),
        CreatePods(index=2, count=3, namespace="ns-1", goes_on=True),
        CreatePods(index=3, count=1, namespace="b", goes_on=True, template=LARGE),
        Barrier(index=4, namespaces=("ns-1",)),
        Barrier(index=5, attempted=True),
    )


def check_whole(record: Record, pods: int) -> None:
    """See to it that a run came to its end, with all pods counted where they may be."""
    assert record.complete
    assert record.throughput is not None
    assert record.throughput.count == record.waits.count == pods
    assert violations(record) == []
