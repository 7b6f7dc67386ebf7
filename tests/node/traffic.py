"""Nodes with kubelets, proxies and a network, and clients on them."""

from collections.abc import Mapping
from typing import Any

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.objects import Object
from kactors.node.errors import ConnectionRefused, ConnectionTimedOut
from kactors.node.kube_proxy import KubeProxy, KubeProxyConfig
from kactors.node.machine import NodeMachine
from kactors.node.network import NETWORK_ACTOR, NodeNetwork, Program
from kactors.node.proxy.dataplane import Connection, DataPlane
from kactors.node.proxy.underlay import StaticUnderlay
from kactors.runtime.random import stream
from tests.node.cluster import NodeCluster
from tests.node.objects import container, pod
from tests.node.proxy.services import endpoint, endpoint_slice

QUICK = {"pull-seconds": "0.1", "up-seconds": "0", "stop-seconds": "0.1"}


class TrafficCluster(NodeCluster):
    """A cluster through which traffic flows.

    Attributes:
        proxies: the present life of each kube-proxy, by node.
    """

    def __init__(
        self, *nodes: str, programs: Mapping[str, Program] | None = None, **config: Any
    ) -> None:
        self.proxies: dict[str, KubeProxy] = {}
        self.connects = 0
        self.underlay = StaticUnderlay()
        super().__init__(*(nodes or ("n1", "n2")), **config)
        for number, name in enumerate(self.machines, start=1):
            self.underlay.add_node(f"192.168.0.{number}", name)
            self.underlay.add_range(f"10.244.{number}.0/24", name)
            self._deploy_network(name, programs or {})

    def _proxy(self, name: str) -> KubeProxy:
        config = KubeProxyConfig(node=name, client=self.client_config)
        made = self.proxies[name] = KubeProxy(config, self.machines[name])
        return made

    def start_proxy(self, name: str) -> None:
        """Start a node's kube-proxy that was stopped."""
        self.world.hosts[name].system.start(lambda: self._proxy(name), "kube-proxy")

    def _deploy_network(self, name: str, programs: Mapping[str, Program]) -> None:
        machine, host = self.machines[name], self.world.hosts[name]
        host.deploy(lambda: self._proxy(name), "kube-proxy")
        host.deploy(lambda: NodeNetwork(name, machine, self.underlay, programs), NETWORK_ACTOR)

    def add_outside(self, name: str, ip: str) -> None:
        """Add a host that has no part in the cluster."""
        host = self.world.add_host(name)
        machine = self.machines[name] = NodeMachine(ip)
        machine.enter(host.machine)

    def run_web(self, *nodes: str) -> None:
        """Run a pod ``web-N`` on each of these nodes, and have them all ready."""
        ports = [{"containerPort": 8080}]
        names = [f"web-{number}" for number in range(1, len(nodes) + 1)]
        for name, node in zip(names, nodes, strict=True):
            made = pod(name, nodeName=node, behaviour=QUICK, containers=[container(ports=ports)])
            self.put(made)
        self.until_ready(*names)

    def endpoints_of(self, *names: str, **more: Any) -> Object:
        """Return an EndpointSlice ``web`` of pods, as its controller would write it."""
        found = []
        for name in names:
            made = self.get("Pod", name)
            assert made is not None, f"there is no pod {name}"
            ip, node = made["status"]["podIP"], made["spec"]["nodeName"]
            reference = {"kind": "Pod", "uid": made["metadata"]["uid"]}
            found.append(endpoint(ip, node, targetRef=reference, **more))
        return endpoint_slice("web", *found)

    def connect(self, node: str, ip: str, port: int = 80, **more: Any) -> Connection | str:
        """Connect from a node; return the connection, or what has become of it."""
        life = self.life(node)
        self.connects += 1
        number = self.connects

        async def main(system: System) -> Connection | str:
            plane = DataPlane(
                node=node,
                node_ip=self.machines[node].node_ip,
                life=life,
                asker=SystemAsker(system),
                underlay=self.underlay,
                random=stream(number, "connect"),
            )
            try:
                return await plane.connect(ip, port, **more)
            except ConnectionRefused:
                return "refused"
            except ConnectionTimedOut:
                return "timed out"

        answer: Connection | str = self.world.call(node, main)
        return answer

    def pods_reached(self, node: str, ip: str, port: int = 80, times: int = 20) -> set[str]:
        """Connect many times; return the pods that have answered, and what else has become."""
        found = set()
        for _ in range(times):
            answer = self.connect(node, ip, port)
            found.add(answer if isinstance(answer, str) else answer.end.pod)
        return found
