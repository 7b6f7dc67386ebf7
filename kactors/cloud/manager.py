"""The cloud controller manager: one of several replicas leads, and runs the controllers.

Source: kubernetes cloud-provider app/controllermanager.go.
"""

from collections.abc import Callable, Mapping

import attrs

from kactors.actors import Actor, Address
from kactors.client.config import ClientConfig
from kactors.client.controller import Controller, ControllerContext
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.leader_election import LeaderElectionConfig, LeaderElector
from kactors.client.rest import Client
from kactors.cloud.node_controller import NodeController
from kactors.cloud.node_ipam import NodeIpamController
from kactors.cloud.node_lifecycle import CloudNodeLifecycleController
from kactors.cloud.provider import CloudProvider
from kactors.cloud.route_controller import RouteController
from kactors.cloud.service_controller import ServiceController
from kactors.runtime import sleep_forever

__all__ = ["CloudControllerManager", "CloudControllerManagerConfig"]


@attrs.frozen(kw_only=True)
class CloudControllerManagerConfig:
    """What a cloud controller manager is told at its start.

    Attributes:
        client: how to reach the apiservers, as ``system:cloud-controller-manager``.
        api: address of the cloud's API.
        cluster_cidr: addresses of all pods; empty if others allocate the ranges of Nodes.
        node_prefix: length of a node's range.
        routes: whether routes for pods are kept in the cloud.
        election: which Lease decides who leads.
    """

    client: ClientConfig
    api: Address
    cluster_cidr: str = ""
    node_prefix: int = 24
    routes: bool = True
    election: LeaderElectionConfig = attrs.field(
        factory=lambda: LeaderElectionConfig(name="cloud-controller-manager")
    )


class CloudControllerManager(Actor):
    """One replica; its controllers are its children, and live as long as it leads.

    Attributes:
        elector: knows who leads.
        informers: which the controllers share.
        leading: whether its controllers run.
    """

    elector: LeaderElector
    informers: SharedInformerFactory

    def __init__(self, config: CloudControllerManagerConfig) -> None:
        self.leading = False
        self._config = config
        self._terms = 0

    async def on_start(self) -> None:
        """Begin to stand for election."""
        client = Client.connect(self, self._config.client)
        self.informers = SharedInformerFactory(client, self.start_soon)
        for resource in ("nodes", "services"):
            self.informers.informer(resource)  # a standby is warm
        identity = f"{self.host.name}_{self.host.incarnation}.{self.life.number}"
        self.elector = LeaderElector(client, self._config.election, identity)
        self.start_soon(self._run, name="election")

    async def _run(self) -> None:
        await self.informers.wait_for_cache_sync()
        while True:
            await self.elector.run(self._lead)

    async def _lead(self) -> None:
        self._terms += 1  # in the names: those of the last term may not be gone yet
        controllers = {
            f"{name}.{self._terms}": factory for name, factory in self._controllers().items()
        }
        self.leading = True
        try:
            for name, factory in controllers.items():
                self.spawn(factory, name)
            await sleep_forever()
        finally:
            self.leading = False
            for name in controllers:
                self.stop_child(name)

    def _controllers(self) -> Mapping[str, Callable[[], Controller]]:
        config = self._config
        context = ControllerContext(
            config=config.client, informers=self.informers, guard=self.elector.remaining
        )
        provider = CloudProvider(self, config.api)
        found: dict[str, Callable[[], Controller]] = {
            "cloud-node": lambda: NodeController(context, provider),
            "cloud-node-lifecycle": lambda: CloudNodeLifecycleController(context, provider),
            "service": lambda: ServiceController(context, provider),
        }
        if config.cluster_cidr:
            found["node-ipam"] = lambda: NodeIpamController(
                context, config.cluster_cidr, config.node_prefix
            )
        if config.routes:
            found["route"] = lambda: RouteController(context, provider)
        return found
