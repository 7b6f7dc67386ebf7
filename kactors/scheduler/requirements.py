"""What a pod's spec asks of a node: read once for all pods that ask the same.

The thousands of pods of one Deployment differ in name and little else. What matters for
scheduling is read from the first of them; the others share it. So a `Requirements` is also the
pod's *signature*: two pods with the same one get the same answer from every filter and every
score that looks at the spec and the node only.
"""

from typing import Any

import attrs
import msgpack

from kactors.api.node_affinity import PreferredSchedulingTerms, RequiredNodeAffinity
from kactors.api.objects import Object
from kactors.scheduler.affinity_term import (
    AffinityTerm,
    WeightedTerm,
    preferred_terms,
    required_terms,
)
from kactors.scheduler.images import images_of_pod
from kactors.scheduler.resources import Resources, pod_requests
from kactors.scheduler.spread_constraint import SpreadConstraint, constraints_of

__all__ = ["HostPort", "Requirements", "requirements_of"]

#: How many different sets of requirements are remembered before all are forgotten.
REMEMBERED_COUNT_MAX = 10_000

HostPort = tuple[str, str, int]
"""Protocol, host address and port."""


@attrs.frozen(eq=False, kw_only=True)
class Requirements:
    """What matters of a pod's spec; compared by identity, which is what sharing is for.

    Attributes:
        requests: what filters subtract.
        scored_cpu_milli, scored_memory_bytes: what scores count, defaults included.
        host_ports: ports of the node that its containers want.
        images: image names in normal form, one for each container that has one.
        containers: how many containers, init containers included.
        required_nodes: node selector and required node affinity.
        preferred_nodes: preferred node affinity.
        tolerations: as in the spec.
        affinity, anti_affinity: required terms.
        preferred_affinity, preferred_anti_affinity: preferences.
        spread: the pod's own topology spread constraints.
        priority: the larger the more important.
        preempts: whether the pod may preempt others.
        scheduler_name: whose pod it is.
        gates: names of its scheduling gates.
        has_affinity: whether the pod has any term of pod affinity or anti-affinity.
    """

    requests: Resources
    scored_cpu_milli: int
    scored_memory_bytes: int
    host_ports: tuple[HostPort, ...]
    images: tuple[str, ...]
    containers: int
    required_nodes: RequiredNodeAffinity
    preferred_nodes: PreferredSchedulingTerms
    tolerations: tuple[Object, ...]
    affinity: tuple[AffinityTerm, ...]
    anti_affinity: tuple[AffinityTerm, ...]
    preferred_affinity: tuple[WeightedTerm, ...]
    preferred_anti_affinity: tuple[WeightedTerm, ...]
    spread: tuple[SpreadConstraint, ...]
    priority: int
    preempts: bool
    scheduler_name: str
    gates: tuple[str, ...]
    has_affinity: bool = attrs.field(init=False)

    @has_affinity.default
    def _has_affinity(self) -> bool:
        return bool(
            self.affinity
            or self.anti_affinity
            or self.preferred_affinity
            or self.preferred_anti_affinity
        )


_remembered: dict[bytes, Requirements] = {}


class _Last:
    """The spec that was asked about last: pods of one template come one after the other."""

    spec: Object | None = None
    namespace = ""
    found: Requirements | None = None


def requirements_of(spec: Object, namespace: str) -> Requirements:
    """Return what a pod's spec asks for; the same object for specs that ask for the same."""
    last = _Last.found
    # To see that two specs are equal is faster than to pack what matters of one.
    if last is not None and spec == _Last.spec and namespace == _Last.namespace:
        return last
    found = _found(spec, namespace)
    _Last.spec, _Last.namespace, _Last.found = spec, namespace, found
    return found


def _found(spec: Object, namespace: str) -> Requirements:
    """Find what a spec asks for among what others have asked for, or read it."""
    key = _key_of(spec, namespace)
    found = _remembered.get(key)
    if found is None:
        if len(_remembered) >= REMEMBERED_COUNT_MAX:
            _remembered.clear()
        found = _remembered[key] = _read(spec, namespace)
    return found


_FIELDS = (
    "affinity",
    "hostNetwork",
    "nodeSelector",
    "overhead",
    "preemptionPolicy",
    "priority",
    "resources",
    "schedulerName",
    "schedulingGates",
    "tolerations",
    "topologySpreadConstraints",
)
_CONTAINER_FIELDS = ("image", "ports", "resources", "restartPolicy")


def _key_of(spec: Object, namespace: str) -> bytes:
    """Pack what `_read` reads, and nothing that differs between pods of one template.

    The namespace matters only to terms that mean the pod's own one.
    """
    affinity = spec.get("affinity")
    parts: list[Any] = [spec.get(field) for field in _FIELDS]
    parts.append(namespace if affinity else None)
    parts.extend(
        [[container.get(each) for each in _CONTAINER_FIELDS] for container in spec.get(field) or ()]
        for field in ("containers", "initContainers")
    )
    packed: bytes = msgpack.packb(parts)
    return packed


def _read(spec: Object, namespace: str) -> Requirements:
    affinity = spec.get("affinity") or {}
    requests, scored_cpu_milli, scored_memory_bytes = pod_requests(spec)
    containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
    near, apart = affinity.get("podAffinity"), affinity.get("podAntiAffinity")
    return Requirements(
        requests=requests,
        scored_cpu_milli=scored_cpu_milli,
        scored_memory_bytes=scored_memory_bytes,
        host_ports=_host_ports(spec),
        images=images_of_pod(containers),
        containers=len(containers),
        required_nodes=RequiredNodeAffinity.of_pod({"spec": spec}),
        preferred_nodes=PreferredSchedulingTerms.of_pod({"spec": spec}),
        tolerations=tuple(spec.get("tolerations") or ()),
        affinity=required_terms(near, namespace),
        anti_affinity=required_terms(apart, namespace),
        preferred_affinity=preferred_terms(near, namespace),
        preferred_anti_affinity=preferred_terms(apart, namespace),
        spread=constraints_of(spec),
        priority=spec.get("priority") or 0,
        preempts=spec.get("preemptionPolicy") != "Never",
        scheduler_name=spec.get("schedulerName") or "default-scheduler",
        gates=tuple(gate["name"] for gate in spec.get("schedulingGates") or ()),
    )


def _host_ports(spec: Object) -> tuple[HostPort, ...]:
    """Collect the host ports of the containers, and of init containers that keep running."""
    sidecars = (
        container
        for container in spec.get("initContainers") or ()
        if container.get("restartPolicy") == "Always"
    )
    return tuple(
        (port.get("protocol") or "TCP", port.get("hostIP") or "0.0.0.0", port["hostPort"])  # noqa: S104 - the name of every address, nothing is bound here
        for container in (*sidecars, *(spec.get("containers") or ()))
        for port in container.get("ports") or ()
        if port.get("hostPort")
    )
