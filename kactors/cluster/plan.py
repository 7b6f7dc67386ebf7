"""Which actors run on which hosts: the same answer for both worlds."""

from collections.abc import Callable

import attrs

from kactors.actors import Actor, RestartPolicy
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import User
from kactors.client.config import ClientConfig
from kactors.cluster.addresses import apiservers
from kactors.cluster.errors import InvalidTopology
from kactors.cluster.topology import Topology
from kactors.node.machine import NodeMachine

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
    """

    topology: Topology
    authority: TokenAuthority

    def client_of(self, user: User) -> ClientConfig:
        """Return how a component that is ``user`` reaches the apiservers."""
        return ClientConfig(replicas=apiservers(self.topology), token=self.authority.for_user(user))

    def check_knobs(self, known: frozenset[str]) -> None:
        """See to it that every knob is somebody's.

        Raises:
            InvalidTopology: one is nobody's.
        """
        for name, _ in self.topology.knobs:
            component = name.partition(".")[0]
            if component not in known:
                raise InvalidTopology(
                    f"the knob {name!r} is nobody's: begin it with one of "
                    f"{', '.join(sorted(known))}, and a dot"
                )
