"""What is to be done when: in order of time, and at one instant in the order asked for."""

from collections.abc import Callable
from typing import Any


class Agenda:
    """Runs actions at instants of true time, those of one instant in a fixed order.

    A world may run what is due at one instant in any order; a plan means one.

    Args:
        call_at: the world's.
    """

    def __init__(self, call_at: Callable[[int, Callable[[Any], None], Any], object]) -> None:
        self._call_at = call_at
        self._due: dict[int, list[tuple[tuple[int, ...], Callable[[], None]]]] = {}

    def add(self, true_ns: int, order: tuple[int, ...], action: Callable[[], None]) -> None:
        """Do something at an instant, sorted among the rest of it by ``order``."""
        if true_ns not in self._due:
            self._due[true_ns] = []
            self._call_at(true_ns, self._run, true_ns)
        self._due[true_ns].append((order, action))

    def clear(self) -> None:
        """Do nothing of what is still to be done."""
        for actions in self._due.values():
            actions.clear()

    def _run(self, true_ns: int) -> None:
        # It stays on the agenda meanwhile: an action may add to this instant, or clear it.
        due = self._due[true_ns]
        while due:
            due.sort(key=lambda entry: entry[0])
            _, action = due.pop(0)
            action()
        del self._due[true_ns]
