"""Who is where: the address book's peers, the guests who dialled us, and the way to each."""

from collections.abc import Callable, Iterator

from kactors.transport.connection import Connection
from kactors.transport.errors import PeerReset
from kactors.transport.outbox import Outbox
from kactors.transport.peer import Peer
from kactors.transport.tally import Tally


class Routes:
    """The outboxes of all hosts that can be reached.

    Attributes:
        outboxes: by host, for whoever sends. The address book's way goes before that of a
            guest, a newer guest's before an older one's. Empty once closed.
        closed: whether there is no way any more.
    """

    __slots__ = ("_guests", "_new_peer", "_peers", "_tally", "closed", "outboxes")

    def __init__(self, new_peer: Callable[[str, str], Peer], tally: Tally) -> None:
        self._new_peer = new_peer
        self._tally = tally
        self._peers: dict[str, Peer] = {}
        self._guests: dict[Connection, None] = {}  # a dict, for its order
        self.outboxes: dict[str, Outbox] = {}
        self.closed = False

    def peers(self) -> list[Peer]:
        """Return the address book's peers."""
        return list(self._peers.values())

    def connections(self) -> list[Connection]:
        """Return the connections that are open, dialled and accepted."""
        dialled = (peer.connection for peer in self._peers.values())
        return [each for each in (*dialled, *self._guests) if each is not None]

    def hears(self, host: str, life: int) -> bool:
        """Whether a connection is open that ``host`` has made in this life or an earlier one."""
        return any(each.peer == host and each.incarnation <= life for each in self._guests)

    def waiting(self, host: str) -> tuple[bytes, ...]:
        """Return the frames that wait for ``host``."""
        outbox = self.outboxes.get(host)
        return () if outbox is None else outbox.waiting

    def pending(self) -> int:
        """Count the frames that wait or are under way to the kernel."""
        return sum(outbox.pending for outbox in self._all_outboxes())

    def set_peer(self, host: str, endpoint: str | None) -> Peer | None:
        """Enter ``host`` into the address book, move it, or strike it out; return a new peer."""
        peer = self._peers.get(host)
        if peer is not None:
            peer.move(endpoint)
            if endpoint is None:
                del self._peers[host]
                self._tally.dropped("no such host", peer.outbox.discard())
                self._find(host)
            return None
        if endpoint is None or self.closed:
            return None
        peer = self._peers[host] = self._new_peer(host, endpoint)
        self._find(host)
        return peer

    def admit(self, guest: Connection) -> None:
        """Note that ``guest`` has come; what we have dialled of an earlier life of it ends."""
        peer = self._peers.get(guest.peer)
        dialled = None if peer is None else peer.connection
        if dialled is not None and dialled.incarnation < guest.incarnation:
            dialled.end(PeerReset(f"{guest.peer!r} has begun another life, and has dialled us"))
        self._guests[guest] = None
        self._find(guest.peer)

    def dismiss(self, guest: Connection) -> None:
        """Note that ``guest`` has gone; what waits for it is lost."""
        del self._guests[guest]
        self._find(guest.peer)
        self._tally.dropped("connection lost", guest.outbox.discard())

    def close(self) -> None:
        """Let nothing in any more; what waits may still go out."""
        self.closed = True
        self.outboxes.clear()

    def discard(self) -> None:
        """Drop all that waits."""
        for outbox in self._all_outboxes():
            self._tally.dropped("closed", outbox.discard())

    def _all_outboxes(self) -> Iterator[Outbox]:
        for peer in self._peers.values():
            yield peer.outbox
        for guest in self._guests:
            yield guest.outbox

    def _find(self, host: str) -> None:
        """Enter the way to ``host``, if there is one."""
        self.outboxes.pop(host, None)
        if self.closed:
            return
        if host in self._peers:
            self.outboxes[host] = self._peers[host].outbox
            return
        for guest in reversed(self._guests):
            if guest.peer == host:
                self.outboxes[host] = guest.outbox
                return
