"""One member with a driver as small as the contract allows, and a disk that can crash.

The driver may lag: each `Ready` waits in a queue until `Node.persist` makes it durable, so
tests can step the core meanwhile, or crash with writes under way.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs

from kactors.raft import (
    ChunkRequest,
    Config,
    Configuration,
    Entry,
    MemoryLog,
    Message,
    Raft,
    ReadState,
    Ready,
    SnapshotMetadata,
)

Send = Callable[[int, int, Message], None]


@attrs.frozen
class FixedRng:
    """An `Rng` that always draws the same number, as far as the bound allows."""

    number: int

    def below(self, bound: int) -> int:
        """Draw."""
        return min(self.number, bound - 1)


@attrs.define(eq=False)
class Disk:
    """What survives a crash."""

    log: MemoryLog
    snapshots: dict[SnapshotMetadata, bytes] = attrs.field(factory=dict)


class Node:
    """A member, its disk, its state machine and its driver.

    Attributes:
        applied: the commands applied, in order; the state of the state machine.
        unwritten: handed over by the core and not durable yet.
    """

    def __init__(
        self,
        config: Callable[[int], Config],
        disk: Disk,
        send: Send,
        *,
        observe: Callable[[Any], None] | None = None,
    ) -> None:
        self._config = config
        self._send = send
        self._observe = observe
        self.disk = disk
        self.boots = 0
        self.start()

    def start(self) -> None:
        """Start over what the disk holds."""
        self.boots += 1
        log = self.disk.log
        self.applied: list[bytes] = []
        self.applied_entries: list[Entry] = []
        self.applied_index = log.snapshot.index
        if data := self.disk.snapshots.get(log.snapshot):
            self.applied = data.split(b"\0")
        self.unwritten: deque[Ready] = deque()
        self.incoming = b""
        self.read_states: list[ReadState] = []
        self.reads_dropped: list[Any] = []
        self.chunk_requests: list[ChunkRequest] = []
        self.configuration = Configuration()
        self.raft = Raft(self._config(self.boots), log, observe=self._observe)
        self.member = self.raft.member

    def take(self) -> Ready | None:
        """Take one `Ready` and do what must not wait."""
        ready = self.raft.ready()
        if ready is None:
            return None
        for to, message in ready.messages_now:
            self._send(self.member, to, message)
        self.chunk_requests.extend(ready.chunk_requests)
        if ready.configuration is not None:
            self.configuration = ready.configuration
        self.unwritten.append(ready)
        return ready

    def read_chunks(self) -> None:
        """Read what other members need of our snapshots."""
        requests, self.chunk_requests = self.chunk_requests, []
        for request in requests:
            data = self.disk.snapshots.get(request.snapshot, b"")
            if len(data) != request.snapshot.size_bytes:
                self.raft.chunk_unavailable(request)
                continue
            end = request.offset + request.size_bytes
            self.raft.send_chunk(request, data[request.offset : end])

    def persist(self) -> Ready:
        """Make the oldest unwritten `Ready` durable, then send, then apply."""
        ready = self.unwritten.popleft()
        for chunk in ready.chunks:
            if chunk.offset == 0:
                self.incoming = b""
            assert chunk.offset == len(self.incoming), "a chunk does not continue the file"
            self.incoming += chunk.data
        if ready.snapshot is not None:
            assert len(self.incoming) == ready.snapshot.size_bytes, "the snapshot is not whole"
            self.disk.snapshots[ready.snapshot] = self.incoming
            self.applied = self.incoming.split(b"\0") if self.incoming else []
            self.applied_index = ready.snapshot.index
        self.disk.log.save(ready)
        for to, message in ready.messages:
            self._send(self.member, to, message)
        for entry in ready.committed:
            assert entry.index == self.applied_index + 1, "entries are applied in order"
            self.applied_index = entry.index
            self.applied_entries.append(entry)
            if entry.data:
                self.applied.append(entry.data)
        self.read_states.extend(ready.read_states)
        self.reads_dropped.extend(ready.reads_dropped)
        self.raft.advance(ready)
        return ready

    def settle(self) -> None:
        """Do everything that is owed, until nothing is."""
        while self.take() is not None or self.unwritten or self.chunk_requests:
            self.read_chunks()
            while self.unwritten:
                self.persist()

    def make_snapshot(self, keep: int = 0) -> None:
        """Write a snapshot of what is applied, and compact all but ``keep`` entries."""
        if self.applied_index <= self.disk.log.snapshot.index:
            return
        data = b"\0".join(self.applied)
        snapshot = self.raft.snapshot_metadata(
            self.applied_index, size_bytes=len(data), checksum=hash_of(data)
        )
        if snapshot is None:
            return
        self.disk.snapshots[snapshot] = data
        self.disk.log.note_snapshot(snapshot)
        self.disk.log.compact(max(snapshot.index - keep, self.disk.log.first_index - 1))


def hash_of(data: bytes) -> int:
    """Return a number that differs for different bytes, as far as these tests care."""
    return int.from_bytes(data[-6:], "big") * 1000 + len(data)
