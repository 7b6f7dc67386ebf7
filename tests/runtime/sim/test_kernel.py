"""The heap of events, and what the kernel keeps of it."""

from kactors.runtime import fail_after, move_on_after, open_nursery, sleep, waiter
from kactors.runtime.sim import Simulation
from kactors.runtime.sim.agenda import COMPACT_FROM
from kactors.runtime.sim.kernel import Kernel


def heap_size(kernel: Kernel) -> int:
    """Count the entries, those called off included."""
    return len(kernel._heap)


def test_events_happen_in_the_order_of_time() -> None:
    """Whatever the order of their scheduling; the past is now."""
    seen: list[tuple[int, str]] = []

    with Simulation() as simulation:
        kernel = simulation.kernel
        simulation.run_for(1e-9)
        for at_ns in (30, 10, 0, 20):
            kernel.call_at(at_ns, lambda name: seen.append((kernel.now_ns, name)), f"{at_ns}")
        simulation.run_until_quiescent()

    assert seen == [(1, "0"), (10, "10"), (20, "20"), (30, "30")]


def test_an_event_that_was_called_off_does_not_happen() -> None:
    """Calling it off again, or after it has happened, changes nothing."""
    seen: list[str] = []

    with Simulation() as simulation:
        kernel = simulation.kernel
        happens = kernel.call_at(10, seen.append, "happens")
        entry = kernel.call_at(10, seen.append, "called off")
        kernel.call_off(entry)
        kernel.call_off(entry)
        simulation.run_until_quiescent()
        kernel.call_off(happens)

    assert seen == ["happens"]


def test_timers_that_were_not_needed_do_not_pile_up() -> None:
    """Deadlines in the far future are forgotten with the work that they limited."""
    sizes: list[int] = []

    async def by_scope(kernel: Kernel) -> None:
        for _ in range(3 * COMPACT_FROM):
            with fail_after(1000.0):
                await sleep(0.001)
            sizes.append(heap_size(kernel))

    async def by_wait(kernel: Kernel) -> None:
        for _ in range(3 * COMPACT_FROM):
            mine = waiter()
            kernel.call_at(kernel.now_ns + 1000, mine.wake, None)
            await mine.wait_for(1000.0, None)
            sizes.append(heap_size(kernel))

    async def by_cancellation(kernel: Kernel) -> None:
        for _ in range(3 * COMPACT_FROM):
            async with open_nursery() as nursery:
                nursery.start_soon(sleep, 1000.0)
                await sleep(0.001)
                nursery.cancel_scope.cancel()
            sizes.append(heap_size(kernel))

    for async_fn in (by_scope, by_wait, by_cancellation):
        sizes.clear()
        with Simulation() as simulation:
            simulation.run_until_done(simulation.add_host("a").spawn(async_fn, simulation.kernel))
        assert max(sizes) <= COMPACT_FROM + 10


def test_clearing_the_heap_changes_nothing_else() -> None:
    """What was not called off happens, at its time and in its order."""

    def seen_with(called_off: int) -> list[tuple[int, int]]:
        seen: list[tuple[int, int]] = []
        with Simulation() as simulation:
            kernel = simulation.kernel
            for number in range(100):
                at_ns = 10 * (number % 7)
                kernel.call_at(at_ns, lambda n: seen.append((kernel.now_ns, n)), number)
            entries = [kernel.call_at(5, seen.append, (0, 0)) for _ in range(called_off)]
            for entry in entries:
                kernel.call_off(entry)
            simulation.run_until_quiescent()
        return seen

    assert seen_with(0) == seen_with(10) == seen_with(5 * COMPACT_FROM)


def test_called_off_events_are_counted_exactly() -> None:
    """The count tells when clearing the heap pays: it follows the heap."""

    async def work(kernel: Kernel) -> None:
        for _ in range(100):
            with move_on_after(0.5):
                await sleep(0.1)
            dead = sum(1 for entry in kernel._heap if entry[3] is None)
            assert kernel.called_off == dead

    with Simulation() as simulation:
        simulation.run_until_done(simulation.add_host("a").spawn(work, simulation.kernel))
