"""How one node is set up."""

from collections.abc import Mapping
from typing import Final

import attrs

from kactors.actors.checks import above
from kactors.api.objects import Object
from kactors.client.config import ClientConfig

__all__ = ["DEFAULT_CAPACITY", "KubeletConfig"]

DEFAULT_CAPACITY: Final[Mapping[str, str]] = {
    "cpu": "4", "memory": "16Gi", "ephemeral-storage": "100Gi", "pods": "110",
}  # fmt: skip


@attrs.frozen(kw_only=True)
class KubeletConfig:
    """What a kubelet is told at its start; times in seconds, defaults are upstream's.

    Attributes:
        node: the name of the Node.
        node_ip: its address.
        client: how to reach the apiservers, as ``system:node:NAME``.
        labels: of the Node, besides those of every node.
        capacity: resources of the Node, as quantities.
        reserved: what of it is not for pods.
        external_cloud: a cloud controller manager initialises the Node: it is tainted until then,
            and its addresses and zone come from there.
        provider_id: of the Node, if known.
        pod_cidr: range of pod addresses; by default the Node's ``spec.podCIDR`` is waited for.
        taints: that the Node is registered with.
        lease_seconds: for how long the Node's Lease is good; it is renewed four times in that.
        status_seconds: between two looks at the Node's own status.
        report_seconds: it is told at least this often, changed or not.
        sync_seconds: after which what pods mount is read again.
        events: whether pods' stories are told as Events.
    """

    node: str
    node_ip: str
    client: ClientConfig
    labels: Mapping[str, str] = attrs.field(factory=dict)
    capacity: Mapping[str, str] = DEFAULT_CAPACITY
    reserved: Mapping[str, str] = attrs.field(factory=dict)
    external_cloud: bool = False
    provider_id: str = ""
    pod_cidr: str = ""
    taints: tuple[Object, ...] = ()
    lease_seconds: int = attrs.field(default=40, validator=above(0))
    status_seconds: float = attrs.field(default=10.0, validator=above(0))
    report_seconds: float = attrs.field(default=300.0, validator=above(0))
    sync_seconds: float = attrs.field(default=60.0, validator=above(0))
    events: bool = True
