"""What a Raft must offer to be tested: a factory, a member, and a disk.

Theory of operation
===================

The harness owns time, the network, the disks and the state machines; a member is driven
by calls and asks for nothing by itself. After each call the harness takes every `Output` that
the member has, and does for each, in this order:

0. send ``messages_now``;
1. write ``records`` to the member's `Storage`, one after the other; if ``sync``, that takes
   time, and a crash keeps only the first few of them (what was not synced may be lost, too);
   then call ``persisted(number)``;
2. send ``messages``;
3. restore ``snapshot`` if there is one, apply ``committed``, answer ``reads``, and call
   ``applied(index)``.

A member may have several outputs under way; each step is done in the order of the outputs.
After a crash the harness calls `Implementation.start` with the same storage. Nothing but the
storage survives.

Messages may be any values; nobody changes them once they are sent. What is not offered
(`Capability`) is not asked for.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import attrs

from kactors.checking.raft_view import DurableState, LogView, MemberView, Promise
from kactors.testing.raft.knobs import Knobs

__all__ = [
    "Capability",
    "Change",
    "Command",
    "Implementation",
    "Member",
    "Output",
    "Rng",
    "Seat",
    "Storage",
]


class Rng(Protocol):
    """A stream of chance: all that generators and implementations may draw from."""

    def below(self, bound: int) -> int:
        """Draw an integer in ``[0, bound)``."""


class Capability(StrEnum):
    """What an implementation can do beyond elections and replication."""

    #: `Member.read`.
    READS = "reads"
    #: `Member.compact`, and snapshots from leaders.
    SNAPSHOTS = "snapshots"
    #: `Member.change`.
    MEMBERSHIP = "membership"
    #: `Member.transfer`.
    TRANSFER = "transfer"
    #: A member that lost its disk may come back with an empty one, and promises nothing.
    REJOIN = "rejoin"
    #: Pre-vote and check-quorum: a member without a quorum disturbs nobody.
    UNDISTURBED = "undisturbed"


class Command(NamedTuple):
    """A committed entry, to be applied; empty ``data`` changes no state machine."""

    index: int  # type: ignore[assignment]  # hides a method of tuple that nobody needs
    term: int
    data: bytes


class Output(NamedTuple):
    """What a member owes; the module tells the order.

    Attributes:
        records: what to write, each atomic, whatever `Storage.write` understands.
        sync: whether ``messages``, ``snapshot`` and ``committed`` wait until it is durable.
        messages_now, messages: ``(member, message)``.
        snapshot: ``(index, data)``: the state machine becomes what this snapshot says.
        reads: ``(context, index)``: reads that may be answered once ``index`` is applied.
    """

    number: int
    records: tuple[Any, ...] = ()
    sync: bool = False
    messages_now: tuple[tuple[int, Any], ...] = ()
    messages: tuple[tuple[int, Any], ...] = ()
    snapshot: tuple[int, bytes] | None = None
    committed: tuple[Command, ...] = ()
    reads: tuple[tuple[Any, int], ...] = ()


@attrs.frozen
class Change:
    """A wish to change the members; without any member it is to leave a joint configuration.

    Attributes:
        voters: become voters.
        learners: become learners, whatever they were.
        removed: leave.
        style: 0 as simple as can be, 1 joint and left automatically, 2 joint until told.
    """

    voters: tuple[int, ...] = ()
    learners: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    style: int = 0


class Storage(DurableState, Protocol):
    """A disk's contents as a restart would find them."""

    def write(self, record: Any) -> None:
        """Take in one record of an `Output`."""

    @property
    def snapshot(self) -> tuple[int, bytes] | None:
        """The latest snapshot, as ``(index, data)``."""


@attrs.frozen(kw_only=True)
class Seat:
    """What a member is started with.

    Attributes:
        boot: counts the starts of this member, from 1.
        chance: ``chance(term, attempt)`` is the stream for one election timeout. Use it
            rather than a stream of your own: a schedule shrinks better so.
        applied_index: what the state machine holds already: the snapshot, or more.
        joining: the storage may be empty: the cluster knows the member, it knows nothing.
        observe: called with each trace event, by implementations that write traces.
    """

    member: int
    storage: Any
    knobs: Knobs
    boot: int
    chance: Callable[[int, int], Rng]
    applied_index: int = 0
    joining: bool = False
    observe: Callable[[Any], None] | None = None


class Member(LogView, Protocol):
    """One running member. An exception from any of these is a finding."""

    def tick(self) -> None:
        """Time passes: one tick."""

    def receive(self, sender: int, message: Any) -> None:
        """A message comes; it may be late, repeated, or from a life that is over."""

    def propose(self, data: bytes) -> bool:
        """Take a command, or answer that it is not taken; taken ones may be lost."""

    def output(self) -> Output | None:
        """Hand over what is owed, ``None`` if nothing is."""

    def persisted(self, number: int) -> None:
        """All outputs up to ``number`` are durable."""

    def applied(self, index: int) -> None:
        """The state machine has applied everything up to ``index``."""

    def view(self) -> MemberView:
        """Return this member at this moment; asked after every step."""


class FullMember(Member, Protocol):
    """A member with all capabilities."""

    def read(self, context: Any) -> bool:
        """Ask from which index on a read is linearizable; answered in `Output.reads`."""

    def change(self, change: Change) -> bool:
        """Propose a change of the members, as leader; answer whether it was taken."""

    def transfer(self, to: int) -> bool:
        """Hand leadership over, or have it handed over; answer whether that was taken."""

    def compact(self, index: int, data: bytes, keep: int) -> None:
        """The state machine's snapshot of ``index`` is ``data``.

        Write it with the next output; then drop the log before it, except ``keep`` entries.
        """


class Implementation(Protocol):
    """A Raft to test."""

    @property
    def name(self) -> str:
        """What failures call it."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it can do."""

    def bootstrap(self, member: int, voters: tuple[int, ...]) -> Storage:
        """Return the disk of an initial member."""

    def empty(self, member: int) -> Storage:
        """Return the disk of a member that is new or was wiped."""

    def start(self, seat: Seat) -> Member:
        """Start a member over its storage."""

    def promises(self, sender: int, to: int, message: Any) -> tuple[Promise, ...]:
        """Return what ``message`` promises of its sender's disk; nothing if unsure."""

    def describe(self, message: Any) -> str:
        """Return ``message`` in one line."""
