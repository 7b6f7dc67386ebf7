"""The way out to the other members: what goes to one of them together goes in one batch.

A leader whose commit index has grown tells everybody so by an append without entries. Under load
the next append with entries says the same a moment later, and the former has cost each side a
message in both directions: half of all messages when one proposal at a time is under way. So such
an append is *held* for a moment. It leaves before whatever else goes to its member, and not at all
if what follows it says everything that it says; nobody waits for it in vain, since an answer to a
reading member is such a message, too.

To Raft a message held or left out is one that the network delays or loses.
"""

from collections.abc import Callable, Sequence
from typing import Final

from kactors.etcd.wakeup import Wakeup
from kactors.raft.messages import AppendEntries, Message
from kactors.runtime import current_time, sleep_until

HOLD_SECONDS: Final = 0.002
"""How long news of the commit index wait for company: about what one write takes."""


class PeerMail:
    """Messages to other members that have not left yet.

    Args:
        send: sends messages to one member; never waits.
    """

    def __init__(self, send: Callable[[int, Sequence[Message]], None]) -> None:
        self._send = send
        self._leaving: dict[int, list[Message]] = {}
        self._held: dict[int, AppendEntries] = {}
        self._held_since = 0.0
        self._holding = Wakeup()

    def put(self, messages: Sequence[tuple[int, Message]]) -> None:
        """Take ``(member, message)`` pairs; they leave with the next `flush`, unless held."""
        for to, message in messages:
            leaving = self._leaving.get(to)
            if leaving is not None:
                leaving.append(message)
            elif isinstance(message, AppendEntries) and not message.entries:
                self._hold(to, message)
            else:
                held = self._held.pop(to, None)
                if held is None or _says_all(message, held):
                    self._leaving[to] = [message]
                else:
                    self._leaving[to] = [held, message]

    def flush(self) -> None:
        """Send what goes to one member together."""
        if self._leaving:
            leaving, self._leaving = self._leaving, {}
            for to, messages in leaving.items():
                self._send(to, messages)

    async def run(self) -> None:
        """Send what was held for long enough; runs until cancelled."""
        while True:
            await self._holding.wait()
            while self._held:
                since = self._held_since
                await sleep_until(since + HOLD_SECONDS)
                if self._held_since == since:
                    self._release()

    def _hold(self, to: int, message: AppendEntries) -> None:
        if not self._held:
            self._held_since = current_time()
            self._holding.set()
        self._held[to] = message  # one that was held before knew less

    def _release(self) -> None:
        held, self._held = self._held, {}
        for to, message in held.items():
            self._send(to, [message])


def _says_all(message: Message, held: AppendEntries) -> bool:
    """Tell whether whoever gets ``message`` learns all that ``held`` would tell."""
    return (
        isinstance(message, AppendEntries)
        and (message.term, message.prev_log_index) == (held.term, held.prev_log_index)
        and message.leader_commit >= held.leader_commit
    )
