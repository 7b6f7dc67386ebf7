"""Crash a log and its snapshots at every step, under every fault, with every outcome.

The `story` uses the log: it opens, appends, syncs, cuts, saves snapshots, releases, closes and
opens again. It may stop between any two operations on the disk. Or one of them meets a fault
(`Mishap`): if that is noticed the member stops, as it must, otherwise it goes on and may stop
anywhere later. Then the power fails, or only the process dies, and everything is opened again:
the *recovery*, in which the same may happen once more.

Everything that chance decides is tried out (`EveryChoice`): whether the power fails or only the
process dies, how much of a failed write was written, which unsynced sectors and names survive.
What that leaves is a `Situation`. Different histories often lead to the same one, which is then
pursued once. At last the log is opened again and again, on a disk that is good now, and every
promise is checked.
"""

import pickle
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import attrs

from kactors.storage.errors import StorageError
from kactors.storage.names import Names
from kactors.storage.operation import Operation
from kactors.storage.record import Record
from kactors.storage.sim_disk import SimDisk
from tests.storage.crash_story import (
    GROWING,
    Promises,
    Space,
    Violation,
    open_log,
    recover,
    story,
)
from tests.storage.driver import drive, immediate
from tests.storage.every_choice import EveryChoice

#: Fault -> the operations that can meet it.
LOUD = {
    "read_error": {Operation.OPEN, Operation.READ, Operation.LIST, Operation.EXISTS},
    "write_error": {
        Operation.WRITE,
        Operation.TRUNCATE,
        Operation.CREATE,
        Operation.RENAME,
        Operation.DELETE,
        Operation.MAKE_DIRECTORY,
    },
    "sync_error": {Operation.SYNC, Operation.SYNC_DIRECTORY},
    "full": {Operation.WRITE, Operation.CREATE, Operation.MAKE_DIRECTORY},
}

#: The same for faults that nobody notices at once: loss cannot always be helped.
SILENT = {"lost_write": {Operation.WRITE}, "misdirected_write": {Operation.WRITE}}


@attrs.frozen
class Mishap:
    """A fault, and the operation that meets it, counted from 0."""

    kind: str
    at: int


@attrs.frozen
class Situation:
    """What a member that stopped has left behind.

    Attributes:
        image: the disk, with what is still on its way to the medium.
        promises: what was acknowledged before.
        history: how it came to this, for whoever has to find out.
    """

    image: bytes
    promises: Promises
    history: tuple[Any, ...] = attrs.field(eq=False)


class Stage:
    """A disk on which a mishap may happen, and a view of it before every operation.

    Attributes:
        operations: what was asked of the disk.
        stops: what the member would leave if it stopped before an operation, from the one
            after the mishap on, and at the end.
    """

    def __init__(
        self, choice: EveryChoice, image: bytes | None = None, mishap: Mishap | None = None
    ) -> None:
        self.disk = SimDisk(chance=lambda _: choice, observer=self._observe)
        if image is not None:
            self.disk._names = restore(image)
        self.operations: list[Operation] = []
        self.stops: list[tuple[bytes, Promises]] = []
        self._choice = choice
        self._mishap = mishap
        self._promises: Promises | None = None

    @contextmanager
    def act(self, promises: Promises) -> Generator[None]:
        """Let the mishap happen inside, and end if it is noticed."""
        self._promises = promises
        with suppress(StorageError, OSError):
            yield
        self._promises = None
        self.disk.faults.heal()
        self.stops.append((self.image(), attrs.evolve(promises)))

    def image(self) -> bytes:
        """Return all that the disk knows."""
        return pickle.dumps(self.disk._names)

    def _observe(self, operation: Operation, name: str) -> None:
        del name
        at = len(self.operations)
        self.operations.append(operation)
        if self._promises is None:
            return
        if self._mishap is None or at > self._mishap.at:
            self.stops.append((self.image(), attrs.evolve(self._promises)))
        if self._mishap is not None and at == self._mishap.at:
            self._strike(self._mishap.kind)
        elif self._mishap is not None and at == self._mishap.at + 1:
            self.disk.faults.heal()

    def _strike(self, kind: str) -> None:
        if kind == "full":
            room = 512 * self._choice.below(3)
            self.disk.faults.capacity_bytes = self.disk.used_bytes + room
        else:
            setattr(self.disk.faults, f"{kind}_per_million", 1_000_000)


def restore(image: bytes) -> Names:
    """Return what `Stage.image` has kept."""
    names = pickle.loads(image)
    assert isinstance(names, Names)
    return names


def operations_of_story(*, space: Space) -> list[Operation]:
    """Return what the story asks of the disk when nothing goes wrong."""
    stage = Stage(EveryChoice())
    with immediate():
        drive(story(stage.disk, Promises(), space=space))
    return stage.operations


def operations_of_recovery(situation: Situation) -> list[Operation]:
    """Return what a recovery asks of the disk when nothing goes wrong."""
    stage = Stage(EveryChoice(), situation.image)
    with immediate():
        drive(recover(stage.disk, situation.promises))
    return stage.operations


def stopped_stories(mishap: Mishap | None, *, space: Space) -> Iterator[Situation]:
    """Yield what the story can leave if it stops, anywhere after the mishap if there is one."""
    choice = EveryChoice()
    doubtful = mishap is not None and mishap.kind in SILENT
    with immediate():
        for _ in choice:
            stage, promises = Stage(choice, mishap=mishap), Promises(doubtful=doubtful)
            with stage.act(promises):
                drive(story(stage.disk, promises, space=space))
            for number, (image, promised) in enumerate(stage.stops):
                yield Situation(image, promised, (mishap, choice.answers, number))


def stopped_recoveries(before: Situation, mishap: Mishap | None) -> Iterator[Situation]:
    """Yield what a recovery can leave if it stops, anywhere after the mishap."""
    choice = EveryChoice()
    with immediate():
        for _ in choice:
            stage = Stage(choice, before.image, mishap)
            with stage.act(before.promises):
                drive(recover(stage.disk, before.promises))
            for number, (image, _promised) in enumerate(stage.stops):
                history = (*before.history, mishap, choice.answers, number)
                yield Situation(image, before.promises, history)


def crashes(before: Situation) -> Iterator[Situation]:
    """Yield what is left if the power fails now, and if only the process dies."""
    choice = EveryChoice()
    for _ in choice:
        stage = Stage(choice, before.image)
        stage.disk.crash(power=not choice.below(2))
        history = (*before.history, choice.answers)
        yield Situation(stage.image(), before.promises, history)


def crashed(stopped: Iterable[Situation]) -> Iterator[Situation]:
    """Yield all that crashes leave of what has stopped, each different situation once."""
    return distinct(after for before in distinct(stopped) for after in crashes(before))


def distinct(situations: Iterable[Situation]) -> Iterator[Situation]:
    """Yield each different situation once, with the first history that led to it."""
    seen: set[Situation] = set()
    for situation in situations:
        if situation not in seen:
            seen.add(situation)
            yield situation


def examine(situation: Situation) -> int:
    """Recover three times, appending in between, and check every promise.

    Returns:
        In how many ways the disk's damage was reported; 0 if it never was.

    Raises:
        Violation: a promise was broken, or damage reported that no fault explains.
    """
    choice = EveryChoice()
    reported = 0
    with immediate():
        for _ in choice:
            stage = Stage(choice, situation.image)
            try:
                drive(_examine(stage.disk, situation.promises))
            except Violation as violation:
                violation.add_note(f"after {situation.history}, then {choice.answers}")
                raise
            except StorageError as error:
                if not situation.promises.doubtful:
                    raise Violation(f"{error} (after {situation.history})") from error
                reported += 1
    return reported


async def _examine(disk: SimDisk, promises: Promises) -> None:
    _, first = await recover(disk, promises)
    disk.crash()
    wal, second = await recover(disk, promises)
    if (second.first_number, second.records) != (first.first_number, first.records):
        raise Violation("a second recovery finds other records than the first")
    if second.cut_bytes and not promises.doubtful:
        raise Violation("a second recovery finds something to cut")
    extra = Record(200, bytes([200]) * 333)
    number = wal.append([extra])
    await wal.sync()
    disk.crash()
    wal, third = await open_log(disk, create=False, space=GROWING)
    if third.records != (*second.records, extra):
        raise Violation("what was appended after the recovery is not there")
    if wal.last_number != number:
        raise Violation(f"the last record was numbered {number}, it is now {wal.last_number}")
