"""Linearizable reads: when may a member answer from its own state?

Reads that come together share one question to the leader (`Raft.read_index`). The answer may be
lost, or the leader change; then the question is asked again, for as long as the asker waits.
"""

from typing import Protocol

import attrs

from kactors.raft.core import Raft
from kactors.raft.errors import ReadDropped
from kactors.raft.ready import ReadState


class Reader(Protocol):
    """Somebody who waits until he may read; a `kactors.runtime.Waiter` is one."""

    def wake(self, may_read: bool, /) -> object:
        """Learn that it is so, or that nobody leads."""


@attrs.define(eq=False)
class _Asked:
    """Reads that wait for one answer, asked at a tick."""

    tick: int
    readers: list[Reader]


class Reads:
    """The reads that wait at one member.

    Args:
        raft: answers.
        retry_ticks: after which a question is asked again.
    """

    def __init__(self, raft: Raft, *, retry_ticks: int) -> None:
        self._raft = raft
        self._retry_ticks = retry_ticks
        self._new: list[Reader] = []
        self._asked: dict[int, _Asked] = {}
        self._answered: list[tuple[int, _Asked]] = []
        self._number = 0
        self._leaderless_ticks = 0

    def register(self, reader: Reader) -> None:
        """Wake ``reader`` when he may read, or with False if nobody leads."""
        self._new.append(reader)

    def ask(self) -> None:
        """Ask for all reads that have come since the last time."""
        if not self._new:
            return
        self._number += 1
        try:
            self._raft.read_index(self._number)
        except ReadDropped:
            return  # no leader, or too many: asked again at the next tick
        self._asked[self._number] = _Asked(self._raft.now, self._new)
        self._new = []

    def answered(self, state: ReadState) -> None:
        """Take an answer; the reads go on once its index is applied."""
        asked = self._asked.pop(state.context, None)
        if asked is not None:
            self._answered.append((state.index, asked))

    def dropped(self, context: int) -> None:
        """Ask once more: this question will never be answered."""
        asked = self._asked.pop(context, None)
        if asked is not None:
            self._new += asked.readers

    def release(self, applied_index: int) -> None:
        """Let go what may be read now."""
        if not self._answered:
            return
        waiting, self._answered = self._answered, []
        for index, asked in waiting:
            if index > applied_index:
                self._answered.append((index, asked))
                continue
            for each in asked.readers:
                each.wake(True)

    def tick(self) -> None:
        """Ask again what has waited for too long; give up if nobody has led for long."""
        self._leaderless_ticks = 0 if self._raft.leader is not None else self._leaderless_ticks + 1
        if self._leaderless_ticks >= 2 * self._retry_ticks:
            new, self._new = self._new, []
            for each in new:
                each.wake(False)
        before = self._raft.now - self._retry_ticks
        for context in [number for number, asked in self._asked.items() if asked.tick <= before]:
            self.dropped(context)
