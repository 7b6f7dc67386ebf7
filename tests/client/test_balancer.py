"""Which replica is asked."""

from collections.abc import Awaitable, Callable

from kactors.actors import Address
from kactors.client.balancer import SUSPICION_LONGEST, Balancer
from kactors.runtime import sim, sleep, stream

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
    """When all have failed, the one whose suspicion ends first is tried; an answer clears it."""

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
        await sleep(10 * SUSPICION_LONGEST)
        second = balancer.begin()
        assert second.address != first.address
        second.failed()
        await sleep(10 * SUSPICION_LONGEST)
        third = balancer.begin()
        assert third.address not in (first.address, second.address)
        third.answered()
        assert balancer.begin().address == third.address

    run(work)


def test_who_fails_again_and_again_is_suspected_longer() -> None:
    """Up to half a minute and a little."""

    async def work(balancer: Balancer) -> None:
        attempt = balancer.begin()
        for _ in range(20):
            attempt.failed()
        for other in REPLICAS:
            if other != attempt.address:
                assert balancer.begin().address != attempt.address
        await sleep(SUSPICION_LONGEST * 1.2 + 0.1)
        assert not attempt._replica.suspected(1e9, 2.0)

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
