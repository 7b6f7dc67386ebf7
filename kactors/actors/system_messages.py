"""What the actor named ``system`` on every host answers."""

from kactors.actors.request import Request, StreamRequest
from kactors.wire import message


@message("kactors.down")
class Down:
    """The life of a watched actor has ended."""

    reason: str


@message("kactors.watch-actor")
class WatchActor(StreamRequest[Down]):
    """Ask to be told, once, when an actor's present life ends."""

    name: str


@message("kactors.actor-report")
class ActorReport:
    """One actor as its system sees it.

    Attributes:
        name: on its host.
        state: where in its life it is.
        lives: how many had this name since the host's life began.
        queued: one-way messages that wait.
        serving: requests and streams being served by handlers that wait.
        received: messages that its present life was given, by tag.
        last_failure: what ended its latest failed life; empty if none did.
        waiting_at: where its tasks wait, one line each.
    """

    name: str
    state: str
    lives: int
    queued: int
    serving: int
    received: dict[str, int]
    last_failure: str
    waiting_at: tuple[str, ...]


@message("kactors.dead-letter")
class DeadLetter:
    """A message that reached nobody.

    Attributes:
        reason: why.
        target: whom it was for.
        tag: what it was.
    """

    reason: str
    target: str
    tag: str


@message("kactors.system-report")
class SystemReport:
    """The actors of one life of one host, and what they have exchanged.

    Attributes:
        host: its name.
        incarnation: which life.
        actors: one report each, by name.
        sent: one-way messages, requests and askings for streams sent, by tag.
        received: the same received, by tag.
        dead_letters: messages that reached nobody, by reason.
        latest_dead_letters: the last hundred of them.
        pending: requests of this host that have no answer yet.
        streams: ends of streams that are open.
        transport: what the transport counts.
    """

    host: str
    incarnation: int
    actors: tuple[ActorReport, ...]
    sent: dict[str, int]
    received: dict[str, int]
    dead_letters: dict[str, int]
    latest_dead_letters: tuple[DeadLetter, ...]
    pending: int
    streams: int
    transport: dict[str, int]


@message("kactors.inspect")
class Inspect(Request[SystemReport]):
    """Ask a host's system for its `SystemReport`."""
