"""Which actors run on which hosts: the same answer for both worlds."""

from collections.abc import Callable
from typing import Any

import attrs

from kactors.actors import Actor, RestartPolicy
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import User
from kactors.client.config import ClientConfig
from kactors.client.leader_election import LeaderElectionConfig
from kactors.cloud.state import CloudState
from kactors.cluster.addresses import apiservers
from kactors.cluster.errors import InvalidTopology
from kactors.cluster.knobs import COMPONENTS, ConfigT, configured
from kactors.cluster.network import wires
from kactors.cluster.topology import Topology
from kactors.node.machine import NodeMachine
from kactors.node.proxy.underlay import Underlay

__all__ = ["ActorPlan", "Blueprint", "HostPlan"]


@attrs.frozen
class ActorPlan:
    """One actor that each life of a host begins with.

    Attributes:
        name: of the actor on its host.
        factory: makes it, anew for each life.
        policy: of its supervisor; the default unless given.
    """

    name: str
    factory: Callable[[], Actor]
    policy: RestartPolicy | None = None


@attrs.frozen
class HostPlan:
    """One host and what runs there.

    Attributes:
        name, zone: of the host.
        actors: that each of its lives begins with.
        machine: of a node: what its programs share.
    """

    name: str
    zone: str
    actors: tuple[ActorPlan, ...]
    machine: NodeMachine | None = None


@attrs.frozen
class Blueprint:
    """What components are set up with: the topology, and who may ask as whom.

    Attributes:
        topology: what is wanted.
        authority: issues the identity of each component; the apiservers' own.
        cloud: that the nodes are in, if the topology wants one.
        underlay: which host gets the packets for an address.
    """

    topology: Topology
    authority: TokenAuthority
    cloud: CloudState | None = None
    underlay: Underlay = attrs.field(eq=False)

    @underlay.default
    def _underlay(self) -> Underlay:
        return self.cloud or wires(self.topology)

    def client_of(self, user: User) -> ClientConfig:
        """Return how a component that is ``user`` reaches the apiservers."""
        token = self.authority.for_user(user)
        replicas = apiservers(self.topology)
        return self.configured("client", ClientConfig, replicas=replicas, token=token)

    def election(self, name: str) -> LeaderElectionConfig:
        """Return how one component's leader is elected."""
        return self.configured("election", LeaderElectionConfig, name=name)

    def configured(self, component: str, config: type[ConfigT], **given: Any) -> ConfigT:
        """Return a component's configuration; see `kactors.cluster.knobs.configured`."""
        return configured(component, self.topology.knobs_of(component), config, **given)

    def check_knobs(self) -> None:
        """See to it that every knob is somebody's.

        Raises:
            InvalidTopology: one is nobody's.
        """
        for name, _ in self.topology.knobs:
            if name.partition(".")[0] not in COMPONENTS:
                raise InvalidTopology(
                    f"the knob {name!r} is nobody's: begin it with one of "
                    f"{', '.join(COMPONENTS)}, and a dot"
                )
