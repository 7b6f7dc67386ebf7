"""What happens at one instant happens in an order that follows from the seed."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from kactors.runtime import Event, checkpoint, open_nursery, sleep
from kactors.runtime.sim import Simulation, run

NAMES = tuple("abcdefgh")


async def by_timers(order: list[str], names: tuple[str, ...]) -> None:
    """Wake all at one instant by timers."""

    async def wake(name: str) -> None:
        await sleep(1.0)
        order.append(name)

    async with open_nursery() as nursery:
        for name in names:
            nursery.start_soon(wake, name, name=name)


async def by_an_event(order: list[str], names: tuple[str, ...]) -> None:
    """Wake all at one instant by one event."""
    event = Event()

    async def wake(name: str) -> None:
        await event.wait()
        order.append(name)

    async with open_nursery() as nursery:
        for name in names:
            nursery.start_soon(wake, name, name=name)
        await sleep(1.0)
        event.set()


async def by_checkpoints(order: list[str], names: tuple[str, ...]) -> None:
    """Let all be ready at once."""

    async def wake(name: str) -> None:
        await checkpoint()
        order.append(name)

    async with open_nursery() as nursery:
        for name in names:
            nursery.start_soon(wake, name, name=name)


WAYS = (by_timers, by_an_event, by_checkpoints)
Way = Callable[..., object]


def order_of(way: Way, seed: int, names: tuple[str, ...] = NAMES) -> tuple[str, ...]:
    """Return the order in which tasks of these names wake."""
    order: list[str] = []
    run(way, order, names, seed=seed)  # type: ignore[arg-type]
    return tuple(order)


@given(way=st.sampled_from(WAYS), seed=st.integers(0, 2**64 - 1))
def test_one_seed_gives_one_order(way: Way, seed: int) -> None:
    """Everybody wakes once, and in the same order again."""
    first, second = order_of(way, seed), order_of(way, seed)

    assert first == second
    assert sorted(first) == list(NAMES)


def test_seeds_give_different_orders() -> None:
    """Of a hundred seeds most give an order of their own, and nobody is always first."""
    for way in WAYS:
        orders = {order_of(way, seed) for seed in range(100)}
        firsts = {order[0] for order in orders}
        assert len(orders) > 80
        assert firsts == set(NAMES)


def test_any_two_change_places() -> None:
    """Over the seeds, each of two tasks is before the other about half of the times."""
    for way in WAYS:
        first = sum(
            order.index("a") < order.index("b")
            for order in (order_of(way, seed) for seed in range(200))
        )
        assert 60 < first < 140


def test_the_order_changes_from_instant_to_instant() -> None:
    """Whoever was first once is not first for ever."""
    rounds: list[list[str]] = []

    async def wake(name: str) -> None:
        for number in range(20):
            await sleep(0.001 * (number + 1))
            rounds[number].append(name)

    async def main() -> None:
        async with open_nursery() as nursery:
            for name in NAMES:
                nursery.start_soon(wake, name, name=name)

    rounds.extend([] for _ in range(20))
    run(main)

    assert len({tuple(order) for order in rounds}) > 10


@given(
    way=st.sampled_from(WAYS),
    seed=st.integers(0, 1000),
    missing=st.sampled_from(NAMES),
)
def test_one_task_less_reorders_nobody(way: Way, seed: int, missing: str) -> None:
    """The order of the others is what it was: each name has its own stream of chance."""
    all_of_them = order_of(way, seed)
    others = tuple(name for name in NAMES if name != missing)

    assert order_of(way, seed, others) == tuple(name for name in all_of_them if name != missing)


def test_a_host_less_reorders_nobody() -> None:
    """What happens on one host does not depend on who else is there."""

    def order_on_a(others: tuple[str, ...]) -> list[str]:
        order: list[str] = []

        async def wake(name: str) -> None:
            await sleep(1.0)
            order.append(name)

        with Simulation(seed=3) as simulation:
            for host in ("a", *others):
                for name in NAMES:
                    simulation.add_host(host) if host not in simulation.hosts else None
                    simulation.hosts[host].spawn(wake, f"{host}{name}", name=name)
            simulation.run_for(2.0)
        return [name for name in order if name.startswith("a")]

    assert order_on_a(()) == order_on_a(("b", "c"))


def test_what_one_task_schedules_keeps_its_order() -> None:
    """Events of one origin at one instant happen as they were scheduled."""
    seen: list[int] = []

    async def main() -> None:
        kernel = simulation.kernel
        for number in range(20):
            kernel.call_at(1_000_000, seen.append, number)
        await sleep(1.0)

    for seed in range(5):
        seen.clear()
        with Simulation(seed) as simulation:
            simulation.run_until_done(simulation.add_host("a").spawn(main))
        assert seen == list(range(20))


def test_many_names_are_no_problem() -> None:
    """A host that has seen too many begins anew, and runs on."""
    ended: list[str] = []

    async def child(name: str) -> None:
        ended.append(name)

    async def main() -> None:
        async with open_nursery() as nursery:
            for number in range(10_100):
                nursery.start_soon(child, str(number), name=str(number))

    run(main)

    assert len(set(ended)) == 10_100
