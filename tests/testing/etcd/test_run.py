"""Whole clusters under storms: they hold, runs repeat, and planted bugs are found."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import pytest

from kactors.faults import At, Bounce, FaultPlan, For, KillActor
from kactors.testing.etcd import (
    Knobs,
    Outcome,
    Promise,
    Schedule,
    Work,
    Worker,
    hunt,
    minimise,
    nth_schedule,
    run,
)
from kactors.testing.etcd.hunter import ETCD_HUNTER
from kactors.testing.mutants import Edit, edited
from kactors.testing.mutants.corpus import load_corpus

#: The module, whose name the package gives to its function.
MODULE = sys.modules["kactors.testing.etcd.run"]
CORPUS = load_corpus("tests.mutants")
BUSY = Schedule(
    knobs=Knobs(snapshot_entries=20, catch_up_entries=3),
    workers=(
        *(Worker(work, pace_ms=50) for work in Work),
        Worker(Work.READ, home=2),
        Worker(Work.WATCH, pick=8 + 16 + 128 + 4),
    ),
    plan=FaultPlan((
        Bounce("@leader", start=At(1.0), end=For(0.5)),
        KillActor("@f1/etcd", start=At(2.0)),
    )),
    chaos_ms=3000,
    seed=5,
)  # fmt: skip
PROGRAM = """
from tests.testing.etcd.test_run import BUSY
from kactors.testing.etcd import run
print(run(BUSY).digest)
"""


@pytest.fixture(scope="module")
def busy() -> Outcome:
    """What becomes of a run with clients of every sort."""
    return run(BUSY)


def test_clients_of_every_sort_are_served(busy: Outcome) -> None:
    """Requests, watches, leases and faults all happen, and nothing is wrong."""
    assert busy.violation is None, busy.violation
    assert busy.answered > 50
    assert busy.revisions > 30
    assert busy.responses > 20
    assert busy.leases >= 1
    assert busy.counts["Bounce"].felt == 1
    assert busy.virtual_s > 4


def test_a_run_repeats_in_another_process(busy: Outcome) -> None:
    """With another hash seed, too: the digest covers every message."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONHASHSEED": "4242"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == busy.digest


def test_seeded_storms() -> None:
    """A hunt on the real code finds nothing, and sums up what it did."""
    result = hunt(7, range(30))

    assert result.found is None, result.found
    assert result.schedules == 30
    assert result.virtual_s > 250
    assert result.answered > 500
    assert result.responses > 150
    assert result.leases > 30
    assert sum(count.felt > 0 for count in result.counts.values()) > 15


def test_a_planted_bug_is_found_and_made_small() -> None:
    """The trial that finds it is shrunk to a schedule that still does."""
    with CORPUS.named("etcd-group-commit-without-sync").apply():
        found = next(found for number in range(40) if (found := ETCD_HUNTER.trial(3, number)))
        smallest = minimise(run(found.schedule), runs_max=25)

    assert found.invariant in set(Promise)
    assert smallest.violation is not None
    assert smallest.violation.promise == found.invariant
    assert len(smallest.schedule.plan.faults) <= len(found.schedule.plan.faults)
    assert run(smallest.schedule).violation is None


def test_a_hunt_ends_with_what_it_finds() -> None:
    """And does not run the rest."""
    with CORPUS.named("etcd-group-commit-without-sync").apply():
        result = hunt(3, range(1000), schedule_of=nth_schedule)

    assert result.found is not None
    assert result.schedules < 100


def test_trials_of_good_code_find_nothing() -> None:
    """The hunter of the mutants sees only what is wrong."""
    assert ETCD_HUNTER.trial(7, 4) is None


@contextmanager
def planted(module_name: str, name: str, before: str, after: str) -> Iterator[None]:
    """Plant a bug."""
    with edited(Edit(module_name, name, before, after))():
        yield


PLAIN = attrs.evolve(
    BUSY, knobs=Knobs(), workers=(Worker(Work.WRITE), Worker(Work.LEASE)), plan=FaultPlan()
)


def test_a_lease_that_never_ends_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody keeps it alive any more, its time must come."""
    monkeypatch.setattr("kactors.etcd.lease_expiry.Expiry.expired", lambda *_, **__: ())

    violation = run(PLAIN).violation

    assert violation is not None
    assert violation.promise is Promise.LEASE_LATE


def test_who_never_leads_makes_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that nothing disturbs must have a leader soon."""
    monkeypatch.setattr(MODULE, "_START", 2.0)
    monkeypatch.setattr("kactors.testing.etcd.cluster.Cluster.leader", lambda _: None)

    violation = run(PLAIN).violation

    assert violation is not None
    assert violation.promise is Promise.PROGRESS
    assert violation.detail == "no first leader"


def test_an_assertion_of_a_member_is_a_finding() -> None:
    """A member may not end by itself without a fault that is a reason."""
    with planted(
        "kactors.etcd.store", "Store._put",
        "return", "assert len(self.mvcc.log) < 9, 'no more'; return",
    ):  # fmt: skip
        violation = run(PLAIN).violation

    assert violation is not None
    assert violation.promise is Promise.NO_BUG


def test_a_bug_of_the_harness_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is raised is reported with its name."""

    def fail(*_: object) -> None:
        raise RuntimeError("the judge is ill")

    monkeypatch.setattr(MODULE, "lease_violations", fail)

    violation = run(PLAIN).violation

    assert violation is not None
    assert (violation.promise, violation.detail) == (Promise.NO_BUG, "RuntimeError")
    assert "the judge is ill" in violation.text


def test_members_with_other_hashes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last look is at everything that a member has, by its own hash."""
    numbers = iter(range(100))
    monkeypatch.setattr(
        "kactors.etcd.mvcc.Mvcc.hash_from_scratch", lambda _: next(numbers), raising=True
    )

    violation = run(PLAIN).violation

    assert violation is not None
    assert violation.signature == ("ONE_STATE", "hash")
