"""The agenda: in the order of time, and at one instant in the order asked for."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kactors.faults.agenda import Agenda
from tests.transport.fake_world import FakeScheduler


class Backwards(FakeScheduler):
    """Runs what is due at one instant in the wrong order."""

    def call_at(self, true_ns: int, callback: Callable[[Any], None], argument: Any, /) -> None:
        """Put later calls in front."""
        self.sequence -= 2
        super().call_at(true_ns, callback, argument)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20))
def test_what_is_due_is_done_in_order(entries: list[tuple[int, int]]) -> None:
    """By time, then by order, then as it was added."""
    scheduler = Backwards()
    agenda = Agenda(scheduler.call_at)
    done: list[tuple[int, int, int]] = []

    for number, (at_ns, order) in enumerate(entries):
        agenda.add(at_ns, (order,), partial(done.append, (at_ns, order, number)))
    scheduler.run()

    assert done == sorted((at, order, n) for n, (at, order) in enumerate(entries))


def test_what_is_added_for_this_instant_is_done_in_it() -> None:
    """In its place among what is still to be done."""
    scheduler = FakeScheduler()
    agenda = Agenda(scheduler.call_at)
    done: list[str] = []

    def first() -> None:
        done.append("first")
        agenda.add(5, (1,), lambda: done.append("added"))

    agenda.add(5, (0,), first)
    agenda.add(5, (2,), lambda: done.append("last"))
    scheduler.run()

    assert done == ["first", "added", "last"]


def test_a_cleared_agenda_does_nothing_more() -> None:
    """Not even the rest of this instant."""
    scheduler = FakeScheduler()
    agenda = Agenda(scheduler.call_at)
    done: list[int] = []
    agenda.add(5, (0,), agenda.clear)
    agenda.add(5, (1,), lambda: done.append(1))
    agenda.add(6, (0,), lambda: done.append(2))

    scheduler.run()

    assert done == []
