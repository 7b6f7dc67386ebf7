"""The part of a cluster that must come round in the end."""

from kactors.runtime.random import stream
from kactors.scenario.scenario import Scenario

__all__ = ["core_of"]


def core_of(scenario: Scenario, seed: int) -> tuple[str, ...]:
    """Return the core's hosts: all, or at least a quorum of masters and half of the nodes.

    Source: TigerBeetle's VOPR, which heals a random view-change quorum and no more.
    """
    topology = scenario.topology
    masters, nodes = topology.master_names, topology.node_names
    if scenario.core == "everything":
        return (*masters, *nodes)
    chance = stream(seed, "core", scenario.name)
    quorum = len(masters) // 2 + 1
    chosen_masters = chance.sample(masters, chance.randint(quorum, len(masters)))
    half = (len(nodes) + 1) // 2
    chosen_nodes = chance.sample(nodes, chance.randint(half, len(nodes)))
    return tuple(name for name in scenario.hosts if name in (*chosen_masters, *chosen_nodes))
