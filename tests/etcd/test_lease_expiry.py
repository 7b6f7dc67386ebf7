"""The leader's clockwork: late is allowed, early by true time is not."""

import attrs
import pytest

from kactors.etcd.lease import Lessor
from kactors.etcd.lease_expiry import ClearFirst, Expiry, ExpiryConfig, Renewed
from kactors.etcd.messages import Checkpoint, LeaseCheckpoint, LeaseExpire, LeaseGrant
from kactors.etcd.store import Store
from kactors.runtime.random import Random, stream

S = 1_000_000_000
EXACT = ExpiryConfig(drift_ppm_max=0)


def counting(*ttls: int, config: ExpiryConfig = EXACT) -> tuple[Lessor, Expiry]:
    """A primary that counts for leases 1, 2, ... from time 0."""
    lessor = Lessor()
    expiry = Expiry(lessor, config)
    expiry.promote(0, extend_ns=0)
    for name, ttl in enumerate(ttls, start=1):
        lessor.grant(name, ttl)
    expiry.follow(0)
    return lessor, expiry


def test_a_lease_runs_out_when_its_time_is_over() -> None:
    """Not a nanosecond before; the most overdue come first, no more than asked for."""
    _, expiry = counting(10, 5, 20)

    assert expiry.next_ns() == 5 * S
    assert expiry.expired(5 * S - 1, most=10) == ()
    assert expiry.expired(20 * S, most=2) == (2, 1)
    assert expiry.expired(20 * S, most=2) == (3,)


def test_what_is_not_revoked_is_reported_again() -> None:
    """After a while: the proposal may have been lost."""
    lessor, expiry = counting(5)

    assert expiry.expired(5 * S, most=10) == (1,)
    assert expiry.expired(8 * S - 1, most=10) == ()
    assert expiry.expired(8 * S, most=10) == (1,)
    lessor.revoke(1)
    expiry.follow(9 * S)
    assert expiry.expired(99 * S, most=10) == ()
    assert expiry.remaining_ns(1, 99 * S) is None


def test_keeping_alive_begins_anew() -> None:
    """From the moment at which it is done."""
    _, expiry = counting(5)

    assert expiry.renew(1, 4 * S) == Renewed(5)
    assert expiry.remaining_ns(1, 4 * S) == 5 * S
    assert expiry.expired(9 * S - 1, most=10) == ()
    assert expiry.expired(9 * S, most=10) == (1,)


def test_what_has_run_out_cannot_be_kept_alive() -> None:
    """It is about to be revoked, so its owner must not be told otherwise."""
    _, expiry = counting(5)

    assert expiry.renew(1, 5 * S) is None
    assert expiry.remaining_ns(1, 7 * S) == 0


def test_keeping_alive_often_takes_no_memory() -> None:
    """Outdated times are thrown away."""
    _, expiry = counting(5, 5)

    for number in range(10_000):
        expiry.renew(1, number * 1000)

    assert len(expiry._reports._heap) < 200
    assert expiry.expired(5 * S + 9_999_000, most=10) == (2, 1)


def test_only_the_primary_counts() -> None:
    """Nothing runs out on others, and what was counted is forgotten."""
    lessor, expiry = counting(5)

    expiry.demote()
    lessor.grant(2, 1)
    expiry.follow(0)

    assert expiry.expired(99 * S, most=10) == ()
    assert expiry.next_ns() is None
    assert expiry.remaining_ns(1, 0) is None
    with pytest.raises(AssertionError, match="only the primary"):
        expiry.renew(1, 0)


def test_a_new_primary_gives_every_lease_its_time_and_more() -> None:
    """All of it, or what was written down, and an election timeout on top."""
    lessor, expiry = counting(5, 600)
    lessor.checkpoint(Checkpoint(2, 100))

    expiry.promote(7 * S, extend_ns=2 * S)

    assert expiry.remaining_ns(1, 7 * S) == 7 * S
    assert expiry.remaining_ns(2, 7 * S) == 102 * S


def test_a_fast_clock_waits_longer() -> None:
    """By the bound on its drift, rounded up."""
    _, expiry = counting(10, config=ExpiryConfig(drift_ppm_max=1000))

    assert expiry.next_ns() == 10 * S + 10_000_000


def test_remainders_of_long_leases_are_written_down() -> None:
    """Now and then, rounded up; short leases are not worth it."""
    lessor, expiry = counting(60, 1000, config=EXACT)

    assert expiry.next_ns() == 60 * S
    lessor.revoke(1)
    expiry.follow(0)
    assert expiry.checkpoints(300 * S - 1) == ()
    assert expiry.checkpoints(300 * S + 1) == (Checkpoint(2, 700),)
    assert expiry.checkpoints(300 * S + 1) == ()
    assert expiry.checkpoints(600 * S + 1) == (Checkpoint(2, 400),)


def test_remainders_come_in_portions() -> None:
    """So that no entry of the log becomes too long."""
    config = attrs.evolve(EXACT, checkpoints_max=2)
    _, expiry = counting(900, 900, 900, config=config)

    assert [len(expiry.checkpoints(301 * S)) for _ in range(3)] == [2, 1, 0]


def test_a_lease_that_was_just_kept_alive_needs_no_remainder() -> None:
    """It has all of its time."""
    _, expiry = counting(1000)

    expiry.renew(1, 300 * S)

    assert expiry.checkpoints(300 * S) == ()


def test_a_remainder_is_taken_back_before_a_client_is_answered() -> None:
    """Else the next leader would believe it."""
    lessor, expiry = counting(1000)
    (written,) = expiry.checkpoints(300 * S)
    lessor.checkpoint(written)

    first = expiry.renew(1, 310 * S)
    assert first == ClearFirst(Checkpoint(1, 0))
    lessor.checkpoint(first.checkpoint)

    assert expiry.renew(1, 311 * S) == Renewed(1000)


# By true time -------------------------------------------------------------------------------


@attrs.define
class Member:
    """A member with a clock of its own, which may be wrong and may run fast or slow."""

    store: Store
    expiry: Expiry
    offset_ns: int
    drift_ppm: int
    term: int = 0

    def local(self, true_ns: int) -> int:
        """What its clock shows."""
        return self.offset_ns + true_ns + true_ns * self.drift_ppm // 1_000_000


class World:
    """Members that apply one log, and one client that keeps a lease alive, now and then.

    ``broken`` names the rule of `kactors.etcd.lease_expiry` that its driver does not keep.
    """

    def __init__(self, rng: Random, broken: str) -> None:
        self.rng = rng
        self.broken = broken
        self.now = 0
        self.term = 1
        self.index = 0
        config = ExpiryConfig(
            drift_ppm_max=0 if broken == "drift" else 100_000, checkpoint_interval_ns=5 * S
        )
        self.members = []
        for _ in range(3):
            store = Store()
            drift = rng.below(200_001) - 100_000
            expiry = Expiry(store.lessor, config)
            self.members.append(Member(store, expiry, rng.below(100 * S), drift))
        self.leader = self.members[0]
        self.apply(LeaseGrant(20, 1), self.term)
        self.owned_until = 20 * S
        self.lead(self.leader)

    def apply(self, command: LeaseGrant | LeaseExpire | LeaseCheckpoint, term: int) -> None:
        """Commit an entry of the log, and apply it everywhere."""
        self.index += 1
        for member in self.members:
            member.store.apply(self.index, term, command)
            member.expiry.follow(member.local(self.now))

    def lead(self, leader: Member) -> None:
        """Elect somebody. The old leader does not notice, unless it is the same."""
        self.term += 1
        self.leader = leader
        leader.term = self.term
        leader.expiry.promote(leader.local(self.now), extend_ns=S // 10)

    def keep_alive(self) -> None:
        """The client asks; whom it asks confirms that it leads, and renews some time later."""
        sent = self.now
        self.now += self.rng.below(S // 2)
        asked = self.leader
        if self.broken == "confirmed answers":
            asked = self.rng.choice([one for one in self.members if one.expiry.primary])
        answer = asked.expiry.renew(1, asked.local(self.now))
        if isinstance(answer, ClearFirst):
            if self.broken == "checkpoints":
                answer = Renewed(20)
            else:
                self.apply(LeaseCheckpoint((answer.checkpoint,)), asked.term)
                answer = asked.expiry.renew(1, asked.local(self.now))
        if isinstance(answer, Renewed):
            self.owned_until = sent + answer.ttl * S

    def tick(self, member: Member) -> None:
        """Let one member, leader or not, propose what it believes."""
        local = member.local(self.now)
        written = member.expiry.checkpoints(local)
        if written and member is self.leader:
            self.apply(LeaseCheckpoint(written), member.term)
        expired = member.expiry.expired(local, most=10)
        if expired:
            # Whoever proposes, the entry is of the term of the leader that appends it.
            believed = self.term if self.broken == "terms" else member.term
            self.apply(LeaseExpire(expired, believed), self.term)

    @property
    def ended(self) -> bool:
        """Whether the lease has ended."""
        return 1 not in self.leader.store.lessor


def lateness(seed: int, broken: str = "") -> int:
    """Run until the lease ends; return by how much that was late, negative for early."""
    world = World(stream(seed, "world"), broken)
    while not world.ended and world.now < 300 * S:
        world.now += world.rng.below(S // 5)
        chance = world.rng.below(200)
        if chance < 4 and world.now < 60 * S:
            world.keep_alive()
        elif chance == 4 and world.now < 100 * S:
            world.lead(world.rng.choice(world.members))
        for member in world.members:
            if not world.ended:
                world.tick(member)
    return world.now - world.owned_until


@pytest.mark.parametrize("seed", range(100))
def test_no_lease_ends_early_by_true_time(seed: int) -> None:
    """With clocks ten percent wrong, leaders that change unnoticed, and remainders."""
    assert lateness(seed) >= 0


def test_leases_do_end() -> None:
    """Never hopelessly late: the test above is not empty."""
    late = [lateness(seed) for seed in range(50)]

    assert max(late) < 100 * S
    assert min(late) < 10 * S


@pytest.mark.parametrize("broken", ["drift", "confirmed answers", "checkpoints", "terms"])
def test_each_rule_is_needed(broken: str) -> None:
    """A driver that does not keep one of them ends some lease early."""
    assert min(lateness(seed, broken) for seed in range(100)) < 0
