"""The cloud's API: what is asked, and what is answered."""

from kactors.actors.request import Request
from kactors.wire import message

__all__ = [
    "CreateRoute", "DeleteLoadBalancer", "DeleteRoute", "DescribeInstance", "Done",
    "EnsureLoadBalancer", "Instance", "ListRoutes", "LoadBalancer", "LoadBalancerPort", "Route",
    "Routes",
]  # fmt: skip


@message("cloud.done")
class Done:
    """It is done, or was done already."""


@message("cloud.instance")
class Instance:
    """A machine in the cloud.

    Attributes:
        id: the cloud's own name for it, unique for ever.
        name: of the Node, and of the host.
        zone, region, type: where and what it is.
        internal_ip, external_ip: its addresses; the second may be empty.
        running: or it is stopped.
    """

    id: str
    name: str
    zone: str
    region: str
    type: str
    internal_ip: str
    external_ip: str = ""
    running: bool = True

    @property
    def provider_id(self) -> str:
        """What ``spec.providerID`` of its Node says."""
        return f"sim:///{self.zone}/{self.id}"


@message("cloud.describe-instance")
class DescribeInstance(Request[Instance]):
    """Asks for an instance, by the id of its Node, or by name if that is empty."""

    provider_id: str
    name: str


@message("cloud.route")
class Route:
    """Packets for a range of addresses go to an instance."""

    name: str
    cidr: str
    instance: str


@message("cloud.routes")
class Routes:
    """All routes."""

    routes: tuple[Route, ...]


@message("cloud.list-routes")
class ListRoutes(Request[Routes]):
    """Asks for all routes."""


@message("cloud.create-route")
class CreateRoute(Request[Done]):
    """Asks for a route; one of its name is replaced."""

    route: Route


@message("cloud.delete-route")
class DeleteRoute(Request[Done]):
    """Asks for a route to be gone."""

    name: str


@message("cloud.load-balancer-port")
class LoadBalancerPort:
    """What a load balancer passes on: from its port to a port of every node."""

    port: int
    node_port: int
    protocol: str


@message("cloud.load-balancer")
class LoadBalancer:
    """A load balancer: an address outside, and the nodes that it passes traffic on to."""

    name: str
    ip: str
    ports: tuple[LoadBalancerPort, ...]
    nodes: tuple[str, ...]


@message("cloud.ensure-load-balancer")
class EnsureLoadBalancer(Request[LoadBalancer]):
    """Asks for a load balancer, or for one to be changed; it keeps its address."""

    name: str
    ports: tuple[LoadBalancerPort, ...]
    nodes: tuple[str, ...]


@message("cloud.delete-load-balancer")
class DeleteLoadBalancer(Request[Done]):
    """Asks for a load balancer to be gone."""

    name: str
