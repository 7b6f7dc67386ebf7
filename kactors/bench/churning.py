"""Objects that come and go beside what is measured.

Source: kubernetes test/integration/scheduler_perf/operations.go (``churnOp``).
"""

from collections.abc import Iterator

from kactors.api.objects import Object
from kactors.bench import making
from kactors.bench.operations import Churn

__all__ = ["Ticks"]


class Ticks:
    """What a churn does when; asked rather than running by itself.

    Args:
        churn: what it shall do.
        now_ns: when it begins.

    Attributes:
        next_ns: when there is something to do; None for never again.
    """

    def __init__(self, churn: Churn, now_ns: int) -> None:
        self._churn = churn
        self._interval_ns = int(churn.interval_seconds * 1e9)
        self._tick = 0
        self._there: list[list[Object]] = []
        self._deleting = False
        self.next_ns: int | None = now_ns + self._interval_ns

    def due(self, now_ns: int) -> Iterator[tuple[bool, Object]]:
        """Yield what has to be done by now: (True, object) to create it, (False, ...) to delete."""
        while self.next_ns is not None and self.next_ns <= now_ns:
            self.next_ns += self._interval_ns
            yield from self._one_tick()

    def _one_tick(self) -> Iterator[tuple[bool, Object]]:
        churn = self._churn
        if self._deleting:
            for obj in self._there.pop(0):
                yield False, obj
            self._deleting = bool(self._there)
            return
        made = [self._make(place, each) for place, each in enumerate(self._objects())]
        self._tick += 1
        for obj in made:
            yield True, obj
        if churn.recreate:
            self._there.append(made)
            self._deleting = len(self._there) == churn.number
        elif churn.number and self._tick == churn.number:
            self.next_ns = None

    def _objects(self) -> Iterator[Object]:
        for template in self._churn.templates:
            yield template.object(self._tick, self._churn.number)

    def _make(self, place: int, obj: Object) -> Object:
        number = f"{self._churn.index}-{place}-{self._tick:05}"
        space = "" if obj["kind"] in {"Node", "Namespace"} else self._churn.namespace
        return making.named(obj, number, prefix="churn-", namespace=space)
