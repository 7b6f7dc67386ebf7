"""Drives one Raft core: disk, network and state machine, in the order that its contract asks.

Theory of operation
===================

What happens to the core happens synchronously in whatever task brings it, and then there is a
*turn*: for messages of other members and for ticks at once, for proposals and reads in a task of
its own, the *pump*, once for all that came together. A turn hands over the proposals in one call,
takes every `Ready`, sends what may leave at once, applies what is committed, and queues the rest
for a second task, the *writer*. That one makes everything durable that has been queued, with one
sync, tells the core, and sends what had to wait for it. So while the disk syncs, messages are
handled and followers work; what arrives meanwhile shares the next sync. A third task reads
snapshots for members that are behind.

What comes alone, to a disk that confirms at once, gets no company in the writer, and would only
pay for the change of tasks: the turn itself makes it durable. Whether it will stay alone is
guessed from the latest writes.

A failure of the disk, or of anything else here, ends all of them: the member stops rather than
promise what it may not keep. A disk that does not answer is no failure yet, but whoever belongs to
it should not lead: see `Driver.disk_hangs`.

The order of duties is that of `kactors.raft.ready`.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import attrs

from kactors.etcd.applier import Applier, Entered, Outcome, Pending, Proposer
from kactors.etcd.errors import (
    EtcdError,
    LeaderChanged,
    NoLeader,
    NotLeader,
    TooManyRequests,
)
from kactors.etcd.member_storage import MemberStorage
from kactors.etcd.peer_mail import PeerMail
from kactors.etcd.reads import Reader, Reads
from kactors.etcd.wakeup import Wakeup
from kactors.raft.configuration import ConfChange
from kactors.raft.core import Raft
from kactors.raft.errors import DropReason, ProposalDropped
from kactors.raft.messages import Message
from kactors.raft.ready import ChunkRequest, Ready
from kactors.raft.role import Role
from kactors.runtime import Waiter, current_time, open_nursery, sleep_until, waiter

#: Entries that are applied before other tasks have their turn.
_APPLIED_PER_TURN = 2000
#: After so many writes of one entry each the next is expected to have no company, either.
_ALONE_WRITES: Final = 4
#: What comes so soon after a turn that has written was there before, and had company.
_COMPANY_SECONDS: Final = 0.0001
#: A proposal that comes so soon after another waits for those that follow it, and goes with them;
#: one that comes alone goes at once, which spares a switch of tasks.
BURST_SECONDS: Final = 0.0002


class Surroundings(Protocol):
    """What a driver tells the member that it belongs to; nothing of it waits."""

    def send_to_member(self, member: int, messages: Sequence[Message]) -> None:
        """Send to another member."""

    def role_changed(self) -> None:
        """The role or the leader is another."""

    def applied(self) -> None:
        """Entries were applied, or a snapshot was adopted."""

    def ticked(self) -> None:
        """A tick of the Raft clock has passed."""


@attrs.frozen
class _Proposal:
    """Something to be entered into the log."""

    data: bytes
    entered: Entered
    proposer: Proposer


class Driver:
    """One member's core at work; see the module.

    Attributes:
        raft: the core.
        storage: the disk.
        applier: the state machine.
        reads: linearizable reads.
        tick_seconds: of the Raft clock.
    """

    def __init__(
        self,
        raft: Raft,
        storage: MemberStorage,
        applier: Applier,
        surroundings: Surroundings,
        *,
        tick_seconds: float,
    ) -> None:
        self.raft = raft
        self.storage = storage
        self.applier = applier
        self.reads = Reads(raft, retry_ticks=raft.config.election_ticks)
        self._around = surroundings
        self.tick_seconds = tick_seconds
        self._proposals: list[_Proposal] = []
        self._unwritten: list[Ready] = []
        self._writing = False
        self._writing_since = 0  # by the Raft clock; it has a meaning while something is written
        self._alone_writes = 0  # of one entry, without one of several in between
        self._chunks: list[ChunkRequest] = []
        self._mail = PeerMail(surroundings.send_to_member)
        self._pump = Wakeup()
        self._writer = Wakeup()
        self._chunk_reader = Wakeup()
        self._led_until = 0
        self._submitted_at = self._wrote_at = -BURST_SECONDS
        self._closing = False

    # What the member asks ---------------------------------------------------------------------

    def leads(self) -> bool:
        """Whether this member believes to lead."""
        return self.raft.role is Role.LEADER

    def disk_hangs(self) -> bool:
        """Whether the disk has been silent for an election timeout while something is written.

        A leader applies, and thus answers, only what its own disk holds too. Its heartbeats need no
        disk, so nobody else would ever take over.
        """
        waited = self.raft.now - self._writing_since
        return self._writing and waited >= self.raft.config.election_ticks

    def not_leader(self) -> EtcdError:
        """Return what to tell somebody who needs the leader."""
        leader = self.raft.leader
        return NoLeader() if leader is None else NotLeader(leader)

    def step(self, messages: Sequence[Message], sender: int) -> None:
        """Hand messages of another member to the core, and do at once what follows from them.

        Raises:
            LogLost: this member's disk lost what it acknowledged; it has to stop.
        """
        for message in messages:
            self.raft.step(message, sender)
        self._turn()

    def wake(self) -> None:
        """Let what was done to the core have its consequences."""
        self._pump.set()

    async def propose(self, data: bytes, entered: Entered) -> Outcome:
        """Enter something into the log, and return what became of it.

        Args:
            data: ``entered``, encoded.
            entered: what is to be applied.

        Raises:
            NotLeader, NoLeader, TooManyRequests: it is certain that nothing was done.
            LeaderChanged: the outcome is unknown.
        """
        mine: Waiter[Outcome | None] = waiter()
        self.submit(data, entered, mine)
        return self._answer(await mine.wait())

    def submit(self, data: bytes, entered: Entered, proposer: Proposer) -> None:
        """Enter something into the log, and tell ``proposer`` what became of it.

        Args:
            data: ``entered``, encoded.
            entered: what is to be applied.
            proposer: woken with an answer, with an `EtcdError` (see `propose`), or with None if
                another leader's entry was committed instead.

        Raises:
            NotLeader, NoLeader: this member does not lead; nothing was done.
        """
        if not self.leads():
            raise self.not_leader()
        self._proposals.append(_Proposal(data, entered, proposer))
        if current_time() - self._submitted_at < BURST_SECONDS:
            self._pump.set()
        else:
            self._turn()
        self._submitted_at = current_time()  # the turn may have synced, and others waited for it

    async def change_configuration(self, change: ConfChange) -> Outcome:
        """Change who belongs to the cluster; return what became of it.

        Raises:
            NotLeader, NoLeader, TooManyRequests: it is certain that nothing was done.
            ConfChangeRefused: likewise; its ``reason`` says why.
            LeaderChanged: the outcome is unknown.
        """
        mine: Waiter[Outcome | None] = waiter()
        try:
            index = self.raft.propose_conf_change(change)
        except ProposalDropped as dropped:
            raise self._refusal(dropped) from dropped
        self.applier.pending[index] = Pending(self.raft.term, None, mine)
        self._pump.set()
        return self._answer(await mine.wait())

    async def read_barrier(self) -> None:
        """Return once everything that was done before the call can be read here.

        Raises:
            NoLeader: nobody has led for two election timeouts.
        """
        mine: Waiter[bool] = waiter()
        self.read_when_current(mine)
        if not await mine.wait():
            raise NoLeader

    def read_when_current(self, reader: Reader) -> None:
        """Wake ``reader`` once everything that was done before the call can be read here."""
        self.reads.register(reader)
        self._pump.set()

    def _answer(self, outcome: Outcome | None) -> Outcome:
        if outcome is None:
            # Another leader's entry is committed in its place: it never will be.
            raise self.not_leader()
        if isinstance(outcome, EtcdError):
            raise outcome
        return outcome

    def _refusal(self, dropped: ProposalDropped) -> EtcdError:
        if dropped.reason is DropReason.UNCOMMITTED_LIMIT:
            return TooManyRequests()
        # While leadership is handed over, the leader takes nothing and names nobody.
        return NoLeader() if self.leads() else self.not_leader()

    # The tasks --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Drive the core until cancelled.

        Raises:
            BaseExceptionGroup: the disk failed, or a bug was met.
        """
        async with open_nursery() as nursery:
            nursery.start_soon(self._run_pump)
            nursery.start_soon(self._run_writer)
            nursery.start_soon(self._run_chunk_reader)
            nursery.start_soon(self._run_clock)
            nursery.start_soon(self._mail.run)

    async def close(self) -> None:
        """Write what is owed, and close the disk."""
        self._closing = True
        await self.storage.close()

    async def _run_clock(self) -> None:
        due = current_time()
        while True:
            due += self.tick_seconds
            await sleep_until(due)
            while True:  # after a pause, every tick of it comes before anything else
                self.raft.tick()
                if due + self.tick_seconds > current_time():
                    break
                due += self.tick_seconds
            self.reads.tick()
            self._give_up_on_old_proposals()
            self._around.ticked()
            self._turn()

    def _give_up_on_old_proposals(self) -> None:
        """Answer who waits for entries of a term in which this member led and leads no more."""
        raft = self.raft
        if self.leads() or not self.applier.pending:
            self._led_until = raft.now
        elif raft.now - self._led_until >= 2 * raft.config.election_ticks:
            self.applier.fail_pending(LeaderChanged())

    async def _run_pump(self) -> None:
        while True:
            await self._pump.wait()
            self._turn()

    def _turn(self) -> None:
        """Let everything that has come together have its consequences; never waits."""
        self._propose()
        self.reads.ask()
        applied = 0
        while applied < _APPLIED_PER_TURN and (ready := self.raft.ready()) is not None:
            self._take(ready)
            if self.leads():  # others wait for nothing of ours, but for answers
                self._follow_up(ready)
                self._write_now()
            else:
                self._write_now()
                self._follow_up(ready)
            applied += len(ready.committed)
            if not (ready.writes or ready.messages or ready.committed or ready.soft_state):
                break  # the core has heard nothing since it was asked: it has no more to say
        self.reads.release(self.raft.log.applied_index)
        if applied:
            self._around.applied()
        if applied >= _APPLIED_PER_TURN:
            self._pump.set()  # there may be more, after other tasks have had their turn
        self._mail.flush()

    def _propose(self) -> None:
        """Hand over all proposals that came together, in one call."""
        if not self._proposals:
            return
        proposals, self._proposals = self._proposals, []
        try:
            last = self.raft.propose_many([proposal.data for proposal in proposals])
        except ProposalDropped as dropped:
            for proposal in proposals:
                proposal.proposer.wake(self._refusal(dropped))
            return
        assert last is not None, "a core that does not forward proposals appends them"
        pending, term = self.applier.pending, self.raft.term
        for index, proposal in enumerate(proposals, last - len(proposals) + 1):
            pending[index] = Pending(term, proposal.entered, proposal.proposer)

    def _take(self, ready: Ready) -> None:
        """Do what comes before all else, and queue what is to be written."""
        self._mail.put(ready.messages_now)
        if ready.chunk_requests:
            self._chunks += ready.chunk_requests
            self._chunk_reader.set()
        if ready.writes or ready.messages:
            if ready.must_sync or ready.chunks or self._writing or self._unwritten:
                self._unwritten.append(ready)
            else:
                self.storage.note(ready)
                self.raft.persisted(ready.number)
                self._mail.put(ready.messages)

    def _write_now(self) -> None:
        """Make durable what is queued if waiting would gain nothing; or wake the writer."""
        queued = self._unwritten
        if not queued:
            return
        if (
            len(queued) == 1
            and not (self._writing or self._closing)
            and self._alone_writes >= _ALONE_WRITES
            and len(queued[0].entries) == 1
        ):
            if current_time() - self._wrote_at < _COMPANY_SECONDS:
                self._alone_writes = 0  # it has waited while the latest one was written
            elif self._write_alone(queued[0]):
                return
        self._writer.set()

    def _write_alone(self, ready: Ready) -> bool:
        """Write the only thing that is queued, if there is nothing to wait for; say whether."""
        self._mail.flush()
        if not self.storage.write_now(ready):
            return False
        self._unwritten.clear()
        self._wrote_at = current_time()
        self.raft.persisted(ready.number)
        self._mail.put(ready.messages)
        self._mail.flush()
        return True

    def _follow_up(self, ready: Ready) -> None:
        """Do what comes after writing, or needs none of it."""
        if ready.committed:
            self.applier.apply(ready.committed)
            self.raft.applied(ready.committed[-1].index)
        for state in ready.read_states:
            self.reads.answered(state)
        for context in ready.reads_dropped:
            self.reads.dropped(context)
        if ready.soft_state is not None:
            self._around.role_changed()

    async def _run_writer(self) -> None:
        while True:
            await self._writer.wait()
            while self._unwritten and not self._closing:
                batch, self._unwritten = self._unwritten, []
                self._writing, self._writing_since = True, self.raft.now
                installed = await self.storage.write(batch)
                self._writing = False
                alone = sum(len(ready.entries) for ready in batch) <= 1
                self._alone_writes = self._alone_writes + 1 if alone else 0
                for each in installed:
                    self.applier.adopt(each.store)
                self.raft.persisted(batch[-1].number)
                for each in installed:
                    self.raft.applied(each.snapshot.index)
                for ready in batch:
                    self._mail.put(ready.messages)
                if installed:
                    self._around.applied()
                self._turn()

    async def _run_chunk_reader(self) -> None:
        while True:
            await self._chunk_reader.wait()
            while self._chunks:
                request = self._chunks.pop(0)
                data = await self.storage.read_snapshot(
                    request.snapshot.index, request.offset, request.size_bytes
                )
                if data is None:
                    self.raft.chunk_unavailable(request)
                else:
                    self.raft.send_chunk(request, data)
                self._pump.set()
