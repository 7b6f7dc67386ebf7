"""Running storage code without a world: on a disk without latency nothing ever suspends."""

from collections.abc import Coroutine, Generator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from kactors.runtime.face import current

T = TypeVar("T")


class Immediate:
    """As much of a runtime as storage code needs that never waits."""

    def cancel_scope(self, *, deadline: float, shield: bool) -> Any:
        """Return a scope that nobody cancels."""
        del deadline, shield
        return nullcontext()


@contextmanager
def immediate() -> Generator[None]:
    """Let `drive` run coroutines inside."""
    before = current.use(Immediate())  # type: ignore[arg-type]  # a part of a runtime
    try:
        yield
    finally:
        current.use(before)


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends to its end; return its value."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    coroutine.close()
    raise AssertionError(f"{coroutine!r} has suspended: nothing would ever wake it")
