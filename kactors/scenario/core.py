"""The part of a cluster that must come round in the end."""

from kactors.faults.disk import LoseDisk
from kactors.runtime.random import stream
from kactors.scenario.scenario import Scenario

__all__ = ["core_of"]

#: With which each further master belongs to the core.
_MORE = 0.3


def core_of(scenario: Scenario, seed: int) -> tuple[str, ...]:
    """Return the core's hosts: all, or at least a quorum of masters and half of the nodes.

    A master that has lost its disk may have to learn everything from the others, and has no vote
    until it has: so there is a quorum without such masters. If there cannot be, the core is all.

    Source: TigerBeetle's VOPR, which heals a random view-change quorum and no more.
    """
    topology = scenario.topology
    masters, nodes = topology.master_names, topology.node_names
    if scenario.core == "everything":
        return (*masters, *nodes)
    chance = stream(seed, "core", scenario.name)
    emptied = [fault.host for fault in scenario.plan if isinstance(fault, LoseDisk)]
    sound = [name for name in masters if name not in emptied and "@leader" not in emptied]
    quorum = len(masters) // 2 + 1
    if len(sound) < quorum:
        return (*masters, *nodes)
    chosen_masters = chance.sample(sound, quorum)
    chosen_masters += [name for name in masters if chance.chance(_MORE)]
    half = (len(nodes) + 1) // 2
    chosen_nodes = chance.sample(nodes, chance.randint(half, len(nodes)))
    return tuple(name for name in scenario.hosts if name in (*chosen_masters, *chosen_nodes))
