"""The scenario: what a cluster is, what happens to it, and what must hold, as one value."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final, Literal

import attrs

from kactors.api.objects import Object
from kactors.cluster.topology import Topology
from kactors.faults.errors import UnknownHostError
from kactors.faults.fault import SYMBOL
from kactors.faults.plan import FaultPlan
from kactors.faults.printing import as_call
from kactors.scenario.clients import ApiClients, Calls
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.etcd_steps import AnyStep
from kactors.scenario.goals import Goal
from kactors.scenario.storm import Storm

__all__ = ["ROLES", "Budget", "Core", "Scenario"]

Budget = Literal["recoverable", "beyond"]
"""Whether faults stay within what the design promises to survive, or may go beyond it."""

Core = Literal["everything", "random"]
"""What is healed in the end: all, or a core that is drawn from the seed."""

#: Parts that faults may be aimed at, whoever plays them.
ROLES: Final = ("@controllers", "@leader", "@scheduler")


def _objects(given: Iterable[Object]) -> tuple[Object, ...]:
    return tuple(given)


def _steps(given: Iterable[AnyStep]) -> tuple[AnyStep, ...]:
    return tuple(given)


def _goals(given: Iterable[Goal]) -> tuple[Goal, ...]:
    return tuple(given)


def _calls(given: Iterable[Calls]) -> tuple[Calls, ...]:
    return tuple(given)


def _positive(instance: object, attribute: "attrs.Attribute[float]", value: float) -> None:
    del instance
    if not value > 0:
        raise InvalidScenario(f"{attribute.name} is {value!r}: give seconds above 0")


def _one_of(*choices: str) -> Any:
    def check(instance: object, attribute: "attrs.Attribute[str]", value: object) -> None:
        del instance
        if value not in choices:
            raise InvalidScenario(
                f"{attribute.name} is {value!r}: give one of {', '.join(map(repr, choices))}",
                literal=str(value),
            )

    return check


@attrs.frozen(kw_only=True, repr=False)
class Scenario:
    """What is done to a cluster, and what must hold.

    A run has four phases: the cluster comes up with its workload; chaos, from scenario time 0 on;
    what belongs to the core is healed; and what does must settle. All times are seconds of
    scenario time.

    Attributes:
        name: that of its file, with dashes.
        topology: of the cluster.
        workload: objects that are there before time 0, and settled.
        script: what an administrator does meanwhile.
        faults: a plan, or a storm that draws one, and knobs, from the seed.
        goals: what must hold.
        calls: programs that call Services from time 0 on.
        api_clients: who reads and writes through the apiservers from time 0 on.
        come_up_s: how long the cluster and its workload may take until time 0.
        chaos_s: when faults end.
        converge_s: how long the core may take to settle afterwards.
        budget: ``recoverable``, or ``beyond``: liveness is then not judged, only safety.
        core: ``everything``, or ``random``: the rest stays broken for good.

    Raises:
        InvalidScenario: it contradicts itself, or names a host that there is not.
    """

    name: str
    topology: Topology = attrs.field(factory=Topology)
    workload: tuple[Object, ...] = attrs.field(default=(), converter=_objects)
    script: tuple[AnyStep, ...] = attrs.field(default=(), converter=_steps)
    faults: FaultPlan | Storm = attrs.field(factory=FaultPlan)
    goals: tuple[Goal, ...] = attrs.field(default=(), converter=_goals)
    calls: tuple[Calls, ...] = attrs.field(default=(), converter=_calls)
    api_clients: ApiClients = attrs.field(factory=lambda: ApiClients(0))
    come_up_s: float = attrs.field(default=300.0, validator=_positive)
    chaos_s: float = attrs.field(default=120.0, validator=_positive)
    converge_s: float = attrs.field(default=180.0, validator=_positive)
    budget: Budget = attrs.field(default="recoverable", validator=_one_of("recoverable", "beyond"))
    core: Core = attrs.field(default="everything", validator=_one_of("everything", "random"))

    def __attrs_post_init__(self) -> None:
        self._check_kinds()
        self._check_names()
        if isinstance(self.faults, FaultPlan):
            self._check_plan(self.faults)
        for step in self.script:
            if step.at_s > self.chaos_s:
                raise InvalidScenario(
                    f"{step!r} begins after chaos has ended, at {self.chaos_s:g} s: "
                    "begin it earlier, or give a longer chaos_s"
                )

    def __repr__(self) -> str:
        return as_call(self)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that faults may be aimed at."""
        return (*self.topology.master_names, *self.topology.node_names)

    @property
    def plan(self) -> FaultPlan:
        """The plan of a scenario as it is run: see `drawn`."""
        assert isinstance(self.faults, FaultPlan), "a scenario is run after its plan was drawn"
        return self.faults

    def drawn(self, seed: int) -> "Scenario":
        """Return the scenario with what its storm, if it has one, draws for a seed."""
        if isinstance(self.faults, FaultPlan):
            return self
        unlimited = self.budget == "beyond"
        drawn = self.faults.draw(seed, self.name, self.topology, self.chaos_s, unlimited=unlimited)
        topology = attrs.evolve(self.topology, knobs=dict(drawn.knobs))
        return attrs.evolve(self, faults=drawn.plan, topology=topology)

    def _check_kinds(self) -> None:
        kinds: tuple[tuple[str, Any, Any, str], ...] = (
            ("script", self.script, AnyStep, "steps, such as Scale('web', replicas=3, at_s=5)"),
            ("goals", self.goals, Goal, "goals: Always(...) and Eventually(...)"),
            ("workload", self.workload, dict, "objects, such as deployment('web', 3)"),
            ("calls", self.calls, Calls, "calls, such as Calls('web')"),
        )
        for name, values, kind, remedy in kinds:
            for value in values:
                if not isinstance(value, kind):
                    raise InvalidScenario(f"{name} has {value!r}: it consists of {remedy}")
        if not isinstance(self.api_clients, ApiClients):
            raise InvalidScenario(
                f"api_clients is {self.api_clients!r}: give ApiClients, such as ApiClients(3)"
            )
        if not isinstance(self.faults, (FaultPlan, Storm)):
            raise InvalidScenario(f"faults is {self.faults!r}: give a FaultPlan or a Storm")

    def _check_names(self) -> None:
        names = [goal.name for goal in self.goals]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidScenario(
                f"two goals are named {twice!r}: give each a name of its own", literal=twice
            )

    def _check_plan(self, plan: FaultPlan) -> None:
        for name in plan.hosts():
            if name.startswith(SYMBOL) and name not in ROLES:
                near = get_close_matches(name, ROLES, n=1) or ROLES
                raise InvalidScenario(
                    f"a fault is aimed at {name!r}, and nobody plays that part: did you mean "
                    f"{' or '.join(map(repr, near))}?",
                    literal=name,
                )
        try:
            plan.check(self.hosts)
        except UnknownHostError as problem:
            unknown = [name for name in plan.hosts() if name not in (*self.hosts, *ROLES)]
            raise InvalidScenario(str(problem), literal="".join(unknown[:1])) from problem
        if self.budget == "beyond":
            return
        for fault in plan:
            if fault.forever:
                raise InvalidScenario(
                    f"{fault!r} never ends, and the budget is 'recoverable': give it an end, or "
                    "say budget='beyond', where only safety is judged",
                    literal="forever",
                )
