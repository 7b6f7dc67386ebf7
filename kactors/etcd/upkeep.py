"""What keeps a member small: snapshots, a short log, and no history that was compacted."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

from kactors.etcd.driver import Driver
from kactors.etcd.snapshot import dump
from kactors.etcd.wakeup import Wakeup
from kactors.runtime import Event, checkpoint, open_nursery

#: Changes that are scrubbed before other tasks have their turn.
SCRUBBED_PER_TURN: Final = 500
#: The next snapshot comes after this share of the changes that are held, at the earliest.
_SHARE: Final = 4


class Upkeep:
    """Snapshots and scrubbing of one member.

    Args:
        driver: of the member.
        snapshot_entries: applied entries between two snapshots, at least.
        catch_up_entries: entries that are kept behind a snapshot.
        log: told what happens.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        snapshot_entries: int,
        catch_up_entries: int,
        log: Callable[[str], None],
    ) -> None:
        self._driver = driver
        self._store = driver.applier.store
        self._snapshot_entries = snapshot_entries
        self._catch_up_entries = catch_up_entries
        self._log = log
        self._next_snapshot = driver.storage.log.snapshot.index + snapshot_entries
        self._snapshot_due = Wakeup()
        self._scrub_due = Wakeup()
        self._scrubbed = Event()

    def follow(self) -> None:
        """Take note of what was applied; never waits."""
        if self._store.applied_index >= self._next_snapshot:
            self._snapshot_due.set()
        if not self._store.mvcc.scrubbed:
            self._scrub_due.set()

    async def run(self) -> None:
        """Do what is due, until cancelled.

        Raises:
            BaseExceptionGroup: the log broke.
        """
        async with open_nursery() as nursery:
            nursery.start_soon(self._run_snapshots)
            nursery.start_soon(self._run_scrubbing)

    async def wait_scrubbed(self) -> None:
        """Return once all that is compacted has been removed."""
        while not self._store.mvcc.scrubbed:
            self._scrub_due.set()
            await self._scrubbed.wait()

    async def _run_scrubbing(self) -> None:
        while True:
            await self._scrub_due.wait()
            while not self._store.mvcc.scrub(SCRUBBED_PER_TURN):
                await checkpoint()
            done, self._scrubbed = self._scrubbed, Event()
            done.set()

    async def _run_snapshots(self) -> None:
        while True:
            await self._snapshot_due.wait()
            if self._store.applied_index >= self._next_snapshot:
                await self.snapshot()
                self._next_snapshot = self._store.applied_index + self._interval()

    def _interval(self) -> int:
        """Return after how many entries the next snapshot is due.

        A snapshot writes down all that is held. The more that is, the longer the pause, so that
        snapshots never cost more than a few times what the entries themselves do.
        """
        return max(self._snapshot_entries, len(self._store.mvcc.log) // _SHARE)

    async def snapshot(self) -> None:
        """Write a snapshot and shorten the log.

        A disk that has no room for it is no reason to stop: the log goes on growing, and the next
        attempt comes after as many entries again.

        Raises:
            WalBrokenError: the log broke.
        """
        raft, storage = self._driver.raft, self._driver.storage
        metadata = raft.snapshot_metadata(self._store.applied_index)
        if metadata is None or metadata.index <= storage.log.snapshot.index:
            return
        pieces = _unhurried(dump(self._store))
        try:
            saved = await storage.save_snapshot(metadata, pieces)
        except OSError as problem:
            self._log(f"the snapshot at {metadata.index} could not be written: {problem}")
            return
        await storage.compact(saved, keep=self._catch_up_entries)
        self._log(f"snapshot at {saved.index}, {saved.size_bytes} bytes")


async def _unhurried(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Yield pieces, and let other tasks run between them."""
    for piece in pieces:
        yield piece
        await checkpoint()
