"""Schedules: what clients do and what goes wrong, as values that print, compare and shrink.

A `Schedule` says everything: two runs of one schedule are equal. Its faults are those of
`kactors.faults`; a fault may name the part that a host plays: ``@leader``, ``@old`` (who led
before), ``@behind`` (who has applied least), ``@f1``, ``@f2``, ... (who does not lead).
``eval(repr(schedule), {**vars(kactors.faults), **vars(kactors.testing.etcd)})`` is it again.
"""

from enum import Enum

import attrs

from kactors.faults import FaultPlan, UnknownHostError
from kactors.testing.etcd.errors import InvalidSchedule
from kactors.testing.etcd.knobs import Knobs
from kactors.testing.raft.plain import short_repr

__all__ = ["CLIENT_HOST", "Schedule", "Work", "Worker"]

#: Where the clients are; members are on ``m1``, ``m2``, ...
CLIENT_HOST = "c"


class Work(Enum):
    """What one client does, again and again."""

    #: Puts, deletions, gets and conditional puts of single keys.
    WRITE = "write"
    #: Reads, linearizable and not, at one member only.
    READ = "read"
    #: Transactions on several keys, some of which read the past.
    TXN = "txn"
    #: A watch that goes on wherever it can.
    WATCH = "watch"
    #: As watch, but it takes its time for each response.
    SLOW_WATCH = "slow watch"
    #: Leases that are kept alive for a while, with keys.
    LEASE = "lease"
    #: Forgets history, watches and reads at the edge of it.
    COMPACT = "compact"
    #: Hands leadership over.
    MOVE = "move"

    def __repr__(self) -> str:
        return f"Work.{self.name}"


@attrs.frozen(repr=False)
class Worker:
    """One client.

    Attributes:
        work: what it does.
        pace_ms: between two steps.
        home: which member a reader asks, from 1; 0 is all of them. A watch begins there.
        pick: chooses among what the work leaves open; 0 is the plainest.
    """

    work: Work
    pace_ms: int = 200
    home: int = 0
    pick: int = 0

    def __repr__(self) -> str:
        fields = short_repr(self).removeprefix("Worker(work=")
        return f"Worker({fields}"


@attrs.frozen(repr=False)
class Schedule:
    """A whole run.

    Attributes:
        workers: the clients.
        plan: what goes wrong; times count from when there is a first leader.
        chaos_ms: how long faults may last.
        seed: decides what the schedule leaves open: delays, timeouts, what clients choose.
    """

    knobs: Knobs = attrs.field(factory=Knobs)
    workers: tuple[Worker, ...] = ()
    plan: FaultPlan = attrs.field(factory=FaultPlan)
    chaos_ms: int = 5000
    seed: int = 0

    def __attrs_post_init__(self) -> None:
        for worker in self.workers:
            if worker.home > self.knobs.members:
                raise InvalidSchedule(
                    f"{worker} asks member {worker.home}, there are {self.knobs.members}"
                )
        try:
            self.plan.check([CLIENT_HOST, *self.knobs.member_hosts])
        except UnknownHostError as problem:
            raise InvalidSchedule(str(problem)) from problem

    def __repr__(self) -> str:
        return short_repr(self)

    def __str__(self) -> str:
        """Return Python that can be pasted into a test, one worker and one fault on each line."""
        lines = ["Schedule("]
        if self.knobs != Knobs():
            lines.append(f"    knobs={self.knobs!r},")
        if self.workers:
            lines += ["    workers=(", *(f"        {each!r}," for each in self.workers), "    ),"]
        if self.plan.faults:
            lines += ["    plan=FaultPlan(("]
            lines += [*(f"        {each!r}," for each in self.plan.faults), "    )),"]
        lines += [f"    chaos_ms={self.chaos_ms},", f"    seed={self.seed},", ")"]
        return "\n".join(lines)
