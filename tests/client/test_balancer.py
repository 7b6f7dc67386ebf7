"""Which replica is asked."""

from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as st

from kactors.actors import Address
from kactors.client.balancer import PAUSE_LONGEST, Attempt, Balancer
from kactors.runtime import current_time, sim, sleep, stream

REPLICAS = [Address(f"api-{number}", "apiserver") for number in (1, 2, 3)]


def run(work: Callable[[Balancer], Awaitable[None]]) -> None:
    """Do something with a balancer of three replicas."""

    async def main() -> None:
        await work(Balancer(REPLICAS, stream(0, "balancer"), silence=2.0))

    sim.run(main)


def test_a_replica_that_answers_is_kept() -> None:
    """Also if it refuses, and if nobody waits for its answer any more."""

    async def work(balancer: Balancer) -> None:
        first = balancer.current
        for _ in range(5):
            balancer.begin().answered()
            balancer.begin().abandoned()
            await sleep(10.0)
        assert balancer.begin().address == first

    run(work)


def test_a_replica_that_fails_is_left_for_the_next() -> None:
    """When all have failed, the one whose pause ends first is tried; an answer clears it."""

    async def work(balancer: Balancer) -> None:
        asked = []
        for _ in range(3):
            attempt = balancer.begin()
            asked.append(attempt.address)
            attempt.failed()
            await sleep(0.01)
        assert sorted(asked) == REPLICAS
        assert balancer.all_suspected()
        attempt = balancer.begin()
        assert attempt.address in asked
        attempt.answered()
        assert not balancer.all_suspected()
        assert balancer.begin().address == attempt.address

    run(work)


def test_who_asks_rarely_leaves_a_replica_that_failed_all_the_same() -> None:
    """However long ago that was; of the others those are asked first that have not failed."""

    async def work(balancer: Balancer) -> None:
        first = balancer.begin()
        first.failed()
        await sleep(10 * PAUSE_LONGEST)
        second = balancer.begin()
        assert second.address != first.address
        second.failed()
        await sleep(10 * PAUSE_LONGEST)
        third = balancer.begin()
        assert third.address not in (first.address, second.address)
        third.answered()
        assert balancer.begin().address == third.address

    run(work)


def test_time_alone_clears_nobody() -> None:
    """Who has failed is not asked before it has passed a probe, however long the others fail."""

    async def work(balancer: Balancer) -> None:
        dead = balancer.begin()
        dead.failed()
        for _ in range(10):
            attempt = balancer.begin()
            assert attempt.address != dead.address
            attempt.answered()
            await sleep(PAUSE_LONGEST)

    run(work)


def test_who_is_suspect_is_probed_beside_a_request() -> None:
    """After a pause, and only by a request that goes to another; passing clears the suspicion."""

    async def work(balancer: Balancer) -> None:
        dead = balancer.begin()
        dead.failed()
        assert balancer.probes(balancer.begin()) == ()
        await sleep(1.3)
        assert balancer.probes(dead) == ()
        beside = balancer.begin()
        (probe,) = balancer.probes(beside)
        assert probe.address == dead.address
        assert balancer.probes(beside) == ()
        probe.passed()
        beside.failed()
        last = balancer.begin()
        assert last.address not in {dead.address, beside.address}
        last.failed()
        assert not balancer.all_suspected()
        assert balancer.begin().address == dead.address

    run(work)


def test_who_fails_again_and_again_is_probed_less_often() -> None:
    """The pauses double, up to half a minute and a little; an answer begins anew."""

    async def gaps(balancer: Balancer, seconds: float) -> list[float]:
        found, last = [], current_time()
        end = last + seconds
        while current_time() < end:
            await sleep(0.1)
            beside = balancer.begin()
            if balancer.probes(beside):
                found.append(current_time() - last)
                last = current_time()
            beside.answered()
        return found

    async def work(balancer: Balancer) -> None:
        dead = balancer.begin()
        dead.failed()
        found = await gaps(balancer, 50.0)
        for gap, pause in zip(found, (1, 2, 4, 8, 16, 30, 30), strict=False):
            assert pause <= gap < 1.2 * pause + 0.2
        assert len(found) >= 5
        dead.answered()
        dead.failed()
        assert (await gaps(balancer, 2.0))[0] < 1.4

    run(work)


def test_what_fails_together_counts_once() -> None:
    """Requests that were under way when the first of them failed do not make the pause longer."""

    async def work(balancer: Balancer) -> None:
        together = [balancer.begin() for _ in range(20)]
        await sleep(1.0)
        for attempt in together:
            attempt.failed()
            await sleep(0.01)
        await sleep(1.2)
        assert [probe.address for probe in balancer.probes(balancer.begin())] == [
            together[0].address
        ]

    run(work)


def test_who_gave_up_waiting_for_long_knows_more_than_who_gave_up_at_once() -> None:
    """A replica that was silent until its asker was cancelled has failed."""

    async def work(balancer: Balancer) -> None:
        first = balancer.begin()
        first.given_up()
        assert balancer.begin().address == first.address
        await sleep(2.1)
        first = balancer.begin()
        await sleep(2.1)
        first.given_up()
        assert balancer.begin().address != first.address

    run(work)


def test_a_replica_is_unheard_until_it_answers_and_some_time_after() -> None:
    """Who asks often knows that it is there."""

    async def work(balancer: Balancer) -> None:
        first = balancer.begin()
        assert first.unheard
        first.answered()
        await sleep(1.9)
        assert not balancer.begin().unheard
        await sleep(0.2)
        assert balancer.begin().unheard

    run(work)


Step = tuple[str, float]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["answered", "failed", "abandoned", "given_up", "wait", "passed"]),
        st.sampled_from([0.0, 0.5, 1.5, 3.0, 40.0]),
    ),
    max_size=40,
)


@given(STEPS)
def test_a_suspect_is_asked_only_if_all_are(steps: list[Step]) -> None:
    """Whatever happens; and it is probed at most once a second, never beside its own request."""

    async def work(balancer: Balancer) -> None:
        failed: set[Address] = set()
        probed: dict[Address, float] = {}
        waiting: list[Attempt] = []
        for what, seconds in steps:
            nobody = balancer.all_suspected()
            attempt = balancer.begin()
            assert nobody or attempt.address not in failed
            for probe in balancer.probes(attempt):
                assert probe.address in failed
                assert probe.address != attempt.address
                assert current_time() - probed.get(probe.address, -1.0) >= 1.0
                probed[probe.address] = current_time()
                if what == "passed":
                    probe.passed()
                    failed.discard(probe.address)
            overdue = attempt.silent_in <= 1e-6
            if what in {"wait", "passed"}:
                waiting.append(attempt)
            else:
                getattr(attempt, what)()
            if what == "failed" or (what == "given_up" and overdue):
                failed.add(attempt.address)
            elif what == "answered":
                failed.discard(attempt.address)
            await sleep(seconds)
        for attempt in waiting:
            attempt.answered()
        assert not waiting or not balancer.all_suspected()

    run(work)


def test_who_owes_an_answer_and_says_nothing_is_suspect() -> None:
    """Two seconds after the oldest request, or after the last word."""

    async def work(balancer: Balancer) -> None:
        silent = balancer.begin()
        await sleep(1.9)
        spoke = balancer.begin()
        assert spoke.address == silent.address
        spoke.answered()
        await sleep(1.9)
        assert balancer.begin().address == silent.address
        await sleep(0.2)
        moved = balancer.begin()
        assert moved.address != silent.address
        silent.answered()
        moved.answered()
        assert balancer.begin().address == moved.address

    run(work)
