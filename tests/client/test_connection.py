"""Whether a replica is still there, for all watches at it."""

from collections.abc import Awaitable, Callable

import attrs

from kactors.client.connection import Connection
from kactors.runtime import current_time, sim, sleep


@attrs.define(eq=False)
class Ear:
    """A watch that hears what the test says, and writes down what it is asked."""

    connection: Connection
    heard_at: float = -1.0
    asked: list[float] = attrs.field(factory=list)
    woken: int = 0
    cut_at: float | None = None

    def ask_for_word(self) -> None:
        """Write it down."""
        self.asked.append(current_time())

    def wake(self) -> None:
        """Count it."""
        self.woken += 1

    def cut(self) -> None:
        """Write it down."""
        self.cut_at = current_time()

    def hear(self) -> None:
        """Hear something now."""
        self.heard_at = current_time()

    async def listen_until(self, end: float) -> None:
        """Do what a watch does that gets no event."""
        while self.cut_at is None and current_time() < end:
            await sleep(min(self.connection.deadline(self), end) - current_time())
            self.connection.look()


def run(work: Callable[[Connection], Awaitable[None]]) -> None:
    """Do something with a connection that is asked after 5 s, and given up 2 s later."""

    async def main() -> None:
        await work(Connection(ping=5.0, silence=2.0))

    sim.run(main)


def test_a_replica_that_never_says_anything_is_lost_soon() -> None:
    """To open the first watch is to ask."""

    async def work(connection: Connection) -> None:
        ear = Ear(connection)
        connection.join(ear)
        await ear.listen_until(100.0)
        assert ear.cut_at == 2.0
        assert ear.asked == []
        assert len(connection) == 0

    run(work)


def test_a_quiet_replica_is_asked_and_lost_if_it_does_not_answer() -> None:
    """Five seconds after its last word, and two seconds later."""

    async def work(connection: Connection) -> None:
        ear = Ear(connection)
        connection.join(ear)
        await sleep(1.0)
        ear.hear()
        await ear.listen_until(100.0)
        assert ear.asked == [6.0]
        assert ear.cut_at == 8.0

    run(work)


def test_a_word_to_one_watch_answers_for_all() -> None:
    """Nobody is asked, and only the first has a deadline."""

    async def work(connection: Connection) -> None:
        first, second = Ear(connection), Ear(connection)
        connection.join(first)
        connection.join(second)
        assert connection.deadline(second) == float("inf")
        await sleep(1.0)
        for _ in range(10):
            second.hear()
            await first.listen_until(current_time() + 4.0)
        assert first.asked == second.asked == []
        assert first.cut_at is None
        await first.listen_until(100.0)
        assert first.asked == [42.0]
        assert first.cut_at == second.cut_at == 44.0

    run(work)


def test_doubt_asks_at_once_and_only_once() -> None:
    """If the replica answers, nothing is cut, and it may be doubted again."""

    async def work(connection: Connection) -> None:
        connection.doubt()
        ear = Ear(connection)
        connection.join(ear)
        ear.heard_at = 0.1
        await ear.listen_until(3.0)
        connection.doubt()
        connection.doubt()
        assert ear.asked == [3.0]
        assert ear.woken == 1
        await sleep(0.5)
        ear.hear()
        await ear.listen_until(8.0)
        assert ear.asked == [3.0]
        connection.doubt()
        assert ear.asked == [3.0, 8.0]
        await ear.listen_until(100.0)
        assert ear.cut_at == 10.0

    run(work)


def test_when_the_first_watch_ends_the_next_keeps_the_clock() -> None:
    """It is woken, and has the deadline then; others that leave wake nobody."""

    async def work(connection: Connection) -> None:
        first, second, third = Ear(connection), Ear(connection), Ear(connection)
        for ear in (first, second, third):
            connection.join(ear)
        connection.leave(third)
        assert second.woken == 0
        connection.leave(first)
        assert second.woken == 1
        assert connection.deadline(second) == 2.0
        connection.leave(second)
        connection.leave(second)
        assert len(connection) == 0
        connection.look()

    run(work)
