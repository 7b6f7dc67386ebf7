"""Stores that apply entries before the eyes of a `Truth`, as members do, without the members."""

from kactors.etcd.store import Command, Store
from kactors.raft.messages import Entry
from kactors.testing.etcd.truth import Truth
from kactors.wire import encode


def entry(index: int, command: object | None, term: int = 1) -> Entry:
    """An entry of the log; without a command it is the one that opens a term."""
    return Entry(index, term, b"" if command is None else encode(command))


class Replica:
    """One member's store.

    Attributes:
        store: may be tampered with between two entries.
    """

    def __init__(self, truth: Truth, name: str, store: Store | None = None) -> None:
        self.truth = truth
        self.name = name
        self.store = store or Store()
        truth.began(name, self.store)

    def apply(self, *commands: Command | None, term: int = 1) -> None:
        """Apply entries to the store, and let the truth know."""
        entries = []
        for command in commands:
            index = self.store.applied_index + 1
            entries.append(entry(index, command, term))
            if command is None:
                self.store.skip(index, term)
            else:
                self.store.apply(index, term, command)
        self.truth.applied(self.name, entries, self.store)
