"""The names of a simulated disk: what is seen, and what survives a power failure.

A name that was made, moved or deleted is durable once its directory is synced. Until then
each such change survives or not on its own, but a change never survives one that it builds
on: a rename is lost with the creation of what it renames.
"""

from collections.abc import Iterator

import attrs

from kactors.storage.latency import Chance
from kactors.storage.medium import Content
from kactors.storage.path import ancestors_of, parent_of


@attrs.frozen
class Change:
    """One change of names on its way to the medium.

    Attributes:
        number: counts the changes on this disk.
        removed: the name that goes, if one does.
        added: the name that comes, if one does.
        node: what the added name stands for; None is a directory.
    """

    number: int
    removed: str | None = None
    added: str | None = None
    node: Content | None = None

    def names(self) -> Iterator[str]:
        """Yield the names that change."""
        if self.removed is not None:
            yield self.removed
        if self.added is not None:
            yield self.added

    def apply(self, names: dict[str, Content | None]) -> None:
        """Make the change."""
        if self.removed is not None:
            names.pop(self.removed, None)
        if self.added is not None:
            names[self.added] = self.node


class Names:
    """Paths and what they stand for: a `Content`, or None for a directory.

    Attributes:
        seen: the names that operations see.
        last_number: the number of the latest change; `settle` takes it.
    """

    __slots__ = ("_durable", "_pending", "last_number", "seen")

    def __init__(self) -> None:
        self.seen: dict[str, Content | None] = {"": None}
        self._durable: dict[str, Content | None] = {"": None}
        self._pending: list[Change] = []
        self.last_number = 0

    def contents(self) -> list[Content]:
        """Return every file's content, in the order of the files' creation."""
        return [node for node in self.seen.values() if node is not None]

    def is_directory(self, name: str) -> bool:
        """Tell whether ``name`` is a directory."""
        return name in self.seen and self.seen[name] is None

    def children(self, directory: str) -> tuple[str, ...]:
        """Return the names in ``directory``, sorted."""
        return tuple(
            sorted(
                name.rpartition("/")[2]
                for name in self.seen
                if name and parent_of(name) == directory
            )
        )

    def change(
        self, *, removed: str | None = None, added: str | None = None, node: Content | None = None
    ) -> None:
        """Change names as they are seen, and queue the same for the medium."""
        self.last_number += 1
        change = Change(self.last_number, removed, added, node)
        change.apply(self.seen)
        self._pending.append(change)

    def settle(self, directory: str, number: int) -> None:
        """Make the changes in ``directory`` up to ``number``, and what they build on, durable."""
        settled: list[Change] = []
        waiting: list[Change] = []
        built_on: dict[str, None] = {}
        for change in reversed(self._pending):
            here = any(parent_of(name) == directory for name in change.names())
            if (here and change.number <= number) or any(
                name in built_on for name in change.names()
            ):
                built_on.update(dict.fromkeys(change.names()))
                settled.append(change)
            else:
                waiting.append(change)
        for change in reversed(settled):
            change.apply(self._durable)
        self._pending = waiting[::-1]

    def crash(self, chance: Chance) -> None:
        """Let some of the queued changes become durable; what is durable is seen."""
        lost: dict[str, None] = {}
        for change in self._pending:
            builds_on_lost = any(name in lost for name in change.names())
            if not builds_on_lost and chance.below(2):
                change.apply(self._durable)
            else:
                lost.update(dict.fromkeys(change.names()))
        self._pending = []
        reachable = {
            name: node
            for name, node in self._durable.items()
            if not name or all(above in self._durable for above in ancestors_of(name))
        }
        self._durable = reachable
        self.seen = dict(reachable)
