"""The frames that wait for one peer: bounded, in order, kept across connections."""

from collections import deque
from collections.abc import Callable

BATCH_BYTES = 256 * 1024
"""How much one write takes at most, unless a single frame is longer."""


def _nobody() -> None:
    """Stands for the one to nudge while there is none."""


class Outbox:
    """Frames for one peer, first in, first out.

    A frame waits here, is then *taken* by the connection of the day, and is at last
    *done* (the kernel has it) or *lost* with that connection.

    Attributes:
        nudge: called after each frame put; whoever serves the outbox sets it.
    """

    __slots__ = ("_bytes", "_bytes_max", "_frames", "_frames_max", "_taken", "nudge")

    def __init__(self, *, frames_max: int, bytes_max: int) -> None:
        self._frames: deque[bytes] = deque()
        self._frames_max = frames_max
        self._bytes_max = bytes_max
        self._bytes = 0  # of the frames waiting
        self._taken = 0  # frames taken and neither done nor lost yet
        self.nudge: Callable[[], None] = _nobody

    def __len__(self) -> int:
        """Count the frames that wait."""
        return len(self._frames)

    @property
    def waiting(self) -> tuple[bytes, ...]:
        """The frames that wait, the oldest first."""
        return tuple(self._frames)

    @property
    def waiting_bytes(self) -> int:
        """How long the frames that wait are together."""
        return self._bytes

    @property
    def pending(self) -> int:
        """How many frames wait or are under way to the kernel."""
        return len(self._frames) + self._taken

    def put(self, frame: bytes) -> bool:
        """Append ``frame`` and nudge; answer False, and do neither, when that is one too many."""
        size = self._bytes + len(frame)
        if size > self._bytes_max or len(self._frames) >= self._frames_max:
            return False
        self._bytes = size
        self._frames.append(frame)
        self.nudge()
        return True

    def take(self) -> bytes:
        """Remove the oldest frames, together about `BATCH_BYTES`, and return them as one."""
        frames = self._frames
        if self._bytes <= BATCH_BYTES:
            batch = b"".join(frames)
            self._taken += len(frames)
            frames.clear()
        else:
            some: list[bytes] = []
            size = 0
            while frames and (not some or size + len(frames[0]) <= BATCH_BYTES):
                size += len(frames[0])
                some.append(frames.popleft())
            batch = b"".join(some)
            self._taken += len(some)
        self._bytes -= len(batch)
        return batch

    def settle(self) -> int:
        """Note that what was taken is done or lost; return how many frames that were."""
        settled, self._taken = self._taken, 0
        return settled

    def discard(self) -> int:
        """Drop the frames that wait; return how many there were."""
        count = len(self._frames)
        self._frames.clear()
        self._bytes = 0
        return count
