"""What faults of links and of messages do: rules on links, and hooks on single messages."""

from collections.abc import Collection

from kactors.faults.message import Drop, Hold
from kactors.faults.network import NetworkFault
from kactors.faults.target import FaultTarget
from kactors.faults.watcher import meant
from kactors.transport.envelope import Envelope
from kactors.transport.hooks import Verdict


class LinkEffect:
    """Rules on links, for as long as the fault lasts."""

    def __init__(self, target: FaultTarget, fault: NetworkFault, owner: str) -> None:
        self._rules = target.rules
        self._fault = fault
        self._owner = owner

    def begin(self) -> bool:
        """Set the rules."""
        for source, target, rule in self._fault.settings:
            self._rules.set(self._owner, source, target, rule)
        return True

    def end(self) -> None:
        """Take the rules back."""
        self._rules.clear(self._owner)

    def heal(self, core: Collection[str] | None) -> None:
        """Take the rules back; those of a core are spared by the table itself."""
        if core is None:
            self.end()

    def felt(self) -> bool:
        """Tell whether a message met one of the rules."""
        return self._rules.felt(self._owner) > 0


class MessageEffect:
    """Takes or keeps messages just before their delivery."""

    def __init__(self, target: FaultTarget, fault: Drop | Hold) -> None:
        self._hooks = target.hooks
        self._fault = fault
        self._left = fault.count if isinstance(fault, Drop) else None
        self._verdict = Verdict.DROP if isinstance(fault, Drop) else Verdict.HOLD
        self._met: list[Envelope] = []
        self._count = 0
        self._spared: frozenset[str] = frozenset()

    def begin(self) -> bool:
        """Look at every delivery from now on."""
        self._hooks.on_deliver.append(self._look)
        return True

    def end(self) -> None:
        """Let what was held go on, in order."""
        self._stop()
        self._release(self._met)
        self._met = []

    def heal(self, core: Collection[str] | None) -> None:
        """End; or spare the messages within a core and let those held go on."""
        if core is None:
            self.end()
            return
        self._spared = frozenset(core)
        self._release([envelope for envelope in self._met if self._is_spared(envelope)])

    def felt(self) -> bool:
        """Tell whether a message was taken or kept."""
        return self._count > 0

    def _look(self, envelope: Envelope) -> Verdict:
        if self._is_spared(envelope) or not meant(self._fault.messages, envelope):
            return Verdict.PASS
        self._count += 1
        if self._verdict is Verdict.HOLD:
            self._met.append(envelope)
        if self._left is not None:
            self._left -= 1
            if not self._left:
                self._stop()
        return self._verdict

    def _is_spared(self, envelope: Envelope) -> bool:
        return envelope.source.host in self._spared and envelope.target.host in self._spared

    def _release(self, envelopes: list[Envelope]) -> None:
        wanted = {id(envelope) for envelope in envelopes}
        for message in self._hooks.held:
            if id(message.envelope) in wanted and message.reason == "arrived":
                self._hooks.release(message)

    def _stop(self) -> None:
        if self._look in self._hooks.on_deliver:
            self._hooks.on_deliver.remove(self._look)
