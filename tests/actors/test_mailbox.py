"""A mailbox is bounded, and says what happens when it is full."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.actors import (
    Actor,
    MailboxFullError,
    MailboxPolicy,
    OverloadedError,
    PolicyError,
    WhenFull,
    handles,
)
from kactors.actors.mailbox import Mailbox
from kactors.runtime import Event, current_time, open_nursery, sim, sleep
from tests.actors.cast import Answer, Ask, Note, Server, SlowAsk, ask, serve, small_world, tell


@pytest.mark.parametrize("wrong", [{"capacity": 0}, {"requests_max": 0}, {"capacity": -3}])
def test_a_policy_that_lets_nothing_in_is_refused(wrong: dict[str, Any]) -> None:
    """The error names the field and says what it takes."""
    with pytest.raises(PolicyError, match=f"MailboxPolicy.{next(iter(wrong))} .*from 1 on"):
        MailboxPolicy(**wrong)


@given(st.lists(st.integers(), max_size=20), st.integers(1, 5))
def test_dropping_the_newest_keeps_the_first(items: list[int], capacity: int) -> None:
    """What was put first stays, in order; the rest is handed back."""
    mailbox: Mailbox[int] = Mailbox(MailboxPolicy(capacity, WhenFull.DROP_NEWEST))

    dropped = [item for item in items if mailbox.put(item) is not None]

    assert mailbox.drain() == items[:capacity]
    assert dropped == items[capacity:]


@given(st.lists(st.integers(), max_size=20), st.integers(1, 5))
def test_dropping_the_oldest_keeps_the_last(items: list[int], capacity: int) -> None:
    """What was put last stays, in order; the rest is handed back, oldest first."""
    mailbox: Mailbox[int] = Mailbox(MailboxPolicy(capacity, WhenFull.DROP_OLDEST))

    dropped = [each for each in map(mailbox.put, items) if each is not None]

    assert mailbox.drain() == items[-capacity:]
    assert dropped == items[:-capacity]
    assert len(mailbox) == 0


def test_a_reader_waits_for_the_next_item() -> None:
    """It is idle meanwhile, and no more so once something was put."""

    async def main() -> None:
        mailbox: Mailbox[int] = Mailbox(MailboxPolicy())
        got: list[int | None] = []

        async def reader() -> None:
            got.append(await mailbox.take())

        async with open_nursery() as nursery:
            nursery.start_soon(reader)
            await sleep(1)
            idle_before = mailbox.idle
            mailbox.put(5)
            assert (idle_before, mailbox.idle) == (True, False)
        assert got == [5]

    sim.run(main)


def test_closing_comes_before_all_that_waits() -> None:
    """What is left can be taken out and counted."""

    async def main() -> None:
        mailbox: Mailbox[int] = Mailbox(MailboxPolicy())
        mailbox.put(1)
        mailbox.close()

        assert await mailbox.take() is None
        assert mailbox.drain() == [1]

    sim.run(main)


class Slow(Actor):
    """Handles one message in a second, and has room for two more."""

    mailbox = MailboxPolicy(capacity=2)

    def __init__(self) -> None:
        self.notes: list[int] = []

    @handles
    async def note(self, note: Note) -> None:
        """Take a second."""
        await sleep(1.0)
        self.notes.append(note.number)


class Forgetful(Slow):
    """Drops the oldest."""

    mailbox = MailboxPolicy(capacity=2, when_full=WhenFull.DROP_OLDEST)


class Touchy(Slow):
    """Fails."""

    mailbox = MailboxPolicy(capacity=2, when_full=WhenFull.FAIL)


@pytest.mark.parametrize(("kind", "kept"), [(Slow, [1, 2, 3]), (Forgetful, [1, 4, 5])])
def test_one_message_too_many_becomes_a_dead_letter(kind: type[Slow], kept: list[int]) -> None:
    """The newest or the oldest, as the policy says; each is counted."""
    world = small_world()
    lives = serve(world, kind)

    tell(world, *(Note(number) for number in range(1, 6)))
    world.run_for(10)

    assert lives.last.notes == kept
    assert world.hosts["b"].system.dead_letters.counts == {"mailbox full": 2}


def test_an_actor_may_rather_fail_than_lose_a_message() -> None:
    """Its next life begins with an empty mailbox; what was in the old one is counted."""
    world = small_world()
    lives = serve(world, Touchy)

    tell(world, *(Note(number) for number in range(1, 5)))
    world.run_for(10)

    assert len(lives) == 2
    assert lives.actors[0].notes == [1]
    system = world.hosts["b"].system
    assert system.cells["server"].last_failure.startswith(MailboxFullError.__name__)
    assert system.dead_letters.counts == {"mailbox full": 1, "left in the mailbox": 2}


class Busy(Server):
    """Serves two at a time."""

    mailbox = MailboxPolicy(requests_max=2)


def test_too_many_requests_are_refused() -> None:
    """A plain handler has none under way, so it answers all the same."""
    world = small_world()
    lives = serve(world, Busy)
    system = world.hosts["a"].system
    for number in range(2):
        world.hosts["a"].machine.spawn(system.ref("b/server").request, SlowAsk(number, 5.0))
    world.run_for(0.1)

    answer = ask(world, SlowAsk(9, 0.0))

    assert isinstance(answer, OverloadedError)
    assert (answer.address, answer.limit) == ("b/server", 2)
    assert "try again later" in str(answer)
    assert ask(world, Ask(7)) == Answer(7)
    assert sorted(lives.last.asked) == [0, 1, 7]


def test_there_is_room_again_when_a_request_is_done() -> None:
    """The number of those under way is what counts."""
    world = small_world()
    serve(world, Busy)

    answers = [ask(world, SlowAsk(number, 0.5)) for number in range(4)]

    assert answers == [Answer(number) for number in range(4)]


def test_a_reader_that_is_cancelled_is_idle_no_more() -> None:
    """Nothing may be handed to it past the queue."""

    async def main() -> None:
        mailbox: Mailbox[int] = Mailbox(MailboxPolicy())
        begun = Event()

        async def reader() -> None:
            begun.set()
            await mailbox.take()

        async with open_nursery() as nursery:
            nursery.start_soon(reader)
            await begun.wait()
            await sleep(current_time() + 1)
            assert mailbox.idle
            nursery.cancel_scope.cancel()
        assert not mailbox.idle

    sim.run(main)
