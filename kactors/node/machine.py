"""What the operating system of one node keeps for its programs: theirs to read and to change.

The kubelet, kube-proxy and the node's network are programs on one machine; containers, mounted
directories and the table of Services belong to the machine, not to the program that made them. So
they outlive that program, and end with the host's life: the first program that asks in the next
life finds everything empty.
"""

import attrs

from kactors.node.proxy.affinity import AffinityTable
from kactors.node.proxy.table import ServiceTable
from kactors.node.runtime.face import VolumeDir
from kactors.node.runtime.simulated import SimulatedRuntime
from kactors.runtime import Host

__all__ = ["Life", "NodeMachine"]


@attrs.define
class Life:
    """What a machine keeps during one life of its host.

    Attributes:
        runtime: containers.
        volumes: mounted directories, by pod uid and volume name.
        services: the table of Services.
        affinity: which clients stay with which endpoints.
        counts: what has become of connections, by outcome.
    """

    runtime: SimulatedRuntime
    volumes: dict[str, dict[str, VolumeDir]] = attrs.field(factory=dict)
    services: ServiceTable = attrs.field(factory=ServiceTable)
    affinity: AffinityTable = attrs.field(factory=AffinityTable)
    counts: dict[str, int] = attrs.field(factory=dict)


class NodeMachine:
    """One node's machine; made once for a host, entered by each of its programs at their start.

    Args:
        node_ip: its address.
    """

    def __init__(self, node_ip: str) -> None:
        self.node_ip = node_ip
        self._incarnation = 0
        self._life: Life | None = None

    def enter(self, host: Host) -> Life:
        """Return what the machine keeps in the present life of its host."""
        if self._life is None or host.incarnation != self._incarnation:
            self._incarnation = host.incarnation
            self._life = Life(SimulatedRuntime(host, self.node_ip))
        return self._life

    def life_in(self, incarnation: int) -> Life | None:
        """Return what the machine keeps in one life of its host; ``None`` if nobody has entered it.

        For observers: looking changes nothing.
        """
        return self._life if incarnation == self._incarnation else None

    @property
    def life(self) -> Life | None:
        """What the machine keeps; ``None`` before anybody has entered. For observers."""
        return self._life
