"""Applies a plan to a world: begins and ends its faults, heals, and counts.

Theory of operation
===================

Each fault of the plan is *armed* when the injector is started: put on the agenda, or
watched for. When its time or its trigger comes it *fires*: its effect begins, and its end is
put on the agenda, or watched for. It is *felt* once a message, a write, a read or a task
has met it. What fires at one instant fires in the order of the plan, after what ends then.

`Injector.heal` ends everything, or everything that concerns a core of hosts, whose links
among each other are then spared by every rule; what concerns others stays broken for good.
Nothing begins or ends after that.
"""

from collections import Counter
from collections.abc import Collection
from functools import partial

import attrs

from kactors.evidence.trace import Level, Recorder
from kactors.faults.agenda import Agenda
from kactors.faults.effect import Effect
from kactors.faults.effects import Effects
from kactors.faults.fault import SYMBOL, Fault
from kactors.faults.plan import FaultPlan
from kactors.faults.target import FaultTarget
from kactors.faults.watcher import Watch, Watcher
from kactors.faults.when import At, For, Until, When

_ENDS_FIRST = 0
_THEN_STARTS = 1


@attrs.frozen
class Counts:
    """What has become of the faults of one kind.

    Attributes:
        armed: how many the plan has.
        fired: how many have begun.
        felt: how many of these were met by anybody.
    """

    armed: int
    fired: int
    felt: int


@attrs.frozen
class Span:
    """What one fault that has fired did.

    Attributes:
        fault: with hosts for its symbols.
        began_ns: true time.
        ended_ns: true time; nothing while it lasts, or if it was left broken for good.
        felt: whether anybody has met it so far.
    """

    fault: Fault
    began_ns: int
    ended_ns: int | None
    felt: bool


@attrs.define(eq=False)
class _Course:
    """How far one fault has come.

    Attributes:
        fault: as in the plan, with its symbols.
        owner: names it, among equals too.
        order: its place in the plan.
        effect: while it lasts and afterwards.
        fired: what has begun: the fault with hosts for its symbols.
        began_ns, ended_ns: true time.
        active: between its beginning and its end.
        watch: while it waits for a trigger.
    """

    fault: Fault
    owner: str
    order: int
    effect: Effect | None = None
    fired: Fault | None = None
    began_ns: int = 0
    ended_ns: int | None = None
    active: bool = False
    watch: Watch | None = None


class Injector:
    """Applies one plan to one world, once.

    Args:
        target: the world.
        plan: what to do to it.
        recorder: traces every beginning and end.

    Raises:
        UnknownHostError: the plan names a host that the world does not have.
    """

    def __init__(
        self, target: FaultTarget, plan: FaultPlan, *, recorder: Recorder | None = None
    ) -> None:
        plan.check(target.hosts())
        self.plan = plan
        self._target = target
        self._recorder = recorder
        self._watcher = Watcher(target)
        self._agenda = Agenda(target.call_at)
        self._effects = Effects(target)
        self._courses = [
            _Course(fault, owner, order)
            for order, (fault, owner) in enumerate(zip(plan.faults, _owners(plan), strict=True))
        ]
        self._started_ns = 0
        self._closed = False

    def start(self) -> None:
        """Arm every fault; their times count from now."""
        self._started_ns = self._target.now_ns()
        for course in self._courses:
            start = course.fault.start
            if isinstance(start, At):
                at_ns = self._started_ns + start.ns
                self._agenda.add(at_ns, (_THEN_STARTS, course.order), partial(self._begin, course))
            else:
                self._wait(course, start, _THEN_STARTS)

    def heal(self, core: Collection[str] | None = None) -> None:
        """End every fault and bring up every host that one has brought down.

        Args:
            core: heal only these hosts and the links among them; what concerns others stays
                as it is, for good.
        """
        self._closed = True
        self._agenda.clear()
        for course in self._courses:
            if course.watch is not None:
                self._watcher.forget(course.watch)
        if core is not None:
            self._target.rules.spare(core)
        for course in self._courses:
            if course.effect is not None:
                course.effect.heal(core)
                if course.active and core is None:
                    self._ended(course)

    def counts(self) -> dict[str, Counts]:
        """Return what has become of each kind of fault in the plan, sorted by kind."""
        counts: dict[str, Counts] = {}
        for kind in sorted({course.fault.kind for course in self._courses}):
            mine = [course for course in self._courses if course.fault.kind == kind]
            fired = [course.effect for course in mine if course.effect is not None]
            felt = sum(effect.felt() for effect in fired)
            counts[kind] = Counts(armed=len(mine), fired=len(fired), felt=felt)
        return counts

    def spans(self) -> tuple[Span, ...]:
        """Return what has fired, in the order of the plan."""
        return tuple(
            Span(course.fired, course.began_ns, course.ended_ns, course.effect.felt())
            for course in self._courses
            if course.fired is not None and course.effect is not None
        )

    def active(self) -> tuple[Fault, ...]:
        """Return the faults that have begun and not ended, in the order of the plan."""
        return tuple(course.fault for course in self._courses if course.active)

    def _begin(self, course: _Course) -> None:
        course.watch = None
        fault = self._resolved(course.fault)
        if self._closed or fault is None:
            return
        now_ns = self._target.now_ns()
        if isinstance(fault.end, Until) and self._started_ns + fault.end.ns <= now_ns:
            return  # its trigger came when it should have been over
        effect = self._effects.make(fault, course.owner)
        if not effect.begin():
            return
        course.effect = effect
        course.fired = fault
        course.began_ns = now_ns
        course.ended_ns = None if fault.lasting else now_ns
        course.active = fault.lasting
        self._record("fault begins" if fault.lasting else "fault", course)
        match fault.end:
            case For(ns=ns):
                self._end_at(course, now_ns + ns)
            case Until(ns=ns):
                self._end_at(course, self._started_ns + ns)
            case When() as when:
                self._wait(course, when, _ENDS_FIRST)

    def _end(self, course: _Course) -> None:
        course.watch = None
        if not self._closed and course.effect is not None:
            course.effect.end()
            self._ended(course)

    def _ended(self, course: _Course) -> None:
        course.active = False
        course.ended_ns = self._target.now_ns()
        self._record("fault ends", course)

    def _end_at(self, course: _Course, at_ns: int) -> None:
        self._agenda.add(at_ns, (_ENDS_FIRST, course.order), partial(self._end, course))

    def _wait(self, course: _Course, when: When, phase: int) -> None:
        """Begin or end a fault when its trigger has fired, and a while later."""
        step = self._end if phase == _ENDS_FIRST else self._begin

        def fired() -> None:
            if when.delay_ns:
                at_ns = self._target.now_ns() + when.delay_ns
                self._agenda.add(at_ns, (phase, course.order), partial(step, course))
            else:
                step(course)

        course.watch = self._watcher.watch(when.trigger, when.occurrence, fired)

    def _resolved(self, fault: Fault) -> Fault | None:
        """Return the fault with hosts for its symbols; nothing if nobody plays the part."""
        found: dict[str, str | None] = {
            name: self._target.resolve(name) for name in fault.hosts() if name.startswith(SYMBOL)
        }
        if None in found.values():
            return None
        return fault.resolved(lambda name: found.get(name) or name) if found else fault

    def _record(self, what: str, course: _Course) -> None:
        if self._recorder is not None:
            self._recorder.record_world(
                what,
                Level.FAULT,
                kind=course.fault.kind,
                fault=repr(course.fault),
                owner=course.owner,
            )


def _owners(plan: FaultPlan) -> list[str]:
    """Name each fault so that its chance does not depend on the others of the plan."""
    seen: Counter[str] = Counter()
    owners = []
    for fault in plan.faults:
        seen[fault.key] += 1
        count = seen[fault.key]
        owners.append(fault.key if count == 1 else f"{fault.key} #{count}")
    return owners
