"""A node's end of the network: who listens at which address.

Deploy one on the host of every node, under the name `NETWORK_ACTOR`. What runs in a container may
be an actor: a *program*, known by the container's image. It begins with the first connection to its
container and ends with the container.

Source: what a kernel does with the first packet of a connection.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import attrs

from kactors.actors import Actor, Address, Restart, RestartPolicy, serves
from kactors.node.errors import ConnectionRefused, ConnectionTimedOut
from kactors.node.machine import Life, NodeMachine
from kactors.node.proxy.dataplane import NETWORK_ACTOR, DataPlane
from kactors.node.proxy.messages import Connect, Connected
from kactors.node.proxy.underlay import Underlay
from kactors.node.runtime.face import ContainerStatus, SandboxStatus

__all__ = ["NETWORK_ACTOR", "NodeNetwork", "Program", "ProgramContext"]

_SWEEP_SECONDS: Final = 10.0
_POLICY: Final = RestartPolicy(restart=Restart.PERMANENT, intensity=1000)


@attrs.frozen
class ProgramContext:
    """Where a program runs.

    Attributes:
        node: name of the node.
        namespace, pod: whose container it is in.
        ip: of the pod.
        network: the way to others.
        read_file: returns what the container reads at a path; raises `NoSuchContainer` or
            `FileNotFoundError`.
    """

    node: str
    namespace: str
    pod: str
    ip: str
    network: DataPlane
    read_file: Callable[[str], bytes]


Program = Callable[[ProgramContext], Actor]
"""Makes the actor that runs in a container."""


class NodeNetwork(Actor):
    """Answers first packets, for the containers of one node.

    Args:
        node: its name.
        machine: of the node.
        underlay: routes between nodes.
        programs: by the image of the container, without its tag.
    """

    def __init__(
        self,
        node: str,
        machine: NodeMachine,
        underlay: Underlay,
        programs: Mapping[str, Program] | None = None,
    ) -> None:
        self._node = node
        self._machine = machine
        self._underlay = underlay
        self._programs = dict(programs or {})
        self._running: dict[str, Address] = {}  # of programs, by container id
        self._life: Life
        self.plane: DataPlane

    async def on_start(self) -> None:
        """Join the network."""
        self._life = self._machine.enter(self.host)
        self.plane = DataPlane(
            node=self._node,
            node_ip=self._machine.node_ip,
            life=self._life,
            asker=self,
            underlay=self._underlay,
            random=self.random("endpoints"),
        )

    @serves
    async def connect(self, packet: Connect) -> Connected:
        """Say who answers."""
        own = packet.ip == self._machine.node_ip
        location = ("" if own else packet.ip, packet.port, packet.protocol)
        if self._life.services.find(location) is not None:
            return await self._forward(packet)
        if not own:
            return self._accept(packet, self._life.runtime.sandbox_at(packet.ip))
        for sandbox in self._life.runtime.sandboxes():
            if sandbox.ip == packet.ip:  # a pod that shares the node's network
                answer = self._accept(packet, sandbox)
                if answer.outcome == "connected":
                    return answer
        return Connected("refused", self._node)

    async def _forward(self, packet: Connect) -> Connected:
        """Send on what has come to a node port, or to a load balancer's address."""
        try:
            found = await self.plane.connect(
                packet.ip, packet.port, source_ip=packet.source_ip, protocol=packet.protocol,
                seconds=0.8 * packet.seconds, local=False,
            )  # fmt: skip
        except ConnectionRefused:
            return Connected("refused", self._node)
        except ConnectionTimedOut:
            return Connected("timed out", self._node)
        return found.end

    def _accept(self, packet: Connect, sandbox: SandboxStatus | None) -> Connected:
        if sandbox is None:
            return Connected("timed out", self._node)
        listener = self._life.runtime.listener(sandbox.pod_uid, packet.port, packet.protocol)
        if listener is None:
            return Connected("refused", self._node)
        return Connected(
            "connected",
            self._node,
            sandbox.namespace,
            sandbox.name,
            sandbox.pod_uid,
            listener.name,
            self._program(listener, sandbox),
        )

    # -- programs ------------------------------------------------------------------------

    def _program(self, container: ContainerStatus, sandbox: SandboxStatus) -> Address | None:
        """Return the address of the program in a container, begun if need be."""
        known = self._running.get(container.id)
        if known is not None:
            return known
        program = self._programs.get(container.image.rpartition(":")[0] or container.image)
        if program is None:
            return None
        context = ProgramContext(
            self._node, sandbox.namespace, sandbox.name, sandbox.ip, self.plane,
            partial(self._life.runtime.read_file, container.id),
        )  # fmt: skip
        if not self._running:
            self.after(_SWEEP_SECONDS, self._sweep)
        address = self.spawn(lambda: program(context), container.id, policy=_POLICY)
        self._running[container.id] = address
        return address

    def _sweep(self) -> None:
        """End the programs whose containers have ended."""
        alive = {each.id for each in self._life.runtime.containers() if each.running}
        for container_id in [each for each in self._running if each not in alive]:
            self.stop_child(container_id)
            del self._running[container_id]
        if self._running:
            self.after(_SWEEP_SECONDS, self._sweep)
