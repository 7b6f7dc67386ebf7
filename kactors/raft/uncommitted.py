"""The bound on what a leader has appended and not committed."""

from collections import deque

__all__ = ["Uncommitted"]


class Uncommitted:
    """Counts the bytes of this leader's proposals that wait for a quorum.

    Exact: what was appended by earlier leaders is not counted when it commits, because it
    was not counted when it came.

    Attributes:
        bytes: of all waiting proposals.
    """

    __slots__ = ("_batches", "_limit", "bytes")

    def __init__(self, limit: int) -> None:
        self.bytes = 0
        self._limit = limit
        #: (last index, bytes) of each batch, ascending.
        self._batches: deque[tuple[int, int]] = deque()

    def fits(self, size_bytes: int) -> bool:
        """Answer whether a proposal may be taken.

        Empty ones always may, and one of any size if nothing else waits, else it never could.
        """
        return not size_bytes or not self.bytes or self.bytes + size_bytes <= self._limit

    def add(self, last_index: int, size_bytes: int) -> None:
        """Count a batch that ends at ``last_index``."""
        if size_bytes:
            self._batches.append((last_index, size_bytes))
            self.bytes += size_bytes

    def free_to(self, index: int) -> None:
        """Stop counting the batches that end at or before ``index``."""
        batches = self._batches
        while batches and batches[0][0] <= index:
            self.bytes -= batches.popleft()[1]
