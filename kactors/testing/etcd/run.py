"""One run of one schedule: a first leader, chaos, and then everything must come right."""

from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial

import attrs

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.etcd.client import EtcdClient
from kactors.faults import DiskFull, DiskReadError, DiskSyncError, DiskWriteError, KillActor
from kactors.faults.injector import Counts, Injector
from kactors.faults.worlds import SimTarget
from kactors.runtime import sleep
from kactors.testing.etcd.answers import Answers
from kactors.testing.etcd.cluster import Cluster
from kactors.testing.etcd.crew import Crew
from kactors.testing.etcd.leases import lease_violations
from kactors.testing.etcd.schedule import CLIENT_HOST, Schedule
from kactors.testing.etcd.violation import Promise, Violation
from kactors.testing.etcd.watching import watch_violations
from kactors.testing.etcd.workers import TROUBLE, work

__all__ = ["Outcome", "run"]

#: Seconds within which a cluster that nothing disturbs must have done what is asked.
_START = 30.0
_REST = 20.0
_CONVERGE = 60.0
_SLICE_MS = 500
#: Faults after which a member may end by itself.
_DEADLY = (DiskFull, DiskReadError, DiskSyncError, DiskWriteError, KillActor)
_DEATHS = ("OSError", "WalBroken", "KilledError", "Errno", "Disk")


@attrs.frozen(eq=False)
class Outcome:
    """What became of a run.

    Attributes:
        violation: what did not hold, ``None`` if all did.
        virtual_s: how long it was for the members.
        answered: requests that were answered.
        revisions: of the store at the end.
        responses: of watches.
        leases: that were granted.
        deaths: members that ended by themselves, as they may after some faults.
        counts: what became of the faults, by kind.
        digest: equal runs have equal digests.
    """

    schedule: Schedule
    violation: Violation | None
    virtual_s: float
    answered: int
    revisions: int
    responses: int
    leases: int
    deaths: int
    counts: dict[str, Counts]
    digest: str


class _Over(Exception):
    """The run has shown what it can."""


def run(schedule: Schedule) -> Outcome:
    """Run ``schedule``; every run of it is the same."""
    cluster = Cluster(schedule.knobs, schedule.seed)
    story = _Story(schedule, cluster)
    try:
        try:
            story.tell()
        except _Over:
            pass
        except Exception as bug:  # noqa: BLE001 - whatever it is, it is what was looked for
            text = f"{type(bug).__name__}: {' '.join(str(bug).split()):.500}"
            cluster.truth.note(Promise.NO_BUG, text, type(bug).__name__)
        return story.outcome()
    finally:
        cluster.close()


class _Story:
    """The phases of a run."""

    def __init__(self, schedule: Schedule, cluster: Cluster) -> None:
        self._schedule = schedule
        self._cluster = cluster
        self._world = cluster.world
        self._truth = cluster.truth
        self._crew = Crew(cluster, Answers(lambda: self._world.simulation.kernel.now_ns))
        self._target = SimTarget(self._world)
        self._injector = Injector(self._target, schedule.plan)
        self._deaths = 0
        self._finale_done = False

    def tell(self) -> None:
        """Go through all phases.

        Raises:
            _Over: something was found.
        """
        schedule, crew = self._schedule, self._crew
        self._until(lambda: self._cluster.leader() is not None, _START, "no first leader")
        host = self._world.hosts[CLIENT_HOST]
        for number, worker in enumerate(schedule.workers):
            host.machine.spawn(work, host.system, crew, number, worker, schedule.seed)
        self._injector.start()
        for begin_ms in range(0, schedule.chaos_ms, _SLICE_MS):
            self._pass(min(_SLICE_MS, schedule.chaos_ms - begin_ms) / 1000)
        self._injector.heal()
        crew.resting = True
        self._until(lambda: not crew.busy, _REST, "a client did not come to rest")
        self._until(self._cluster.agree, _CONVERGE, "members do not agree")
        host.machine.spawn(self._finale, host.system)
        self._until(lambda: self._finale_done, _CONVERGE, "no client can write")
        self._until(self._all_told, _CONVERGE, "a watch does not tell all")
        leases_end = self._truth.model
        promise = Promise.LEASE_LATE
        self._until(lambda: not leases_end.leases, _CONVERGE, "a lease does not end", promise)
        self._until(self._cluster.agree, _CONVERGE, "members do not agree at the end")
        self._judge()

    # Passing time -----------------------------------------------------------------------------

    def _pass(self, seconds: float) -> None:
        self._world.run_for(seconds)
        self._look()

    def _until(
        self,
        condition: Callable[[], bool],
        timeout: float,
        otherwise: str,
        promise: Promise = Promise.PROGRESS,
    ) -> None:
        end = self._world.time + timeout
        while not self._world.run_until(condition, timeout=_SLICE_MS / 1000):
            self._look()
            if self._world.time >= end:
                self._truth.note(promise, f"{otherwise} within {timeout:g} s", otherwise)
                raise _Over
        self._look()

    def _look(self) -> None:
        """Start again what has ended by itself; stop if a promise was broken."""
        deadly = any(isinstance(fault, _DEADLY) for fault in self._schedule.plan)
        for host, reason in self._world.given_up[self._deaths :]:
            self._deaths += 1
            if not deadly or not any(death in reason for death in _DEATHS):
                self._truth.note(Promise.NO_BUG, f"{host} ended: {reason}", "ended")
            self._target.restart(host)
        if self._crew.resting:
            for name in self._cluster.names:
                self._target.restart(name)
        if self._truth.broken is not None:
            raise _Over

    # The end ----------------------------------------------------------------------------------

    async def _finale(self, system: System) -> None:
        """Write and delete every key, so that every watch has something to tell."""
        client = EtcdClient(SystemAsker(system), self._cluster.addresses())
        for number in range(self._schedule.knobs.keys):
            for prefix in (b"k", b"t", b"u"):
                key = prefix + b"%d" % number
                await self._insist(partial(client.put, key, b"the end"))
                await self._insist(partial(client.delete, key))
        self._finale_done = True

    async def _insist(self, ask: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await ask()
            except TROUBLE:
                await sleep(0.1)
            else:
                return

    def _all_told(self) -> bool:
        model = self._truth.model
        return all(watch.left or watch.behind(model) is None for watch in self._crew.watches)

    def _judge(self) -> None:
        truth, crew = self._truth, self._crew
        hashes = Counter[int]()
        for name, member in self._cluster.running():
            truth.check_whole(name, member.store)
            hashes[member.store.mvcc.hash_from_scratch()] += 1
        if len(hashes) != 1:
            truth.note(Promise.ONE_STATE, f"members have the hashes {dict(hashes)}", "hash")
        for violation in (
            *crew.answers.violations(truth.model),
            *watch_violations(truth.model, crew.watches),
            *lease_violations(truth.model, crew.leases),
        ):
            truth.note(violation.promise, violation.text, violation.detail)

    def outcome(self) -> Outcome:
        """Say what was seen."""
        crew, truth = self._crew, self._truth
        return Outcome(
            schedule=self._schedule,
            violation=truth.broken,
            virtual_s=self._world.time,
            answered=len(crew.answers.answered),
            revisions=truth.model.revision,
            responses=sum(len(watch.record.responses) for watch in crew.watches),
            leases=len(crew.leases),
            deaths=self._deaths,
            counts=self._injector.counts(),
            digest=self._world.digest,
        )
