"""What other hosts, in their present lives, have asked of this one."""

from collections.abc import Callable

from kactors.actors.deduplicator import Deduplicator
from kactors.runtime import CancelScope


class Peer:
    """One life of another host.

    Attributes:
        incarnation: which life.
        seen: the numbers of its requests.
        serving: its requests that are being served by handlers that wait, by number; to be
            cancelled with their askers.
        early: the numbers of its requests that wait for their actor to start.
    """

    __slots__ = ("early", "incarnation", "seen", "serving")

    def __init__(self, incarnation: int) -> None:
        self.incarnation = incarnation
        self.seen = Deduplicator()
        self.serving: dict[int, CancelScope] = {}
        self.early: dict[int, None] = {}


class Peers:
    """The present lives of the hosts that were heard of; earlier ones are forgotten.

    Args:
        on_new_life: told the host and the incarnation of each life when it is first heard of.
    """

    def __init__(self, on_new_life: Callable[[str, int], None]) -> None:
        self._on_new_life = on_new_life
        self._peers: dict[str, Peer] = {}

    def __len__(self) -> int:
        return len(self._peers)

    @property
    def under_way(self) -> int:
        """How many of their requests are being served, or wait for their actor to start."""
        return sum(len(peer.serving) + len(peer.early) for peer in self._peers.values())

    def find(self, host: str, incarnation: int) -> Peer | None:
        """Return a host's life; None if a later one was heard of.

        When a new life is heard of, the work for those before it is cancelled: who asked
        for it is no more.
        """
        peer = self._peers.get(host)
        if peer is not None:
            if peer.incarnation == incarnation:
                return peer
            if peer.incarnation > incarnation:
                return None
            for scope in tuple(peer.serving.values()):
                scope.cancel("the asker's host has restarted")
        peer = self._peers[host] = Peer(incarnation)
        self._on_new_life(host, incarnation)
        return peer
