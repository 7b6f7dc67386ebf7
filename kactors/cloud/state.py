"""A simulated cloud: what there is, and what its network does."""

from ipaddress import ip_network
from typing import Final

import attrs

from kactors.actors.checks import share
from kactors.cloud.errors import NotFound, QuotaExceeded
from kactors.cloud.messages import Instance, LoadBalancer, LoadBalancerPort, Route
from kactors.wire import evolve

__all__ = ["CloudState", "Troubles"]

_BALANCER_BASE: Final = "203.0.113."


def _ordered(troubles: object, field: object, seconds: tuple[float, float]) -> None:
    del troubles, field
    shortest, longest = seconds
    if not 0 <= shortest <= longest:
        raise ValueError(f"seconds is {seconds!r}: give the shortest and the longest time, in s")


@attrs.define
class Troubles:
    """How well the cloud's API does; may be changed at any time.

    Attributes:
        seconds: the shortest and the longest time that a call takes.
        failure: probability that a call fails, nothing done.
        silence: probability that a call is done and never answered.
        calls_per_minute: after which callers are told to come back; ``None`` for no limit.
        load_balancers, routes: how many there may be.
    """

    seconds: tuple[float, float] = attrs.field(default=(0.02, 0.2), validator=_ordered)
    failure: float = attrs.field(default=0.0, validator=share)
    silence: float = attrs.field(default=0.0, validator=share)
    calls_per_minute: int | None = None
    load_balancers: int = 250
    routes: int = 2000


class CloudState:
    """One cloud; the truth, whatever its API says.

    Args:
        region: in which all its zones are.

    Attributes:
        troubles: see `Troubles`.
        instances: by id.
        routes, load_balancers: by name.
    """

    def __init__(self, region: str = "region-1") -> None:
        self.region = region
        self.troubles = Troubles()
        self.instances: dict[str, Instance] = {}
        self.routes: dict[str, Route] = {}
        self.load_balancers: dict[str, LoadBalancer] = {}
        self._numbers = 0
        self._balancers = 0
        self._turns: dict[str, int] = {}  # of load balancers, by name
        # Made anew when they are next needed after a change.
        self._addresses: dict[str, str] | None = None
        self._ranges: dict[int, dict[int, str]] | None = None  # by mask, the narrowest first

    # -- instances: what an operator does ------------------------------------------------

    def launch(
        self, name: str, *, zone: str, internal_ip: str, external_ip: str = "", kind: str = "m1"
    ) -> Instance:
        """Add an instance that runs; its host is the one of the same name."""
        self._numbers += 1
        made = Instance(
            f"i-{self._numbers:05d}", name, zone, self.region, kind, internal_ip, external_ip
        )
        self.instances[made.id] = made
        self._addresses = None
        return made

    def terminate(self, name: str) -> None:
        """Let an instance be gone for ever. Raises: `NotFound`."""
        instance_id = self.find("", name).id
        del self.instances[instance_id]
        for route in [each for each in self.routes.values() if each.instance == instance_id]:
            del self.routes[route.name]
        self._addresses = self._ranges = None

    def stop(self, name: str) -> None:
        """Let an instance be switched off. Raises: `NotFound`."""
        self._set_running(name, running=False)

    def start(self, name: str) -> None:
        """Let an instance be switched on. Raises: `NotFound`."""
        self._set_running(name, running=True)

    def _set_running(self, name: str, *, running: bool) -> None:
        found = self.find("", name)
        self.instances[found.id] = evolve(found, running=running)

    def find(self, provider_id: str, name: str) -> Instance:
        """Return an instance by the id of its Node, or by its name.

        Raises:
            NotFound: there is none.
        """
        if provider_id:
            found = self.instances.get(provider_id.rpartition("/")[2])
            if found is not None and found.provider_id == provider_id:
                return found
            raise NotFound(f"instance {provider_id}")
        for each in self.instances.values():
            if each.name == name:
                return each
        raise NotFound(f"instance {name}")

    # -- routes and load balancers -------------------------------------------------------

    def create_route(self, route: Route) -> None:
        """Add a route, or replace that of its name. Raises: `NotFound`, `QuotaExceeded`."""
        if route.instance not in self.instances:
            raise NotFound(f"instance {route.instance}")
        if route.name not in self.routes and len(self.routes) >= self.troubles.routes:
            raise QuotaExceeded("routes")
        self.routes[route.name] = route
        self._ranges = None

    def delete_route(self, name: str) -> None:
        """Let a route be gone; nothing if it is not there."""
        self.routes.pop(name, None)
        self._ranges = None

    def ensure_load_balancer(
        self, name: str, ports: tuple[LoadBalancerPort, ...], nodes: tuple[str, ...]
    ) -> LoadBalancer:
        """Have a load balancer there, and like this. Raises: `QuotaExceeded`."""
        found = self.load_balancers.get(name)
        if found is None:
            if len(self.load_balancers) >= self.troubles.load_balancers:
                raise QuotaExceeded("load balancers")
            self._balancers += 1
            found = LoadBalancer(name, f"{_BALANCER_BASE}{self._balancers}", ports, nodes)
        found = evolve(found, ports=ports, nodes=nodes)
        self.load_balancers[name] = found
        return found

    def delete_load_balancer(self, name: str) -> None:
        """Let a load balancer be gone; nothing if it is not there."""
        self.load_balancers.pop(name, None)

    # -- the network ---------------------------------------------------------------------

    def host_of(self, ip: str) -> str | None:
        """Return the host that packets for an address arrive at; ``None``: there is no route.

        Instances by their addresses, pods by the routes; a stopped instance gets nothing. A load
        balancer passes connections on to its nodes in turn, those left out that are off.
        """
        for balancer in self.load_balancers.values():
            if balancer.ip == ip:
                return self._next_node(balancer)
        instance_id = self._by_address().get(ip)
        if instance_id is None:
            instance_id = self._routed(_number(ip))
        found = None if instance_id is None else self.instances.get(instance_id)
        return found.name if found is not None and found.running else None

    def _next_node(self, balancer: LoadBalancer) -> str | None:
        running = {each.name for each in self.instances.values() if each.running}
        nodes = [name for name in balancer.nodes if name in running]
        if not nodes:
            return None
        turn = self._turns.get(balancer.name, 0)
        self._turns[balancer.name] = turn + 1
        return nodes[turn % len(nodes)]

    def _by_address(self) -> dict[str, str]:
        if self._addresses is None:
            self._addresses = {
                ip: each.id
                for each in self.instances.values()
                for ip in (each.internal_ip, each.external_ip)
                if ip
            }
        return self._addresses

    def _routed(self, number: int) -> str | None:
        """Return the instance that a route names for an address; the narrowest route counts."""
        if self._ranges is None:
            found: dict[int, dict[int, str]] = {}
            for route in self.routes.values():
                network = ip_network(route.cidr)
                bases = found.setdefault(int(network.netmask), {})
                bases[int(network.network_address)] = route.instance
            self._ranges = dict(sorted(found.items(), reverse=True))
        for mask, bases in self._ranges.items():
            instance = bases.get(number & mask)
            if instance is not None:
                return instance
        return None


def _number(ip: str) -> int:
    number = 0
    for part in ip.split("."):
        number = number * 256 + int(part)
    return number
