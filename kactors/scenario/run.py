"""Runs a scenario once, in virtual time, and tells what became of it.

Theory of operation
===================

The world advances a second at a time. After each, everybody who judges looks: goals, oracles,
and whether the core has settled. Nothing that the runner does between two looks is proportional to
the cluster; what is stored is followed change by change (`Truth`).

Phases: *come up* until everything is settled for the first time; *chaos*, from scenario time 0
until ``chaos_s``; then what concerns the core is *healed*, and it must *converge*: settle and stay
so for ten seconds (Anvil's eventually stable reconciliation), with every goal met.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from time import perf_counter  # noqa: TID251 - how long a run takes, which nothing in it sees

import attrs

from kactors.api.codec import paranoid
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.traffic import Target, Traffic
from kactors.evidence.digest import Digest
from kactors.evidence.trace import Recorder
from kactors.faults.injector import Injector
from kactors.faults.plan import FaultPlan
from kactors.faults.worlds import SimTarget
from kactors.runtime.probes import Probes
from kactors.runtime.sim.garbage import rare_collections
from kactors.scenario.administrator import Administrator
from kactors.scenario.bug import bug_of
from kactors.scenario.caretaker import Caretaker
from kactors.scenario.clients import ApiLoad
from kactors.scenario.core import core_of
from kactors.scenario.end_state import EndState
from kactors.scenario.errors import GoalRaised
from kactors.scenario.judge import Judge
from kactors.scenario.oracle import Finding, Oracle, Scene
from kactors.scenario.oracles import ORACLES
from kactors.scenario.oracles.end_state import EndRecorder, SameEnd
from kactors.scenario.outcome import Outcome, Violation
from kactors.scenario.scenario import Scenario
from kactors.scenario.settled import Awaited, unready, unsettled
from kactors.scenario.spans import HostSpans, fault_spans
from kactors.scenario.timeline import Sampler, Timeline
from kactors.scenario.token import token_for
from kactors.scenario.truth import Truth
from kactors.scenario.view import Clockwork, View

__all__ = ["Options", "run"]

#: For how long a cluster must stay settled.
_HELD_S = 10
#: The same before time 0, where nothing but coming up can have gone wrong.
_UP_HELD_S = 2


@attrs.frozen(kw_only=True)
class Options:
    """How a run is watched; nothing in here changes what happens in it.

    Attributes:
        paranoid: decode every object for everyone separately: slower, and the same digest.
        trace: keep a structured trace.
        digest: takes every delivery into account.
        oracles: who watches; all there are unless given.
        reference: compare the end with that of the same run without faults, which costs as much.
    """

    paranoid: bool = False
    trace: bool = False
    digest: Digest | None = None
    oracles: Sequence[Callable[[Scene], Oracle]] = ORACLES
    reference: bool = False


def run(
    scenario: Scenario, seed: int = 0, options: Options | None = None
) -> tuple[Outcome, Recorder | None]:
    """Run a scenario; return what became of it, and the trace, if one was asked for.

    Raises:
        InvalidTopology, InvalidScenario: the scenario asks for what cannot be.
        GoalRaised: a goal's predicate raised.
    """
    options = options or Options()
    scenario = scenario.drawn(seed)
    with ExitStack() as stack:
        stack.enter_context(rare_collections())  # the kernel's own ends with every second
        if options.paranoid:
            stack.enter_context(paranoid())
        probes = Probes(seed, buggify=False)
        cluster = stack.enter_context(
            SimulatedCluster(
                scenario.topology, seed, trace=options.trace, digest=options.digest, probes=probes
            )
        )
        oracles = list(options.oracles)
        if options.reference:
            oracles.append(partial(SameEnd, reference=partial(_without_faults, scenario, seed)))
        course = _Course(scenario, seed, cluster, oracles)
        return course.run(), cluster.world.recorder


def _without_faults(scenario: Scenario, seed: int) -> EndState | None:
    """Return what a run comes to if nothing goes wrong; nothing if it does not hold even then.

    Nor if the core is less than everything, or steps need not be carried out: then ends differ.
    """
    if scenario.core != "everything" or any(step.may_fail for step in scenario.script):
        return None
    recorders: list[EndRecorder] = []

    def recorder(scene: Scene) -> Oracle:
        recorders.append(EndRecorder(scene))
        return recorders[-1]

    faultless = attrs.evolve(scenario, faults=FaultPlan(), calls=())
    run(faultless, seed, Options(oracles=(recorder,)))
    return recorders[0].state


class _Course:
    """One run."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        cluster: SimulatedCluster,
        oracles: Sequence[Callable[[Scene], Oracle]],
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.cluster = cluster
        self.world = cluster.world
        self.truth = Truth(cluster)
        self.traffic: dict[str, Traffic] = {}
        self.clockwork = Clockwork(cluster, self.truth)
        self.core = core_of(scenario, seed)
        self.violations: list[Violation] = []
        self.findings: list[Finding] = []
        scene = Scene(cluster, self.truth, self._found, self.core)
        self.operations = scene.operations
        self.api_load = ApiLoad(cluster, scenario.api_clients, seed, scene.operations)
        self.oracles = [oracle(scene) for oracle in oracles]
        liveness = scenario.budget == "recoverable"
        self.liveness = liveness
        self.judge = Judge(scenario.goals, self.violations.append, liveness=liveness)
        self.timeline = Timeline(
            hosts=scenario.hosts,
            zones={name: self.world.hosts[name].machine.zone for name in scenario.hosts},
        )
        self.sampler = Sampler()
        self.host_spans = HostSpans(self.world, self.clockwork, scenario.hosts)
        self.admin = Administrator(cluster, self.clockwork, self.timeline.steps.append)
        self.caretaker = Caretaker(self.world)
        self.injector = Injector(SimTarget(self.world), scenario.plan, recorder=self.world.recorder)
        self.healed = False

    # -- the phases ------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Go through all phases, or up to the first violation."""
        began = perf_counter()
        try:
            self._phases()
        except GoalRaised:
            raise
        except Exception as problem:
            bug = bug_of(problem)
            if bug is None:
                raise
            at_s = self.clockwork.now_s
            self.violations.append(Violation("bug", bug.signature, bug.text, at_s))
        return self._outcome(perf_counter() - began)

    def _phases(self) -> None:
        self.timeline.phases["come up"] = self.clockwork.now_s
        if self._come_up() and self._chaos():
            self._converge()
        if not self.violations:
            self.judge.finish(self.clockwork.now_s)

    def _come_up(self) -> bool:
        """Run until the workload is settled; say whether it is.

        It is given to a cluster whose nodes are there, or the first of them would get all of it.
        """
        scenario = self.scenario
        everything = scenario.hosts
        given, held, waiting = False, 0, list[Awaited]()
        for _ in range(round(scenario.come_up_s)):
            view = self._second(everything)
            if self.violations:
                return False
            if not given:
                waiting = list(unready(view))
                given = not waiting
                if given:
                    self.admin.apply(scenario.workload, patience_s=scenario.come_up_s)
                continue
            waiting = [] if self.admin.pending else list(unsettled(view))
            held = held + 1 if not waiting and not self.admin.pending else 0
            if held >= _UP_HELD_S:
                self._begin_scenario_time()
                return True
        self._live_not("never came up", waiting)
        return False

    def _begin_scenario_time(self) -> None:
        """Let it be 0 now; what is noted so far was before."""
        timeline, now_s = self.timeline, self.clockwork.now_s
        self.clockwork.begin()
        timeline.steps.clear()
        timeline.phases["come up"] -= now_s
        timeline.samples = [
            attrs.evolve(sample, at_s=sample.at_s - now_s) for sample in timeline.samples
        ]

    def _chaos(self) -> bool:
        """Let everything happen that the scenario has; say whether all held."""
        self.timeline.phases["chaos"] = self.clockwork.now_s
        self._start_clients()
        self.injector.start()
        self.admin.start(self.scenario.script)
        self.judge.look(self._view(self.core))
        while self.clockwork.now_s < self.scenario.chaos_s:
            self.judge.look(self._second(self.core))
            if self.violations:
                return False
        return True

    def _start_clients(self) -> None:
        for calls in self.scenario.calls:
            target = Target(
                name=calls.service,
                port=calls.port,
                period_seconds=calls.period_s,
                timeout_seconds=calls.timeout_s,
            )
            self.traffic[calls.service] = self.cluster.add_traffic(target, calls.hosts or None)
        self.api_load.start()

    def _converge(self) -> None:
        """Heal the core, and run until it has settled, or should have."""
        self.timeline.phases["converge"] = self.clockwork.now_s
        self.injector.heal(None if self.scenario.core == "everything" else self.core)
        self.healed = True
        until_s = self.scenario.chaos_s + self.scenario.converge_s
        held, waiting = 0, list[Awaited]()
        while self.clockwork.now_s < until_s:
            view = self._second(self.core)
            self.judge.look(view)
            if self.violations:
                return
            waiting = list(unsettled(view))
            held = 0 if waiting else held + 1
            ripe = held >= _HELD_S and not self.judge.waits and not self.admin.pending
            if ripe and not any(oracle.waits() for oracle in self.oracles):
                break
        self._finish(converged=held >= _HELD_S)
        if held < _HELD_S and not self.violations:
            self._live_not("did not settle", waiting)

    def _finish(self, *, converged: bool) -> None:
        self.timeline.phases["end"] = self.clockwork.now_s
        self.api_load.stop()
        for oracle in self.oracles:
            oracle.finish(converged=converged and self.liveness)
        if not self.liveness:
            return
        for step in self.timeline.steps:
            if not step.done and not step.may_fail:
                text = f"{step.step} was not carried out in {step.tries} tries: {step.problem}"
                signature = f"liveness: step {step.step.partition('(')[0]}"
                self.violations.append(Violation("liveness", signature, text, step.ended_s))

    def _live_not(self, what: str, waiting: Sequence[Awaited]) -> None:
        """Object, if liveness is judged, or if there was never anything to judge."""
        if not self.liveness and what != "never came up":
            return
        first = waiting[0] if waiting else Awaited("workload", "the workload was not applied")
        texts = "; ".join(each.text for each in waiting[:5]) or first.text
        more = f"; and {len(waiting) - 5} more" if len(waiting) > 5 else ""
        text = f"the cluster {what}: {texts}{more}"
        signature = f"liveness: {what}, {first.what}"
        self.violations.append(Violation("liveness", signature, text, self.clockwork.now_s))

    # -- each second -----------------------------------------------------------------------

    def _second(self, core: Sequence[str]) -> View:
        """Let a second pass; return what is there to be seen then."""
        self.world.run_for(1.0)
        if self.admin.refused is not None:
            raise self.admin.refused
        self.caretaker.look(core if self.healed else None)
        for oracle in self.oracles:
            oracle.look()
        view = self._view(core)
        self.timeline.samples.append(self.sampler.sample(view))
        return view

    def _view(self, core: Sequence[str]) -> View:
        return View(self.cluster, self.truth, self.clockwork, core, self.traffic, self.operations)

    def _found(self, finding: Finding) -> None:
        self.findings.append(finding)
        at_s = self.clockwork.seconds(finding.at_ns)
        signature = f"{finding.oracle}: {finding.signature}"
        self.violations.append(Violation(finding.oracle, signature, finding.text, at_s))

    # -- the end ---------------------------------------------------------------------------

    def _outcome(self, wall_s: float) -> Outcome:
        timeline = self.timeline
        timeline.phases.setdefault("end", self.clockwork.now_s)
        timeline.host_spans = self.host_spans.finish()
        timeline.faults = fault_spans(self.injector, self.clockwork)
        timeline.findings = self.findings
        timeline.goals = list(self.judge.outcomes())
        digest = self.world.network.digest
        assert self.world.probes is not None, "the run was made without probes"
        return Outcome(
            scenario=self.scenario,
            seed=self.seed,
            violations=tuple(self.violations),
            goals=self.judge.outcomes(),
            digest=digest.hexdigest(),
            events=digest.events,
            virtual_s=self.world.time,
            wall_s=wall_s,
            faults=self.injector.counts(),
            probes={
                **dict.fromkeys(self.world.probes.never_hit, 0),
                **self.world.probes.hits,
            },
            replay=str(token_for(self.scenario, self.seed)),
            timeline=timeline,
        )
