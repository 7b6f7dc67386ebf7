"""Storms: faults and knobs that are drawn from the seed before the run.

Swarm testing at three levels (Groce et al., ISSTA 2012; FoundationDB's knobs): which gusts there
are at all and with which weights, how many and how hard, and which settings are at an extreme.
What is drawn is a plan like any other: it prints, replays and shrinks.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

import attrs

from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.cluster.control_plane import masters
from kactors.cluster.errors import InvalidTopology
from kactors.cluster.knobs import KNOBS
from kactors.cluster.plan import Blueprint
from kactors.cluster.topology import Topology
from kactors.cluster.workers import nodes
from kactors.faults.fault import Fault
from kactors.faults.plan import FaultPlan
from kactors.faults.printing import as_call
from kactors.runtime.random import Random, stream
from kactors.scenario.atlas import Atlas
from kactors.scenario.draw import Draw
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.gusts import GUSTS

__all__ = ["Drawn", "Storm"]

_LENGTHS: Final = (1, 3, 6, 12, 24)
_WEIGHT_MAX: Final = 100
#: Share of the runs in which knobs are turned, and of the knobs that then are.
_TURNED: Final = 0.5
_EACH: Final = 0.15


@attrs.frozen
class Drawn:
    """What a storm comes to.

    Attributes:
        plan: of faults.
        knobs: settings at their extremes.
    """

    plan: FaultPlan
    knobs: tuple[tuple[str, Any], ...]


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


@attrs.frozen(repr=False)
class Storm:
    """A plan that is drawn for each seed.

    Attributes:
        gusts: names of what it may consist of; all of `kactors.scenario.gusts.GUSTS` unless given.
        most: how many gusts at most.
        knobs: whether settings of the components may be turned, too.
    """

    gusts: tuple[str, ...] = attrs.field(default=tuple(GUSTS), converter=_names)
    most: int = attrs.field(default=24, kw_only=True)
    knobs: bool = attrs.field(default=True, kw_only=True)

    @gusts.validator
    def _check_gusts(self, attribute: object, value: tuple[str, ...]) -> None:
        del attribute
        for name in value:
            if name not in GUSTS:
                near = get_close_matches(name, GUSTS, n=1) or list(GUSTS)
                raise InvalidScenario(
                    f"a storm has no {name!r}: did you mean {' or '.join(map(repr, near))}?",
                    literal=name,
                )
        if not value:
            raise InvalidScenario("a storm of nothing: name some gusts, or none for all")

    @most.validator
    def _check_most(self, attribute: object, value: int) -> None:
        del attribute
        if value < 1:
            raise InvalidScenario(f"most is {value!r}: give at least 1, or a FaultPlan()")

    def __repr__(self) -> str:
        return as_call(self)

    def draw(
        self, seed: int, name: str, topology: Topology, chaos_s: float, *, unlimited: bool
    ) -> Drawn:
        """Draw a plan and knobs.

        Args:
            seed: of the run.
            name: of the scenario.
            topology: of the cluster; knobs that it has are left as they are.
            chaos_s: when chaos ends.
            unlimited: more masters may be lost than a quorum can bear.
        """
        chance = stream(seed, "storm", name)
        weights = self._weights(chance)
        length = min(self.most, _LENGTHS[chance.below(len(_LENGTHS))])
        atlas = Atlas(topology.master_names, unlimited=unlimited)
        draw = Draw(chance, topology, atlas, chaos_s)
        faults: list[Fault] = []
        for _ in range(length):
            (gust,) = chance.choices(list(weights), list(weights.values()))
            faults += GUSTS[gust](draw)
        knobs = self._turned(stream(seed, "knobs", name), topology) if self.knobs else ()
        return Drawn(FaultPlan(tuple(faults)), knobs)

    def _weights(self, chance: Random) -> dict[str, int]:
        """Draw how many gusts are on, which, and how often each is chosen."""
        count = 1 + chance.below(len(self.gusts))
        chosen = chance.sample(self.gusts, count)
        return {name: 1 + chance.below(_WEIGHT_MAX) for name in chosen}

    def _turned(self, chance: Random, topology: Topology) -> tuple[tuple[str, Any], ...]:
        """Draw settings at their extremes that fit together."""
        turned = dict(topology.knobs)
        if not chance.chance(_TURNED):
            return tuple(sorted(turned.items()))
        for name, knob in KNOBS.items():
            if not chance.chance(_EACH) or name in turned:
                continue
            value = knob.extremes[chance.below(len(knob.extremes))]
            if _fits(topology, {**turned, name: value}):
                turned[name] = value
        return tuple(sorted(turned.items()))


def _fits(topology: Topology, knobs: dict[str, Any]) -> bool:
    """Tell whether components accept these settings together."""
    try:
        blueprint = Blueprint(attrs.evolve(topology, knobs=knobs), TokenAuthority.from_seed(0))
        blueprint.check_knobs()
        for made in (masters, nodes):
            next(iter(made(blueprint)), None)
    except InvalidTopology:
        return False
    return True
