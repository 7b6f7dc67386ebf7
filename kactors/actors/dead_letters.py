"""Messages that reached nobody: how many, why, and the latest of them."""

from collections import Counter, deque
from typing import Final

from kactors.actors.system_messages import DeadLetter
from kactors.evidence.trace import Level, Recorder
from kactors.runtime import Host
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.wire import WireError, decode, tag_of

KEPT: Final = 100


class DeadLetters:
    """Counts what could not be handed over on one host.

    Attributes:
        counts: how many, by reason.
        latest: the last hundred.
    """

    def __init__(self, host: Host, recorder: Recorder | None) -> None:
        self.counts: Counter[str] = Counter()
        self.latest: deque[DeadLetter] = deque(maxlen=KEPT)
        self._host = host
        self._recorder = recorder

    def add(self, reason: str, target: Address, tag: str) -> None:
        """Note a message of which only the tag is left."""
        self.counts[reason] += 1
        self.latest.append(DeadLetter(reason, str(target), tag))
        if self._recorder is not None:
            self._recorder.record(
                self._host, target.name, "dead-letter", Level.DETAIL, reason=reason, message=tag
            )

    def add_envelope(self, reason: str, envelope: Envelope) -> None:
        """Note a message as it has arrived."""
        self.add(reason, envelope.target, _tag(envelope))


def _tag(envelope: Envelope) -> str:
    if envelope.payload:
        try:
            return tag_of(type(decode(envelope.payload)))
        except WireError:
            return "unreadable"
    try:
        return Kind(envelope.kind).name.lower()
    except ValueError:
        return f"kind {envelope.kind}"
