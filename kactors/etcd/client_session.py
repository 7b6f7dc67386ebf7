"""How a client finds somebody who answers: which member, how often, and what may be repeated.

Theory of operation
===================

A request is sent to one member at a time. What comes back belongs to one of four groups:

* an answer, or a refusal that every member would give: that is the result;
* *not here*: certainly nothing was done (no leader, not the leader, not started, overloaded). The
  request goes to the member that was named, or after a short pause to the next;
* *unknown*: no answer in time, or the member ended, or lost its leadership. A read is repeated
  elsewhere. A write is not: it may have happened, and repeating it could undo what others did;
* *never*: the time is up.

Writes and whatever else only the leader does go to whoever led last, or who is said to lead by a
member that answers; reads go round.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol, TypeVar

from kactors.actors.errors import (
    DeadlineExceededError,
    LifeOverError,
    NoSuchActorError,
    NotRunningError,
    OverloadedError,
    RequestError,
    UnhandledError,
    UnreadableError,
)
from kactors.actors.inbox import Inbox
from kactors.actors.request import Request, StreamRequest
from kactors.errors import KactorsError
from kactors.etcd.client_errors import BadUrl, ClusterUnavailable, OutcomeUnknown
from kactors.etcd.errors import (
    EtcdError,
    LeaderChanged,
    NoLeader,
    NotLeader,
    RequestTimedOut,
    Stopped,
    TimedOutApplying,
    TimedOutConnectionLost,
    TimedOutLeaderFailed,
    TooManyRequests,
    UnhealthyCluster,
)
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages.cluster import MemberList
from kactors.etcd.messages.maintenance import Status
from kactors.runtime import current_time, sleep
from kactors.transport.envelope import Address

AnswerT = TypeVar("AnswerT")

#: Errors after which it is certain that nothing was done.
_NOT_HERE: Final = (
    NoLeader,
    NotLeader,
    TooManyRequests,
    UnhealthyCluster,
    NoSuchActorError,
    NotRunningError,
    OverloadedError,
    UnhandledError,
    UnreadableError,
)
#: Errors of a member that will not answer soon, whoever asks it.
_SILENCE: Final = (DeadlineExceededError, LifeOverError)
#: Errors after which nobody knows; every other `RequestError` belongs here too.
_UNKNOWN: Final = (
    LeaderChanged,
    RequestTimedOut,
    Stopped,
    TimedOutApplying,
    TimedOutConnectionLost,
    TimedOutLeaderFailed,
)
_PAUSE_SECONDS: Final = 0.05
_PAUSE_SECONDS_MAX: Final = 0.5
#: A member that has not answered is left alone for so long, if there are others.
_SUSPICION_SECONDS: Final = 10.0
#: Less than this is no time at all: a clock counts nanoseconds, and sums of floats do not.
_MOMENT_SECONDS: Final = 1e-6


class _NoAnswer(KactorsError):
    """A member has not said who leads."""


class Asker(Protocol):
    """Who can ask actors: an `Actor`, or a `SystemAsker`."""

    def request(
        self, target: Address, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer."""
        ...

    def open_stream(self, target: Address, message: StreamRequest[Any]) -> Inbox[Any]:
        """Ask for a stream."""
        ...


class Session:
    """The way from one client to the members.

    Args:
        asker: who asks.
        endpoints: the members to begin with, at least one.
        timeout: seconds for one call, with all its repetitions.
        attempt_timeout: seconds that one member may take to answer what can be repeated.
        learn: told where members are that were not among the endpoints.

    Attributes:
        timeout: see above.
    """

    def __init__(
        self,
        asker: Asker,
        endpoints: Sequence[Address],
        *,
        timeout: float,
        attempt_timeout: float,
        learn: Callable[[MemberUrl], None] | None = None,
    ) -> None:
        if not endpoints:
            raise ValueError("a client needs at least one endpoint: give the members' addresses")
        self.timeout = timeout
        self._asker = asker
        self._endpoints = list(dict.fromkeys(endpoints))
        self._attempt_timeout = attempt_timeout
        self._learn = learn
        self._next = 0
        self._leader: Address | None = None
        self._term = 0  # in which it was found to lead
        # Terms in which members that are gone have led: who begins another life leads in a later
        # one, whatever those say who have not noticed yet.
        self._lost: dict[Address, int] = {}
        self._suspected_until: dict[Address, float] = {}
        self._members: dict[int, Address] = {}

    def open_stream(self, target: Address, message: StreamRequest[Any]) -> Inbox[Any]:
        """Ask one member for a stream."""
        return self._asker.open_stream(target, message)

    def endpoint(self) -> Address:
        """Return the member whose turn it is; those that kept silent lately come last."""
        now = current_time()
        first = self._next % len(self._endpoints)
        in_turn = self._endpoints[first:] + self._endpoints[:first]
        return min(in_turn, key=lambda address: max(now, self._suspected_until.get(address, now)))

    def turn_away(self, address: Address, *, silent: bool = False) -> None:
        """Ask another member from now on; do not come back soon to one that kept silent."""
        if silent:
            self._suspected_until[address] = current_time() + _SUSPICION_SECONDS
        elif self.endpoint() == address:
            self._next += 1
        if self._leader == address:
            self._leader = None

    async def read(self, message: Request[AnswerT]) -> AnswerT:
        """Ask any member something that changes nothing.

        Raises:
            ClusterUnavailable: nobody has answered in time.
            EtcdError: it was refused.
        """
        self._next += 1
        return await self._ask(message, leader=False, repeatable=True)

    async def read_from_leader(self, message: Request[AnswerT]) -> AnswerT:
        """Ask the leader something that does no harm if it is asked twice. Raises: as `read`."""
        return await self._ask(message, leader=True, repeatable=True)

    async def write(self, message: Request[AnswerT]) -> AnswerT:
        """Ask the leader for something that must not be done twice unasked.

        Raises:
            OutcomeUnknown: it may have been done.
            ClusterUnavailable: it certainly was not done.
            EtcdError: it was refused.
        """
        return await self._ask(message, leader=True, repeatable=False)

    async def ask_one(self, address: Address, message: Request[AnswerT]) -> AnswerT:
        """Ask one member about itself.

        Raises:
            RequestError: it has not answered.
            EtcdError: it has refused.
        """
        return await self._asker.request(address, message, timeout=self.timeout)

    async def _ask(self, message: Request[AnswerT], *, leader: bool, repeatable: bool) -> AnswerT:
        end = current_time() + self.timeout
        pause = _PAUSE_SECONDS
        problem: Exception | None = None
        while (left := end - current_time()) > _MOMENT_SECONDS:
            address = self._leader if leader and self._leader is not None else self.endpoint()
            patience = min(left, self._attempt_timeout)
            try:
                if leader and address != self._leader:
                    address = await self._find_leader(address, patience)
                if not repeatable:
                    patience = end - current_time()
                    if patience <= _MOMENT_SECONDS:
                        break  # finding the leader has taken all of the time
                answer = await self._asker.request(address, message, timeout=patience)
            except (_NoAnswer, *_NOT_HERE) as found:
                problem = found
                self.turn_away(address, silent=isinstance(found, _NoAnswer))
                if isinstance(found, NotLeader) and await self._follow(found.leader_hint, address):
                    continue
            except (RequestError, *_UNKNOWN) as found:
                if isinstance(found, LifeOverError):
                    self._lost[address] = self._term
                self.turn_away(address, silent=isinstance(found, _SILENCE))
                if not repeatable:
                    raise OutcomeUnknown(
                        f"{message!r:.200} was sent to {address}, and then: {found}"
                    ) from found
                problem = found
                continue
            else:
                self._suspected_until.pop(address, None)
                if leader:
                    self._leader = address
                return answer
            await sleep(min(pause, max(0.0, end - current_time())))
            pause = min(2 * pause, _PAUSE_SECONDS_MAX)
        raise ClusterUnavailable(
            f"nobody could serve {message!r:.200} within {self.timeout} s; the last said: {problem}"
        ) from problem

    async def _follow(self, member: int, told_by: Address, term: int = 0) -> bool:
        """Let ``member`` be the leader; tell whether it was possible.

        Args:
            member: its ID.
            told_by: who says that it leads.
            term: in which; 0 if that was not said.
        """
        if member and member not in self._members:
            await self._discover(told_by)
        led_by = self._members.get(member)
        self._leader = None if led_by is None or term <= self._lost.get(led_by, -1) else led_by
        self._term = term
        return self._leader is not None

    async def _find_leader(self, address: Address, patience: float) -> Address:
        """Ask one member who leads, so that a write goes nowhere without hope of an answer.

        Raises:
            _NoAnswer: it has not said; nothing was done.
        """
        try:
            status = await self._asker.request(address, Status(), timeout=patience)
        except RequestError as problem:
            raise _NoAnswer(problem) from problem
        if status.leader == status.header.member_id:
            self._leader, self._term = address, status.raft_term
        elif not await self._follow(status.leader, address, status.raft_term):
            raise NoLeader
        assert self._leader is not None, "somebody leads"
        return self._leader

    async def _discover(self, address: Address) -> None:
        """Ask one member where the others are."""
        try:
            found = await self._asker.request(
                address, MemberList(linearizable=False), timeout=self._attempt_timeout
            )
        except (RequestError, EtcdError):
            return
        for member in found.members:
            for text in (*member.client_urls, *member.peer_urls)[:1]:
                try:
                    url = MemberUrl.parse(text)
                except BadUrl:
                    continue
                self._members[member.id] = url.address
                if url.address not in self._endpoints and self._learn is not None:
                    self._learn(url)
