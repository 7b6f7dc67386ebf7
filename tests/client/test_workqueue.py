"""The laws of work queues."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kactors.client.errors import ShutDown
from kactors.client.rate_limiter import ItemExponentialFailureRateLimiter
from kactors.client.workqueue import WorkQueue
from kactors.runtime import cancel_scope, current_time, open_nursery, sim, sleep

KEYS = st.sampled_from("abcd")


def queue() -> WorkQueue[str]:
    """Return an empty queue."""
    return WorkQueue(ItemExponentialFailureRateLimiter(), name="test")


def run(work: Callable[[WorkQueue[str]], Awaitable[None]], seed: int = 0) -> None:
    """Do something with an empty queue."""

    async def main() -> None:
        await work(queue())

    sim.run(main, seed=seed)


def test_items_come_in_the_order_of_their_adding() -> None:
    """The queue is fair."""

    async def work(items: WorkQueue[str]) -> None:
        for item in "cab":
            items.add(item)
        assert [await items.get() for _ in range(3)] == ["c", "a", "b"]

    run(work)


def test_an_item_that_is_added_twice_is_given_out_once() -> None:
    """The queue is stingy."""

    async def work(items: WorkQueue[str]) -> None:
        items.add("a")
        items.add("a")
        assert await items.get() == "a"
        items.done("a")
        assert len(items) == 0

    run(work)


def test_an_item_that_is_worked_on_is_given_out_again_only_when_done() -> None:
    """The queue is exclusive and reliable."""

    async def work(items: WorkQueue[str]) -> None:
        items.add("a")
        await items.get()
        items.add("a")
        assert len(items) == 0
        items.done("a")
        assert await items.get() == "a"

    run(work)


def test_a_delayed_item_comes_in_time_without_being_asked_about() -> None:
    """Whoever waits is woken when it is due; the earlier of two times counts."""

    async def work(items: WorkQueue[str]) -> None:
        items.add_after("a", 5.0)
        items.add_after("b", 9.0)
        items.add_after("b", 2.0)
        items.add_after("b", 7.0)
        came = [(await items.get(), current_time()) for _ in range(2)]
        assert came == [("b", 2.0), ("a", 5.0)]
        assert items.statistics.delayed == 0

    run(work)


def test_an_earlier_item_wakes_those_who_wait_for_a_later_one() -> None:
    """An item that is added while all wait for a delayed one does not wait with them."""

    async def work(items: WorkQueue[str]) -> None:
        came: list[tuple[str, float]] = []

        async def worker() -> None:
            while True:
                item = await items.get()
                came.append((item, current_time()))
                items.done(item)

        items.add_after("late", 10.0)
        async with open_nursery() as nursery:
            nursery.start_soon(worker)
            nursery.start_soon(worker)
            await sleep(1.0)
            items.add_after("early", 2.0)
            items.add("now")
            await sleep(20.0)
            nursery.cancel_scope.cancel()
        assert came == [("now", 1.0), ("early", 3.0), ("late", 10.0)]

    run(work)


def test_a_cancelled_worker_loses_no_wake_up() -> None:
    """What was meant for one who is cancelled in the same instant goes to another."""

    async def work(items: WorkQueue[str]) -> None:
        came: list[str] = []
        scope = cancel_scope()

        async def first() -> None:
            with scope:
                came.append(await items.get())

        async def second() -> None:
            came.append(await items.get())

        async with open_nursery() as nursery:
            nursery.start_soon(first)
            await sleep(1.0)
            nursery.start_soon(second)
            await sleep(1.0)
            items.add("a")
            scope.cancel()
            await sleep(1.0)
            nursery.cancel_scope.cancel()
        assert came == ["a"]

    for seed in range(20):
        run(work, seed)


def test_failures_wait_longer_and_longer_until_they_are_forgotten() -> None:
    """Five milliseconds, doubled with each failure."""

    async def work(items: WorkQueue[str]) -> None:
        waited = []
        for _ in range(4):
            began = current_time()
            items.add_rate_limited("a")
            await items.get()
            items.done("a")
            waited.append(round(current_time() - began, 6))
        assert waited == [0.005, 0.01, 0.02, 0.04]
        assert items.num_requeues("a") == 4
        items.forget("a")
        assert items.num_requeues("a") == 0
        assert items.statistics.retries == 4

    run(work)


def test_a_queue_that_is_shut_down_gives_out_what_it_has() -> None:
    """Then it says so to everyone who asks; what is added later is lost."""

    async def work(items: WorkQueue[str]) -> None:
        items.add("a")
        items.add_after("b", 1.0)
        items.shut_down()
        items.add("c")
        assert await items.get() == "a"
        with pytest.raises(ShutDown):
            await items.get()

    run(work)


def test_shutting_down_with_drain_waits_for_those_who_work() -> None:
    """It is over when the last item is done."""

    async def work(items: WorkQueue[str]) -> None:
        items.add("a")

        async def worker() -> None:
            item = await items.get()
            await sleep(3.0)
            items.add(item)
            items.done(item)

        async with open_nursery() as nursery:
            nursery.start_soon(worker)
            await sleep(1.0)
            await items.shut_down_with_drain()
            assert current_time() == 3.0

    run(work)


@settings(max_examples=40)
@given(
    adds=st.lists(st.tuples(KEYS, st.integers(0, 30), st.integers(0, 20)), max_size=30),
    workers=st.integers(1, 4),
    seed=st.integers(0, 1000),
)
def test_nothing_is_lost_and_nothing_is_worked_on_twice_at_once(
    adds: list[tuple[str, int, int]], workers: int, seed: int
) -> None:
    """Whatever is added, at once or later, is worked on after that; never by two at a time."""

    async def main() -> None:
        items = queue()
        working: set[str] = set()
        added: dict[str, float] = {}
        began: dict[str, float] = {}

        async def worker() -> None:
            while True:
                item = await items.get()
                assert item not in working, f"{item} is worked on twice at once"
                working.add(item)
                began[item] = current_time()
                await sleep(0.3)
                working.remove(item)
                items.done(item)

        async with open_nursery() as nursery:
            for _ in range(workers):
                nursery.start_soon(worker)
            for item, pause, delay in adds:
                await sleep(pause / 10)
                items.add_after(item, delay / 10)
                added[item] = current_time()
            await sleep(60.0)
            assert {item: began[item] >= at for item, at in added.items()} == dict.fromkeys(
                added, True
            )
            assert len(items) == 0
            nursery.cancel_scope.cancel()

    sim.run(main, seed=seed)


class WorkQueueMachine(RuleBasedStateMachine):
    """The queue beside its model: lists of what is ready, taken, and touched while taken."""

    def __init__(self) -> None:
        super().__init__()
        self.simulation = sim.Simulation()
        self.host = self.simulation.add_host("main")
        self.queue = self.call(self.make)
        self.ready: list[str] = []
        self.taken: list[str] = []
        self.touched: list[str] = []

    def call(self, async_fn: Any, *args: Any) -> Any:
        """Run something in the simulated world."""
        return self.simulation.run_until_done(self.host.spawn(async_fn, *args))

    async def make(self) -> WorkQueue[str]:
        """Return an empty queue."""
        return queue()

    @rule(item=KEYS)
    def add(self, item: str) -> None:
        """Add an item, perhaps once more."""

        async def work() -> None:
            self.queue.add(item)

        self.call(work)
        if item in self.taken:
            if item not in self.touched:
                self.touched.append(item)
        elif item not in self.ready:
            self.ready.append(item)

    @precondition(lambda self: self.ready)
    @rule()
    def get(self) -> None:
        """Take an item."""
        expected = self.ready.pop(0)
        assert self.call(self.queue.get) == expected
        self.taken.append(expected)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def done(self, data: st.DataObject) -> None:
        """End work on an item."""
        item = data.draw(st.sampled_from(self.taken))

        async def work() -> None:
            self.queue.done(item)

        self.call(work)
        self.taken.remove(item)
        if item in self.touched:
            self.touched.remove(item)
            self.ready.append(item)

    @invariant()
    def counts_agree(self) -> None:
        """The queue knows how much it holds."""

        async def work() -> tuple[int, int]:
            seen = self.queue.statistics
            return seen.depth, seen.processing

        assert self.call(work) == (len(self.ready), len(self.taken))

    def teardown(self) -> None:
        """End the world."""
        self.simulation.close()


TestWorkQueueMachine = WorkQueueMachine.TestCase
TestWorkQueueMachine.settings = settings(max_examples=30, stateful_step_count=20)


def test_what_waits_for_a_moment_too_short_for_the_clock_comes_after_it() -> None:
    """Else a worker that asks for what is left until its time would never get there."""

    async def work(items: WorkQueue[str]) -> None:
        due = current_time() + 1.0 + 2e-10
        items.add_after("a", 1.0)
        for _ in range(10):
            item = await items.get()
            items.done(item)
            if current_time() >= due:
                return
            items.add_after(item, due - current_time())
        raise AssertionError("time did not move")

    run(work)
