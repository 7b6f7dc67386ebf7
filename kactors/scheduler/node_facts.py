"""A node object as the scheduler reads it: what does not depend on the pods on it."""

from collections.abc import Mapping
from typing import Self

import attrs

from kactors.api.objects import Object
from kactors.scheduler.images import images_of_node
from kactors.scheduler.resources import Resources, resources_of

__all__ = ["NodeFacts"]


@attrs.frozen(eq=False, kw_only=True)
class NodeFacts:
    """What plugins need to know of a node object.

    Attributes:
        node: the object itself.
        name: from its metadata.
        labels: from its metadata.
        taints: from its spec.
        unschedulable: cordoned.
        allocatable: what pods may use.
        images: sizes in bytes by name.
    """

    node: Object
    name: str
    labels: Mapping[str, str]
    taints: tuple[Object, ...]
    unschedulable: bool
    allocatable: Resources
    images: Mapping[str, int]

    @classmethod
    def of(cls, node: Object) -> Self:
        """Read a node object; without ``allocatable`` its capacity counts, as in the API."""
        metadata, spec, status = node["metadata"], node.get("spec") or {}, node.get("status") or {}
        return cls(
            node=node,
            name=metadata["name"],
            labels=metadata.get("labels") or {},
            taints=tuple(spec.get("taints") or ()),
            unschedulable=bool(spec.get("unschedulable")),
            allocatable=resources_of(status.get("allocatable") or status.get("capacity") or {}),
            images=images_of_node(status),
        )

    @property
    def zone(self) -> str:
        """The failure domain by which nodes are interleaved; empty if the node names none.

        Source: kubernetes component-helpers node/topology (``GetZoneKey``).
        """
        region = self.labels.get("topology.kubernetes.io/region") or self.labels.get(
            "failure-domain.beta.kubernetes.io/region", ""
        )
        zone = self.labels.get("topology.kubernetes.io/zone") or self.labels.get(
            "failure-domain.beta.kubernetes.io/zone", ""
        )
        return f"{region}:\0:{zone}" if region or zone else ""
